"""From "on after this reading" to raised, repeated, cleared."""

from collections.abc import Mapping

import numpy as np

from appliance.detection.base import (
    AT_END,
    BY_READING,
    CLEARED,
    RAISED,
    REPEATED,
    Found,
    Hits,
)
from appliance.detection.segments import Booleans, Chunk, latest, previous
from appliance.domain.readings import Floats, Ints

Numbers = Mapping[str, Floats]


def picked(
    chunk: Chunk, index: Ints, edge: int, place: int, numbers: Numbers, at: Ints | None = None
) -> Found:
    """Make transitions of one kind from the readings at these indices."""
    return Found(
        rows=chunk.rows[chunk.segment[index]],
        order=3 * index + place,
        edges=np.full(len(index), edge),
        at=(chunk.times if at is None else at)[index],
        times=np.ones(len(index), np.int64),
        numbers={name: column[index] for name, column in numbers.items()},
    )


def repeats(chunk: Chunk, repeated: Booleans, numbers: Numbers) -> Found:
    """Make one transition of each unbroken stretch of readings that repeat: counted, the newest told."""
    begins = repeated & ~previous(repeated, np.False_, chunk.starts)
    first = np.flatnonzero(begins)
    if not len(first):
        return picked(chunk, first, REPEATED, BY_READING, numbers)
    stretch = np.cumsum(begins)[repeated] - 1
    index = np.flatnonzero(repeated)
    last = index[np.append(np.flatnonzero(np.diff(stretch)), len(index) - 1)]
    found = picked(chunk, last, REPEATED, BY_READING, numbers)
    return Found(
        found.rows,
        3 * first + BY_READING,
        found.edges,
        found.at,
        np.bincount(stretch).astype(np.int64),
        found.numbers,
    )


def edges(
    chunk: Chunk,
    on: Booleans,
    before: Booleans,
    numbers: Numbers,
) -> tuple[Found, ...]:
    """Give the transitions; `on` and `before` (n,) say what is after and before each reading."""
    changed = on != before
    if not (changed.any() or on.any()):
        return ()
    return (
        picked(chunk, np.flatnonzero(on & ~before), RAISED, BY_READING, numbers),
        repeats(chunk, on & before, numbers),
        picked(chunk, np.flatnonzero(before & ~on), CLEARED, AT_END, numbers),
    )


def hits(chunk: Chunk, unusual: Booleans, scores: Floats, numbers: Numbers) -> Hits | None:
    """Make a hit of every unusual reading."""
    index = np.flatnonzero(unusual)
    if not len(index):
        return None
    return Hits(
        chunk.rows[chunk.segment[index]],
        chunk.times[index],
        scores[index],
        {name: column[index] for name, column in numbers.items()},
    )


def run_starts(chunk: Chunk, begins: Booleans) -> tuple[Ints, Booleans]:
    """Give where each reading's run began, and whether that lies before the chunk; shape (n,).

    Where it lies before, the index means nothing.
    """
    start = latest(begins)
    return start, start < chunk.starts[chunk.segment]
