"""The value changes by more than so much within so long.

Every reading is compared with the lowest and highest of the readings not older than the window. Of
those, the first in each sixteenth of the window is remembered, 16 in all: from a device that reports
less often than that, every reading is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection.base import NOTHING, Layout, Outcome, Records, blank, layout
from appliance.detection.edges import Numbers, edges, hits
from appliance.detection.segments import NONE, Booleans, Chunk, counted_before, previous, spread
from appliance.detection.words import amount, difference, duration
from appliance.domain.findings import Edge
from appliance.domain.instant import SECOND
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import RateOfChange
from appliance.domain.sensors import Sensor

KEPT: Final = 16
_DIRECTIONS: Final = ("either", "rise", "fall")

SETTINGS: Final[Layout] = layout(change="<f8", window="<i8", direction="<i8")
STATE: Final[Layout] = layout(slot="<i8", raised="<i8", times=("<i8", KEPT), values=("<f8", KEPT))
"""The sixteenth of the window in which the last reading was, and the readings remembered."""


@dataclass(frozen=True, slots=True)
class RateOfChangeMethod:
    """Compares every reading with those before it in the window; SI."""

    name: str = "rate_of_change"
    settings: Layout = SETTINGS
    state: Layout = STATE
    sees_every_reading: bool = False

    def settle(self, condition: RateOfChange, sensor: Sensor) -> tuple[float, int, int]:
        """Give the settings; raises UnitUnknown for a unit of another quantity."""
        unit = unit_of(sensor.type.quantity, condition.unit) if condition.unit else sensor.unit
        window = max(KEPT, round(condition.within_seconds * SECOND))
        return condition.change * unit.factor, window, _DIRECTIONS.index(condition.direction)

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Begin with nothing to compare with."""
        state = blank(STATE, len(began))
        state["slot"] = state["times"] = NONE
        return state

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find readings that differ too much from one before; each is a hit."""
        remembered = _Remembered(chunk, settings["window"], state)
        change, since = remembered.largest_change(
            settings["window"][chunk.segment], settings["direction"][chunk.segment]
        )
        limit = settings["change"][chunk.segment]
        on = np.abs(change) > limit
        before = previous(on, state["raised"] != 0, chunk.starts)
        remembered.keep(state)
        state["raised"] = on[chunk.last]
        if not (on.any() or before.any()):
            return NOTHING
        numbers: Numbers = {
            "value": chunk.values,
            "change": change,
            "seconds": since / SECOND,
            "limit": limit,
            "window_seconds": settings["window"][chunk.segment] / SECOND,
        }
        scores = np.abs(change) / np.where(limit > 0, limit, 1.0)
        return Outcome(edges(chunk, on, before, numbers), hits(chunk, on, scores, numbers))

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:  # noqa: ARG002
        """Find nothing: only a reading shows a change."""
        return NOTHING

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Change nothing."""

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say `fell by 1.9 bar in 5 min to 1.3 bar, limit 1 bar`."""
        value, limit = amount(numbers["value"], unit), difference(numbers["limit"], unit)
        if edge is Edge.CLEARED:
            window = duration(numbers["window_seconds"])
            return f"steady again at {value}, limit {limit} in {window}"
        verb = "rose" if numbers["change"] > 0 else "fell"
        change = difference(numbers["change"], unit)
        return f"{verb} by {change} in {duration(numbers['seconds'])} to {value}, limit {limit}"


class _Remembered:
    """The readings remembered of each segment: those of before, then the chunk's, in one line."""

    def __init__(self, chunk: Chunk, window: Ints, state: Records) -> None:
        self._chunk = chunk
        self._slot = chunk.times // (window // KEPT)[chunk.segment]
        chosen: Booleans = self._slot != previous(self._slot, state["slot"], chunk.starts)
        rank = counted_before(chosen, chunk.starts, chunk.segment)
        counts = rank[chunk.last] + chosen[chunk.last]
        base = spread(counts + KEPT)[0]
        self._before = base[chunk.segment] + rank
        self._end = base + counts
        size = int((counts + KEPT).sum())
        self._times, self._values = np.empty(size, np.int64), np.empty(size)
        earlier = base[:, None] + np.arange(KEPT)
        self._times[earlier], self._values[earlier] = state["times"], state["values"]
        place = (self._before + KEPT)[chosen]
        self._times[place], self._values[place] = chunk.times[chosen], chunk.values[chosen]

    def largest_change(self, window: Ints, direction: Ints) -> tuple[Floats, Ints]:
        """Give the largest change up to each reading and how long ago that began; shape (n,)."""
        places = self._before[:, None] + np.arange(KEPT)
        times, values = self._times[places], self._values[places]
        inside = times >= (self._chunk.times - window)[:, None]
        lowest = np.where(inside, values, np.inf).argmin(axis=1)
        highest = np.where(inside, values, -np.inf).argmax(axis=1)
        rows = np.arange(len(places))
        known = inside.any(axis=1)
        rise = np.where(known & (direction != 2), self._chunk.values - values[rows, lowest], 0.0)  # noqa: PLR2004
        fall = np.where(known & (direction != 1), values[rows, highest] - self._chunk.values, 0.0)
        falls = fall > rise
        place = np.where(falls, highest, lowest)
        since = self._chunk.times - times[rows, place]
        return np.where(falls, -fall, np.maximum(rise, 0.0)), since

    def keep(self, state: Records) -> None:
        """Remember the newest."""
        newest = self._end[:, None] + np.arange(KEPT)
        state["times"], state["values"] = self._times[newest], self._values[newest]
        state["slot"] = self._slot[self._chunk.last]
