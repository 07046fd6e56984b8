"""Replay over what was stored gives what live watching gave."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.detection.replay import replay
from appliance.detection.watch import RuleBook, Watch
from appliance.domain.instant import MINUTE, SECOND, Instant
from appliance.domain.readings import Mark, Readings
from appliance.domain.rules import NoData
from tests.builders import NOON, a_sensor, readings
from tests.unit.detection.reference import Reference, by_cause
from tests.unit.detection.test_exactness import (
    BOOK,
    PATTERNS,
    RULES,
    SENSORS,
    Journal,
    Stream,
    a_rule,
    streams,
)


def with_imported_rows(stream: Stream) -> tuple[Readings, np.ndarray]:
    """Put rows of imported history between the live ones; live watching must not see them."""
    rows = stream.rows
    n = len(rows)
    marks = np.zeros(n, np.uint8)
    marks[::7] = Mark.IMPORTED
    marked = Readings(rows.sensors, rows.times, rows.arrived, rows.values, rows.quality, marks)
    return marked, np.arange(1, n + 1)


@given(streams(), st.data())
@settings(max_examples=80)
def test_replay_gives_what_live_watching_gave_with_its_stops_and_restarts(
    stream: Stream, data: st.DataObject
):
    journal, watch, reference = (
        Journal(),
        Watch(BOOK, None, NOON),
        Reference(RULES, SENSORS, PATTERNS, NOON),
    )
    rows, gaps, later = stream.rows, [], 0
    arrived = rows.arrived.copy()
    for at in range(len(rows)):
        arrived[at] += later
        if at and data.draw(st.integers(0, 9), "stop") == 0:
            came = int(arrived[at - 1])
            stopped = Instant(
                came + data.draw(st.integers(0, max(0, int(arrived[at]) - came)), "at")
            )
            away = data.draw(st.sampled_from([1, 30, 3600, 86_400]), "away") * SECOND
            journal.note(watch.advance(stopped))
            watch = Watch(BOOK, watch.save(), Instant(stopped + away))
            journal.note(watch.resume(stopped, Instant(stopped + away)))
            reference.resume(stopped, stopped + away)
            gaps.append((stopped, Instant(stopped + away)))
            later += away
            arrived[at] += away
        row = rows.take(np.array([at]))
        row.arrived[0] = arrived[at]
        journal.note(watch.observe(row))
        reference.read(
            int(row.sensors[0]), int(row.times[0]), int(arrived[at]), float(row.values[0])
        )
    end = Instant(stream.end + later)
    journal.note(watch.advance(end))
    reference.wait(end)
    stored = Readings(rows.sensors, rows.times, arrived, rows.values, rows.quality, rows.marks)
    shuffled = np.random.default_rng(len(rows)).permutation(len(rows))
    again = replay(BOOK, stored.take(shuffled), shuffled + 1, gaps, since=NOON, until=end)
    assert by_cause(journal.findings) == reference.told()
    assert by_cause(list(again.findings)) == by_cause(journal.findings)
    assert {(a.time, a.sensor, a.method) for a in again.anomalies} == journal.unusual()


@given(streams())
@settings(max_examples=40)
def test_replay_takes_imported_rows_as_if_each_had_come_at_its_time_and_live_passes_them_over(
    stream: Stream,
):
    marked, sequences = with_imported_rows(stream)
    again = replay(BOOK, marked, sequences, [], since=NOON, until=stream.end)
    plain = replay(BOOK, stream.rows, sequences, [], since=NOON, until=stream.end)
    assert by_cause(list(again.findings)) == by_cause(list(plain.findings))
    live, only = Watch(BOOK, None, NOON), Watch(BOOK, None, NOON)
    kept = marked.take((marked.marks & Mark.IMPORTED) == 0)
    assert live.observe(marked) == only.observe(kept)


def test_a_rule_younger_than_the_history_is_replayed_over_all_of_it():
    start = Instant(NOON - 60 * MINUTE)
    rows = readings(6e5, sensor=12, start=start)
    again = replay(BOOK, rows, np.array([1]), [], since=Instant(start - MINUTE), until=NOON)
    assert [f.edge for f in again.findings if f.rule == 1] == ["raised"]


def test_a_sensor_younger_than_the_replay_is_not_silent_before_it_was_there():
    added = Instant(NOON - 10 * MINUTE)
    sensor = a_sensor(created_at=added, updated_at=added)
    rule = a_rule(1, NoData(for_seconds=120.0), sensor.id)
    book, since = RuleBook((rule,), (sensor,)), Instant(NOON - 60 * MINUTE)
    nothing, places = Readings.none(), np.empty(0, np.int64)
    found = replay(book, nothing, places, [], since=since, until=NOON)
    assert [(f.edge, f.at) for f in found.findings] == [("raised", added + 2 * MINUTE)]
    imported = readings(3e5, sensor=sensor.id, start=Instant(NOON - 30 * MINUTE))
    found = replay(book, imported, np.array([1]), [], since=since, until=NOON)
    assert [f.at for f in found.findings] == [int(imported.arrived[0]) + 2 * MINUTE]
