"""What an overview is made of: who measures what in which zone, and what is usual for them.

Read from the database once and kept until something is set up anew, so that a look costs next to
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from appliance.detection.pattern import USUALLY
from appliance.detection.patterns import SLOTS, Pattern, bin_of
from appliance.domain.enclave import ZoneId
from appliance.domain.ids import SensorId
from appliance.domain.instant import DAY, HOUR, Instant
from appliance.domain.people import Municipality
from appliance.domain.quantities import Quantity
from appliance.domain.readings import Ints
from appliance.domain.sensors import Sensor, SensorStatus
from appliance.domain.zones import Zone, ZonePart
from appliance.flow.learning import local_seconds_of_week, patterns_of
from appliance.ports.tables import Tables

NIGHT: Final = (2 * HOUR, 4 * HOUR)
"""Since local midnight: when people use least (IWA's minimum night flow)."""
_WITH_PATTERN: Final = (Quantity.FLOW, Quantity.LEVEL)


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual, SI."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A zone, and who measures in it."""

    zone: Zone
    flows: tuple[SensorId, ...]
    pressures: tuple[SensorId, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who measures what, as it is set up now; sensors that are switched off are left out."""

    municipality: Municipality
    sensors: dict[SensorId, Sensor]
    zones: tuple[ZonePlan, ...]
    patterns: dict[SensorId, Pattern]
    """Of flows and levels, as in force now."""
    _bands: dict[tuple[SensorId, bytes], Band | None] = field(default_factory=dict)
    """What was worked out before, by sensor and half-hours; a plan lives for minutes."""

    def measuring(self, quantity: Quantity) -> list[Sensor]:
        """Give the sensors of a quantity."""
        return [one for one in self.sensors.values() if one.type.quantity is quantity]

    def usual(self, sensors: Iterable[SensorId], times: Ints) -> Band | None:
        """Give what is usual for the sum of these sensors, on average over these times.

        Their bands are added up as if they strayed together: rather too wide than too narrow.
        None where it is not known of one of them.
        """
        bins = bin_of(local_seconds_of_week(times, self.municipality.time_zone))
        bands = [self._band(sensor, bins) for sensor in sensors]
        known = [band for band in bands if band is not None]
        if not known or len(known) < len(bands):
            return None
        return Band(
            sum(band.low for band in known),
            sum(band.median for band in known),
            sum(band.high for band in known),
        )

    def _band(self, sensor: SensorId, bins: Ints) -> Band | None:
        key = (sensor, bins.tobytes())
        if key not in self._bands:
            self._bands[key] = _band(self.patterns.get(sensor), bins)
        return self._bands[key]


def read_plan(tables: Tables, now: Instant) -> Plan:
    """Read how things are set up."""
    sensors = {
        sensor.id: sensor
        for sensor in tables.sensors.everything()
        if sensor.status is not SensorStatus.INACTIVE
    }
    wanted = [s.id for s in sensors.values() if s.type.quantity in _WITH_PATTERN]
    patterns = {
        sensor: known
        for sensor, versions in patterns_of(tables, wanted, versions=2).items()
        if (known := _in_force(versions, now)) is not None
    }
    zones = tuple(_zone(tables, zone, sensors) for zone in tables.zones.all())
    return Plan(tables.municipality, sensors, zones, patterns)


def _zone(tables: Tables, zone: Zone, sensors: dict[SensorId, Sensor]) -> ZonePlan:
    inside = [SensorId(one) for one in tables.zones.members(ZoneId(zone.id), ZonePart.SENSOR)]

    def measuring(quantity: Quantity) -> tuple[SensorId, ...]:
        return tuple(i for i in inside if i in sensors and sensors[i].type.quantity is quantity)

    return ZonePlan(zone, measuring(Quantity.FLOW), measuring(Quantity.PRESSURE))


def _in_force(versions: tuple[Pattern, ...], now: Instant) -> Pattern | None:
    return next((one for one in reversed(versions) if one.in_force <= now), None)


def _band(pattern: Pattern | None, bins: Ints) -> Band | None:
    if pattern is None:
        return None
    medians = pattern.medians[bins].astype(np.float64)
    strays = USUALLY * pattern.deviations[bins].astype(np.float64)
    known = np.isfinite(medians)
    if not known.any():
        return None
    low = np.maximum(medians - strays, np.minimum(pattern.least, medians))[known]
    high = np.minimum(medians + strays, np.maximum(pattern.most, medians))[known]
    return Band(float(low.mean()), float(medians[known].mean()), float(high.mean()))


def last_night(plan: Plan, now: Instant) -> tuple[Instant, Instant]:
    """Give the newest span of NIGHT that is over, by the municipality's wall clock."""
    zone = plan.municipality.time_zone
    second = int(local_seconds_of_week(np.array([now], np.int64), zone)[0]) % 86_400
    midnight = now - second * 1_000_000 - now % 1_000_000
    begin, end = (midnight + part for part in NIGHT)
    if end > now:
        begin, end = begin - DAY, end - DAY
    return Instant(begin), Instant(end)


def half_hours(since: Instant, until: Instant) -> Ints:
    """Give the beginnings of the half-hours of a span."""
    return np.arange(since, until, DAY // SLOTS, dtype=np.int64)
