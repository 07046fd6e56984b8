"""What the methods mean, reading by reading, in plain Python: slow, and plain to see.

The tests hold the watch against it. One `Cause` is one rule on one sensor.
"""

from dataclasses import dataclass, field

import numpy as np

from appliance.detection.patterns import Pattern
from appliance.domain.findings import Edge, Finding
from appliance.domain.instant import MINUTE, SECOND
from appliance.domain.rules import (
    Anomalous,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Rule,
    Threshold,
)
from appliance.domain.sensors import Sensor

Told = tuple[str, int, int]
"""Edge, at, times: neighbouring REPEATED are one."""


@dataclass
class Cause:
    """What all methods share: transitions whose times never go back."""

    rule: Rule
    sensor: Sensor
    told: list[Told] = field(default_factory=list)
    unusual: list[int] = field(default_factory=list)
    raised: bool = False

    def tell(self, edge: Edge, at: int) -> None:
        at = max([at, *(t[1] for t in self.told[-1:])])
        self.raised = edge is not Edge.CLEARED
        if edge is Edge.REPEATED and self.told[-1][0] == edge:
            self.told[-1] = (edge, at, self.told[-1][2] + 1)
        else:
            self.told.append((edge, at, 1))

    def follow(self, on: bool, time: int) -> None:
        if on:
            self.tell(Edge.REPEATED if self.raised else Edge.RAISED, time)
        elif self.raised:
            self.tell(Edge.CLEARED, time)

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        raise NotImplementedError

    def wait(self, now: int) -> None:
        """Let timers run out that are due before now."""

    def resume(self, resumed: int) -> None:
        """Nobody watched until then."""


@dataclass
class OnDelay(Cause):
    since: int | None = None
    due: int = 0

    def holds(self, value: float) -> bool:
        raise NotImplementedError

    @property
    def delay(self) -> int:
        return round(self.rule.condition.for_seconds * SECOND)

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        if not news:
            return
        self.wait(arrived)
        if not self.holds(value):
            self.since = None
            self.follow(False, time)
            return
        if self.since is None:
            self.since, self.due = time, arrived + self.delay
        if self.raised or time - self.since >= self.delay:
            self.follow(True, time)

    def wait(self, now: int) -> None:
        if self.since is not None and not self.raised and self.due < now:
            self.tell(Edge.RAISED, self.due)

    def resume(self, resumed: int) -> None:
        if self.since is not None and not self.raised and self.due < resumed:
            self.due = resumed + min(self.delay, MINUTE)


class ThresholdCause(OnDelay):
    def holds(self, value: float) -> bool:
        condition = self.rule.condition
        limit = self.sensor.unit.to_si(condition.value)
        return {
            ">": value > limit,
            ">=": value >= limit,
            "<": value < limit,
            "<=": value <= limit,
        }[condition.operator]


