"""Is everything all right? One answer, from what is in memory and a few short queries."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.alerts import AlertStatus
from appliance.domain.enclave import ZoneId
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.domain.quantities import Quantity
from appliance.domain.rules import Severity
from appliance.domain.sensors import LastContact, Sensor
from appliance.services.monitoring import is_reporting
from appliance.services.overview.plan import (
    Band,
    Plan,
    ZonePlan,
    half_hours,
    last_night,
    read_plan,
)
from appliance.services.world import World

PLAN_LASTS: Final = 10 * 60.0
"""Seconds after which it is read anew though nothing was set up: patterns are learned meanwhile."""
MOST_PLANS: Final = 64
"""In memory; of more, the one longest unused is read anew."""
NAMED: Final = 10
"""Of those who are silent."""

_Key = tuple[MunicipalityId, frozenset[ZoneId] | None]


class Unknown(StrEnum):
    """Why a figure is not given."""

    NO_SENSOR = "no_sensor"
    """Nobody measures it there."""
    NO_READING = "no_reading"
    """Nobody has reported yet."""
    SILENT = "silent"
    """Somebody whose value is part of it does not report."""
    LEARNING = "learning"
    """What is usual is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value, SI, beside what is usual; each may be unknown, and says why."""

    value: float | None
    at: Instant | None
    usual: Band | None
    why: Unknown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Of what several sensors say now, SI."""

    least: float | None
    lowest: SensorId | None
    mean: float | None
    reporting: int
    sensors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneNow:
    """How a zone is."""

    plan: ZonePlan
    inflow: Figure
    night: Figure
    pressure: Spread


@dataclass(frozen=True, slots=True)
class Tank:
    """A level."""

    sensor: Sensor
    level: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How a municipality is."""

    at: Instant
    plan: Plan
    alarms: list[tuple[Severity, AlertStatus, bool, int]]
    """Severity, status, whether shelved, how many."""
    zones: tuple[ZoneNow, ...]
    pressure: Spread
    tanks: tuple[Tank, ...]
    silent: tuple[tuple[Sensor, Instant | None], ...]
    """Those who don't report as often as they use to, the one silent for longest first."""
    newest: Instant | None
    """When the newest reading came."""


@dataclass(frozen=True, slots=True)
class _Kept:
    plan: Plan
    nights: dict[SensorId, float]
    night_over: Instant
    version: int
    until: float


