"""A post watches all causes of one method: which rule on which sensor, and what is remembered."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection.base import Method, Outcome, Records, blank
from appliance.detection.segments import NONE, Booleans, Chunk, spread
from appliance.domain.readings import Floats, Ints

_KEY: Final = (("rule", "<i8"), ("sensor", "<i8"), ("began", "<i8"), ("last_at", "<i8"))


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Readings of watched sensors, sorted by sensor, for each in the order in which they came."""

    slots: Ints
    """The place of each group's sensor among the watched, shape (g,)."""
    starts: Ints
    counts: Ints
    times: Ints
    arrived: Ints
    values: Floats

    def in_order(self, kept: Booleans) -> "Arrivals":
        """Give the readings kept; groups may become empty."""
        if kept.all():
            return self
        counts = np.add.reduceat(kept, self.starts, dtype=np.int64)
        return Arrivals(
            self.slots,
            np.cumsum(counts) - counts,
            counts,
            self.times[kept],
            self.arrived[kept],
            self.values[kept],
        )


def causes_of(method: Method, keys: list[tuple[int, int, int]], settings: list[object]) -> Records:
    """Give records of (rule, sensor, began) with settings, sorted by sensor and rule, state blank."""
    causes = blank(cause_layout(method), len(keys))
    if keys:
        columns = np.array(keys, np.int64)
        causes["rule"], causes["sensor"], causes["began"] = columns.T
        causes["settings"] = np.array(settings, method.settings)
        causes["last_at"] = NONE
        causes = causes[np.lexsort((causes["rule"], causes["sensor"]))]
    return causes


def cause_layout(method: Method) -> np.dtype[np.void]:
    """Give the layout of all that a post keeps of one cause."""
    fields = [*_KEY, ("settings", method.settings), ("state", method.state)]
    return np.dtype(fields)


class Post:
    """All causes of one method. `sensors` are the watched sensors' ids, ascending."""

    def __init__(self, method: Method, causes: Records, sensors: Ints) -> None:
        self.method = method
        self.causes = causes
        slots = np.searchsorted(sensors, causes["sensor"])
        self._counts = np.bincount(slots, minlength=len(sensors)).astype(np.int64)
        self._first = np.cumsum(self._counts) - self._counts

    def observe(self, arrivals: Arrivals) -> Outcome | None:
        """Go through the arrivals; None where they concern no cause here."""
        chunk = self._chunk(arrivals)
        if chunk is None:
            return None
        state = self.causes["state"][chunk.rows]
        outcome = self.method.observe(chunk, self.causes["settings"][chunk.rows], state)
        self.causes["state"][chunk.rows] = state
        return outcome

    def advance(self, now: int) -> Outcome:
        """Let timers that are due before now run out."""
        return self.method.advance(self.causes["settings"], self.causes["state"], now)

    def resume(self, resumed: int) -> None:
        """Give timers that ran out while nobody watched a little longer."""
        self.method.resume(self.causes["settings"], self.causes["state"], resumed)

    def _chunk(self, arrivals: Arrivals) -> Chunk | None:
        watchers = np.where(arrivals.counts > 0, self._counts[arrivals.slots], 0)
        if (watchers == 1).all():
            return self._since_begun(self._as_they_are(arrivals))
        _, group, place = spread(watchers)
        if not len(group):
            return None
        rows = self._first[arrivals.slots][group] + place
        starts, segment, within = spread(arrivals.counts[group])
        source = arrivals.starts[group][segment] + within
        chunk = Chunk(
            rows,
            self.causes["sensor"][rows],
            starts,
            segment,
            arrivals.times[source],
            arrivals.arrived[source],
            arrivals.values[source],
        )
        return self._since_begun(chunk)

    def _as_they_are(self, arrivals: Arrivals) -> Chunk:
        """Give the chunk of arrivals whose sensors each have one cause here; copies no reading."""
        rows = self._first[arrivals.slots]
        return Chunk(
            rows,
            self.causes["sensor"][rows],
            arrivals.starts,
            np.repeat(np.arange(len(rows)), arrivals.counts),
            arrivals.times,
            arrivals.arrived,
            arrivals.values,
        )

    def _since_begun(self, chunk: Chunk) -> Chunk | None:
        """Leave out what arrived before a cause began to be watched."""
        own = chunk.arrived >= self.causes["began"][chunk.rows][chunk.segment]
        if own.all():
            return chunk
        return chunk.take(own) if own.any() else None
