"""A device's readings: acknowledged when durable, in order, exactly once where it asks for that."""

import asyncio

from appliance.domain.readings import Counts, Reason
from broker.codec.packets import (
    Connack,
    Disconnect,
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
    Will,
)
from broker.options import DoorOptions
from tests.broker.doors import (
    GATEWAY,
    HERE_DEVICE,
    THERE_DEVICE,
    Doors,
    FakeIntake,
    municipalities,
    until,
)
from tests.builders import HERE, NOON, THERE

TOPIC = "sensors/PS-001/data"


def reading(packet_id: int, qos: int = 1, topic: str = TOPIC, **fields: bool) -> Publish:
    return Publish(topic, b'{"value": %d}' % packet_id, qos, packet_id=packet_id, **fields)


async def test_puback_is_withheld_until_the_reading_has_settled():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        device = await doors.device()
        device.send(reading(1), reading(2), Pingreq())
        assert await device.receive() == Pingresp()
        doors.intake.settle(1)
        assert await device.receive() == Puback(1)
        doors.intake.settle()
        assert await device.receive() == Puback(2)
    (first, second) = doors.intake.taken
    assert (first.device, first.about, first.stream) == (HERE_DEVICE, "PS-001", "data")
    assert (first.payload, first.arrived, second.payload) == (
        b'{"value": 1}',
        NOON,
        b'{"value": 2}',
    )
    assert doors.intake.refusals == []


async def test_a_message_that_could_not_be_kept_is_not_acknowledged_and_ends_the_connection():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        device = await doors.device()
        device.send(reading(1))
        await until(lambda: doors.intake.waiting)
        doors.intake.settle(problem="the disk is full")
        assert await device.receive() is None


async def test_acks_come_in_the_order_of_the_messages_also_when_one_was_refused():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        device = await doors.device()
        device.send(reading(1), reading(2, topic="sensors/PS-002/data"), reading(3))
        await until(lambda: len(doors.intake.waiting) == 2)
        doors.intake.settle()
        assert await device.several(3) == [Puback(1), Puback(2), Puback(3)]


async def test_a_publish_on_a_foreign_topic_is_counted_acknowledged_and_not_taken():
    doors = Doors()
    topics = ["sensors/PS-002/data", "sensors/PS-001/other", "cmd/valve7", "sensors/data", "$SYS/x"]
    async with doors.open():
        device = await doors.device()
        device.send(*(reading(n, topic=topic) for n, topic in enumerate(topics, 1)))
        assert await device.several(5) == [Puback(n) for n in range(1, 6)]
        device.send(reading(9))
        assert await device.receive() == Puback(9)
    assert doors.intake.payloads == [b'{"value": 9}']
    assert [each.reason for each in doors.intake.refusals] == [Reason.NOT_ITS_TOPIC] * 5
    assert {each.municipality for each in doors.intake.refusals} == {HERE}
    assert "cmd/valve7" in doors.intake.refusals[2].detail


async def test_status_and_heartbeat_are_handed_over_as_what_they_are():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(reading(1, topic="sensors/PS-001/status"))
        device.send(reading(2, topic="sensors/PS-001/heartbeat"))
        await device.several(2)
    assert [message.stream for message in doors.intake.taken] == ["status", "heartbeat"]


async def test_a_gateway_reports_for_its_devices_and_for_no_other():
    doors = Doors()
    async with doors.open():
        gateway = await doors.device(GATEWAY)
        gateway.send(reading(1, topic="sensors/PS-007/data"), reading(2, topic=TOPIC))
        assert await gateway.several(2) == [Puback(1), Puback(2)]
    assert [message.about for message in doors.intake.taken] == ["PS-007"]
    assert [each.reason for each in doors.intake.refusals] == [Reason.NOT_ITS_TOPIC]


async def test_two_municipalities_report_side_by_side_each_as_itself():
    doors = Doors()
    async with doors.open():
        here, there = await doors.device(HERE_DEVICE), await doors.device(THERE_DEVICE)
        here.send(reading(1))
        there.send(reading(1, topic="sensors/PS-002/data"))
        assert (await here.receive(), await there.receive()) == (Puback(1), Puback(1))
    assert municipalities(doors.intake.taken) == {HERE, THERE}


async def test_qos_2_is_taken_once_however_often_it_is_sent_before_pubrel():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        device = await doors.device()
        device.send(reading(5, qos=2), reading(5, qos=2, dup=True), Pingreq())
        assert await device.receive() == Pingresp()
        doors.intake.settle()
        assert await device.receive() == Pubrec(5)
        device.send(reading(5, qos=2, dup=True))
        assert await device.receive() == Pubrec(5)
        device.send(Pubrel(5))
        assert await device.receive() == Pubcomp(5)
        assert len(doors.intake.taken) == 1
        device.send(reading(5, qos=2))
        await until(lambda: len(doors.intake.taken) == 2)
        doors.intake.settle()


async def test_qos_2_is_taken_once_across_a_reconnect_of_a_lasting_session():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        first = await doors.device(client_id="logger", clean_session=False)
        first.send(reading(5, qos=2))
        await until(lambda: doors.intake.waiting)
        await first.close()
        second = await doors.client()
        answer = await second.sign_in_as(HERE_DEVICE, client_id="logger", clean_session=False)
        assert answer == Connack(session_present=True, code=ReturnCode.ACCEPTED)
        second.send(reading(5, qos=2, dup=True), Pingreq())
        assert await second.receive() == Pingresp()
        doors.intake.settle()
        assert await second.receive() == Pubrec(5)
        second.send(Pubrel(5))
        assert await second.receive() == Pubcomp(5)
    assert len(doors.intake.taken) == 1


