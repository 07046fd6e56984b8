"""Learns what is usual for each sensor, and keeps it with the municipality.

Learned anew each week from the last eight. A pattern comes into force a minute after it was learned:
by then the watcher has it, so that a replay, which goes by `in_force`, holds each reading against
the pattern that live watching held it against.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from appliance.detection.patterns import Learning, Pattern, learn, pack, unpack
from appliance.domain.ids import SensorId
from appliance.domain.instant import DAY, MINUTE, SECOND, Instant, to_datetime
from appliance.domain.people import Municipality
from appliance.domain.readings import Ints, Readings
from appliance.ports.clock import Clock
from appliance.ports.history import History
from appliance.ports.operations import Operations
from appliance.ports.tables import Tables

LEARNED_FROM: Final = 56 * DAY
LEARN_AGAIN_AFTER: Final = 7 * DAY
IN_FORCE_AFTER: Final = 1 * MINUTE
VERSIONS_KEPT: Final = 10
SENSORS_AT_ONCE: Final = 16
"""Bounds the memory that learning takes: at 5-minute readings about 12 MB of history."""

_PATTERN: Final = "pattern"
_LEARNING: Final = "learning"
_QUARTER: Final = 15 * MINUTE
_MONDAY: Final = 3 * DAY
"""1970-01-01 was a Thursday."""


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What came of learning one municipality's patterns."""

    learned: tuple[SensorId, ...] = ()
    kept: int = 0
    """Sensors whose pattern is younger than a week."""
    learning: dict[SensorId, str] = field(default_factory=dict)
    """Why there is no pattern yet: `still learning (9 of 14 days)`."""


async def learn_all(
    operations: Operations, history: History, clock: Clock, municipality: Municipality
) -> LearnReport:
    """Learn the patterns of a municipality's sensors that have none or an old one, and keep them."""
    now = clock.now()
    due, kept = await operations.read(municipality.id, lambda tables: _due(tables, now))
    learned: dict[SensorId, Pattern] = {}
    learning: dict[SensorId, str] = {}
    for group in _groups(due):
        placed = await history.of(municipality.id).placed(
            np.array(group, np.int64), since=Instant(now - LEARNED_FROM), until=now
        )
        in_force = Instant(clock.now() + IN_FORCE_AFTER)
        results = await asyncio.to_thread(
            _learn_group, group, placed.readings, municipality.time_zone, in_force
        )
        await operations.write(municipality.id, partial(_keep, results=results, now=now))
        learned.update({s: r for s, r in results.items() if isinstance(r, Pattern)})
        learning.update({s: r.words for s, r in results.items() if isinstance(r, Learning)})
    return LearnReport(tuple(learned), kept, learning)


def load_patterns(tables: Tables, *, versions: int = 2) -> Mapping[SensorId, tuple[Pattern, ...]]:
    """Give each sensor's newest patterns, oldest first; sensors that have none are left out.

    Two are enough for the present (the newest may not be in force yet); a replay takes all.
    """
    return patterns_of(tables, (s.id for s in tables.sensors.everything()), versions=versions)


def patterns_of(
    tables: Tables, sensors: Iterable[SensorId], *, versions: int
) -> Mapping[SensorId, tuple[Pattern, ...]]:
    """Give these sensors' newest patterns, oldest first; sensors that have none are left out."""
    blobs = ((s, tables.preferences.recall(_PATTERN, str(s))) for s in sensors)
    return {sensor: unpack(blob)[-versions:] for sensor, blob in blobs if blob}


def still_learning(tables: Tables, sensor: SensorId) -> str:
    """Say why a sensor has no pattern yet, or nothing where it has one."""
    words = tables.preferences.recall(_LEARNING, str(sensor))
    if words is None:
        return "still learning (0 of 14 days)"
    return words.decode()


def local_seconds_of_week(times: Ints, zone_name: str) -> Ints:
    """Give the seconds since Monday 00:00 on the wall clock of an IANA zone, same shape.

    Summer time is minded: 03:00 is the hour after 01:59 in the night in which it begins.
    """
    if not len(times):
        return np.empty(0, np.int64)
    quarter, which = np.unique(times // _QUARTER, return_inverse=True)
    zone = _zone(zone_name)
    offsets = np.array([zone.offset(q) for q in quarter.tolist()], np.int64)
    return (times + offsets[which] + _MONDAY) // SECOND % (7 * 86_400)


class _Zone:
    """A zone's offset from UTC in microseconds; it changes at quarters of an hour only.

    Days without a change are looked up once.
    """

    def __init__(self, name: str) -> None:
        self._zone = ZoneInfo(name)
        self._of_day: dict[int, int | None] = {}

    def offset(self, quarter: int) -> int:
        """Give the offset in this quarter of an hour since 1970."""
        day = quarter * _QUARTER // DAY
        if day not in self._of_day:
            if len(self._of_day) >= _DAYS_REMEMBERED:
                self._of_day.clear()
            first, last = self._look_up(day * DAY), self._look_up((day + 1) * DAY)
            self._of_day[day] = first if first == last else None
        known = self._of_day[day]
        return self._look_up(quarter * _QUARTER) if known is None else known

    def _look_up(self, instant: int) -> int:
        offset = to_datetime(Instant(instant)).astimezone(self._zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds()) * SECOND


_DAYS_REMEMBERED: Final = 10_000


@lru_cache(maxsize=64)
def _zone(name: str) -> _Zone:
    return _Zone(name)


def _due(tables: Tables, now: Instant) -> tuple[list[SensorId], int]:
    patterns = load_patterns(tables, versions=1)
    sensors = [sensor.id for sensor in tables.sensors.everything()]
    young = {
        sensor
        for sensor, versions in patterns.items()
        if versions and now - versions[-1].in_force < LEARN_AGAIN_AFTER
    }
    return [sensor for sensor in sensors if sensor not in young], len(young)


def _groups(sensors: list[SensorId]) -> Iterator[list[SensorId]]:
    for first in range(0, len(sensors), SENSORS_AT_ONCE):
        yield sensors[first : first + SENSORS_AT_ONCE]


def _learn_group(
    group: list[SensorId], readings: Readings, zone_name: str, in_force: Instant
) -> dict[SensorId, Pattern | Learning]:
    local = local_seconds_of_week(readings.times, zone_name)
    results: dict[SensorId, Pattern | Learning] = {}
    for sensor in group:
        own = readings.sensors == sensor
        results[sensor] = learn(
            readings.times[own], readings.values[own], local[own], in_force=in_force
        )
    return results


def _keep(tables: Tables, results: Mapping[SensorId, Pattern | Learning], now: Instant) -> None:
    for sensor, result in results.items():
        words = result.words if isinstance(result, Learning) else ""
        tables.preferences.replace(_LEARNING, str(sensor), words.encode(), now)
        if isinstance(result, Pattern):
            former = unpack(tables.preferences.recall(_PATTERN, str(sensor)) or b"")
            versions = (*former, result)[-VERSIONS_KEPT:]
            tables.preferences.replace(_PATTERN, str(sensor), pack(versions), now)
