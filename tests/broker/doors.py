"""Fakes of what a door needs of the walk, and a client that speaks raw packets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import Any, Final

from appliance.domain.access import Actor, Role
from appliance.domain.ids import MunicipalityId, Sequence, TokenId, UserId
from appliance.domain.instant import Instant
from appliance.domain.readings import (
    AdmittedDevice,
    Counts,
    Door,
    RawMessage,
    RawMessages,
    Reason,
    Refusal,
    Rejection,
)
from appliance.ports.doors import Settled
from broker.codec.encode import encode
from broker.codec.packets import Connack, Connect, Packet, ReturnCode
from broker.codec.reader import PacketReader
from broker.front_door import FrontDoor
from broker.line_door import LineDoor
from broker.options import DoorOptions, LineOptions
from broker.ways import Way
from storage.memory.sessions import MemorySessions
from tests.builders import HERE, OTHER_SENSOR, THERE, a_sensor, an_admitted_device
from tests.fakes import FixedClock

DEADLINE: Final = 5.0

HERE_DEVICE: Final = an_admitted_device()
THERE_DEVICE: Final = an_admitted_device(
    a_sensor(id=OTHER_SENSOR, municipality=THERE, device_id="PS-002")
)
GATEWAY: Final = an_admitted_device(
    a_sensor(device_id="GW-1"), a_sensor(device_id="PS-007"), a_sensor(device_id="PS-008")
)
HERE_TOKEN: Final = "here-token"
THERE_TOKEN: Final = "there-token"
OPERATOR_TOKEN: Final = "operator-token"
OTHER_OPERATOR_TOKEN: Final = "other-operator-token"
THERE_OPERATOR_TOKEN: Final = "there-operator-token"


def key_of(device: AdmittedDevice) -> str:
    return f"key-of-{device.device_id}"


def stored() -> Counts:
    return Counts(stored=1)


@dataclass
class FakeAdmission:
    """Knows three devices; a refusal is put into `refused`."""

    devices: dict[str, AdmittedDevice] = field(
        default_factory=lambda: {
            device.device_id: device for device in (HERE_DEVICE, THERE_DEVICE, GATEWAY)
        }
    )
    refused: dict[str, Reason] = field(default_factory=dict)
    edition: int = 0

    def admit(self, device_id: str, key: str) -> AdmittedDevice | Refusal:
        device = self.devices.get(device_id)
        if device is None:
            return Refusal(Reason.UNKNOWN_DEVICE, device_id)
        if key != key_of(device):
            return Refusal(Reason.WRONG_KEY, device_id, (device.municipality,))
        if device_id in self.refused:
            return Refusal(self.refused[device_id], device_id, (device.municipality,))
        return device

    def still_valid(self, device: AdmittedDevice, key: str) -> bool:
        return isinstance(self.admit(device.device_id, key), AdmittedDevice)


@dataclass
class FakeSubscribers:
    """Knows a viewer and operators of each of the two municipalities, and a super admin of none."""

    actors: dict[str, Actor] = field(
        default_factory=lambda: {
            HERE_TOKEN: Actor(UserId(1), "scada", Role.VIEWER, HERE, TokenId(11)),
            THERE_TOKEN: Actor(UserId(2), "scada", Role.VIEWER, THERE, TokenId(12)),
            OPERATOR_TOKEN: Actor(UserId(4), "pump", Role.OPERATOR, HERE, TokenId(14)),
            OTHER_OPERATOR_TOKEN: Actor(UserId(5), "valve", Role.OPERATOR, HERE, TokenId(15)),
            THERE_OPERATOR_TOKEN: Actor(UserId(6), "pump", Role.OPERATOR, THERE, TokenId(16)),
            "root-token": Actor(UserId(3), "root", Role.SUPER_ADMIN, None, TokenId(13)),
        }
    )

    heard_by_limited: frozenset[str] = frozenset()
    """The topics that who is limited to zones may hear."""

    def authenticate(self, token: str) -> Actor | None:
        return self.actors.get(token)

    def lets_hear(self, municipality: MunicipalityId, topic: str, payload: bytes) -> bool:
        del municipality, payload
        return topic in self.heard_by_limited


@dataclass
class FakeIntake:
    """Settles at once, or when told to."""

    at_once: bool = True
    capacity: int = 1_000_000
    taken: list[RawMessage] = field(default_factory=list)
    refusals: list[Rejection] = field(default_factory=list)
    waiting: list[Callable[[Settled], None]] = field(default_factory=list)
    counts: Callable[[], Counts] = stored
    rejections: tuple[Rejection, ...] = ()
    has_room: asyncio.Event = field(default_factory=asyncio.Event)
    refuses_unacknowledged: bool = False

    def take(self, message: RawMessage, settled: Callable[[Settled], None]) -> bool:
        self.taken.append(message)
        self.waiting.append(settled)
        if self.at_once:
            asyncio.get_running_loop().call_soon(self.settle, 1)
        if len(self.waiting) >= self.capacity:
            self.has_room.clear()
            return False
        return True

    def take_several(
        self, messages: RawMessages, settled: Callable[[Several[Settled]], None]
    ) -> bool:
        answers: list[Settled] = []

        def settle(answer: Settled) -> None:
            answers.append(answer)
            if len(answers) == len(messages):
                settled(answers)

        took = [self.take(messages[place], settle) for place in range(len(messages))]
        return all(took)

    async def room(self) -> None:
        await self.has_room.wait()

    def refuse(
        self, door: Door, refusal: Refusal, *, at: Instant, detail: str, excerpt: str = ""
    ) -> None:
        for municipality in refusal.municipalities or (None,):
            self.refusals.append(
                Rejection(
                    municipality, refusal.device_id, at, door, refusal.reason, detail, excerpt
                )
            )

    def settle(self, count: int | None = None, *, problem: str = "") -> None:
        """Settle the oldest so many, all when not told."""
        several = self.waiting[:count]
        del self.waiting[: len(several)]
        for each in several:
            each(Settled(self.counts(), Sequence(1), self.rejections, problem))
        if len(self.waiting) < self.capacity:
            self.has_room.set()

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.taken]


Dial = Callable[[int], Awaitable[tuple[Any, Any]]]
"""Gives the reader and the writer of a connection to a port of this machine."""


async def dial_plain(port: int) -> tuple[Any, Any]:
    return await asyncio.open_connection("127.0.0.1", port)


class Client:
    """Speaks raw packets to a door."""

    def __init__(self, reader: Any, writer: Any) -> None:
        self.reader = reader
        self.writer = writer
        self._packets = PacketReader()

    def send(self, *packets: Packet | bytes) -> None:
        self.writer.write(
            b"".join(each if isinstance(each, bytes) else encode(each) for each in packets)
        )

    async def receive(self) -> Packet | None:
        """The next packet, None at the end of the connection."""
        async with asyncio.timeout(DEADLINE):
            while (packet := self._packets.next()) is None:
                data = b""
                with contextlib.suppress(ConnectionResetError):
                    data = await self.reader.read(65_536)
                if not data:
                    return None
                self._packets.feed(data)
            return packet

    async def several(self, count: int) -> list[Packet | None]:
        return [await self.receive() for _ in range(count)]

    async def sign_in(self, **fields: Any) -> Connack:
        self.send(Connect(**fields))
        answer = await self.receive()
        assert isinstance(answer, Connack)
        return answer

    async def sign_in_as(self, device: AdmittedDevice, **fields: Any) -> Connack:
        credentials = {"username": device.device_id, "password": key_of(device).encode()}
        answer = await self.sign_in(**credentials | fields)
        assert answer.code == ReturnCode.ACCEPTED
        return answer

    async def sign_in_with(self, token: str, **fields: Any) -> Connack:
        answer = await self.sign_in(username="token", password=token.encode(), **fields)
        assert answer.code == ReturnCode.ACCEPTED
        return answer

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Doors:
    """One running MQTT door and everything around it."""

    options: DoorOptions = field(default_factory=DoorOptions)
    admission: FakeAdmission = field(default_factory=FakeAdmission)
    intake: FakeIntake = field(default_factory=FakeIntake)
    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    clock: FixedClock = field(default_factory=FixedClock)
    store: MemorySessions = field(default_factory=MemorySessions)
    clients: list[Client] = field(default_factory=list)
    way: Way = field(default_factory=Way)
    dial: Dial = dial_plain
    port: int = 0
    door: FrontDoor = field(init=False)

    def __post_init__(self) -> None:
        self.door = FrontDoor(
            *(self.admission, self.intake, self.subscribers, self.clock),
            self.store,
            self.options,
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Doors"]:
        self.port = await self.door.start("127.0.0.1", 0, self.way)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.door.run())
            try:
                yield self
            finally:
                try:
                    await self.door.stop()
                finally:
                    running.cancel()
                    for client in self.clients:
                        await client.close()

    async def client(self) -> Client:
        made = Client(*await self.dial(self.port))
        self.clients.append(made)
        return made

    async def device(self, device: AdmittedDevice = HERE_DEVICE, **fields: Any) -> Client:
        made = await self.client()
        await made.sign_in_as(device, **fields)
        return made

    async def subscriber(self, token: str = HERE_TOKEN, **fields: Any) -> Client:
        made = await self.client()
        await made.sign_in_with(token, **fields)
        return made

    def session_ids(self) -> set[str]:
        """Client ids of the sessions in the engine."""
        inside = self.door._inside
        assert inside is not None
        return set(inside.hub.sessions)


@dataclass
class Lines:
    """One running line door and everything around it."""

    options: LineOptions = field(default_factory=LineOptions)
    admission: FakeAdmission = field(default_factory=FakeAdmission)
    intake: FakeIntake = field(default_factory=FakeIntake)
    port: int = 0
    door: LineDoor = field(init=False)

    def __post_init__(self) -> None:
        self.door = LineDoor(self.admission, self.intake, FixedClock(), self.options)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Lines"]:
        self.port = await self.door.start("127.0.0.1", 0)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.door.run())
            try:
                yield self
            finally:
                await self.door.stop()
                running.cancel()


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds, with a deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - a condition of the door's, not an event of ours
            await asyncio.sleep(0.002)


def municipalities(messages: list[RawMessage]) -> set[MunicipalityId]:
    return {message.device.municipality for message in messages}