@dataclass
class NoDataCause(Cause):
    last: int = 0
    first: int | None = None
    not_before: int = 0
    visit: int | None = None
    intervals: list[int] = field(default_factory=list)

    def limit(self) -> int | None:
        explicit = self.rule.condition.for_seconds
        if explicit is not None:
            return round(explicit * SECOND)
        kept = self.intervals[-16:]
        if len(kept) < 5 or self.first is None or self.last - self.first < 15 * MINUTE:
            return None
        ordered = sorted(kept)
        median = ordered[(len(kept) - 1) // 2]
        lull = ordered[-2] if len(kept) == 16 else ordered[-1]
        return max(4 * median, lull * 3 // 2, 60) * SECOND

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        self.wait(arrived)
        if self.raised:
            self.tell(Edge.CLEARED, arrived)
        second = arrived // SECOND
        if self.visit is not None and second != self.visit:
            self.intervals.append(second - self.visit)
        self.visit = second
        self.first = arrived if self.first is None else self.first
        self.last, self.not_before = max(self.last, arrived), 0

    def wait(self, now: int) -> None:
        limit = self.limit()
        if limit is None or self.raised:
            return
        due = max(self.last + limit, self.not_before)
        if due < now:
            self.tell(Edge.RAISED, due)

    def resume(self, resumed: int) -> None:
        limit = self.limit()
        if limit is not None and max(self.last + limit, self.not_before) < resumed:
            self.not_before = resumed + min(limit, MINUTE)
        self.visit = None


class OutOfRangeCause(OnDelay):
    def holds(self, value: float) -> bool:
        limits = self.sensor.limits
        low = limits.low is not None and value < limits.low
        return low or (limits.high is not None and value > limits.high)

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        super().read(time, arrived, value, news)
        if news and self.holds(value):
            self.unusual.append(time)


@dataclass
class RateOfChangeCause(Cause):
    """The window's memory is thinned to the first reading of each sixteenth of it, 16 at most."""

    slot: int | None = None
    remembered: list[tuple[int, float]] = field(default_factory=list)

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        if not news:
            return
        condition = self.rule.condition
        window = round(condition.within_seconds * SECOND)
        inside = [v for t, v in self.remembered[-16:] if t >= time - window]
        rise = max((value - v for v in inside), default=0.0)
        fall = max((v - value for v in inside), default=0.0)
        change = {"rise": rise, "fall": fall, "either": max(rise, fall)}[condition.direction]
        on = change > condition.change * self.sensor.unit.factor
        if on:
            self.unusual.append(time)
        self.follow(on, time)
        if time // (window // 16) != self.slot:
            self.slot = time // (window // 16)
            self.remembered.append((time, value))


@dataclass
class FlatlineCause(Cause):
    since: int | None = None
    run: tuple[float, float] = (0.0, 0.0)

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        if not news:
            return
        condition = self.rule.condition
        low, high = min(self.run[0], value), max(self.run[1], value)
        if self.since is None or high - low > condition.tolerance * self.sensor.unit.factor:
            self.since, low, high = time, value, value
        self.run = (low, high)
        self.follow(time - self.since >= round(condition.for_seconds * SECOND), time)


@dataclass
class AnomalousCause(Cause):
    patterns: tuple[Pattern, ...] = ()
    streak: int = 0

    def read(self, time: int, arrived: int, value: float, news: bool) -> None:
        if not news:
            return
        known = [p for p in self.patterns if p.in_force <= arrived]
        local = np.array([(time // SECOND + 3 * 86_400) % 604_800])
        score = float(known[-1].score(np.array([value]), local)[0]) if known else 0.0
        above = score > self.rule.condition.deviations
        self.streak = self.streak + 1 if above else 0
        if above:
            self.unusual.append(time)
        self.follow(above and self.streak >= self.rule.condition.for_readings, time)


CAUSES = {
    Threshold: ThresholdCause,
    NoData: NoDataCause,
    OutOfRange: OutOfRangeCause,
    RateOfChange: RateOfChangeCause,
    Flatline: FlatlineCause,
    Anomalous: AnomalousCause,
}


class Reference:
    """Watches with every rule on every sensor it is for."""

    def __init__(
        self,
        rules: list[Rule],
        sensors: list[Sensor],
        patterns: dict[int, tuple[Pattern, ...]],
        began: int,
    ) -> None:
        self.newest: dict[int, int] = {}
        self.causes = {}
        for rule in rules:
            for sensor in sensors:
                if rule.sensor in (None, sensor.id):
                    cause = CAUSES[type(rule.condition)](rule, sensor)
                    if isinstance(cause, NoDataCause):
                        cause.last = began
                    if isinstance(cause, AnomalousCause):
                        cause.patterns = patterns.get(sensor.id, ())
                    self.causes[rule.id, sensor.id] = cause

    def read(self, sensor: int, time: int, arrived: int, value: float) -> None:
        news = time > self.newest.get(sensor, -1)
        if news:
            self.newest[sensor] = time
        for (_, watched), cause in self.causes.items():
            if watched == sensor:
                cause.read(time, arrived, value, news)

    def wait(self, now: int) -> None:
        for cause in self.causes.values():
            cause.wait(now)

    def resume(self, stopped: int, resumed: int) -> None:
        self.wait(stopped)
        for cause in self.causes.values():
            cause.resume(resumed)

    def told(self) -> dict[tuple[int, int], list[Told]]:
        return {key: cause.told for key, cause in self.causes.items() if cause.told}

    def unusual(self) -> set[tuple[int, int, str]]:
        return {
            (time, sensor, cause.rule.condition.type)
            for (_, sensor), cause in self.causes.items()
            for time in cause.unusual
        }


def by_cause(findings: list[Finding]) -> dict[tuple[int, int], list[Told]]:
    """Bring what the watch told into the reference's form."""
    told: dict[tuple[int, int], list[Told]] = {}
    for finding in findings:
        of = told.setdefault((finding.rule, finding.sensor), [])
        if of and of[-1][0] == finding.edge == Edge.REPEATED:
            of[-1] = (finding.edge, finding.at, of[-1][2] + finding.times)
        else:
            of.append((finding.edge, finding.at, finding.times))
    return told
