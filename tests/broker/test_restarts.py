"""Lasting sessions outlive the program, stopped in good order or not [MQTT-4.1.0-1]."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from appliance.domain.errors import StorageFailed
from appliance.domain.instant import SECOND, Instant
from appliance.domain.readings import Counts
from appliance.ports.sessions import Queued
from broker.codec.packets import (
    Connack,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    ReturnCode,
    Suback,
    Subscribe,
    Unsubscribe,
)
from tests.broker.doors import (
    HERE_TOKEN,
    OPERATOR_TOKEN,
    OTHER_OPERATOR_TOKEN,
    THERE_TOKEN,
    Client,
    Doors,
    until,
)
from tests.broker.power import FREE, Power
from tests.broker.programs import Program
from tests.broker.test_subscribers import copies, hears_nothing
from tests.builders import HERE, NOON, THERE

TOPIC = "sensors/PS-001/data"
LASTING = {"client_id": "scada", "clean_session": False}


@pytest.fixture
async def power() -> AsyncIterator[Power]:
    async with Power() as opened:
        yield opened


@pytest.fixture(params=["restart", "cut"])
def again(request: pytest.FixtureRequest) -> str:
    """Whether it is stopped in good order or loses its power."""
    return str(request.param)


async def subscribed(doors: Doors, *filters: tuple[str, int], token: str = HERE_TOKEN) -> Client:
    client = await doors.subscriber(token, **LASTING)
    client.send(Subscribe(1, filters))
    assert await client.receive() == Suback(1, tuple(qos for _, qos in filters))
    return client


async def back(doors: Doors, token: str = HERE_TOKEN) -> Client:
    client = await doors.client()
    answer = await client.sign_in_with(token, **LASTING)
    assert answer == Connack(session_present=True, code=ReturnCode.ACCEPTED)
    return client


async def test_a_session_its_filters_and_what_it_missed_are_there_again(power: Power, again: str):
    await (await subscribed(power.doors, ("sensors/#", 1), ("alerts/#", 2))).close()
    await (await subscribed(power.doors, ("alerts/#", 2), token=THERE_TOKEN)).close()
    await until(lambda: len(power.doors.door._lobby) == 0)
    device = await power.doors.device()
    device.send(*(Publish(TOPIC, b"%d" % n, 1, packet_id=n) for n in (1, 2, 3)))
    assert await device.several(3) == [Puback(1), Puback(2), Puback(3)]
    await getattr(power, again)()
    power.doors.door.publish(HERE, "alerts/7", b"after")
    client = await back(power.doors)
    found = await copies(client, 4)
    assert [(each.topic, each.payload, each.qos) for each in found] == [
        *((TOPIC, b"%d" % n, 1) for n in (1, 2, 3)),
        ("alerts/7", b"after", 2),
    ]
    assert {(each.dup, each.retain) for each in found} == {(False, False)}
    await hears_nothing(client)
    await hears_nothing(await back(power.doors, THERE_TOKEN))


async def test_what_was_in_flight_comes_again_under_its_identifier_and_what_was_received_does_not(
    power: Power, again: str
):
    client = await subscribed(power.doors, ("notes/#", 2), token=OPERATOR_TOKEN)
    other = Program(power.doors, "other", OTHER_OPERATOR_TOKEN)
    await other.connect()
    for payload, qos in ((b"1", 1), (b"2", 2), (b"3", 2), (b"4", 1)):
        await other.publish("notes/x", payload, qos)
    one, two, three, four = await copies(client, 4)
    client.send(Pubrec(three.packet_id), Puback(four.packet_id))
    assert await client.receive() == Pubrel(three.packet_id)
    await until(lambda: power.is_written)
    await getattr(power, again)()
    client = await back(power.doors, OPERATOR_TOKEN)
    assert await client.several(3) == [
        replace(one, dup=True),
        replace(two, dup=True),
        Pubrel(three.packet_id),
    ]
    client.send(Puback(one.packet_id), Pubrec(two.packet_id), Pubcomp(three.packet_id))
    assert await client.receive() == Pubrel(two.packet_id)
    client.send(Pubcomp(two.packet_id))
    await hears_nothing(client)
    await until(lambda: power.is_written)
    assert [each.copies for each in (await power.store.everything()).sessions] == [[]]


async def test_retained_copies_are_there_again_until_they_are_taken_away(power: Power, again: str):
    device = await power.doors.device()
    for n, stream in enumerate(("status", "heartbeat"), 1):
        device.send(Publish(f"sensors/PS-001/{stream}", b"up", 1, retain=True, packet_id=n))
        assert await device.receive() == Puback(n)
    device.send(Publish("sensors/PS-001/heartbeat", b"", 1, retain=True, packet_id=3))
    assert await device.receive() == Puback(3)
    await getattr(power, again)()
    client = await subscribed(power.doors, ("sensors/#", 1))
    (copy,) = await copies(client)
    assert (copy.topic, copy.payload, copy.retain) == ("sensors/PS-001/status", b"up", True)
    await hears_nothing(client)
    there = await subscribed(power.doors, ("sensors/#", 1), token=THERE_TOKEN)
    await hears_nothing(there)


async def test_a_message_of_qos_2_is_taken_once_by_device_and_identifier(power: Power, again: str):
    """[MQTT-4.3.3-2]."""
    device = await power.doors.device(**LASTING)
    first = Publish(TOPIC, b"1", 2, packet_id=5)
    device.send(first, Publish(TOPIC, b"2", 2, packet_id=6))
    assert await device.several(2) == [Pubrec(5), Pubrec(6)]
    device.send(Pubrel(6))
    assert await device.receive() == Pubcomp(6)
    await getattr(power, again)()
    device = await power.doors.client()
    assert (await device.sign_in_as(power.intake.taken[0].device, **LASTING)).session_present
    device.send(replace(first, dup=True), Publish(TOPIC, b"3", 2, packet_id=6))
    assert await device.several(2) == [Pubrec(5), Pubrec(6)]
    assert power.intake.payloads == [b"1", b"2", b"3"]
    device.send(Pubrel(5), Pubrel(6), Pubrel(7))  # 7 is not known: answered without the disk
    assert await device.several(3) == [Pubcomp(7), Pubcomp(5), Pubcomp(6)]


async def test_a_message_of_qos_2_is_taken_once_by_program_and_identifier(power: Power, again: str):
    """[MQTT-4.3.3-2]."""
    await (await subscribed(power.doors, ("notes/#", 2), token=OPERATOR_TOKEN)).close()
    program = await power.doors.subscriber(OTHER_OPERATOR_TOKEN, **LASTING)
    message = Publish("notes/1", b"once", 2, packet_id=9)
    program.send(message)
    assert await program.receive() == Pubrec(9)
    await getattr(power, again)()
    program = await back(power.doors, OTHER_OPERATOR_TOKEN)
    program.send(replace(message, dup=True), Pubrel(9))
    assert await program.several(2) == [Pubrec(9), Pubcomp(9)]
    program.send(replace(message, payload=b"new"))
    assert await program.receive() == Pubrec(9)
    listener = await back(power.doors, OPERATOR_TOKEN)
    assert [each.payload for each in await copies(listener, 2)] == [b"once", b"new"]


async def test_a_clean_session_ends_the_lasting_one_for_good(power: Power, again: str):
    """[MQTT-3.1.2-6]."""
    await (await subscribed(power.doors, ("sensors/#", 1))).close()
    await (await power.doors.device(**LASTING)).close()
    clean = {"client_id": "scada", "clean_session": True}
    await power.doors.subscriber(**clean)
    await power.doors.device(**clean)
    await until(lambda: power.is_written)
    await getattr(power, again)()
    assert (await power.store.everything()).sessions == []
    client = await power.doors.client()
    assert not (await client.sign_in_with(HERE_TOKEN, **LASTING)).session_present


async def test_an_unsubscription_and_another_qos_are_there_again(power: Power, again: str):
    client = await subscribed(power.doors, ("sensors/#", 1), ("alerts/#", 1))
    client.send(Unsubscribe(2, ("alerts/#",)), Subscribe(3, (("sensors/#", 2),)))
    await client.several(2)
    await getattr(power, again)()
    client = await back(power.doors)
    power.doors.door.publish(HERE, "alerts/1", b"x")
    power.doors.door.publish(HERE, TOPIC, b"y")
    assert [(each.payload, each.qos) for each in await copies(client)] == [(b"y", 2)]
    await hears_nothing(client)


# Nothing is seen before it is on disk


async def silent(client: Client) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.receive()


async def test_no_answer_and_no_copy_leaves_before_it_is_on_disk(power: Power):
    lasting = await subscribed(power.doors, ("notes/#", 2), token=OPERATOR_TOKEN)
    clean = Program(power.doors, "clean", OTHER_OPERATOR_TOKEN)
    await clean.connect()
    await clean.subscribe(("notes/#", 0))
    program = await power.doors.subscriber(OTHER_OPERATOR_TOKEN, client_id="p", clean_session=False)
    await until(lambda: power.is_written)
    power.store.may_write.clear()
    program.send(Publish("notes/1", b"1", 1, packet_id=1), Publish("notes/2", b"2", 2, packet_id=2))
    assert len(await clean.hears(2)) == 2  # nothing of a clean session is written down
    await silent(lasting)
    await silent(program)
    power.store.may_write.set()
    assert await program.several(2) == [Puback(1), Pubrec(2)]
    _, two = await copies(lasting, 2)
    power.store.may_write.clear()
    lasting.send(Pubrec(two.packet_id), Subscribe(7, (("other/#", 1),)))
    program.send(Pubrel(2))
    await silent(lasting)
    await silent(program)
    power.store.may_write.set()
    assert await program.receive() == Pubcomp(2)
    assert await lasting.several(2) == [Pubrel(two.packet_id), Suback(7, (1,))]


async def test_a_reading_that_a_lasting_session_is_owed_is_acked_when_the_copy_is_on_disk(
    power: Power,
):
    await (await subscribed(power.doors, ("sensors/PS-001/data", 1))).close()
    await until(lambda: len(power.doors.door._lobby) == 0 and power.is_written)
    power.store.may_write.clear()
    device = await power.doors.device()
    device.send(
        Publish("sensors/PS-001/status", b"0", 1, packet_id=1),
        Publish(TOPIC, b"1", 1, packet_id=2),
        Publish("sensors/PS-001/status", b"2", 1, packet_id=3),
    )
    assert await device.receive() == Puback(1)
    await silent(device)  # acks stay in the order of messages [MQTT-4.6.0-2]
    power.store.may_write.set()
    assert await device.several(2) == [Puback(2), Puback(3)]
    await power.cut()
    client = await back(power.doors)
    assert [each.payload for each in await copies(client)] == [b"1"]


async def test_a_reading_that_comes_again_after_a_power_cut_reaches_who_missed_the_first(
    power: Power,
):
    await (await subscribed(power.doors, ("sensors/#", 1))).close()
    await until(lambda: len(power.doors.door._lobby) == 0 and power.is_written)
    power.store.may_write.clear()
    device = await power.doors.device()
    device.send(Publish(TOPIC, b"1", 1, packet_id=1))
    await until(lambda: power.intake.taken)
    await silent(device)
    await power.cut()
    power.intake.counts = lambda: Counts(duplicate=1)
    device = await power.doors.device()
    device.send(
        Publish(TOPIC, b"1", 1, dup=True, packet_id=1), Publish(TOPIC, b"1", 1, packet_id=2)
    )
    assert await device.several(2) == [Puback(1), Puback(2)]
    client = await back(power.doors)
    assert [each.payload for each in await copies(client)] == [b"1"]
    await hears_nothing(client)


async def test_when_the_disk_fails_nothing_is_acked_and_the_door_says_so():
    async def until_it_fails() -> None:
        async with Power() as power:
            await (await subscribed(power.doors, ("notes/#", 1), token=OPERATOR_TOKEN)).close()
            program = await power.doors.subscriber(OTHER_OPERATOR_TOKEN)
            await until(lambda: power.is_written)
            power.store.fail()
            program.send(Publish("notes/1", b"1", 1, packet_id=1))
            heard.append(await program.receive())

    heard: list[object] = []
    with pytest.raises(ExceptionGroup) as raised:
        await until_it_fails()
    assert raised.group_contains(StorageFailed)
    assert heard in ([], [None])


async def test_a_program_that_says_more_than_the_disk_takes_is_held_up_and_loses_nothing():
    options = replace(FREE, most_unwritten=10, most_queued=1_000)
    async with Power(options=options) as power:
        await (await subscribed(power.doors, ("notes/#", 1), token=OPERATOR_TOKEN)).close()
        program = await power.doors.subscriber(OTHER_OPERATOR_TOKEN)
        await until(lambda: len(power.doors.door._lobby) == 1 and power.is_written)
        power.store.may_write.clear()
        record = power.doors.door._inside.record
        before = record.noted
        program.send(*(Publish("notes/1", b"%d" % n, 1, packet_id=n) for n in range(1, 501)))
        await until(lambda: record.noted > before)
        await silent(program)
        assert record.noted - before < 50
        power.store.may_write.set()
        assert await program.several(500) == [Puback(n) for n in range(1, 501)]
        (session,) = [s for s in (await power.store.everything()).sessions if s.copies]
        assert [copy.payload for copy in session.copies] == [b"%d" % n for n in range(1, 501)]


# Bounds


@pytest.mark.parametrize(("most", "kept"), [(3, 3), (1_000, 2)])
async def test_copies_beyond_a_bound_are_dropped_without_a_word_to_the_disk(most: int, kept: int):
    options = replace(FREE, most_queued=most, most_queued_bytes=2 if most > 3 else 100)
    async with Power(options=options) as power:
        await (await subscribed(power.doors, ("sensors/#", 1))).close()
        await until(lambda: len(power.doors.door._lobby) == 0)
        for n in range(kept):
            power.doors.door.publish(HERE, "sensors/PS-001/data", b"%d" % n)
        record = power.doors.door._inside.record
        await until(lambda: len(power.store._copies) == kept and power.is_written)
        before = record.noted
        for _ in range(500):
            power.doors.door.publish(HERE, "sensors/PS-001/data", b"too many")
        await until(lambda: power.doors.door.figures().copies_dropped == 500)
        assert record.noted == before
        await power.cut()
        found = await copies(await back(power.doors), kept)
        assert [each.payload for each in found] == [b"%d" % n for n in range(kept)]


async def test_retained_copies_are_bounded_by_their_size(power: Power):
    options = replace(FREE, most_retained_bytes=10)
    async with Power(options=options) as small:
        for n in range(4):
            small.doors.door.publish(HERE, f"alerts/{n}", b"four")
        await until(lambda: small.is_written)
        assert [each.payload for each in (await small.store.everything()).retained] == [b"four"] * 2
        assert small.doors.door.told() == {(HERE, "alerts/2"), (HERE, "alerts/3")}


async def test_a_session_whose_client_stays_away_for_too_long_is_forgotten(again: str):
    async with Power(options=replace(FREE, session_expiry=100, check_every=0.01)) as power:
        await (await subscribed(power.doors, ("sensors/#", 1))).close()
        await subscribed(power.doors, ("sensors/#", 1), token=THERE_TOKEN)
        await until(lambda: len(power.doors.door._lobby) == 1)
        power.clock.advance(60 * SECOND)
        await until(lambda: power.is_written)
        await getattr(power, again)()
        power.clock.advance(39 * SECOND)
        await asyncio.sleep(0.05)
        assert power.doors.door.wants(HERE)
        power.clock.advance(1 * SECOND)
        await until(lambda: not power.doors.door.wants(HERE) and power.is_written)
        (other,) = (await power.store.everything()).sessions
        assert other.name.startswith(f"m{THERE}/")
        power.clock.advance(60 * SECOND)
        await until(lambda: not power.doors.session_ids())


async def test_a_clock_that_is_set_forgets_nobody(power: Power):
    await (await subscribed(power.doors, ("sensors/#", 1))).close()
    await until(lambda: len(power.doors.door._lobby) == 0 and power.is_written)
    power.clock.set(Instant(0))
    await power.restart()
    power.clock.set(NOON)
    await power.doors.door._inside.hub.expire()
    await back(power.doors)


async def test_a_filter_of_very_many_levels_is_refused(power: Power):
    client = await power.doors.subscriber()
    client.send(Subscribe(1, (("sensors" + "/+" * 100, 1), ("sensors" + "/+" * 10, 1))))
    assert await client.receive() == Suback(1, (0x80, 1))


# Alerts, which are told again after every start


async def test_an_alert_that_is_told_again_just_so_is_no_news(power: Power, again: str):
    client = await subscribed(power.doors, ("alerts/#", 1))
    power.doors.door.publish(HERE, "alerts/1", b"open")
    power.doors.door.publish(HERE, "alerts/2", b"open")
    client.send(*(Puback(copy.packet_id) for copy in await copies(client, 2)))
    await hears_nothing(client)
    await until(lambda: power.is_written)
    await getattr(power, again)()
    power.doors.door.publish(HERE, "alerts/1", b"open")
    power.doors.door.publish(HERE, "alerts/2", b"acknowledged")
    client = await back(power.doors)
    found = await copies(client)
    assert [(each.topic, each.payload) for each in found] == [("alerts/2", b"acknowledged")]
    await hears_nothing(client)
    assert power.doors.door.told() == {(HERE, "alerts/1"), (HERE, "alerts/2")}
    power.doors.door.publish(THERE, "alerts/1", b"theirs")
    await hears_nothing(client)


async def test_a_copy_is_kept_with_its_qos(power: Power):
    await (await subscribed(power.doors, ("notes/#", 2), token=OPERATOR_TOKEN)).close()
    program = Program(power.doors, "p", OTHER_OPERATOR_TOKEN)
    await program.connect()
    for qos in (0, 1, 2):
        await program.publish(f"notes/{qos}", b"", qos, retain=True)
    (session,) = (await power.store.everything()).sessions
    assert [(type(each), each.qos) for each in session.copies] == [(Queued, 1), (Queued, 2)]
