"""Readings of one sensor, as somebody looks at them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.findings import Anomaly
from appliance.domain.ids import SensorId
from appliance.domain.instant import EARLIEST, LATEST, Instant
from appliance.domain.readings import Readings
from appliance.domain.sensors import Sensor
from appliance.ports.history import MunicipalHistory, Series
from appliance.ports.pages import Page
from appliance.services.freshness import Freshness
from appliance.services.sensors import found
from appliance.services.world import World

MOST_POINTS: Final = 10_000
OLDEST_FIRST: Final = ("timestamp",)


@dataclass(frozen=True, slots=True)
class Span:
    """since ≤ time < until."""

    since: Instant
    until: Instant

    def __post_init__(self) -> None:
        """Refuse a span that ends before it begins."""
        if self.since > self.until:
            raise Invalid(field="from", problem="it lies after `to`")

    def behind(self, page: Page) -> "Span":
        """Give what is left of it behind the place where a page begins."""
        if not page.after:
            return self
        place = page.after[0]
        if not isinstance(place, int) or not EARLIEST <= place <= LATEST:
            raise Invalid(field="cursor", problem="this is no cursor of this list")
        if page.order == OLDEST_FIRST:
            return Span(Instant(min(max(self.since, place + 1), self.until)), self.until)
        return Span(self.since, Instant(max(min(self.until, place), self.since)))


@dataclass(frozen=True, slots=True)
class ReadingsPage:
    """One page of a sensor's readings, and what was unusual among them."""

    sensor: Sensor
    readings: Readings
    total: int
    scores: dict[int, float]
    """Time → the highest anomaly score."""


@dataclass(frozen=True, slots=True)
class SensorSeries:
    """A sensor's range in buckets, SI."""

    sensor: Sensor
    series: Series


class ReadingsOfSensors:
    """Gives readings; whatever was acknowledged before the call is among them."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def page(
        self, grant: Grant[ViewNetwork], sensor_id: SensorId, span: Span, page: Page
    ) -> ReadingsPage:
        """Give one page by `timestamp`, newest first unless the page is ordered otherwise."""
        sensor = await self._sensor(grant, sensor_id)
        await self._freshness.history()
        await self._freshness.watch()
        history = self._world.history.of(grant.municipality)
        total = await history.count(sensor_id, since=span.since, until=span.until)
        left = span.behind(page)
        if page.order == OLDEST_FIRST:
            readings = await _oldest(history, sensor_id, left, page)
        else:
            readings = await history.newest(
                sensor_id, since=left.since, until=left.until, limit=page.limit, offset=page.offset
            )
        scores = await self.scores(grant, sensor_id, readings)
        return ReadingsPage(sensor, readings, total, scores)

    async def scores(
        self, grant: Grant[ViewNetwork], sensor: SensorId, readings: Readings
    ) -> dict[int, float]:
        """Give the highest anomaly score of each of these times that has one."""
        if not len(readings):
            return {}
        since = Instant(int(readings.times.min()))
        until = Instant(int(readings.times.max()) + 1)
        anomalies = await self._world.operations.read(
            grant.municipality, lambda t: t.anomalies.between(sensor, since=since, until=until)
        )
        return highest_scores(anomalies)

    async def series(
        self, grant: Grant[ViewNetwork], sensor_id: SensorId, span: Span, points: int
    ) -> SensorSeries:
        """Give the range in at most `points` buckets that keep every peak."""
        if not 1 <= points <= MOST_POINTS:
            raise Invalid(field="points", problem=f"1 to {MOST_POINTS}")
        sensor = await self._sensor(grant, sensor_id)
        await self._freshness.history()
        series = await self._world.history.of(grant.municipality).series(
            sensor_id, since=span.since, until=span.until, points=points
        )
        return SensorSeries(sensor, series)

    async def _sensor(self, grant: Grant[ViewNetwork], sensor_id: SensorId) -> Sensor:
        return await self._world.operations.read(grant.municipality, lambda t: found(t, sensor_id))


async def _oldest(history: MunicipalHistory, sensor: SensorId, left: Span, page: Page) -> Readings:
    """Give a page from the other end: what would come last of the newest."""
    there = await history.count(sensor, since=left.since, until=left.until)
    wanted = min(page.limit, max(there - page.offset, 0))
    readings = await history.newest(
        *(sensor,),
        since=left.since,
        until=left.until,
        limit=wanted,
        offset=max(there - page.offset - wanted, 0),
    )
    return readings.take(np.arange(len(readings))[::-1])


def highest_scores(anomalies: list[Anomaly]) -> dict[int, float]:
    """Give the highest score at each time."""
    scores: dict[int, float] = {}
    for anomaly in anomalies:
        scores[anomaly.time] = max(anomaly.score, scores.get(anomaly.time, 0.0))
    return scores
