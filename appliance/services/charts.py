"""What is drawn on a sensor's chart beside its readings: what is usual, and what happened."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from appliance.detection.pattern import USUALLY
from appliance.detection.patterns import Pattern, bin_of
from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.alerts import Alert
from appliance.domain.findings import Anomaly
from appliance.domain.ids import SensorId
from appliance.domain.incidents import Incident
from appliance.domain.instant import Instant
from appliance.domain.maintenance import MaintenanceEntry
from appliance.domain.readings import Floats, Ints
from appliance.domain.sensors import LastContact, Sensor
from appliance.flow.learning import (
    VERSIONS_KEPT,
    local_seconds_of_week,
    patterns_of,
    still_learning,
)
from appliance.ports.history import Series
from appliance.ports.pages import AlertFilter, IncidentFilter, Page, WorkFilter
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.monitoring import INTERVALS, SILENT_AFTER
from appliance.services.readings import Span
from appliance.services.sensors import found
from appliance.services.world import World

MOST_MARKS: Final = 1_000
"""Of each kind, the newest; `complete` says whether that is all."""
FINENESS: Final = 5_000
"""Buckets in which a span is looked through for gaps."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual at each time, SI; NaN where nothing is known. Every array has shape (m,)."""

    sensor: Sensor
    times: Ints
    low: Floats
    median: Floats
    high: Floats
    learning: str
    """How far learning is; empty when a pattern is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What happened to a sensor in a span, oldest first."""

    sensor: Sensor
    alerts: list[Alert]
    incidents: list[Incident]
    maintenance: list[MaintenanceEntry]
    anomalies: list[Anomaly]
    gaps: list[Span]
    """Where it did not report though it uses to."""
    complete: bool
    """Whether nothing was left out."""


class Charts:
    """Gives what belongs on a chart; whatever was acknowledged before the call is in it."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def usual(
        self,
        grant: Grant[ViewNetwork],
        sensor: SensorId,
        span: Span,
        points: int,
        deviations: float | None = None,
    ) -> Usual:
        """Give what is usual at `points` times of a span, by the pattern in force at each.

        With `deviations`, the band that a rule with so many compares with. For times before the
        first pattern, the first holds: it is what was learned of them.
        """
        width = max(1, (span.until - span.since) // points)
        times = np.arange(span.since, span.until, width, dtype=np.int64)[:points]

        def read(tables: Tables) -> Usual:
            there = found(tables, sensor)
            known = patterns_of(tables, [sensor], versions=VERSIONS_KEPT).get(sensor, ())
            local = local_seconds_of_week(times, tables.municipality.time_zone)
            low, median, high = _bands(known, times, bin_of(local), deviations)
            learning = "" if known else still_learning(tables, sensor)
            return Usual(there, times, low, median, high, learning)

        return await self._world.operations.read(grant.municipality, read)

    async def marks(self, grant: Grant[ViewNetwork], sensor: SensorId, span: Span) -> Marks:
        """Give what happened in a span."""
        await self._freshness.history()
        await self._freshness.watch()
        contact = self._world.watching.contacts.get(sensor)
        now = self._world.clock.now()
        noted = await self._world.operations.read(
            grant.municipality, lambda tables: _noted(tables, sensor, span)
        )
        series = await self._world.history.of(grant.municipality).series(
            sensor, since=span.since, until=span.until, points=FINENESS
        )
        until = Instant(min(span.until, now))
        shown = Span(span.since, max(span.since, until))
        return replace(noted, gaps=_gaps(series, shown, contact))


def _bands(
    patterns: tuple[Pattern, ...], times: Ints, bins: Ints, deviations: float | None
) -> tuple[Floats, Floats, Floats]:
    """Give what is usual, never beyond what was ever seen, or so many deviations around it.

    Either as detection has it: the first is what it says, the other what it compares with.
    """
    low, median, high = (np.full(len(times), np.nan) for _ in range(3))
    for number, pattern in enumerate(patterns):
        mine = times >= pattern.in_force if number else np.ones(len(times), bool)
        middle = pattern.medians[bins[mine]].astype(np.float64)
        spread = pattern.deviations[bins[mine]].astype(np.float64)
        median[mine] = middle
        if deviations is not None:
            low[mine], high[mine] = middle - deviations * spread, middle + deviations * spread
            continue
        stray = USUALLY * spread
        low[mine] = np.maximum(middle - stray, np.minimum(pattern.least, middle))
        high[mine] = np.minimum(middle + stray, np.maximum(pattern.most, middle))
    return low, median, high


@dataclass(frozen=True, slots=True)
class _Lasting:
    since: Instant
    until: Instant | None

    def touches(self, span: Span) -> bool:
        return self.since < span.until and (self.until is None or self.until >= span.since)


def _noted(tables: Tables, sensor: SensorId, span: Span) -> Marks:
    page = Page(limit=MOST_MARKS)
    there = found(tables, sensor)
    alerts, of_alerts = tables.alerts.page(AlertFilter(sensor=sensor), page)
    incidents, of_incidents = tables.incidents.page(IncidentFilter(sensor=sensor), page)
    work, of_work = tables.maintenance.page(WorkFilter(sensor=sensor), page)
    anomalies = tables.anomalies.between(sensor, since=span.since, until=span.until)
    most = max(of_alerts, of_incidents, of_work, len(anomalies))
    return Marks(
        sensor=there,
        alerts=[a for a in reversed(alerts) if alert_lasts(a).touches(span)],
        incidents=[i for i in reversed(incidents) if incident_lasts(i).touches(span)],
        maintenance=[e for e in reversed(work) if work_lasts(e).touches(span)],
        anomalies=anomalies[-MOST_MARKS:],
        gaps=[],
        complete=most <= MOST_MARKS,
    )


def alert_lasts(alert: Alert) -> _Lasting:
    """Give from when to when an alert is drawn."""
    return _Lasting(alert.raised_at, alert.resolved_at or alert.closed_at)


def incident_lasts(incident: Incident) -> _Lasting:
    """Give from when to when an incident is drawn."""
    return _Lasting(incident.created_at, incident.resolved_at)


def work_lasts(entry: MaintenanceEntry) -> _Lasting:
    """Give from when to when a piece of work is drawn."""
    if entry.window is not None:
        return _Lasting(entry.window.since, entry.window.until)
    at = entry.done_at or entry.created_at
    return _Lasting(at, at)


def _gaps(series: Series, span: Span, contact: LastContact | None) -> list[Span]:
    usual = INTERVALS * ((contact.usual_interval if contact else None) or 0)
    width = 2 * ((span.until - span.since) // FINENESS + 1)
    least = max(usual, SILENT_AFTER, width)
    starts = series.starts[series.starts < span.until]
    edges = np.concatenate(([span.since], starts, [span.until]))
    wide = np.flatnonzero(np.diff(edges) > least)[-MOST_MARKS:]
    return [Span(Instant(int(edges[i])), Instant(int(edges[i + 1]))) for i in wide]
