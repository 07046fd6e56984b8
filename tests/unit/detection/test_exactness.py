"""The watch gives what the plain reference gives, however readings are cut and time is told."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.detection.patterns import BINS, Pattern
from appliance.detection.watch import RuleBook, Watch, Watched
from appliance.domain.findings import Anomaly, Edge, Finding
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import HOUR, SECOND, Instant
from appliance.domain.readings import Readings
from appliance.domain.rules import (
    Anomalous,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Rule,
    Severity,
    Threshold,
)
from appliance.domain.sensors import Limits
from tests.builders import HERE, NOON, a_sensor, a_sensor_type, readings
from tests.unit.detection.reference import Reference, by_cause

SENSORS = [
    a_sensor(id=SensorId(11)),
    a_sensor(id=SensorId(12), operating=Limits(low=2.95e5)),
    a_sensor(id=SensorId(13), type=a_sensor_type(operating=Limits())),
]
CONDITIONS = [
    Threshold(operator=">", value=5.0, for_seconds=0),
    Threshold(operator=">=", value=5.0, for_seconds=60),
    Threshold(operator="<", value=3.0, for_seconds=7.5),
    NoData(for_seconds=90),
    NoData(),
    OutOfRange(),
    OutOfRange(for_seconds=45),
    RateOfChange(change=0.95, within_seconds=60),
    RateOfChange(change=1.0, within_seconds=3600, direction="fall"),
    RateOfChange(change=0.05, within_seconds=8, direction="rise"),
    Flatline(for_seconds=20),
    Flatline(for_seconds=300, tolerance=0.15),
    Anomalous(deviations=3.0, for_readings=1),
    Anomalous(deviations=6.0, for_readings=3),
]
VALUES = [2.0, 2.9, 3.0, 3.1, 4.0, 5.0, 5.1, 6.0]


def a_rule(number: int, condition: object, sensor: SensorId | None = None) -> Rule:
    return Rule(
        id=RuleId(number),
        municipality=HERE,
        name=f"rule {number}",
        sensor=sensor,
        sensor_type=None,
        condition=condition,
        severity=Severity.HIGH,
        alert_type="test",
        created_at=NOON,
        updated_at=NOON,
    )


RULES = [a_rule(number, condition) for number, condition in enumerate(CONDITIONS, 1)]
RULES.append(a_rule(99, Threshold(operator=">", value=4.0, for_seconds=30), SensorId(12)))


def a_pattern(in_force: Instant, *medians: float) -> Pattern:
    """Give a pattern whose bins have these medians in turn, in bar, and 0.1 bar of deviation."""
    table = 1e5 * np.resize(np.array(medians, np.float32), BINS)
    return Pattern(in_force, table, np.full(BINS, 1e4, np.float32), 2e5, 5e5)


PATTERNS = {
    SensorId(11): (
        a_pattern(Instant(NOON - 1), 3.0, 4.0, np.nan),
        a_pattern(Instant(NOON + HOUR), 2.9),
    ),
    SensorId(13): (a_pattern(Instant(NOON + 90 * SECOND), 3.0),),
}
BOOK = RuleBook(tuple(RULES), tuple(SENSORS), PATTERNS)

STEPS = st.sampled_from([0, 1, 400_000, SECOND, 5 * SECOND, 30 * SECOND, 60 * SECOND])
LONG_STEPS = st.sampled_from([1, 60, 61, 90, 300, 400, 3600, 7200]).map(lambda s: s * SECOND)


@dataclass
class Stream:
    """Readings of several sensors; the clock of arrivals and where it stops."""

    rows: Readings
    end: Instant


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    n = draw(st.integers(1, 40))
    arrived = NOON + np.cumsum([draw(STEPS | LONG_STEPS) for _ in range(n)])
    lateness = [
        draw(st.sampled_from([0, 0, 0, 1, SECOND, 70 * SECOND, 900 * SECOND])) for _ in range(n)
    ]
    sensors = [draw(st.sampled_from([11, 11, 11, 12, 13, 14])) for _ in range(n)]
    values = [1e5 * draw(st.sampled_from(VALUES)) for _ in range(n)]
    rows = readings(*values, sensor=sensors, times=arrived - np.array(lateness), arrived=arrived)
    return Stream(rows, Instant(int(arrived[-1]) + draw(STEPS | LONG_STEPS)))


@dataclass
class Journal:
    """All that one way of watching has told."""

    findings: list[Finding] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)

    def note(self, watched: Watched) -> None:
        self.findings.extend(watched.findings)
        self.anomalies.extend(watched.anomalies)

    def unusual(self) -> set[tuple[int, int, str]]:
        assert len({(a.time, a.sensor, a.method) for a in self.anomalies}) == len(self.anomalies)
        return {(a.time, a.sensor, a.method) for a in self.anomalies}

    def evidence(self) -> list[str]:
        turns = [f for f in self.findings if f.edge is not Edge.REPEATED]
        return sorted(map(repr, turns)) + sorted(map(repr, self.anomalies))


def watched_at_once(stream: Stream) -> Journal:
    journal = Journal()
    watch = Watch(BOOK, None, NOON)
    journal.note(watch.observe(stream.rows))
    journal.note(watch.advance(stream.end))
    return journal


def by_the_reference(stream: Stream) -> Reference:
    reference = Reference(RULES, SENSORS, PATTERNS, NOON)
    rows = stream.rows
    for row in zip(
        rows.sensors.tolist(),
        rows.times.tolist(),
        rows.arrived.tolist(),
        rows.values.tolist(),
        strict=True,
    ):
        reference.read(*row)
    reference.wait(stream.end)
    return reference


@given(streams())
@settings(max_examples=120)
def test_watching_all_at_once_gives_what_the_plain_reference_gives(stream: Stream):
    journal, reference = watched_at_once(stream), by_the_reference(stream)
    assert by_cause(journal.findings) == reference.told()
    assert journal.unusual() == reference.unusual()


@given(streams(), st.data())
@settings(max_examples=80)
def test_the_cut_into_batches_the_calls_of_advance_and_restarts_change_nothing(
    stream: Stream, data: st.DataObject
):
    journal, watch = Journal(), Watch(BOOK, None, NOON)
    at, n = 0, len(stream.rows)
    while at < n:
        until = data.draw(st.integers(at + 1, n), "batch")
        journal.note(watch.observe(stream.rows.take(np.arange(at, until))))
        at = until
        came, comes = (int(stream.rows.arrived[i]) for i in (at - 1, min(at, n - 1)))
        if data.draw(st.booleans(), "advance"):
            journal.note(watch.advance(Instant(data.draw(st.integers(came, comes), "now"))))
        if data.draw(st.booleans(), "restart"):
            watch = Watch(BOOK, watch.save(), Instant(comes))
            assert not watch.dropped
            assert watch.started_fresh == ()
    journal.note(watch.advance(stream.end))
    once = watched_at_once(stream)
    assert by_cause(journal.findings) == by_cause(once.findings)
    assert journal.evidence() == once.evidence()
