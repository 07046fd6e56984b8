"""What happened around an incident, on a map and in time."""

import re
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from appliance.domain.access import ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.ids import IncidentId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.rules import Severity
from appliance.services.timeline import Observation, Timeline
from web.api.alerts import AlertOut, alert_out
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Point, Time, point, time

_RESOLUTION: Final = re.compile(r"(\d{0,4})\s*(s|sec|min|m|minute|h|hour|d|day)?s?")
_STEPS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


class TimelineQuery(Struct, frozen=True):
    """How far around it, and in which steps: minutes, or `30s`, `5min`, `1h`, `hour`, `day`."""

    hours_before: Annotated[float, Meta(gt=0, le=744)] = 24.0
    hours_after: Annotated[float, Meta(gt=0, le=744)] = 1.0
    resolution: str = "5min"


class IncidentShort(Struct, frozen=True):
    """The incident."""

    id: int
    title: str
    description: str
    severity: Severity
    created_at: Time
    location: Point | None


class TimelineMeta(Struct, frozen=True):
    """What the timeline spans."""

    start_time: Time
    incident_time: Time
    end_time: Time
    resolution_seconds: float
    unit: str | None
    """Of `average_value`: only sensors of the first one's quantity are averaged."""


class SensorSeen(Struct, frozen=True):
    """What one sensor said in one step."""

    sensor_id: int
    sensor_name: str
    value: float
    average_value: float
    reading_count: int
    unit: str
    is_anomaly: bool


class TimelineEvent(Struct, frozen=True):
    """One step."""

    timestamp: Time
    reading_count: int
    average_value: float | None
    anomaly_count: int
    sensors: list[SensorSeen]


class SeenProperties(Struct, frozen=True):
    """What a sensor said at a moment."""

    timestamp: Time
    sensor_id: int
    sensor_name: str
    value: float
    unit: str
    is_anomaly: bool
    anomaly_score: float


class Feature(Struct, frozen=True):
    """A GeoJSON Feature (RFC 7946)."""

    geometry: Point | None
    properties: SeenProperties
    type: Literal["Feature"] = "Feature"


class TimelineOut(Struct, frozen=True):
    """An incident and what was seen around it, oldest first."""

    incident: IncidentShort
    metadata: TimelineMeta
    timeline_events: list[TimelineEvent]
    features: list[Feature]
    related_alerts: list[AlertOut]
    type: Literal["FeatureCollection"] = "FeatureCollection"


async def timeline(ask: Ask[ViewNetwork]) -> TimelineOut:
    """Give an incident's timeline."""
    query: TimelineQuery = ask.query
    step = step_of(query.resolution)
    incident = IncidentId(ask.path["incident"])
    found = await ask.found(
        lambda grant: ask.services.timelines.of(
            grant, incident, (query.hours_before, query.hours_after), step
        )
    )
    return _timeline_out(found)


def step_of(resolution: str) -> int:
    """Read a resolution; a bare number is minutes."""
    match = _RESOLUTION.fullmatch(resolution.strip().lower())
    if match is None or not (match.group(1) or match.group(2)):
        raise Invalid(field="resolution", problem="minutes, or 30s, 5min, 1h, day")
    count, unit = match.groups()
    step = int(count or 1) * _STEPS[(unit or "m")[0]]
    if step <= 0:
        raise Invalid(field="resolution", problem="more than nothing")
    return step


def _timeline_out(found: Timeline) -> TimelineOut:
    incident = found.incident
    quantity_of = found.observations[0].sensor if found.observations else None
    first = next(
        (seen.sensor for seen in found.observations if seen.sensor.id == incident.sensor),
        quantity_of,
    )
    return TimelineOut(
        incident=IncidentShort(
            id=incident.id,
            title=incident.title,
            description=incident.description,
            severity=incident.severity,
            created_at=time(incident.created_at),
            location=point(incident.position),
        ),
        metadata=TimelineMeta(
            start_time=time(found.start),
            incident_time=time(incident.created_at),
            end_time=time(found.end),
            resolution_seconds=found.step / SECOND,
            unit=None if first is None else first.unit.symbol,
        ),
        timeline_events=_events(found, first),
        features=[_feature(seen) for seen in found.observations],
        related_alerts=[alert_out(alert) for alert in found.alerts],
    )


def _events(found: Timeline, first: Any) -> list[TimelineEvent]:  # noqa: ANN401
    steps: dict[Instant, list[Observation]] = {}
    for seen in found.observations:
        steps.setdefault(seen.start, []).append(seen)
    return [
        TimelineEvent(
            timestamp=time(start),
            reading_count=sum(seen.count for seen in several),
            average_value=_average(several, first),
            anomaly_count=sum(seen.anomalies for seen in several),
            sensors=[_seen(seen) for seen in several],
        )
        for start, several in sorted(steps.items())
    ]


def _average(several: list[Observation], first: Any) -> float | None:  # noqa: ANN401
    """Average in the first sensor's unit; litres and bars have no average."""
    same = [seen for seen in several if seen.sensor.type.quantity is first.type.quantity]
    count = sum(seen.count for seen in same)
    if not count:
        return None
    total = sum(seen.sensor.unit.to_si(seen.mean) * seen.count for seen in same)
    average: float = first.unit.from_si(total / count)
    return average


def _seen(seen: Observation) -> SensorSeen:
    return SensorSeen(
        sensor_id=seen.sensor.id,
        sensor_name=seen.sensor.name,
        value=seen.value,
        average_value=seen.mean,
        reading_count=seen.count,
        unit=seen.sensor.unit.symbol,
        is_anomaly=seen.anomalies > 0,
    )


def _feature(seen: Observation) -> Feature:
    return Feature(
        geometry=point(seen.sensor.position),
        properties=SeenProperties(
            timestamp=time(seen.time),
            sensor_id=seen.sensor.id,
            sensor_name=seen.sensor.name,
            value=seen.value,
            unit=seen.sensor.unit.symbol,
            is_anomaly=seen.anomalies > 0,
            anomaly_score=seen.score,
        ),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/geo/incidents/{{incident}}/timeline",
        access=ViewNetwork,
        handler=timeline,
        query=TimelineQuery,
        answer=TimelineOut,
        summary="What the sensors around an incident said before and after it",
    ),
)
