"""Readings: as a list, newest first, and as a series for a chart."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from appliance.domain.access import ViewNetwork
from appliance.domain.ids import SensorId
from appliance.domain.instant import HOUR, LATEST, MINUTE, Instant
from appliance.ports.pages import Page
from appliance.services.readings import ReadingsPage, Span
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import listing
from web.routes import PREFIX, Route
from web.shapes import Time, TimeIn, moment_of, number, time

AHEAD = 5 * MINUTE
"""How far in the future a device's clock may be: a list up to now shows such readings too."""


BY_TIME = Listing(("-timestamp",), {"timestamp": int}, key=int)
"""Of a sensor's readings, as the place of one among them is named: by its time alone."""


class ReadingsQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which readings: the last `hours`, or `from` ≤ time < `to`."""

    hours: Annotated[float, Meta(gt=0, le=876_600)] = 24.0
    since: TimeIn | None = None
    until: TimeIn | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 10_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0


class SeriesQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which range, in how many buckets at most."""

    since: TimeIn | None = None
    until: TimeIn | None = None
    hours: Annotated[float, Meta(gt=0, le=876_600)] = 24.0
    points: Annotated[int, Meta(ge=1, le=10_000)] = 500


class Reading(Struct, frozen=True):
    """One reading in its sensor's unit."""

    id: str
    timestamp: Time
    value: float
    unit: str
    is_anomaly: bool
    anomaly_score: float | None
    quality_score: float | None
    """As the device gave it."""
    received_at: Time


class SeriesOut(Struct, frozen=True):
    """A range in buckets that keep every peak; empty buckets are left out."""

    timestamps: list[Time]
    min: list[float]
    mean: list[float]
    max: list[float]
    count: list[int]
    unit: str


async def list_readings(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of readings."""
    query: ReadingsQuery = ask.query
    sensor = SensorId(ask.path["sensor"])
    span = span_of(ask, query.since, query.until, query.hours)
    place = ask.listed
    page = Page(query.limit, query.offset, place.order, place.after)
    found = await ask.found(lambda grant: ask.services.readings.page(grant, sensor, span, page))
    times = found.readings.times.tolist()
    cursor = BY_TIME.cursor(times[-1], place.order) if len(times) == query.limit else None
    return listing(ask, _rows(found), found.total, cursor)


async def get_series(ask: Ask[ViewNetwork]) -> SeriesOut:
    """Give a series."""
    query: SeriesQuery = ask.query
    sensor = SensorId(ask.path["sensor"])
    span = span_of(ask, query.since, query.until, query.hours)
    found = await ask.found(
        lambda grant: ask.services.readings.series(grant, sensor, span, query.points)
    )
    series, unit = found.series, found.sensor.unit
    return SeriesOut(
        timestamps=[time(Instant(start)) for start in series.starts.tolist()],
        min=[unit.from_si(value) for value in series.minima.tolist()],
        mean=[unit.from_si(value) for value in series.means.tolist()],
        max=[unit.from_si(value) for value in series.maxima.tolist()],
        count=series.counts.tolist(),
        unit=unit.symbol,
    )


def span_of(ask: Ask[Any], since: datetime | None, until: datetime | None, hours: float) -> Span:
    """Give the span that is meant; without an end, what devices claim of the near future too."""
    now = ask.services.clock.now()
    end = moment_of(until) if until is not None else Instant(min(now + AHEAD, LATEST))
    anchor = moment_of(until) if until is not None else now
    begin = moment_of(since) if since is not None else Instant(anchor - int(hours * HOUR))
    return Span(begin, end if until is not None else Instant(max(begin, end)))


def _rows(found: ReadingsPage) -> list[Reading]:
    readings, unit = found.readings, found.sensor.unit
    columns = zip(
        readings.sensors.tolist(),
        readings.times.tolist(),
        readings.arrived.tolist(),
        readings.values.tolist(),
        readings.quality.tolist(),
        strict=True,
    )
    return [
        Reading(
            id=f"{sensor:x}-{moment:x}",
            timestamp=time(Instant(moment)),
            value=unit.from_si(value),
            unit=unit.symbol,
            is_anomaly=moment in found.scores,
            anomaly_score=found.scores.get(moment),
            quality_score=number(quality),
            received_at=time(Instant(arrived)),
        )
        for sensor, moment, arrived, value, quality in columns
    ]


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}/readings",
        access=ViewNetwork,
        handler=list_readings,
        query=ReadingsQuery,
        answer=list[Reading],
        listing=BY_TIME,
        summary="A sensor's readings, newest first unless ordered otherwise",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}/series",
        access=ViewNetwork,
        handler=get_series,
        query=SeriesQuery,
        answer=SeriesOut,
        summary="A sensor's readings in at most `points` buckets that keep every peak",
    ),
)
