"""What a chart of sensors draws: series of several, what is usual, and what happened."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.alerts import AlertStatus
from appliance.domain.ids import SensorId
from appliance.domain.incidents import IncidentStatus
from appliance.domain.instant import Instant
from appliance.domain.maintenance import WorkStatus
from appliance.domain.quantities import Quantity, Unit, unit_of
from appliance.domain.rules import Severity
from appliance.domain.sensors import Sensor
from appliance.domain.titles import titled
from appliance.services.charts import Marks, alert_lasts, incident_lasts, work_lasts
from appliance.services.readings import SensorSeries
from web.api.readings import span_of
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Id, Time, TimeIn, number, time, time_or_none

MOST_SENSORS = 20
Hours = Annotated[float, Meta(gt=0, le=876_600)]


class UsualQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which range, and at how many times."""

    since: TimeIn | None = None
    until: TimeIn | None = None
    hours: Hours = 24.0
    points: Annotated[int, Meta(ge=1, le=2_000)] = 300
    deviations: Annotated[float, Meta(gt=0, le=1_000)] | None = None
    """Instead of what is usual, the band that a rule with so many deviations compares with."""


class MarksQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which range."""

    since: TimeIn | None = None
    until: TimeIn | None = None
    hours: Hours = 24.0


class SeveralQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Whose series, which range, in how many buckets at most."""

    ids: Annotated[tuple[Id, ...], Meta(max_length=MOST_SENSORS)] = ()
    """Separated by commas."""
    since: TimeIn | None = None
    until: TimeIn | None = None
    hours: Hours = 24.0
    points: Annotated[int, Meta(ge=1, le=10_000)] = 500
    units: Literal["sensor", "mine"] = "mine"
    """In the units that the person prefers, where they do, or in each sensor's own."""


class UsualOut(Struct, frozen=True):
    """What is usual at each time: 19 of 20 readings lie between `low` and `high`.

    Or with `deviations` what is not unusual yet.
    """

    timestamps: list[Time]
    low: list[float | None]
    """Null where nothing is known of that hour."""
    median: list[float | None]
    high: list[float | None]
    unit: str
    learning: str
    """How far learning is; empty when a pattern is known."""


class SeriesOfSensor(Struct, frozen=True):
    """One sensor's range in buckets that keep every peak; empty buckets are left out."""

    sensor_id: int
    name: str
    quantity: Quantity
    unit: str
    timestamps: list[Time]
    min: list[float]
    mean: list[float]
    max: list[float]
    count: list[int]


