"""The MQTT front door: nothing happens before authentication, and an ack means durable.

socket ─▶ Connection (codec, bounds) ─▶ Reception (CONNECT) ─┬▶ DevicePeer ─▶ intake ─▶ acks
└▶ SubscriberPeer ─▶ Link ─▶ Hub (amqtt)
walk ─▶ publish ─▶ Copies ─▶ Hub ─▶ Delivery ─▶ SubscriberPeer ─▶ socket
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.ports.clock import Clock
from appliance.ports.doors import Admission, Intake, Subscribers
from appliance.ports.sessions import Kept, SessionStore
from broker.connection import Connection, Hold
from broker.copies import Copies, Copy
from broker.device_peer import DeviceServices
from broker.device_session import is_of_a_device
from broker.engine.hub import Hub
from broker.engine.link import Links
from broker.engine.record import Record
from broker.errands import Errands
from broker.lobby import Lobby
from broker.options import DoorOptions
from broker.porch import Porch, Rules, holding
from broker.reception import Reception
from broker.topics import ALERTS, Walls, whose
from broker.ways import Entrance, Way

_ANY_QOS: Final = 2
"""What this program itself says: each subscriber gets it with the QoS that it asked for."""
_CHECKED_AT_ONCE: Final = 200
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DoorFigures:
    """How the door does, for health and metrics."""

    connections: int
    turned_away: int
    copies_dropped: int
    """Copies for subscribers that a bound made us drop; never readings."""


class FrontDoor:
    """Devices report here, people and programs listen here. Implements Announcements.

    `start`, further ways by `listen`, `run` in the supervisor's TaskGroup, then `stop`; `run` may be
    cancelled before or after `stop`.
    """

    def __init__(
        self,
        admission: Admission,
        intake: Intake,
        subscribers: Subscribers,
        clock: Clock,
        store: SessionStore,
        options: DoorOptions,
    ) -> None:
        self._admission = admission
        self._intake = intake
        self._subscribers = subscribers
        self._clock = clock
        self._store = store
        self._options = options
        self._lobby = Lobby("MQTT", options.max_connections, options.max_strangers)
        self._errands = Errands()
        self._changed = asyncio.Event()
        self._inside: _Inside | None = None

    async def start(self, host: str, port: int, way: Way | None = None) -> int:
        """Listen, and give the port; raises OSError where that is not possible."""
        for name in ("amqtt", "transitions"):  # each message would be a line
            logging.getLogger(name).setLevel(logging.WARNING)
        inside = self._build()
        self._inside = inside
        await inside.hub.start()
        try:
            inside.restore(await inside.record.begin())
            return await self.listen(host, port, way)
        except BaseException:
            self._inside = None
            await inside.hub.shutdown()
            raise

    async def listen(self, host: str, port: int, way: Way | None = None) -> int:
        """Open a further way to the very same door, and give its port; OSError as `start`."""
        inside = self._started()
        entrance = Entrance(way or Way(), self._lobby, self._options.handshake_within)
        porch = Porch(
            *(lambda: entrance(inside.connection()), self._lobby, self._errands),
            Rules(
                speaks_within=self._options.connect_within,
                refuses=entrance.refuses,
                tune=holding(self._options.unread_by_system),
            ),
        )
        bound = await porch.open(host, port)
        inside.porches.append(porch)
        return bound

    async def run(self) -> None:
        """Serve: fan copies out, wake held devices, send away who is no longer admitted.

        Raises StorageFailed when sessions can't be written any more: nothing may be acked then.
        """
        inside = self._started()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._errands.run())
                group.create_task(inside.record.run())
                group.create_task(inside.copies.run())
                group.create_task(self._make_room(inside.services))
                group.create_task(self._check(inside.hub))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def stop(self) -> None:
        """Take nothing more, let acks out for what settles in time, then close and forget."""
        inside, self._inside = self._inside, None
        if inside is None:
            return
        for porch in inside.porches:
            porch.close()
        for visitor in self._lobby:
            visitor.read_no_more()
        await inside.services.outstanding.none(self._options.stop_within)
        await self._lobby.clear(self._options.stop_within)
        await self._write_the_rest(inside.record)
        await inside.hub.shutdown()
        self._errands.drop()

    async def _write_the_rest(self, record: Record) -> None:
        try:
            async with asyncio.timeout(self._options.stop_within):
                await record.write()
        except (StorageFailed, TimeoutError) as problem:
            _log.warning("what MQTT sessions did last was not written down: %r", problem)

    def look_again(self) -> None:
        """Ask everybody now whether they would still be admitted: something was set up anew."""
        self._changed.set()

    def publish(self, municipality: MunicipalityId, topic: str, payload: bytes) -> None:
        """Give subscribers a copy; under `alerts/` it is retained until an empty one comes.

        An alert that is retained just so already is no news: after a restart all are told again.
        """
        if self._inside is None:
            return
        retain = topic.startswith(ALERTS)
        known = self._inside.hub.retained(Walls(municipality).inside(topic)) if retain else None
        if not retain or payload != (known or b""):
            self._inside.copies.offer(Copy(municipality, topic, payload, _ANY_QOS, retain))

    def told(self) -> frozenset[tuple[MunicipalityId, str]]:
        """Name the alerts that are retained: whose, and the topic."""
        if self._inside is None:
            return frozenset()
        everywhere = self._inside.hub.retained_topics(f"m/+/{ALERTS}#")
        return frozenset(whose(topic) for topic in everywhere)

    def wants(self, municipality: MunicipalityId) -> bool:
        """Say whether anybody of this municipality is subscribed at all."""
        return self._inside is not None and self._inside.copies.wants(municipality)

    def figures(self) -> DoorFigures:
        """Say how the door does."""
        lost = 0
        if self._inside is not None:
            losses = self._inside.hub.losses
            lost = losses.queue_full + losses.subscriber_full + losses.retained_full
        return DoorFigures(len(self._lobby), self._lobby.turned_away, lost)

    def _build(self) -> "_Inside":
        options = self._options
        record = Record(self._store, options.most_unwritten, options.most_unwritten_bytes)
        hub = Hub(options, record, self._clock)
        copies = Copies(hub, options.most_copies)
        services = DeviceServices(
            self._admission,
            self._intake,
            self._clock,
            copies,
            record,
            unfinished_messages=options.unfinished_messages,
        )
        links = Links(hub)
        reception = Reception(services, self._subscribers, links, self._errands, options)
        return _Inside(hub, record, copies, services, reception, self._lobby, options)

    def _started(self) -> "_Inside":
        if self._inside is None:
            raise RuntimeError("start() comes first")
        return self._inside

    async def _make_room(self, services: DeviceServices) -> None:
        """Read again from the devices that were held up, whenever the intake has room."""
        while True:
            await services.someone_waits.wait()
            await self._intake.room()
            services.someone_waits.clear()
            for connection in services.waiting_for_room.copy():
                services.waiting_for_room.discard(connection)
                connection.release(Hold.INTAKE)

    async def _check(self, hub: Hub) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.check_every):
                    await self._changed.wait()
            self._changed.clear()
            await hub.expire()
            for number, visitor in enumerate(self._lobby):
                if isinstance(visitor, Connection):
                    visitor.check()
                if number % _CHECKED_AT_ONCE == 0:
                    await asyncio.sleep(0)


@dataclass(slots=True)
class _Inside:
    """What exists between start and stop."""

    hub: Hub
    record: Record
    copies: Copies
    services: DeviceServices
    reception: Reception
    lobby: Lobby
    options: DoorOptions
    porches: list[Porch] = field(default_factory=list)

    def restore(self, kept: Kept) -> None:
        """Go on from what was kept."""
        self.reception.restore(kept)
        kept.sessions = [each for each in kept.sessions if not is_of_a_device(each.name)]
        self.hub.restore(kept)

    def connection(self) -> Connection:
        """Make the protocol of a new connection."""
        return Connection(self.lobby, self.reception.welcome, self.options)
