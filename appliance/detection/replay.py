"""What the watch would have found in stored readings: the very same code, over history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from appliance.detection.book import RuleBook
from appliance.detection.watch import Watch
from appliance.detection.watched import Watched
from appliance.domain.instant import Instant
from appliance.domain.readings import Flags, Ints, Mark, Readings

CHUNK: Final = 50_000
"""Readings watched at once: bounds the memory that a replay takes."""

Gaps = Sequence[tuple[Instant, Instant]]


def replay(
    book: RuleBook,
    readings: Readings,
    sequences: Ints,
    gaps: Gaps,
    *,
    since: Instant,
    until: Instant,
) -> Watched:
    """Give what a watch that began at `since` would have found by `until`.

    A sensor that is younger is watched from when it was added, or from its first reading.

    Readings are taken in the order in which the live watch saw them: by their place in the journal.
    Imported ones, which live watching passes over, are taken as if each had come at its own time.
    At each gap (stopped, resumed), timers are treated as they were then.
    """
    ordered = _as_it_came(readings, sequences)
    watch = Watch(_begun(book, ordered, since), None, since)
    parts: list[Watched] = []
    for step in _steps(ordered, gaps, since, until):
        if isinstance(step, _Gap):
            parts.append(watch.resume(step.stopped, step.resumed))
        else:
            parts.append(watch.observe(step))
    parts.append(watch.advance(until))
    for _, fault in watch.faults:
        raise fault  # live watching passes over what a replay must not keep quiet about
    return Watched.sum(parts)


@dataclass(frozen=True, slots=True)
class _Gap:
    stopped: Instant
    resumed: Instant


def _begun(book: RuleBook, readings: Readings, since: Instant) -> RuleBook:
    """Have every rule watch from `since` on, however young it is."""
    rules = tuple(replace(rule, updated_at=min(rule.updated_at, since)) for rule in book.rules)
    sensors = tuple(replace(s, updated_at=min(s.updated_at, since)) for s in book.sensors)
    reporting, first = np.unique(readings.sensors, return_index=True)
    heard = dict(zip(reporting.tolist(), readings.arrived[first].tolist(), strict=True))
    born = {s.id: Instant(min(s.created_at, heard.get(s.id, s.created_at))) for s in book.sensors}
    return replace(book, rules=rules, sensors=sensors, born=born)


def _as_it_came(readings: Readings, sequences: Ints) -> Readings:
    """Order live readings by place, with arrivals that never go back, and merge imported ones in."""
    rows = readings.take(np.argsort(sequences, kind="stable"))
    live = (rows.marks & Mark.IMPORTED) == 0
    arrived = rows.arrived.copy()
    arrived[live] = np.maximum.accumulate(arrived[live])
    rows = replace(rows, arrived=arrived, marks=_not_imported(rows.marks))
    return rows.take(np.argsort(arrived, kind="stable"))


def _not_imported(marks: Flags) -> Flags:
    return marks & np.uint8(0xFF ^ Mark.IMPORTED)


def _steps(
    readings: Readings, gaps: Gaps, since: Instant, until: Instant
) -> Iterator[Readings | _Gap]:
    start = 0
    for stopped, resumed in sorted(gaps):
        if resumed <= since or stopped >= until:
            continue
        end = int(np.searchsorted(readings.arrived, stopped, side="right"))
        yield from _chunks(readings, start, end)
        yield _Gap(Instant(max(stopped, since)), resumed)
        start = max(start, end)
    yield from _chunks(readings, start, len(readings))


def _chunks(readings: Readings, start: int, end: int) -> Iterator[Readings]:
    for first in range(start, end, CHUNK):
        yield readings.take(np.arange(first, min(first + CHUNK, end)))