class AlertMark(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """An alert, from its cause to when it was resolved; null: it is not."""

    id: int
    title: str
    severity: Severity
    status: AlertStatus
    condition_active: bool
    since: Time
    until: Time | None
    title_code: str | None
    title_about: str | None


class IncidentMark(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """An incident of the sensor."""

    id: int
    title: str
    severity: Severity
    status: IncidentStatus
    since: Time
    until: Time | None
    title_code: str | None
    title_about: str | None


class WorkMark(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Work on the sensor: while it was out of service for it, else when it was done."""

    id: int
    work: str
    status: WorkStatus
    out_of_service: bool
    since: Time
    until: Time | None


class AnomalyMark(Struct, frozen=True):
    """A reading that was unusual."""

    timestamp: Time
    score: float


class GapMark(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Where it did not report though it uses to."""

    since: Time
    until: Time


class MarksOut(Struct, frozen=True):
    """What happened, oldest first."""

    alerts: list[AlertMark]
    incidents: list[IncidentMark]
    maintenance: list[WorkMark]
    anomalies: list[AnomalyMark]
    gaps: list[GapMark]
    complete: bool
    """Whether nothing was left out; of each kind the newest thousand are looked at."""


async def get_usual(ask: Ask[ViewNetwork]) -> UsualOut:
    """Give what is usual."""
    query: UsualQuery = ask.query
    sensor = SensorId(ask.path["sensor"])
    span = span_of(ask, query.since, query.until, query.hours)
    found = await ask.found(
        lambda grant: ask.services.charts.usual(grant, sensor, span, query.points, query.deviations)
    )
    unit = found.sensor.unit

    def written(values: list[float]) -> list[float | None]:
        return [number(unit.from_si(value)) for value in values]

    return UsualOut(
        timestamps=[time(Instant(at)) for at in found.times.tolist()],
        low=written(found.low.tolist()),
        median=written(found.median.tolist()),
        high=written(found.high.tolist()),
        unit=unit.symbol,
        learning=found.learning,
    )


async def get_marks(ask: Ask[ViewNetwork]) -> MarksOut:
    """Give what happened."""
    query: MarksQuery = ask.query
    sensor = SensorId(ask.path["sensor"])
    span = span_of(ask, query.since, query.until, query.hours)
    return _marks_out(await ask.found(lambda grant: ask.services.charts.marks(grant, sensor, span)))


async def get_several(ask: Ask[ViewNetwork]) -> list[SeriesOfSensor]:
    """Give series of several sensors."""
    query: SeveralQuery = ask.query
    span = span_of(ask, query.since, query.until, query.hours)
    await ask.every()  # whose sensors one may ask for, also where one asks for none
    mine: Mapping[str, str] = {}
    if query.units == "mine":
        mine = (await ask.services.preferences.get(ask.signed_in)).units

    async def one(sensor: SensorId) -> SensorSeries:
        async def find(grant: Grant[ViewNetwork]) -> SensorSeries:
            return await ask.services.readings.series(grant, sensor, span, query.points)

        return await ask.found(find)

    found = [await one(SensorId(sensor)) for sensor in dict.fromkeys(query.ids)]
    return [
        _series(each, _unit(each.sensor, mine.get(each.sensor.type.quantity))) for each in found
    ]


def _unit(sensor: Sensor, preferred: str | None) -> Unit:
    return unit_of(sensor.type.quantity, preferred) if preferred else sensor.unit


def _series(found: SensorSeries, unit: Unit) -> SeriesOfSensor:
    series, sensor = found.series, found.sensor
    return SeriesOfSensor(
        sensor_id=sensor.id,
        name=sensor.name,
        quantity=sensor.type.quantity,
        unit=unit.symbol,
        timestamps=[time(Instant(start)) for start in series.starts.tolist()],
        min=[unit.from_si(value) for value in series.minima.tolist()],
        mean=[unit.from_si(value) for value in series.means.tolist()],
        max=[unit.from_si(value) for value in series.maxima.tolist()],
        count=series.counts.tolist(),
    )


def _marks_out(found: Marks) -> MarksOut:
    return MarksOut(
        alerts=[
            AlertMark(
                alert.id,
                alert.title,
                alert.severity,
                alert.status,
                alert.condition_active,
                time(lasts.since),
                time_or_none(lasts.until),
                *titled(alert.title),
            )
            for alert in found.alerts
            for lasts in (alert_lasts(alert),)
        ],
        incidents=[
            IncidentMark(
                incident.id,
                incident.title,
                incident.severity,
                incident.status,
                time(lasts.since),
                time_or_none(lasts.until),
                *titled(incident.title),
            )
            for incident in found.incidents
            for lasts in (incident_lasts(incident),)
        ],
        maintenance=[
            WorkMark(
                entry.id,
                entry.work,
                entry.status,
                entry.window is not None,
                time(lasts.since),
                time_or_none(lasts.until),
            )
            for entry in found.maintenance
            for lasts in (work_lasts(entry),)
        ],
        anomalies=[AnomalyMark(time(one.time), one.score) for one in found.anomalies],
        gaps=[GapMark(time(gap.since), time(gap.until)) for gap in found.gaps],
        complete=found.complete,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}/usual",
        access=ViewNetwork,
        handler=get_usual,
        query=UsualQuery,
        answer=UsualOut,
        summary="What is usual for a sensor at each time of a range, as it has been learned",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}/marks",
        access=ViewNetwork,
        handler=get_marks,
        query=MarksQuery,
        answer=MarksOut,
        summary="Alerts, incidents, work, unusual readings and gaps of a sensor in a range",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/series",
        access=ViewNetwork,
        handler=get_several,
        query=SeveralQuery,
        answer=list[SeriesOfSensor],
        summary="Readings of several sensors in buckets that keep every peak",
    ),
)
