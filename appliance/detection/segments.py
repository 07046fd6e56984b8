"""Arithmetic over many sensors' readings at once: arrays cut into segments.

A segment is what one cause sees of one chunk: its readings in the order in which they came. Segments
lie behind one another in flat arrays of shape (n,); what is per segment has shape (m,).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from appliance.domain.readings import Floats, Ints

Booleans = NDArray[np.bool_]
Array = NDArray[Any]

NONE: Final = int(np.iinfo(np.int64).min)
"""No instant: earlier than every instant."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some readings of some causes; no segment is empty, and no cause has two."""

    rows: Ints
    """Which cause of the post each segment belongs to, shape (m,)."""
    sensors: Ints
    """SensorId of each segment, shape (m,)."""
    starts: Ints
    """Index of the first reading of each segment, shape (m,)."""
    segment: Ints
    """Which segment each reading belongs to, shape (n,)."""
    times: Ints
    arrived: Ints
    """Never goes back within a segment."""
    values: Floats

    @property
    def last(self) -> Ints:
        """The index of the last reading of each segment, shape (m,)."""
        return np.append(self.starts[1:], len(self.segment)) - 1

    def take(self, kept: Booleans) -> "Chunk":
        """Give the readings kept, without the segments that this leaves empty."""
        chosen, starts, segment = np.unique(
            self.segment[kept], return_index=True, return_inverse=True
        )
        return Chunk(
            self.rows[chosen],
            self.sensors[chosen],
            starts.astype(np.int64),
            segment.astype(np.int64),
            self.times[kept],
            self.arrived[kept],
            self.values[kept],
        )


def previous(values: Array, first: Array | np.bool_, starts: Ints) -> Array:
    """Give each element's predecessor in its segment; `first` (m,) before the first; shape (n,)."""
    shifted = np.empty_like(values)
    shifted[1:] = values[:-1]
    shifted[starts] = first
    return shifted


def latest(marked: Booleans) -> Ints:
    """Give the index of the newest marked element up to and with each, −1 before; shape (n,).

    It looks across segments: an answer before the segment's start means none in this segment.
    """
    return np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))


def counted_before(marked: Booleans, starts: Ints, segment: Ints) -> Ints:
    """Count the marked elements before each one within its segment; shape (n,)."""
    before: Ints = np.cumsum(marked) - marked
    return before - before[starts][segment]


def newer_than_all_before(times: Ints, starts: Ints, segment: Ints, newest: Ints) -> Booleans:
    """Mark the times later than `newest` (m,) and than every time before in the segment."""
    in_order: Booleans = times > previous(times, newest, starts)
    if in_order.all():
        return in_order
    distinct, rank = np.unique(times, return_inverse=True)
    width = len(distinct) + 1
    key = segment * width + rank + 1
    floor = np.arange(len(starts)) * width + np.searchsorted(distinct, newest, side="right")
    return np.asarray(key > np.maximum.accumulate(previous(key, floor, starts)), np.bool_)


def spread(counts: Ints) -> tuple[Ints, Ints, Ints]:
    """Lay out segments of these lengths: their starts, and each element's segment and place in it."""
    starts = np.cumsum(counts) - counts
    segment = np.repeat(np.arange(len(counts)), counts)
    return starts, segment, np.arange(len(segment)) - starts[segment]
