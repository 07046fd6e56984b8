"""Devices that send more than they may: MQTT holds them back and loses nothing, TCP says why."""

from dataclasses import replace

from appliance.domain.instant import SECOND
from appliance.domain.pace import Allowance, Bucket, Pace
from appliance.domain.readings import AdmittedDevice, Reason
from broker.codec.packets import Pingreq, Pingresp, Puback, Publish
from tests.broker.doors import HERE_DEVICE, THERE_DEVICE, Doors, Lines, until
from tests.broker.test_lines import GOOD, talking

TOPIC = "sensors/PS-001/data"


def limited(rate: float, burst: int) -> AdmittedDevice:
    bucket, total = Bucket(Pace(rate, burst), 0.0), Bucket(Pace(1e6, 1_000_000), 0.0)
    return replace(HERE_DEVICE, allowance=Allowance(bucket, total))


def readings(first: int, beyond: int, qos: int = 1) -> list[Publish]:
    return [Publish(TOPIC, b'{"value": %d}' % n, qos, packet_id=n) for n in range(first, beyond)]


async def test_a_device_that_sends_too_much_waits_and_all_it_sent_is_taken_once_and_acknowledged():
    doors = Doors()
    device = doors.admission.devices["PS-001"] = limited(rate=50.0, burst=5)
    async with doors.open():
        client = await doors.device(device)
        client.send(*readings(1, 21), Pingreq())
        assert await client.several(5) == [Puback(n) for n in range(1, 6)]
        await until(lambda: device.allowance.held_back)
        assert len(doors.intake.taken) == 5
        acks = []
        while len(acks) < 15:
            doors.clock.advance(SECOND // 10)
            acks += await client.several(5)
        assert acks == [Puback(n) for n in range(6, 21)]
        doors.clock.advance(SECOND)
        assert await client.receive() == Pingresp()
    assert [m.payload for m in doors.intake.taken] == [b'{"value": %d}' % n for n in range(1, 21)]
    assert doors.intake.refusals == []


async def test_a_device_that_is_held_back_holds_up_nobody_else():
    doors = Doors()
    device = doors.admission.devices["PS-001"] = limited(rate=0.01, burst=1)
    async with doors.open():
        client, other = await doors.device(device), await doors.device(THERE_DEVICE)
        client.send(*readings(1, 10, qos=0))
        await until(lambda: device.allowance.held_back)
        topic = f"sensors/{THERE_DEVICE.device_id}/data"
        other.send(*(Publish(topic, b'{"value": 1}', 1, packet_id=n) for n in range(1, 50)))
        assert await other.several(49) == [Puback(n) for n in range(1, 50)]
    assert [m.device for m in doors.intake.taken].count(device) == 1


async def test_a_device_that_comes_again_while_it_is_held_back_is_held_back_again():
    doors = Doors()
    device = doors.admission.devices["PS-001"] = limited(rate=10.0, burst=1)
    async with doors.open():
        client = await doors.device(device, client_id="logger")
        client.send(*readings(1, 10))
        assert await client.receive() == Puback(1)
        await until(lambda: device.allowance.held_back)
        again = await doors.device(device, client_id="logger")
        assert await client.receive() is None
        again.send(*readings(2, 10))
        doors.clock.advance(SECOND // 10)
        assert await again.receive() == Puback(2)
        before = device.allowance.held_back
        await until(lambda: device.allowance.held_back > before)
    assert len(doors.intake.taken) == 2


async def test_a_logger_that_sends_too_much_is_told_when_to_come_again_and_stays_connected():
    door = Lines()
    door.admission.devices["PS-001"] = limited(rate=0.1, burst=2)
    async with door.open(), talking(door) as talk:
        answers = [await talk.ask(GOOD) for _ in range(30)]
    assert [a["status"] for a in answers if a] == ["ok"] * 2 + ["error"] * 28
    last = answers[-1] or {}
    assert (last["reason"], last["retry_after_seconds"]) == ("rate_limited", 10)
    assert last["hint"]
    assert [r.reason for r in door.intake.refusals] == [Reason.RATE_LIMITED] * 28
    assert {r.municipality for r in door.intake.refusals} == {HERE_DEVICE.municipality}
    assert len(door.intake.taken) == 2
