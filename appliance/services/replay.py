"""What a rule would have raised on stored history: the very same code that watches live."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np

from appliance.detection.book import RuleBook
from appliance.detection.replay import replay
from appliance.domain.access import EditRules, Grant
from appliance.domain.alerts import REOPEN_WITHIN
from appliance.domain.errors import Invalid, TooMany
from appliance.domain.findings import Edge, Evidence, Finding
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Ints
from appliance.domain.rules import Rule
from appliance.flow.learning import VERSIONS_KEPT, load_patterns, local_seconds_of_week
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.readings import Span
from appliance.services.rules import NewRule, found_rule, must_hold
from appliance.services.world import World

LONGEST: Final = 366 * DAY
MOST_READINGS: Final = 5_000_000
"""About 250 MB while it runs."""
MOST_WAITING: Final = 4


@dataclass(slots=True)
class Episode:
    """Once that the condition held."""

    raised_at: Instant
    evidence: Evidence
    cleared_at: Instant | None = None


@dataclass(slots=True)
class WouldBeAlert:
    """An alert that the rule would have raised, had nobody touched it."""

    sensor: SensorId
    occurrences: int = 0
    episodes: list[Episode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Case:
    rule: Rule
    book: RuleBook
    sensors: Ints
    gaps: list[tuple[Instant, Instant]]


class Replays:
    """Replays one rule at a time; beyond MOST_WAITING that wait, TooMany is raised."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def replay(
        self, grant: Grant[EditRules], rule: RuleId, span: Span
    ) -> tuple[Rule, list[WouldBeAlert]]:
        """Give the alerts that the rule would have raised on what arrived in this span.

        A rule that is switched off is replayed as if it were on.
        """
        return await self._in_turn(grant, lambda tables: found_rule(tables, rule), span)

    async def rehearse(
        self, grant: Grant[EditRules], new: NewRule, span: Span
    ) -> tuple[Rule, list[WouldBeAlert]]:
        """Give the alerts that a rule would have raised before there is one; nothing is kept."""
        rule = new.made(RuleId(0), grant.municipality, self._world.clock.now())

        def checked(tables: Tables) -> Rule:
            must_hold(tables, rule)
            return rule

        return await self._in_turn(grant, checked, span)

    async def _in_turn(
        self, grant: Grant[EditRules], pick: Callable[[Tables], Rule], span: Span
    ) -> tuple[Rule, list[WouldBeAlert]]:
        if span.until - span.since > LONGEST:
            raise Invalid(field="from", problem="a replay spans at most 366 days")
        if self._waiting >= MOST_WAITING:
            raise TooMany(what="other replays are running", retry_after=30)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await self._replay(grant, pick, span)
        finally:
            self._waiting -= 1

    async def _replay(
        self, grant: Grant[EditRules], pick: Callable[[Tables], Rule], span: Span
    ) -> tuple[Rule, list[WouldBeAlert]]:
        case = await self._world.operations.read_system(lambda t: _case(t, grant, pick))
        await self._freshness.history()
        history = self._world.history.of(grant.municipality)
        daily = await history.daily_counts(since=span.since, until=span.until)
        if sum(daily.values()) > MOST_READINGS:
            raise Invalid(field="from", problem=f"more than {MOST_READINGS:,} readings; take less")
        placed = await history.placed(case.sensors, since=span.since, until=span.until)
        watched = await asyncio.to_thread(
            replay,
            case.book,
            placed.readings,
            placed.sequences,
            case.gaps,
            since=span.since,
            until=span.until,
        )
        return case.rule, alerts_of(case.rule, watched.findings)


def _case(system: SystemTables, grant: Grant[EditRules], pick: Callable[[Tables], Rule]) -> _Case:
    tables = system.of(grant.municipality)
    rule = replace(pick(tables), enabled=True)
    book = RuleBook(
        rules=(rule,),
        sensors=tuple(tables.sensors.everything()),
        patterns=load_patterns(tables, versions=VERSIONS_KEPT),
        local_time=partial(local_seconds_of_week, zone_name=tables.municipality.time_zone),
    )
    ids = sorted(sensor.id for _, sensors in book.causes() for sensor in sensors)
    return _Case(rule, book, np.array(ids, np.int64), system.watch.gaps())


def alerts_of(rule: Rule, findings: tuple[Finding, ...]) -> list[WouldBeAlert]:
    """Make alerts of findings by the rules of `domain/alerts.py`, oldest first."""
    alerts: list[WouldBeAlert] = []
    latest: dict[SensorId, WouldBeAlert] = {}
    for finding in findings:
        alert = latest.get(finding.sensor)
        if finding.edge is Edge.RAISED:
            if alert is None or _is_over(rule, alert, finding.at):
                alert = latest[finding.sensor] = WouldBeAlert(finding.sensor)
                alerts.append(alert)
            alert.episodes.append(Episode(finding.at, finding.evidence))
        if alert is None:
            continue
        if finding.edge is Edge.CLEARED:
            alert.episodes[-1].cleared_at = finding.at
        else:
            alert.occurrences += finding.times
    return alerts


def _is_over(rule: Rule, alert: WouldBeAlert, now: Instant) -> bool:
    """Whether a returning cause makes a new alert: only one that resolved itself can be over."""
    cleared = alert.episodes[-1].cleared_at
    return rule.resolve_when_cleared and cleared is not None and now - cleared > REOPEN_WITHIN
