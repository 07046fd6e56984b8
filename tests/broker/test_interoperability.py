"""The ten behaviours that Eclipse Paho's interoperability tests ask of an MQTT 3.1.1 server.

They hold over TCP, TLS, WebSocket and WebSocket over TLS alike: it is one door.
Their topics belong to nobody, so the town has opened them; `nosubscribe` stays closed.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.codec.encode import encode
from broker.codec.packets import Connack, Connect, Disconnect, Publish, ReturnCode, Will
from broker.options import DoorOptions
from tests.broker.dialing import WAYS, reach
from tests.broker.doors import (
    HERE_TOKEN,
    OPERATOR_TOKEN,
    OTHER_OPERATOR_TOKEN,
    THERE_OPERATOR_TOKEN,
    Doors,
)
from tests.broker.programs import Program

FREE = ("TopicA/#", "Topic/#", "/TopicA/#")


@pytest.fixture(params=WAYS)
async def doors(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Doors]:
    options = DoorOptions(free_topics=FREE)
    taken = reach(request.param, tmp_path)
    opened = Doors(options=options, way=taken.way, dial=taken.dial)
    async with opened.open():
        yield opened


@pytest.fixture
def one(doors: Doors) -> Program:
    return Program(doors, "one")


@pytest.fixture
def other(doors: Doors) -> Program:
    return Program(doors, "other", OTHER_OPERATOR_TOKEN)


async def test_a_program_hears_what_it_says_itself_at_every_qos(one: Program):
    """[MQTT-3.3.5-1, MQTT-3.8.4-5, MQTT-4.3.1-1, MQTT-4.3.2-1, MQTT-4.3.3-1]."""
    await one.connect()
    await one.disconnect()
    await one.connect()
    assert await one.subscribe(("TopicA", 2)) == (2,)
    for qos in (0, 1, 2):
        one.send("TopicA", b"qos %d" % qos, qos)
    assert sorted(await one.hears(3)) == [("TopicA", b"qos %d" % n, n) for n in (0, 1, 2)]
    await one.disconnect()


async def test_a_second_connect_or_another_protocol_ends_the_connection(doors: Doors, one: Program):
    """[MQTT-3.1.0-2, MQTT-3.1.2-1]."""
    await one.connect()
    one.client.send(Connect(username="token", password=OPERATOR_TOKEN.encode()))
    assert await one.client.receive() is None
    stranger = await doors.client()
    hello = encode(Connect(client_id="one"))
    stranger.send(bytes((hello[0], hello[1] - 2)) + hello[2:].replace(b"\0\4MQTT", b"\0\2hj"))
    assert await stranger.receive() is None


async def test_retained_messages_come_to_who_subscribes_later_until_they_are_taken_away(
    one: Program,
):
    """[MQTT-3.3.1-5, MQTT-3.3.1-6, MQTT-3.3.1-8, MQTT-3.3.1-10, MQTT-3.3.1-11]."""
    topics = ("TopicA/B", "Topic/C", "TopicA/C")
    await one.connect()
    for qos, topic in enumerate(topics):
        await one.publish(topic, b"qos %d" % qos, qos, retain=True)
    await one.subscribe(("+/+", 2))
    found = await one.hears(3)
    assert sorted(found) == sorted((t, b"qos %d" % qos, qos) for qos, t in enumerate(topics))
    await one.disconnect()
    await one.connect()
    for qos, topic in enumerate(topics):
        await one.publish(topic, b"", qos, retain=True)
    await one.subscribe(("+/+", 2))
    assert await one.hears(0) == []


async def test_what_comes_because_of_a_subscription_is_marked_retained_and_what_is_new_is_not(
    one: Program,
):
    """[MQTT-3.3.1-8, MQTT-3.3.1-9]."""
    await one.connect()
    await one.publish("TopicA/B", b"old", 1, retain=True)
    await one.subscribe(("TopicA/#", 1))
    await one.publish("TopicA/B", b"new", 1, retain=True)
    await one.ping()
    assert [(each.payload, each.retain) for each in one.heard] == [(b"old", True), (b"new", False)]


async def test_an_empty_client_id_is_for_clean_sessions_only(doors: Doors):
    """[MQTT-3.1.3-6, MQTT-3.1.3-7, MQTT-3.1.3-8, MQTT-3.1.3-9]."""
    who = {"username": "token", "password": OPERATOR_TOKEN.encode(), "client_id": ""}
    refused, taken = await doors.client(), await doors.client()
    answer = await refused.sign_in(**who, clean_session=False)
    assert answer == Connack(session_present=False, code=ReturnCode.IDENTIFIER_REJECTED)
    assert await refused.receive() is None
    assert (await taken.sign_in(**who, clean_session=True)).code == ReturnCode.ACCEPTED
    taken.send(Disconnect())
    assert await taken.receive() is None


async def test_a_lasting_session_is_given_what_was_said_while_it_was_away(
    one: Program, other: Program
):
    """[MQTT-3.1.2-4, MQTT-3.1.2-5, MQTT-3.2.2-2]; QoS 0 need not be kept and is not."""
    await one.connect(clean_session=False)
    await one.subscribe(("+/+", 2))
    await one.disconnect()
    await other.connect()
    await other.publish("TopicA/B", b"qos 0", 0)
    await other.publish("Topic/C", b"qos 1", 1)
    await other.publish("TopicA/C", b"qos 2", 2)
    assert (await one.connect(clean_session=False)).session_present
    assert await one.hears(2) == [("Topic/C", b"qos 1", 1), ("TopicA/C", b"qos 2", 2)]


async def test_overlapping_filters_bring_one_message_with_the_highest_qos(one: Program):
    """[MQTT-3.3.5-1, MQTT-3.8.4-6]."""
    await one.connect()
    assert await one.subscribe(("TopicA/#", 2), ("TopicA/+", 1)) == (2, 1)
    one.send("TopicA/C", b"overlapping", 2)
    assert await one.hears(1) == [("TopicA/C", b"overlapping", 2)]


async def test_a_program_that_is_silent_for_too_long_is_cut_off_and_its_will_published(
    one: Program, other: Program
):
    """[MQTT-3.1.2-8, MQTT-3.1.2-24]."""
    await other.connect(keep_alive=0)
    await other.subscribe(("/TopicA", 2))
    await one.connect(keep_alive=1, will=Will("/TopicA", b"keep-alive expired", 0, False))
    assert await other.hears(1) == [("/TopicA", b"keep-alive expired", 0)]
    assert await one.client.receive() is None


async def test_a_will_is_published_when_a_program_vanishes_and_not_when_it_says_goodbye(
    one: Program, other: Program
):
    """[MQTT-3.1.2-8, MQTT-3.1.2-10, MQTT-3.1.2-17, MQTT-3.14.4-3]."""
    will = Will("TopicA/B", b"not disconnected", 2, True)
    await other.connect()
    await other.subscribe(("TopicA/B", 2))
    await one.connect(will=will)
    await one.disconnect()
    await one.connect(will=will)
    await one.vanish()
    assert await other.hears(1) == [("TopicA/B", b"not disconnected", 2)]
    await other.unsubscribe("TopicA/B")
    await other.subscribe(("TopicA/B", 2))
    assert await other.hears(1) == [("TopicA/B", b"not disconnected", 2)]


async def test_what_was_not_acknowledged_is_sent_again_after_a_reconnect(one: Program):
    """[MQTT-4.4.0-1, MQTT-3.3.1-1]."""
    await one.connect(clean_session=False)
    await one.subscribe(("TopicA/#", 2))
    one.is_paused = True
    await one.publish("TopicA/B", b"", 1)
    await one.publish("TopicA/C", b"", 2)
    await one.vanish()
    assert one.heard == []
    one.is_paused = False
    await one.connect(clean_session=False)
    assert await one.hears(2) == [("TopicA/B", b"", 1), ("TopicA/C", b"", 2)]


async def test_a_filter_that_is_not_permitted_is_answered_with_0x80(one: Program):
    """[MQTT-3.8.4-5, MQTT-3.9.3-1, MQTT-3.9.3-2]."""
    await one.connect()
    assert await one.subscribe(("nosubscribe", 2)) == (0x80,)
    assert await one.subscribe(("$SYS/#", 2), ("TopicA", 1), ("$share/g/TopicA", 1)) == (
        0x80,
        1,
        0x80,
    )
    assert await one.hears(0) == []


async def test_a_filter_that_begins_with_a_wildcard_finds_no_topic_that_begins_with_a_dollar(
    doors: Doors, one: Program
):
    """[MQTT-4.7.2-1]."""
    await one.connect()
    await one.subscribe(("+/+", 2), ("#", 2))
    await one.publish("$TopicA/B", b"", 1)
    await one.publish("TopicA/B", b"heard", 1)
    assert await one.hears(1) == [("TopicA/B", b"heard", 1)]
    assert len(doors.intake.refusals) == 1


async def test_nothing_comes_after_an_unsubscription(one: Program):
    """[MQTT-3.10.4-1, MQTT-3.10.4-2, MQTT-3.10.4-4, MQTT-3.10.4-5]."""
    await one.connect()
    await one.subscribe(("TopicA", 2), ("TopicA/B", 2), ("TopicA/C", 2))
    await one.unsubscribe("TopicA/B", "nobody/asked")
    for topic in ("TopicA/B", "TopicA/C", "TopicA"):
        await one.publish(topic, b"qos 1", 1)
    assert await one.hears(2) == [("TopicA/C", b"qos 1", 1), ("TopicA", b"qos 1", 1)]


# What opens the topics, and for whom


async def test_free_topics_end_at_the_walls_of_the_municipality(doors: Doors, one: Program):
    there = Program(doors, "one", THERE_OPERATOR_TOKEN)
    await there.connect()
    await there.subscribe(("#", 2))
    await one.connect()
    await one.subscribe(("#", 2))
    await one.publish("TopicA", b"ours", 2, retain=True)
    assert await one.hears(1) == [("TopicA", b"ours", 2)]
    await there.unsubscribe("#")
    await there.subscribe(("#", 2))
    assert await there.hears(0) == []


@pytest.mark.parametrize("topic", ["sensors/PS-001/data", "alerts/1", "notes", "TopicB", "$x"])
async def test_a_topic_that_is_not_free_is_refused_and_counted(
    doors: Doors, one: Program, topic: str
):
    await one.connect()
    await one.subscribe(("#", 2))
    await one.publish(topic, b"", 2)
    assert await one.hears(0) == []
    assert len(doors.intake.refusals) == 1


async def test_a_viewer_has_no_free_topics(doors: Doors, one: Program):
    viewer = Program(doors, "viewer", HERE_TOKEN)
    await one.connect()
    await one.subscribe(("TopicA", 1))
    await viewer.connect(will=Will("TopicA", b"a will", 0, False))
    assert await viewer.subscribe(("TopicA", 1), ("#", 1)) == (0x80, 0x80)
    await viewer.publish("TopicA", b"", 1)
    await viewer.vanish()
    assert await one.hears(0) == []
    assert len(doors.intake.refusals) == 2


async def test_a_message_of_qos_2_that_comes_twice_is_taken_once(one: Program):
    """[MQTT-4.3.3-2]."""
    await one.connect()
    await one.subscribe(("TopicA", 0))
    twice = Publish("TopicA", b"once", 2, packet_id=7)
    one.client.send(twice, Publish("TopicA", b"once", 2, dup=True, packet_id=7))
    while 7 not in one.done:
        await one.ping()
    one.client.send(twice)
    assert [each[1] for each in await one.hears(2)] == [b"once", b"once"]
