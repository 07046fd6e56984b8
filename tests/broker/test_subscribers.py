"""People and programs listen: their own municipality, the QoS they asked for, and nothing lost."""

import asyncio
import socket

import pytest

from appliance.domain.readings import Reason
from broker.codec.packets import (
    Connack,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    ReturnCode,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from broker.options import DoorOptions
from tests.broker.doors import (
    HERE_TOKEN,
    THERE_DEVICE,
    THERE_TOKEN,
    Client,
    Doors,
    until,
)
from tests.builders import HERE, THERE

TOPIC = "sensors/PS-001/data"


async def subscribed(doors: Doors, *filters: str, qos: int = 1, token: str = HERE_TOKEN) -> Client:
    client = await doors.subscriber(token)
    client.send(Subscribe(1, tuple((each, qos) for each in filters)))
    assert await client.receive() == Suback(1, (qos,) * len(filters))
    return client


async def hears_nothing(client: Client) -> None:
    client.send(Pingreq())
    assert await client.receive() == Pingresp()


async def copies(client: Client, count: int = 1) -> list[Publish]:
    found = []
    for _ in range(count):
        packet = await client.receive()
        assert isinstance(packet, Publish)
        found.append(packet)
    return found


@pytest.mark.parametrize("published", [0, 1, 2])
@pytest.mark.parametrize("asked", [0, 1, 2])
async def test_a_copy_comes_with_the_lower_of_both_qos(published: int, asked: int):
    doors = Doors()
    async with doors.open():
        listener, device = await subscribed(doors, "sensors/#", qos=asked), await doors.device()
        device.send(Publish(TOPIC, b"1", published, packet_id=7 if published else 0))
        (copy,) = await copies(listener)
        assert (copy.topic, copy.payload, copy.qos) == (TOPIC, b"1", min(published, asked))
        assert (copy.retain, copy.dup) == (False, False)
        if copy.qos == 2:
            listener.send(Pubrec(copy.packet_id))
            assert await listener.receive() == Pubrel(copy.packet_id)
            listener.send(Pubcomp(copy.packet_id))
        elif copy.qos == 1:
            listener.send(Puback(copy.packet_id))
        await hears_nothing(listener)


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "+/+/data",
        "+/#",
        "m/#",
        f"m/{HERE}/#",
        "$SYS/#",
        "commands/#",
        "/sensors/#",
        "$share/g/sensors/#",
        "sensors/" + "x" * 65_000,
    ],
)
async def test_any_other_filter_is_refused_and_its_neighbours_are_granted(topic_filter: str):
    doors = Doors()
    async with doors.open():
        client = await doors.subscriber()
        client.send(Subscribe(4, (("alerts/#", 2), (topic_filter, 1), ("sensors/+/data", 0))))
        assert await client.receive() == Suback(4, (2, 0x80, 0))


async def test_a_second_municipality_hears_nothing_of_the_first_by_any_filter():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(Publish(TOPIC, b"kept", 1, retain=True, packet_id=1))
        assert await device.receive() == Puback(1)
        here = await subscribed(doors, "sensors/#")
        assert (await copies(here))[0].payload == b"kept"
        there = await doors.subscriber(THERE_TOKEN)
        filters = ("#", "+/+/data", "sensors/#", f"m/{HERE}/sensors/#", TOPIC, "alerts/#")
        there.send(Subscribe(1, tuple((each, 1) for each in filters)))
        assert await there.receive() == Suback(1, (0x80, 0x80, 1, 0x80, 1, 1))
        device.send(Publish(TOPIC, b"new", 1, packet_id=2))
        doors.door.publish(HERE, "alerts/5", b"leak")
        assert [copy.payload for copy in await copies(here, 1)] == [b"new"]
        await hears_nothing(there)
        late = await doors.subscriber(THERE_TOKEN)
        await hears_nothing(late)
        other = await doors.device(THERE_DEVICE)
        other.send(Publish("sensors/PS-002/data", b"theirs", 0))
        assert [copy.payload for copy in await copies(there)] == [b"theirs"]
        await hears_nothing(here)


async def test_what_came_by_other_doors_and_alerts_reach_subscribers_of_their_municipality():
    doors = Doors()
    async with doors.open():
        assert not doors.door.wants(HERE)
        here = await subscribed(doors, "sensors/+/data", "alerts/#", qos=2)
        there = await subscribed(doors, "sensors/#", "alerts/#", token=THERE_TOKEN)
        assert doors.door.wants(HERE)
        doors.door.publish(HERE, TOPIC, b"by HTTP")
        doors.door.publish(HERE, "alerts/77", b"leak")
        found = await copies(here, 2)
        assert [(copy.topic, copy.payload, copy.qos) for copy in found] == [
            (TOPIC, b"by HTTP", 2),
            ("alerts/77", b"leak", 2),
        ]
        await hears_nothing(there)
        await here.close()
        await until(lambda: not doors.door.wants(HERE))
        assert doors.session_ids() == {
            each for each in doors.session_ids() if each.startswith(f"m{THERE}/")
        }
        assert doors.door.wants(THERE)