async def test_a_full_intake_holds_the_device_up_until_there_is_room():
    doors = Doors(intake=FakeIntake(at_once=False, capacity=2))
    async with doors.open():
        device = await doors.device()
        device.send(reading(1), reading(2))
        await until(lambda: len(doors.intake.taken) == 2)
        device.send(*(reading(n) for n in range(3, 6)))
        await asyncio.sleep(0.05)
        assert len(doors.intake.taken) == 2
        doors.intake.settle()
        assert await device.several(2) == [Puback(1), Puback(2)]
        doors.intake.capacity = 10
        await until(lambda: len(doors.intake.taken) == 5)
        doors.intake.settle()
        assert await device.several(3) == [Puback(3), Puback(4), Puback(5)]


async def test_a_device_that_is_not_a_subscriber_is_told_so_for_every_filter():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(Subscribe(3, (("sensors/#", 1), ("commands/PS-001/#", 0))))
        assert await device.receive() == Suback(3, (0x80, 0x80))
        assert doors.session_ids() == set()


async def test_a_vanished_device_has_its_will_taken_as_its_status_and_a_polite_one_has_not():
    will = Will("sensors/PS-001/status", b'{"status": "offline"}', 1, retain=False)
    doors = Doors()
    async with doors.open():
        polite = await doors.device(will=will)
        polite.send(Disconnect())
        assert await polite.receive() is None
        vanished = await doors.device(will=will)
        vanished.writer.transport.abort()
        await until(lambda: doors.intake.taken)
    (message,) = doors.intake.taken
    assert (message.stream, message.payload) == ("status", will.payload)
    assert doors.intake.refusals == []


async def test_a_will_for_a_foreign_topic_is_counted_and_never_published():
    doors = Doors()
    async with doors.open():
        listener = await doors.subscriber()
        listener.send(Subscribe(1, (("sensors/#", 0),)))
        await listener.receive()
        device = await doors.device(will=Will("sensors/PS-007/data", b"OPEN", 0, retain=True))
        device.writer.transport.abort()
        await until(lambda: len(doors.door._lobby) == 1)
        listener.send(Pingreq())
        assert await listener.receive() == Pingresp()
    assert doors.intake.taken == []
    assert [each.reason for each in doors.intake.refusals] == [Reason.NOT_ITS_TOPIC]


async def test_stopping_lets_the_acks_out_for_what_settles_meanwhile():
    doors = Doors(intake=FakeIntake(at_once=False))
    async with doors.open():
        device = await doors.device()
        device.send(reading(1))
        await until(lambda: doors.intake.waiting)
        async with asyncio.TaskGroup() as group:
            group.create_task(doors.door.stop())
            await asyncio.sleep(0)
            doors.intake.settle()
        assert await device.several(2) == [Puback(1), None]


async def test_a_message_beyond_the_bound_is_counted_for_its_device_and_ends_the_connection():
    doors = Doors(options=DoorOptions(largest_packet=1_000))
    async with doors.open():
        device = await doors.device()
        device.send(Publish(TOPIC, b"x" * 2_000, 1, packet_id=1))
        assert await device.receive() is None
    assert [each.reason for each in doors.intake.refusals] == [Reason.TOO_LARGE]
    assert doors.intake.taken == []


async def test_a_rejected_reading_is_acknowledged_and_nobody_hears_of_it():
    doors = Doors(intake=FakeIntake(counts=lambda: Counts(rejected={"not_finite": 1})))
    async with doors.open():
        listener, device = await doors.subscriber(), await doors.device()
        listener.send(Subscribe(1, (("sensors/#", 0),)))
        await listener.receive()
        device.send(reading(1))
        assert await device.receive() == Puback(1)
        listener.send(Pingreq())
        assert await listener.receive() == Pingresp()


async def test_nothing_in_the_door_blocks_the_loop(nothing_blocks: object):
    doors = Doors()
    async with doors.open():
        listener, device = await doors.subscriber(), await doors.device()
        listener.send(Subscribe(1, (("sensors/#", 1),)))
        await listener.receive()
        device.send(*(reading(n) for n in range(1, 50)))
        assert await device.several(49) == [Puback(n) for n in range(1, 50)]
        assert isinstance(await listener.receive(), Publish)


async def test_the_door_stops_in_good_order_also_when_its_run_was_cancelled_first():
    doors = Doors(intake=FakeIntake(at_once=False))
    port = await doors.door.start("127.0.0.1", 0)
    doors.port = port
    running = asyncio.get_running_loop().create_task(doors.door.run())
    listener, device = await doors.subscriber(), await doors.device()
    device.send(reading(1))
    await until(lambda: doors.intake.waiting)
    running.cancel()
    async with asyncio.TaskGroup() as group:
        group.create_task(doors.door.stop())
        await asyncio.sleep(0)
        doors.intake.settle()
    assert await device.several(2) == [Puback(1), None]
    assert await listener.receive() is None
    await asyncio.gather(running, return_exceptions=True)
    await device.close()
    await listener.close()
    await doors.door.stop()
