"""Nothing has come for too long: longer than stated, or than this sensor usually takes.

The usual interval is the median of the last 16 intervals between arrivals. Arrivals within one
second are one visit, and the limit is at least one and a half times the longest interval (the second
longest, once 16 are known), so that a device that reports in bursts is not called silent between
them, while a single outage makes nobody deaf.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection.base import (
    AT_END,
    BY_TIMER,
    CLEARED,
    NOTHING,
    RAISED,
    Layout,
    Outcome,
    Records,
    blank,
    layout,
)
from appliance.detection.edges import picked
from appliance.detection.on_delay import GRACE, fired
from appliance.detection.segments import NONE, Booleans, Chunk, counted_before, previous, spread
from appliance.detection.words import duration
from appliance.domain.findings import Edge
from appliance.domain.instant import LATEST, MINUTE, SECOND
from appliance.domain.quantities import Unit
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import NoData
from appliance.domain.sensors import Sensor

KEPT: Final = 16
ENOUGH: Final = 5
"""Intervals from which on the usual one is known …"""
ACQUAINTED: Final = 15 * MINUTE
"""… when they have been seen over at least this long: a few test readings teach nothing."""
SHORTEST_LIMIT: Final = 60
"""Seconds."""
USUAL_INTERVALS: Final = 4
NEVER: Final = int(LATEST)

SETTINGS: Final[Layout] = layout(silence="<i8")
STATE: Final[Layout] = layout(
    last="<i8",
    first="<i8",
    not_before="<i8",
    visit="<i8",
    known="<i8",
    raised="<i8",
    intervals=("<i4", KEPT),
)
"""Last arrival (or when watching began), first arrival (or NONE), a grace, the second of the last
visit (or NONE), how many intervals are known, and they, newest last, in seconds."""


@dataclass(frozen=True, slots=True)
class NoDataMethod:
    """Times the silence of sensors by the clock of arrivals."""

    name: str = "no_data"
    settings: Layout = SETTINGS
    state: Layout = STATE
    sees_every_reading: bool = True

    def settle(self, condition: NoData, sensor: Sensor) -> tuple[int]:  # noqa: ARG002
        """Give the silence allowed in µs, 0 for the usual interval's."""
        return (round((condition.for_seconds or 0) * SECOND),)

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Count from when watching began, also for a sensor that never reports."""
        state = blank(STATE, len(began))
        state["last"] = began
        state["first"] = state["visit"] = state["not_before"] = NONE
        return state

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find silences that ended with one of these readings."""
        earliest = state["last"][chunk.segment]
        last = np.maximum(previous(chunk.arrived, state["last"], chunk.starts), earliest)
        before = previous(np.zeros(len(last), np.bool_), state["raised"] != 0, chunk.starts)
        visits = _Visits(chunk, state)
        silence = settings["silence"][chunk.segment]
        wanted = before | (chunk.arrived - last > _least(silence))
        limit, usual = visits.limits(np.flatnonzero(wanted), last, silence, state)
        due = np.maximum(last + limit, previous(last, state["not_before"], chunk.starts))
        ran_out = ~before & (due < chunk.arrived)
        seconds = (chunk.arrived - last) / SECOND
        numbers = {"seconds": seconds, "usual_seconds": usual, "limit_seconds": limit / SECOND}
        of_timer = {**numbers, "seconds": (due - last) / SECOND}
        cleared = np.flatnonzero(before | ran_out)
        found = (
            picked(chunk, np.flatnonzero(ran_out), RAISED, BY_TIMER, of_timer, due),
            picked(chunk, cleared, CLEARED, AT_END, numbers, chunk.arrived),
        )
        visits.keep(state)
        return Outcome(found) if len(cleared) else NOTHING

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:
        """Raise where nothing has come for too long before now."""
        quiet = np.flatnonzero((state["raised"] == 0) & (state["last"] < now))
        quiet = quiet[now - state["last"][quiet] > _least(settings["silence"][quiet])]
        limit, usual = _limits(
            state["intervals"][quiet],
            state["known"][quiet],
            state["last"][quiet] - state["first"][quiet],
            settings["silence"][quiet],
        )
        due = np.maximum(state["last"][quiet] + limit, state["not_before"][quiet])
        out = due < now
        if not out.any():
            return NOTHING
        index = quiet[out]
        state["raised"][index] = 1
        numbers = {
            "seconds": (due[out] - state["last"][index]) / SECOND,
            "usual_seconds": usual[out],
            "limit_seconds": limit[out] / SECOND,
        }
        return Outcome((fired(index, due[out], numbers),))

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Wait for news, and learn nothing from the interval in which nobody watched."""
        limit, _ = _limits(
            state["intervals"],
            state["known"],
            state["last"] - state["first"],
            settings["silence"],
        )
        ran_out = np.maximum(state["last"] + limit, state["not_before"]) < resumed
        grace = resumed + np.minimum(limit, GRACE)
        state["not_before"] = np.where(ran_out, grace, state["not_before"])
        state["visit"] = NONE

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:  # noqa: ARG002
        """Say `no data for 21 min, usually every 5 min`."""
        usual = numbers["usual_seconds"]
        known = f", usually every {duration(usual)}" if usual else ""
        if edge is Edge.CLEARED:
            return f"data again after {duration(numbers['seconds'])}{known}"
        return f"no data for {duration(numbers['seconds'])}{known}"


class _Visits:
    """The intervals between the visits of a chunk, behind those remembered."""

    def __init__(self, chunk: Chunk, state: Records) -> None:
        self._chunk = chunk
        self._second = chunk.arrived // SECOND
        earlier = previous(self._second, state["visit"], chunk.starts)
        self._is_interval: Booleans = (self._second != earlier) & (earlier != NONE)
        self._rank = counted_before(self._is_interval, chunk.starts, chunk.segment)
        counts = self._rank[chunk.last] + self._is_interval[chunk.last]
        self._counts = counts
        self._base = spread(counts + KEPT)[0]
        self._line = np.zeros(int((counts + KEPT).sum()), np.int32)
        self._line[self._base[:, None] + np.arange(KEPT)] = state["intervals"]
        place = self._base[chunk.segment] + KEPT + self._rank
        taken = (self._second - earlier)[self._is_interval]
        self._line[place[self._is_interval]] = np.minimum(taken, np.iinfo(np.int32).max)

    def limits(self, index: Ints, last: Ints, silence: Ints, state: Records) -> tuple[Ints, Floats]:
        """Give the limit before each reading in µs, and the usual interval in seconds; shape (n,).

        They are worked out for these indices only: where the silence was long enough to matter.
        """
        chunk = self._chunk
        segment = chunk.segment[index]
        limit, usual = np.full(len(last), NEVER), np.zeros(len(last))
        first = np.where(state["first"] == NONE, chunk.arrived[chunk.starts], state["first"])
        window = self._base[segment] + self._rank[index]
        limit[index], usual[index] = _limits(
            self._line[window[:, None] + np.arange(KEPT)],
            np.minimum(state["known"][segment] + self._rank[index], KEPT),
            last[index] - first[segment],
            silence[index],
        )
        return limit, usual

    def keep(self, state: Records) -> None:
        """Remember the newest intervals and the last arrival."""
        chunk = self._chunk
        ends = self._base + self._counts
        first = chunk.arrived[chunk.starts]
        state["first"] = np.where(state["first"] == NONE, first, state["first"])
        state["intervals"] = self._line[ends[:, None] + np.arange(KEPT)]
        state["known"] = np.minimum(state["known"] + self._counts, KEPT)
        state["visit"] = self._second[chunk.last]
        state["last"] = np.maximum(state["last"], chunk.arrived[chunk.last])
        state["raised"] = 0
        state["not_before"] = NONE


def _least(silence: Ints) -> Ints:
    return np.where(silence > 0, silence, SHORTEST_LIMIT * SECOND)


def _limits(intervals: Ints, known: Ints, acquainted: Ints, silence: Ints) -> tuple[Ints, Floats]:
    """Give the silence allowed in µs (NEVER where unknown) and the usual interval in seconds, 0 unknown."""
    ordered = np.sort(intervals, axis=1).astype(np.int64)
    middle = np.clip(KEPT - known + (known - 1) // 2, 0, KEPT - 1)
    median = np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]
    lull = np.where(known < KEPT, ordered[:, -1], ordered[:, -2])
    longest = np.maximum(USUAL_INTERVALS * median, lull * 3 // 2)
    learned = (known >= ENOUGH) & (acquainted >= ACQUAINTED)
    usual = np.where(learned, np.maximum(longest, SHORTEST_LIMIT) * SECOND, NEVER)
    return np.where(silence > 0, silence, usual), np.where(learned, median, 0).astype(np.float64)