async def test_an_alert_is_retained_for_who_subscribes_later_until_an_empty_one_comes():
    doors = Doors()
    async with doors.open():
        doors.door.publish(HERE, "alerts/77", b"open")
        doors.door.publish(HERE, "alerts/77", b"acknowledged")
        doors.door.publish(HERE, "alerts/78", b"open")
        doors.door.publish(HERE, "alerts/78", b"")
        doors.door.publish(HERE, TOPIC, b"not retained")
        late = await subscribed(doors, "alerts/#", "sensors/#")
        (copy,) = await copies(late)
        assert (copy.topic, copy.payload, copy.retain) == ("alerts/77", b"acknowledged", True)
        await hears_nothing(late)


async def test_a_device_that_sets_retain_is_remembered_until_it_sends_an_empty_one():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(Publish("sensors/PS-001/status", b"up", 1, retain=True, packet_id=1))
        assert await device.receive() == Puback(1)
        listener = await subscribed(doors, "sensors/+/status")
        assert [copy.retain for copy in await copies(listener)] == [True]
        device.send(Publish("sensors/PS-001/status", b"", 1, retain=True, packet_id=2))
        assert [(copy.payload, copy.retain) for copy in await copies(listener)] == [(b"", False)]
        await hears_nothing(await subscribed(doors, "sensors/+/status"))


async def test_a_lasting_session_gets_what_it_missed_once_and_in_order():
    doors = Doors()
    fields = {"client_id": "scada", "clean_session": False}
    async with doors.open():
        first = await doors.subscriber(**fields)
        first.send(Subscribe(1, (("sensors/#", 1),)))
        assert await first.receive() == Suback(1, (1,))
        await first.close()
        await until(lambda: len(doors.door._lobby) == 0)
        device = await doors.device()
        device.send(*(Publish(TOPIC, b"%d" % n, 1, packet_id=n) for n in range(1, 6)))
        await device.several(5)
        second = await doors.client()
        answer = await second.sign_in_with(HERE_TOKEN, **fields)
        assert answer == Connack(session_present=True, code=ReturnCode.ACCEPTED)
        found = await copies(second, 5)
        assert [copy.payload for copy in found] == [b"1", b"2", b"3", b"4", b"5"]
        assert {(copy.retain, copy.dup, copy.qos) for copy in found} == {(False, False, 1)}
        second.send(*(Puback(copy.packet_id) for copy in found))
        await hears_nothing(second)
        await second.close()
        third = await doors.client()
        await third.sign_in_with(HERE_TOKEN, **fields)
        await hears_nothing(third)


async def test_what_was_in_flight_is_sent_again_as_duplicates_after_a_reconnect():
    doors = Doors()
    fields = {"client_id": "scada", "clean_session": False}
    async with doors.open():
        first = await doors.subscriber(**fields)
        first.send(Subscribe(1, (("sensors/#", 2),)))
        assert await first.receive() == Suback(1, (2,))
        device = await doors.device()
        device.send(Publish(TOPIC, b"1", 1, packet_id=1), Publish(TOPIC, b"2", 2, packet_id=2))
        one, two = await copies(first, 2)
        first.send(Pubrec(two.packet_id))
        assert await first.receive() == Pubrel(two.packet_id)
        await first.close()
        second = await doors.client()
        await second.sign_in_with(HERE_TOKEN, **fields)
        again = await second.receive()
        assert again == Publish(TOPIC, b"1", 1, dup=True, packet_id=one.packet_id)
        assert await second.receive() == Pubrel(two.packet_id)
        second.send(Puback(one.packet_id), Pubcomp(two.packet_id))
        await hears_nothing(second)


async def test_a_copy_that_is_acknowledged_late_is_not_dropped():
    doors = Doors(options=DoorOptions(in_flight=1))
    async with doors.open():
        listener, device = await subscribed(doors, "sensors/#"), await doors.device()
        device.send(*(Publish(TOPIC, b"%d" % n, 1, packet_id=n) for n in (1, 2)))
        await device.several(2)
        (one,) = await copies(listener)
        await hears_nothing(listener)
        listener.send(Puback(one.packet_id))
        assert [copy.payload for copy in await copies(listener)] == [b"2"]