class Overviews:
    """Looks at a municipality as a whole; who is limited to zones sees what lies in them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def of(self, grant: Grant[ViewNetwork]) -> Overview:
        """Give how it is now; what can't be known is None, with the reason."""
        now = self._world.clock.now()
        kept = await self._plan(grant, now)
        alarms = await self._world.operations.read(grant.municipality, lambda t: t.alerts.tally())
        look = _Look(kept, self._world.watching.contacts, now)
        return look.all(alarms)

    async def _plan(self, grant: Grant[ViewNetwork], now: Instant) -> _Kept:
        key = (grant.municipality, grant.actor.zones)
        version = await self._world.operations.setup_version()
        async with self._one_at_a_time:
            kept = self._kept.get(key)
            monotonic = self._world.clock.monotonic()
            if kept is None or kept.version != version or kept.until < monotonic:
                kept = await self._read(grant, now, version)
                self._kept[key] = kept
            if last_night(kept.plan, now)[1] != kept.night_over:
                kept = await self._read(grant, now, version)
                self._kept[key] = kept
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_PLANS:
                self._kept.popitem(last=False)
            return kept

    async def _read(self, grant: Grant[ViewNetwork], now: Instant, version: int) -> _Kept:
        plan = await self._world.operations.read(grant.municipality, lambda t: read_plan(t, now))
        since, until = last_night(plan, now)
        flows = sorted({sensor for zone in plan.zones for sensor in zone.flows})
        nights = await self._means(grant.municipality, flows, since, until)
        return _Kept(plan, nights, until, version, self._world.clock.monotonic() + PLAN_LASTS)

    async def _means(
        self, municipality: MunicipalityId, sensors: list[SensorId], since: Instant, until: Instant
    ) -> dict[SensorId, float]:
        """Give each sensor's mean of a span, where it has readings of every hour of it."""
        if not sensors:
            return {}
        step = MINUTE if since % HOUR else HOUR  # not every zone is whole hours from UTC
        rollup = await self._world.history.of(municipality).rollup(
            np.array(sensors, np.int64),
            since=Instant(since - since % step),
            until=Instant(until - until % step),
            step=step,
        )
        means: dict[SensorId, float] = {}
        for sensor in sensors:
            own = rollup.sensors == sensor
            hours = np.unique((rollup.starts[own] - since) // HOUR)
            if len(hours) == (until - since) // HOUR:
                means[sensor] = float(np.average(rollup.means[own], weights=rollup.counts[own]))
        return means


class _Look:
    """One look, at one moment."""

    def __init__(self, kept: _Kept, contacts: Mapping[SensorId, LastContact], now: Instant) -> None:
        self._kept, self._plan, self._now = kept, kept.plan, now
        found = ((sensor, contacts.get(sensor)) for sensor in self._plan.sensors)
        self._contacts: dict[SensorId, LastContact] = {s: c for s, c in found if c is not None}

    def all(self, alarms: list[tuple[Severity, AlertStatus, bool, int]]) -> Overview:
        pressures = [sensor.id for sensor in self._plan.measuring(Quantity.PRESSURE)]
        arrived = [c.arrived for c in self._contacts.values() if c.arrived is not None]
        return Overview(
            at=self._now,
            plan=self._plan,
            alarms=alarms,
            zones=tuple(self._zone(zone) for zone in self._plan.zones),
            pressure=self._spread(pressures),
            tanks=tuple(
                Tank(sensor, self._figure((sensor.id,)))
                for sensor in self._plan.measuring(Quantity.LEVEL)
            ),
            silent=self._silent(),
            newest=max(arrived, default=None),
        )

    def _zone(self, zone: ZonePlan) -> ZoneNow:
        return ZoneNow(
            plan=zone,
            inflow=self._figure(zone.flows),
            night=self._night(zone.flows),
            pressure=self._spread(zone.pressures),
        )

    def _value(self, sensor: SensorId) -> float | None:
        """Give what a sensor says now; None where it says nothing."""
        contact = self._contacts.get(sensor)
        if contact is None or not is_reporting(contact, self._now):
            return None
        return contact.value_si

    def _figure(self, sensors: tuple[SensorId, ...]) -> Figure:
        values = [self._value(sensor) for sensor in sensors]
        known = [value for value in values if value is not None]
        usual = self._plan.usual(sensors, np.array([self._now], np.int64))
        times = [c.time for s in sensors if (c := self._contacts.get(s)) and c.time is not None]
        is_whole = len(known) == len(sensors) > 0
        return Figure(
            value=sum(known) if is_whole else None,
            at=min(times, default=None),
            usual=usual,
            why=self._why(sensors, has_readings=bool(times), is_whole=is_whole, usual=usual),
        )

    def _why(
        self,
        sensors: tuple[SensorId, ...],
        *,
        has_readings: bool,
        is_whole: bool,
        usual: Band | None,
    ) -> Unknown | None:
        if not sensors:
            return Unknown.NO_SENSOR
        if not is_whole:
            return Unknown.SILENT if has_readings else Unknown.NO_READING
        return Unknown.LEARNING if usual is None else None

    def _night(self, sensors: tuple[SensorId, ...]) -> Figure:
        since, until = last_night(self._plan, self._now)
        known = [self._kept.nights[sensor] for sensor in sensors if sensor in self._kept.nights]
        usual = self._plan.usual(sensors, half_hours(since, until))
        is_whole = len(known) == len(sensors) > 0
        return Figure(
            value=sum(known) if is_whole else None,
            at=until if is_whole else None,
            usual=usual,
            why=self._why(sensors, has_readings=bool(known), is_whole=is_whole, usual=usual),
        )

    def _spread(self, sensors: Iterable[SensorId]) -> Spread:
        several = list(sensors)
        said = [(value, s) for s in several if (value := self._value(s)) is not None]
        least, lowest = min(said, default=(None, None))
        mean = sum(value for value, _ in said) / len(said) if said else None
        return Spread(
            least=least, lowest=lowest, mean=mean, reporting=len(said), sensors=len(several)
        )

    def _silent(self) -> tuple[tuple[Sensor, Instant | None], ...]:
        silent: list[tuple[Sensor, Instant | None]] = []
        for sensor in self._plan.sensors.values():
            contact = self._contacts.get(sensor.id)
            if contact is None or not is_reporting(contact, self._now):
                silent.append((sensor, None if contact is None else contact.arrived))
        silent.sort(key=lambda one: (one[1] or 0, one[0].id))
        return tuple(silent)
