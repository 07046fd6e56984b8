"""The demo's devices report like loggers, through lines that may break."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from appliance.demo import place
from appliance.demo.device import KEPT, Device
from appliance.demo.fleet import fleet
from appliance.demo.lines import Address, HttpLine, Line, MqttLine, NotTaken, Reading, TcpLine
from appliance.demo.town import Town, simulated
from appliance.domain.instant import HOUR, SECOND, Instant
from appliance.domain.readings import Door
from broker.front_door import FrontDoor
from broker.line_door import LineDoor
from broker.options import DoorOptions, LineOptions
from storage.memory.sessions import MemorySessions
from tests.builders import HERE, NOON
from tests.fakes import FixedClock
from tests.flow.plant import Plant


@pytest.fixture(scope="module")
def town() -> Town:
    return simulated(place.TIME_ZONE)


@dataclass
class FakeLine:
    """Keeps what it delivers; broken while told so."""

    broken: bool = False
    attempts: int = 0
    delivered: list[Reading] = field(default_factory=list)
    closed: int = 0

    async def send(self, readings: tuple[Reading, ...]) -> None:
        self.attempts += 1
        if self.broken:
            raise ConnectionRefusedError
        self.delivered += readings

    def close(self) -> None:
        self.closed += 1


def a_device(town: Town, line: Line, clock: FixedClock, burst_at: Instant | None = None) -> Device:
    mill_lane = next(one for one in fleet() if one.column == "P141")
    return Device(mill_lane, line, town, clock, lambda: burst_at)


async def test_a_reading_says_what_a_logger_says(town: Town):
    line, clock = FakeLine(), FixedClock()
    await a_device(town, line, clock).read_and_report()
    (reading,) = line.delivered
    assert reading["device_id"] == "demo-p141"
    assert reading["timestamp"] == "2026-05-01T12:00:00Z"
    assert 3.5 < reading["value"] < 5.5
    assert reading["unit"] == "bar"
    assert 20 <= reading["battery_level"] <= 100
    assert -95 <= reading["signal_strength"] <= -60


async def test_after_the_burst_it_reads_what_is_left(town: Town):
    line, clock = FakeLine(), FixedClock()
    await a_device(town, line, clock, Instant(NOON - 60 * SECOND)).read_and_report()
    assert 1.0 < line.delivered[0]["value"] < 2.5


async def test_what_could_not_be_sent_is_sent_later_in_its_order_and_once(town: Town):
    line, clock = FakeLine(broken=True), FixedClock()
    device = a_device(town, line, clock)
    for _ in range(20):
        await device.read_and_report()
        clock.advance(10 * SECOND)
    assert 4 <= line.attempts <= 7
    line.broken = False
    for _ in range(10):
        await device.read_and_report()
        clock.advance(10 * SECOND)
    times = [reading["timestamp"] for reading in line.delivered]
    assert len(times) == len(set(times)) == 30
    assert times == sorted(times)


async def test_a_device_that_is_cut_off_for_long_forgets_the_oldest(town: Town):
    line, clock = FakeLine(broken=True), FixedClock()
    device = a_device(town, line, clock)
    for _ in range(KEPT + 50):
        await device.read_and_report()
        clock.advance(10 * SECOND)
    line.broken = False
    for _ in range(10):
        await device.read_and_report()
    assert line.delivered[-1]["timestamp"] == "2026-05-01T13:08:20Z"
    assert len(line.delivered) <= KEPT + 10


@contextlib.asynccontextmanager
async def doors(plant: Plant) -> AsyncIterator[dict[Door, Address]]:
    """The real MQTT and TCP doors before a real walk."""
    mqtt = FrontDoor(
        plant.registry,
        plant.intake,
        plant.registry,
        plant.clock,
        MemorySessions(),
        DoorOptions(),
    )
    tcp = LineDoor(plant.registry, plant.intake, plant.clock, LineOptions())
    ports = [await door.start("127.0.0.1", 0) for door in (mqtt, tcp)]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(door.run()) for door in (mqtt, tcp)]
        yield {
            Door.MQTT: Address("127.0.0.1", ports[0]),
            Door.TCP: Address("127.0.0.1", ports[1]),
        }
        for door in (mqtt, tcp):
            await door.stop()
        for task in running:
            task.cancel()


def some_readings(n: int, plant: Plant) -> list[Reading]:
    start = plant.clock.now() - n * SECOND
    return [
        {"timestamp": (start + i * SECOND) // 1000, "value": 3.0 + i / 100, "unit": "bar"}
        for i in range(n)
    ]


@pytest.mark.parametrize(("door", "kind"), [(Door.MQTT, MqttLine), (Door.TCP, TcpLine)])
async def test_readings_are_on_disk_when_the_line_returns(
    tmp_path, door: Door, kind: Callable[..., Line]
):
    plant = Plant(tmp_path)
    async with plant.running(), doors(plant) as addresses:
        line = kind(addresses[door], "PS-001", "key of PS-001")
        await line.send(some_readings(1, plant))
        plant.clock.advance(HOUR // 2)
        await line.send(some_readings(5, plant))
        line.close()
        plant.clock.advance(HOUR // 4)
        await line.send(some_readings(2, plant))
        line.close()
        await plant.settled()
        ledger = await plant.operations.read(
            HERE, lambda t: t.ledger.sum(since=Instant(0), until=Instant(NOON + HOUR))
        )
    assert ledger.stored == ledger.received == 8


@pytest.mark.parametrize(("door", "kind"), [(Door.MQTT, MqttLine), (Door.TCP, TcpLine)])
async def test_a_wrong_key_is_refused_and_said_so(tmp_path, door: Door, kind: Callable[..., Line]):
    plant = Plant(tmp_path)
    async with plant.running(), doors(plant) as addresses:
        line = kind(addresses[door], "PS-001", "wrong")
        with pytest.raises(NotTaken):
            await line.send(some_readings(1, plant))
        line.close()


async def test_http_keeps_its_connection_and_notices_a_refusal():
    requests: list[tuple[str, object]] = []
    answers = [b"200 OK", b"200 OK", b"401 Unauthorized"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            requests.append((head, msgspec.json.decode(await reader.readexactly(size))))
            writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        line = HttpLine(Address("127.0.0.1", port), "demo-p141", "k3y")
        await line.send([{"value": 1.0}])
        await line.send([{"value": 1.0}, {"value": 2.0}])
        with pytest.raises(NotTaken, match="401"):
            await line.send([{"value": 3.0}])
        line.close()
    assert [body for _, body in requests] == [
        {"value": 1.0},
        [{"value": 1.0}, {"value": 2.0}],
        {"value": 3.0},
    ]
    assert requests[0][0].startswith("POST /api/v1/sensors/demo-p141/readings HTTP/1.1")
    assert "X-API-Key: k3y" in requests[0][0]