async def test_overlapping_filters_bring_one_copy_with_the_highest_qos():
    doors = Doors()
    async with doors.open():
        listener = await doors.subscriber()
        listener.send(Subscribe(1, (("sensors/#", 0), ("sensors/+/data", 2), (TOPIC, 1))))
        assert await listener.receive() == Suback(1, (0, 2, 1))
        device = await doors.device()
        device.send(Publish(TOPIC, b"1", 2, packet_id=1))
        assert [copy.qos for copy in await copies(listener)] == [2]
        await hears_nothing(listener)


async def test_subscribing_again_changes_the_qos_and_unsubscribing_ends_it():
    doors = Doors()
    async with doors.open():
        listener, device = await subscribed(doors, "sensors/#", qos=0), await doors.device()
        listener.send(Subscribe(2, (("sensors/#", 1),)))
        assert await listener.receive() == Suback(2, (1,))
        device.send(Publish(TOPIC, b"1", 1, packet_id=1))
        assert [copy.qos for copy in await copies(listener)] == [1]
        listener.send(Unsubscribe(3, ("sensors/#", "alerts/#")))
        assert await listener.receive() == Unsuback(3)
        device.send(Publish(TOPIC, b"2", 1, packet_id=2))
        assert await device.several(2) == [Puback(1), Puback(2)]
        await hears_nothing(listener)
        assert not doors.door.wants(HERE)


async def test_unsubscribing_from_what_nobody_may_hear_is_answered_too():
    doors = Doors()
    async with doors.open():
        listener = await subscribed(doors, "sensors/#")
        listener.send(Unsubscribe(5, ("#", "sensors/" + "x" * 65_000)))
        assert await listener.receive() == Unsuback(5)
        listener.send(Unsubscribe(6, ("#", "sensors/#")))
        assert await listener.receive() == Unsuback(6)
        assert not doors.door.wants(HERE)


async def test_a_token_may_not_publish_anywhere_and_is_counted_when_it_tries():
    doors = Doors()
    async with doors.open():
        listener, program = await subscribed(doors, "sensors/#"), await doors.subscriber()
        program.send(
            Publish(TOPIC, b"1", 1, packet_id=1),
            Publish("alerts/1", b"1", 2, packet_id=2),
            Publish("notes/1", b"1", retain=True),
        )
        assert await program.several(2) == [Puback(1), Pubrec(2)]
        program.send(Pubrel(2))
        assert await program.receive() == Pubcomp(2)
        await hears_nothing(listener)
    assert doors.intake.taken == []
    assert [each.reason for each in doors.intake.refusals] == [Reason.NOT_ITS_TOPIC] * 3
    assert {each.municipality for each in doors.intake.refusals} == {HERE}


async def test_a_subscriber_that_does_not_read_loses_copies_and_slows_nobody_down():
    doors = Doors(options=DoorOptions(unread_high=2_048, most_queued=50, unread_for=60))
    async with doors.open():
        stuck, listener = await subscribed(doors, "sensors/#"), await subscribed(doors, "sensors/#")
        stuck.writer.transport.pause_reading()
        device = await doors.device()
        for n in range(1, 1_001):
            device.send(Publish(TOPIC, b"x" * 16_000, 1, packet_id=n))
            assert await device.receive() == Puback(n)
            (copy,) = await copies(listener)
            listener.send(Puback(copy.packet_id))
        assert doors.door.figures().copies_dropped > 0


async def test_who_stops_reading_is_found_out_within_a_megabyte_and_leaves_nothing():
    doors = Doors(options=DoorOptions(unread_for=0.05))
    async with doors.open():
        listener = await subscribed(doors, "sensors/#")
        stuck = await doors.subscriber(client_id="stuck", clean_session=True)
        stuck.send(Subscribe(1, (("sensors/#", 0),)))
        await stuck.receive()
        stuck.writer.transport.pause_reading()
        for number in range(1_000):
            doors.door.publish(HERE, TOPIC, b"%01024d" % number)
        for number in range(1_000):
            (copy,) = await copies(listener)
            assert copy.payload == b"%01024d" % number
            listener.send(Puback(copy.packet_id))
        await until(lambda: doors.door.figures().connections == 1)
        end = stuck.writer.get_extra_info("socket")
        await until(lambda: end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))  # without reading
        await until(lambda: not [name for name in doors.session_ids() if "stuck" in name])
        inside = doors.door._inside
        assert inside is not None
        assert len(inside.hub._members.queues) == 1


