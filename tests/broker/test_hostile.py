"""Mutated streams against the whole connection, and packets of hostile sizes."""

import asyncio
import time

import pytest

from broker.codec.encode import encode
from broker.codec.packets import Connect, Pingreq, Pingresp, Puback, Publish, Subscribe
from broker.options import DoorOptions
from tests.broker.doors import HERE_DEVICE, HERE_TOKEN, THERE_DEVICE, Doors, until
from tests.broker.hostile import Attacker, Wire, attack
from tests.broker.test_admission import GOOD

STREAMS = 1_500


@pytest.mark.parametrize("seed", [1, 2])
async def test_mutated_streams_end_in_good_order_and_harm_nobody(
    seed: int, caplog: pytest.LogCaptureFixture
):
    doors = Doors(options=DoorOptions(free_topics=("notes/#",), most_retained=50))
    doors.intake.has_room.set()
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: problems.append(what))
    async with doors.open():
        other = await doors.device(THERE_DEVICE)
        attacker, frames, slowest = Attacker(seed), 0, 0.0
        for _ in range(STREAMS):
            began = time.perf_counter()
            frames += await attack(doors, attacker)
            slowest = max(slowest, time.perf_counter() - began)
        assert frames > 5 * STREAMS
        await until(lambda: doors.door.figures().connections == 1)
        other.send(Pingreq())
        assert await other.receive() == Pingresp()
        await until(lambda: not [name for name in doors.session_ids() if "unnamed" in name])
        assert len(doors.session_ids()) <= 200, "100 of each token"
    assert problems == []
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert slowest < 2


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\xff\xff\xff\x7f",
        b"\x30\x80\x80\x80\x40",
        b"\x82\xff\xff\xff\x7f",
        encode(Publish("sensors/PS-001/data", bytes(256 * 1024))),
    ],
    ids=["256 MB publish", "128 MB publish", "256 MB subscribe", "256 kB and a topic"],
)
async def test_a_packet_of_a_hostile_size_closes_the_connection_before_it_has_come(stream: bytes):
    doors = Doors()
    async with doors.open():
        client = await doors.device()
        client.send(stream)
        assert await client.receive() is None
    assert doors.intake.taken == []


async def test_topics_and_filters_of_65_kilobytes_are_answered_and_kept_nowhere():
    doors = Doors(options=DoorOptions(free_topics=("notes/#",)))
    long = "notes/" + "x" * 65_000
    async with doors.open():
        client = await doors.subscriber("operator-token")
        client.send(Publish(long, b"1", 1, retain=True, packet_id=1))
        assert await client.receive() == Puback(1)
        client.send(Subscribe(2, ((long, 1), ("sensors/" * 8_000 + "x", 1))))
        assert (await client.receive()).codes == (0x80, 0x80)
        assert doors.door._inside.hub.retained_topics("#") == []
        device = await doors.device(HERE_DEVICE)
        device.send(Publish("sensors/" + "y" * 65_000, b"1", 1, packet_id=1))
        assert await device.receive() == Puback(1)
    assert len(doors.intake.refusals) == 2
    assert max(len(each.detail) + len(each.excerpt) for each in doors.intake.refusals) < 1_000


async def test_a_connect_of_more_than_it_may_have_is_refused_by_its_length():
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        client.send(encode(Connect(client_id="x" * 9_000, **GOOD))[:16])
        assert await client.receive() is None


@pytest.mark.parametrize("clean", [True, False])
async def test_who_leaves_while_it_is_let_in_leaves_its_client_id_to_the_next(clean: bool):
    doors = Doors()
    who = {"username": "token", "password": HERE_TOKEN.encode()}
    hello = encode(Connect(client_id="scada", clean_session=clean, **who))
    async with doors.open():
        inside = doors.door._inside
        assert inside is not None
        for turns in range(40):
            connection = inside.connection()
            wire = Wire(connection)
            connection.connection_made(wire)
            connection.data_received(hello)
            for _ in range(turns % 20):
                await asyncio.sleep(0)
            wire.close()
        program = await doors.subscriber(client_id="scada", clean_session=clean)
        program.send(Pingreq())
        assert await program.receive() == Pingresp()
        await program.close()
        await until(lambda: len(doors.session_ids()) == (0 if clean else 1))
