"""A whole walk over real stores, with a clock that the test holds: everything but doors and people."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from appliance.domain.alerts import Alert
from appliance.domain.devices import key_digest
from appliance.domain.ids import MunicipalityId, RuleId, SensorId
from appliance.domain.instant import EARLIEST, LATEST
from appliance.domain.readings import AdmittedDevice, Counts, Door, RawMessage
from appliance.domain.rules import Condition, Rule, Severity
from appliance.domain.sensors import Sensor
from appliance.flow.admission import Registry
from appliance.flow.faults import Faults
from appliance.flow.follow import follow
from appliance.flow.intake import BoundedIntake
from appliance.flow.legible import LegibleJournal
from appliance.flow.live import LiveHub
from appliance.flow.recovery import caught_up, remember_events, remember_readings
from appliance.flow.seen import Seen
from appliance.flow.walk import Walk
from appliance.flow.watcher import Watcher
from appliance.flow.watches import Watches
from appliance.ports.doors import Settled
from appliance.ports.operations import SystemTables
from appliance.ports.pages import AlertFilter, Page
from storage.history.history import DuckHistory
from storage.journal.journal import FileJournal
from storage.operations.database import SqliteOperations
from tests.builders import HERE, OTHER_SENSOR, THERE, a_municipality, a_sensor
from tests.fakes import CountingIds, FixedClock

KEY = bytes(range(32))


@dataclass
class Plant:
    """Two municipalities with one pressure sensor each, PS-001 and PS-002; no rules at first."""

    folder: Path
    clock: FixedClock = field(default_factory=FixedClock)
    watching: asyncio.Task[None] | None = None
    ids: CountingIds = field(default_factory=lambda: CountingIds(1_000_000))

    @contextlib.asynccontextmanager
    async def running(self, *, crash: bool = False) -> AsyncIterator["Plant"]:
        """Run until the block ends; then stop as SIGTERM does, or as SIGKILL does."""
        async with self._stores(), asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(follow(self.legible, self.history, self._grew)),
            ]
            await caught_up(self.journal, self.history)
            await self.watcher.start()
            await remember_events(self.legible, self.operations, self.watcher, self.hub)
            self.watching = group.create_task(self.watcher.run())
            tasks += [self.watching, group.create_task(self.walk.run())]
            await remember_readings(self.legible, self.watcher, self.seen)
            yield self
            if not crash:
                await self.walk.drain()
                await self.settled()
                await self.watcher.stop()
            for task in tasks:
                task.cancel()

    @contextlib.asynccontextmanager
    async def _stores(self) -> AsyncIterator[None]:
        self.operations = SqliteOperations(self.folder / "operations.db", KEY, self.clock)
        self.journal = FileJournal(self.folder / "journal", KEY, self.clock)
        (self.folder / "history").mkdir(exist_ok=True)
        self.history = DuckHistory(self.folder / "history", self.clock)
        await self.operations.start()
        await self.journal.start()
        await self.history.start()
        self._grew = asyncio.Event()
        self.faults = Faults(self.clock)
        self.legible = LegibleJournal(self.journal, self.faults)
        self.hub = LiveHub()
        self.intake = BoundedIntake()
        self.seen = Seen(self.history)
        self.registry = Registry(self.operations, self.clock)
        self.watcher = Watcher(
            self.legible,
            self.operations,
            Watches(self.operations),
            self.hub,
            self.clock,
            self.ids,
        )
        self.walk = Walk(
            self.intake,
            self.journal,
            self.seen,
            self.registry,
            self.clock,
            (lambda _: self._grew.set(), self.watcher.offer),
        )
        self.watcher.mind(self.walk.oldest)
        self.walk.mind(self.watcher.latest)
        await self.operations.write_system(_found)
        await self.registry.start()
        try:
            yield
        finally:
            await self.history.stop()
            await self.journal.stop()
            await self.operations.stop()

    def device(self, name: str = "PS-001") -> AdmittedDevice:
        """Sign a device in."""
        admitted = self.registry.admit(name, f"key of {name}")
        assert isinstance(admitted, AdmittedDevice), admitted
        return admitted

    async def send(
        self, *payloads: Any, device: str = "PS-001", doors: tuple[Door, ...] = (Door.MQTT,)
    ) -> list[Settled]:
        """Send messages through the walk at this moment and give their answers."""
        admitted = self.device(device)
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Settled]] = []
        for payload, door in product(payloads, doors):
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            answer: asyncio.Future[Settled] = loop.create_future()
            self.intake.take(
                RawMessage(admitted, admitted.device_id, raw, door, self.clock.now()),
                answer.set_result,
            )
            answers.append(answer)
        async with asyncio.timeout(10):
            return [await answer for answer in answers]

    async def settled(self) -> None:
        """Wait until everything that is durable has been watched and can be queried."""
        await self.history.settled(self.journal.last)
        await self.watcher.settled(self.journal.last)
        assert self.watcher.sequence == self.journal.last

    async def rule(
        self, condition: Condition, municipality: MunicipalityId = HERE, **fields: Any
    ) -> Rule:
        """Make a rule on every sensor of a municipality and have it noticed."""
        rule = Rule(
            **{
                "id": RuleId(self.ids.new_id()),
                "municipality": municipality,
                "name": "Pressure",
                "sensor": None,
                "sensor_type": None,
                "condition": condition,
                "severity": Severity.HIGH,
                "alert_type": "pressure",
                "created_at": self.clock.now(),
                "updated_at": self.clock.now(),
            }
            | fields
        )
        await self.operations.write(municipality, lambda tables: tables.rules.put(rule))
        self.watcher.poke()
        async with asyncio.timeout(5):
            while rule.id not in self.watcher.book.rules:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0)
        return rule

    async def alerts(self, municipality: MunicipalityId = HERE) -> list[Alert]:
        """Give a municipality's alerts, newest first."""
        await self.settled()
        return await self.operations.read(
            municipality, lambda t: t.alerts.page(AlertFilter(), Page())[0]
        )

    async def ledger(self, municipality: MunicipalityId = HERE) -> Counts:
        """Give a municipality's ledger over all time."""
        await self.settled()
        return await self.operations.read(
            municipality, lambda t: t.ledger.sum(since=EARLIEST, until=LATEST)
        )

    async def tick(self) -> None:
        """Let the timers of rules look at the clock."""
        await self.settled()
        await self.watcher.watch(())


def _found(tables: SystemTables) -> None:
    if tables.municipalities():
        return
    for municipality, sensor in (
        (a_municipality(), a_sensor(name="Mill Lane")),
        (
            a_municipality(id=THERE, name="Otherton"),
            a_sensor(id=OTHER_SENSOR, municipality=THERE, device_id="PS-002", name="Hill"),
        ),
    ):
        tables.put_municipality(municipality)
        own = tables.of(municipality.id)
        built_in = next(t for t in own.sensors.types() if t.code == "pressure")
        own.sensors.add([(_of_type(sensor, built_in), key_digest(f"key of {sensor.device_id}"))])


def _of_type(sensor: Sensor, built_in: Any) -> Sensor:
    return a_sensor(
        id=SensorId(sensor.id),
        municipality=sensor.municipality,
        device_id=sensor.device_id,
        name=sensor.name,
        type=built_in,
    )