async def test_who_reads_again_gets_all_that_waited_with_qos_0_too():
    doors = Doors()
    async with doors.open():
        slow = await doors.subscriber()
        slow.send(Subscribe(1, (("sensors/#", 0),)))
        await slow.receive()
        slow.writer.transport.pause_reading()
        for number in range(900):
            doors.door.publish(HERE, TOPIC, b"%01024d" % number)
        inside = doors.door._inside
        assert inside is not None
        (queue,) = inside.hub._members.queues.values()
        await until(lambda: len(queue._waiting) > 300)
        slow.writer.transport.resume_reading()
        heard = [(await copies(slow))[0].payload for _ in range(900)]
        assert heard == [b"%01024d" % number for number in range(900)]


async def test_all_that_is_retained_comes_with_qos_0_too():
    doors = Doors()
    async with doors.open():
        for number in range(200):
            doors.door.publish(HERE, f"alerts/{number}", b"active")
        listener = await doors.subscriber()
        listener.send(Subscribe(1, (("alerts/#", 0),)))
        await listener.receive()
        heard = [(await copies(listener))[0].topic for _ in range(200)]
        assert sorted(heard) == sorted(f"alerts/{number}" for number in range(200))


async def test_filters_and_sessions_of_one_token_are_bounded():
    doors = Doors(options=DoorOptions(most_filters=2, sessions_per_identity=2))
    async with doors.open():
        first = await doors.subscriber(client_id="1", clean_session=False)
        first.send(Subscribe(1, tuple((f"sensors/{n}/data", 0) for n in range(3))))
        assert await first.receive() == Suback(1, (0, 0, 0x80))
        await doors.subscriber(client_id="2", clean_session=False)
        third = await doors.client()
        answer = await third.sign_in(username="token", password=b"here-token", client_id="3")
        assert answer.code == ReturnCode.UNAVAILABLE
        await doors.subscriber(client_id="1", clean_session=False)
        await doors.subscriber(THERE_TOKEN, client_id="3")


async def test_a_clean_session_leaves_nothing_and_a_lasting_one_after_it_is_new():
    doors = Doors()
    async with doors.open():
        first = await doors.subscriber(client_id="scada", clean_session=True)
        first.send(Subscribe(1, (("sensors/#", 1),)))
        await first.receive()
        await first.close()
        second = await doors.client()
        answer = await second.sign_in_with(HERE_TOKEN, client_id="scada", clean_session=False)
        assert not answer.session_present
        device = await doors.device()
        device.send(Publish(TOPIC, b"1", 1, packet_id=1))
        assert await device.receive() == Puback(1)
        await hears_nothing(second)


async def test_a_burst_of_copies_leaves_the_loop_to_others():
    doors = Doors()
    async with doors.open():
        listener, device = await subscribed(doors, "sensors/#", qos=0), await doors.device()
        for n in range(5_000):
            doors.door.publish(HERE, TOPIC, b"%d" % n)
        device.send(Pingreq())
        assert await device.receive() == Pingresp()
        found = await copies(listener, 5_000)
        assert found[-1].payload == b"4999"
        await asyncio.sleep(0)
        assert doors.door.figures().copies_dropped == 0


async def test_fifty_that_stall_in_their_ways_cost_those_who_keep_up_no_copy_and_little_memory():
    doors = Doors(options=DoorOptions(most_queued=100))
    async with doors.open():
        for n in range(50):
            fields = {"client_id": f"stalled-{n}", "clean_session": n % 2 == 0}
            stuck = await doors.subscriber(**fields)
            stuck.send(Subscribe(1, (("sensors/#", n // 2 % 2),)))
            await stuck.receive()
            if n % 5:
                stuck.writer.transport.pause_reading()
        listener = await subscribed(doors, "sensors/#", qos=1)
        for first in range(0, 2_000, 50):
            burst = [b"%d" % n for n in range(first, first + 50)]
            for payload in burst:
                doors.door.publish(HERE, TOPIC, payload)
            assert await _hear_and_acknowledge(listener, 50) == burst
        inside = doors.door._inside
        assert inside is not None
        in_flight_or_waiting = 32 + 100
        assert doors.door.figures().copies_dropped == 24 * (2_000 - in_flight_or_waiting)
        waiting = [len(queue._waiting) for queue in inside.hub._members.queues.values()]
        assert max(waiting) <= 100
        noted = inside.record.noted
        doors.door.publish(HERE, TOPIC, b"one more")
        assert await _hear_and_acknowledge(listener, 1) == [b"one more"]
        assert inside.record.noted == noted, "who stalls costs the disk nothing"


async def _hear_and_acknowledge(listener: Client, count: int) -> list[bytes]:
    found = []
    for _ in range(count):
        (copy,) = await copies(listener)
        listener.send(Puback(copy.packet_id))
        found.append(copy.payload)
    return found
