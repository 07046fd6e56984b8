"""An incident's timeline: what the sensors around it said before and after."""

from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

import numpy as np

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.alerts import Alert
from appliance.domain.errors import Invalid
from appliance.domain.ids import IncidentId, SensorId
from appliance.domain.incidents import Incident
from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.domain.readings import Readings
from appliance.domain.sensors import Position, Sensor
from appliance.ports.pages import AlertFilter, Page, SensorFilter
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.incidents import found_incident
from appliance.services.readings import highest_scores
from appliance.services.world import World

MOST_SENSORS: Final = 20
WITHIN_METRES: Final = 2_000.0
METRES_PER_DEGREE: Final = 111_320.0
MOST_STEPS: Final = 500
MOST_READINGS: Final = 20_000
"""Per sensor; of a longer range the newest are shown."""
MOST_HOURS: Final = 24 * 31


@dataclass(frozen=True, slots=True)
class Observation:
    """What one sensor said in one step; `value` is its most unusual reading there, or its last."""

    sensor: Sensor
    start: Instant
    time: Instant
    value: float
    """In the sensor's unit."""
    mean: float
    count: int
    anomalies: int
    score: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """An incident with what was seen around it, oldest first."""

    incident: Incident
    start: Instant
    end: Instant
    step: int
    observations: list[Observation]
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class _Scene:
    incident: Incident
    sensors: list[Sensor]
    scores: dict[SensorId, dict[int, float]]
    alerts: list[Alert]


class Timelines:
    """Puts together what happened around an incident."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def of(
        self, grant: Grant[ViewNetwork], incident: IncidentId, hours: tuple[float, float], step: int
    ) -> Timeline:
        """Give the hours before an incident and those after it, in steps of `step` µs.

        Steps are longer where there would be more than MOST_STEPS. Its own sensor comes first, then the nearest MOST_SENSORS within WITHIN_METRES.
        """
        for name, number in zip(("hours_before", "hours_after"), hours, strict=True):
            if not 0 < number <= MOST_HOURS:
                raise Invalid(field=name, problem=f"more than 0, at most {MOST_HOURS}")
        await self._freshness.history()
        await self._freshness.watch()
        before, after = (int(number * HOUR) for number in hours)
        step = max(step, MINUTE, -(-(before + after) // MOST_STEPS))
        now = self._world.clock.now()
        scene = await self._world.operations.read(
            grant.municipality, lambda t: _scene(t, incident, (before, after), now)
        )
        start = Instant(scene.incident.created_at - before)
        end = Instant(min(scene.incident.created_at + after, now + 1))
        observations: list[Observation] = []
        for sensor in scene.sensors:
            readings = await self._world.history.of(grant.municipality).newest(
                sensor.id, since=start, until=end, limit=MOST_READINGS
            )
            scores = scene.scores.get(sensor.id, {})
            observations += _observe(sensor, readings, scores, start, step)
        observations.sort(key=lambda seen: seen.start)
        return Timeline(scene.incident, start, end, step, observations, scene.alerts)


def _scene(
    tables: Tables, incident_id: IncidentId, around: tuple[int, int], now: Instant
) -> _Scene:
    incident = found_incident(tables, incident_id)
    since, until = Instant(incident.created_at - around[0]), Instant(now + 1)
    ended = Instant(incident.created_at + around[1])
    everywhere, _ = tables.sensors.page(SensorFilter(), Page(limit=100_000))
    sensors = nearest(everywhere, incident)
    scores = {
        sensor.id: highest_scores(tables.anomalies.between(sensor.id, since=since, until=until))
        for sensor in sensors
    }
    return _Scene(incident, sensors, scores, _related(tables, incident, sensors, (since, ended)))


def _related(
    tables: Tables, incident: Incident, sensors: list[Sensor], around: tuple[Instant, Instant]
) -> list[Alert]:
    alerts, _ = tables.alerts.page(AlertFilter(), Page(limit=1_000))
    here = {sensor.id for sensor in sensors}
    return [
        alert
        for alert in alerts
        if alert.id == incident.alert
        or (alert.sensor in here and around[0] <= alert.created_at <= around[1])
    ]


def nearest(sensors: list[Sensor], incident: Incident) -> list[Sensor]:
    """Give the incident's own sensor, then those around it by distance."""
    own = [sensor for sensor in sensors if sensor.id == incident.sensor]
    place = incident.position or (own[0].position if own else None)
    if place is None:
        return own
    around = [
        (distance(place, sensor.position), sensor.name, sensor)
        for sensor in sensors
        if sensor.position is not None and sensor.id != incident.sensor
    ]
    close = sorted((d, name, s.id, s) for d, name, s in around if d <= WITHIN_METRES)
    return [*own, *(found for _, _, _, found in close)][:MOST_SENSORS]


def distance(one: Position, other: Position) -> float:
    """Give metres between two points that are near each other."""
    north = (one.latitude - other.latitude) * METRES_PER_DEGREE
    east = (one.longitude - other.longitude) * METRES_PER_DEGREE
    return hypot(north, east * cos(radians(one.latitude)))


def _observe(
    sensor: Sensor, readings: Readings, scores: dict[int, float], start: Instant, step: int
) -> list[Observation]:
    if not len(readings):
        return []
    steps = (readings.times - start) // step
    values = sensor.unit.array_from_si(readings.values)
    seen = []
    for number in np.unique(steps).tolist():
        rows = np.flatnonzero(steps == number)
        times = readings.times[rows].tolist()
        marked = [(scores.get(time, 0.0), time, row) for time, row in zip(times, rows, strict=True)]
        score, time, row = max(marked)
        seen.append(
            Observation(
                sensor=sensor,
                start=Instant(start + int(number) * step),
                time=Instant(time),
                value=float(values[row]),
                mean=float(values[rows].mean()),
                count=len(rows),
                anomalies=sum(time in scores for time in times),
                score=score,
            )
        )
    return seen
