"""How the appliance is: what a screen, a probe and Prometheus ask."""

import asyncio
from dataclasses import dataclass
from typing import Final

import psutil

from appliance.domain.access import AdministerSystem, SystemGrant
from appliance.domain.errors import WeirError
from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.domain.readings import Counts
from appliance.domain.sensors import LastContact
from appliance.ports.operations import SystemTables
from appliance.services.world import World

LOOK_EVERY: Final = 2.0
"""Seconds for which an answer is given again: anybody may ask for it, without signing in."""
BUSY_PERCENT: Final = 90.0
FEW_REPORT: Final = 50.0
SILENT_AFTER: Final = 15 * MINUTE
INTERVALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the appliance is. `status` is `healthy`, `warning` or `critical`."""

    status: str
    database: str
    cpu_percent: float
    memory_percent: float
    sensors: int
    reporting: int
    health_score: float
    """Per cent of the sensors that report as often as they use to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What Prometheus gets: over all municipalities, and without naming one."""

    health: Health
    counts: dict[str, int]
    last_hour: Counts
    journal_sequence: int
    history_sequence: int
    resident_bytes: int
    cpu_seconds: float
    disk_free_bytes: int
    disk_level: int
    """See Pressure: 0 there is room … 4 acks are withheld."""


class Monitoring:
    """Looks at the machine and the stores, at most every LOOK_EVERY seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: tuple[float, Health] | None = None
        self._one_look = asyncio.Lock()

    async def health(self) -> Health:
        """Give how the appliance is; never raises."""
        async with self._one_look:
            now = self._world.clock.monotonic()
            if self._seen is None or now - self._seen[0] > LOOK_EVERY:
                self._seen = (now, await self._look())
            return self._seen[1]

    async def _look(self) -> Health:
        cpu, memory = await asyncio.to_thread(_machine)
        try:
            counts = await self._world.operations.read_system(lambda t: t.counts())
        except WeirError:
            counts = None
        sensors = 0 if counts is None else counts["sensors"]
        now = self._world.clock.now()
        contacts = self._world.watching.contacts.values()
        reporting = min(sensors, sum(is_reporting(contact, now) for contact in contacts))
        score = round(100 * reporting / sensors, 1) if sensors else 100.0
        return Health(
            status=_status(counts is not None, cpu, memory, score),
            database="healthy" if counts is not None else "unhealthy",
            cpu_percent=cpu,
            memory_percent=memory,
            sensors=sensors,
            reporting=reporting,
            health_score=score,
        )

    async def stats(self, grant: SystemGrant[AdministerSystem]) -> dict[str, int]:
        """Count `municipalities`, `users`, `sensors` and `open_alerts` over all."""
        del grant
        return await self._world.operations.read_system(lambda t: t.counts())

    async def figures(self) -> Figures:
        """Give what Prometheus wants to know."""
        now = self._world.clock.now()
        counts, last_hour = await self._world.operations.read_system(lambda t: _totals(t, now))
        resident, cpu = await asyncio.to_thread(_process)
        return Figures(
            health=await self.health(),
            counts=counts,
            last_hour=last_hour,
            journal_sequence=self._world.journal.last,
            history_sequence=self._world.history.applied,
            resident_bytes=resident,
            cpu_seconds=cpu,
            disk_free_bytes=self._world.disk.usage.free,
            disk_level=self._world.disk.level,
        )


def is_reporting(contact: LastContact, now: Instant) -> bool:
    """Whether a device reports as often as it uses to."""
    if contact.arrived is None:
        return False
    usual = INTERVALS * (contact.usual_interval or 0)
    return now - contact.arrived <= max(usual, SILENT_AFTER)


def _status(database: bool, cpu: float, memory: float, score: float) -> str:  # noqa: FBT001
    if not database:
        return "critical"
    if cpu > BUSY_PERCENT or memory > BUSY_PERCENT or score < FEW_REPORT:
        return "warning"
    return "healthy"


def _machine() -> tuple[float, float]:
    return psutil.cpu_percent(None), psutil.virtual_memory().percent


def _process() -> tuple[int, float]:
    process = psutil.Process()
    times = process.cpu_times()
    return process.memory_info().rss, times.user + times.system


def _totals(tables: SystemTables, now: Instant) -> tuple[dict[str, int], Counts]:
    since, until = Instant(now - HOUR), Instant(now + MINUTE)
    total = Counts()
    for municipality in tables.municipalities():
        total.add(tables.of(municipality.id).ledger.sum(since=since, until=until))
    total.add(tables.nobody().ledger.sum(since=since, until=until))
    return tables.counts(), total
