"""A condition that must hold for a while before it is an alarm: the on-delay of ISA-18.2.

It is confirmed by the device's time, when a later reading shows that it still holds; or by the time
of arrival, when the delay passes with no reading to the contrary: the last value is held, so that
the alarm comes in time from a device that reports seldom.
"""

from typing import Final

import numpy as np

from appliance.detection.base import (
    AT_END,
    BY_READING,
    BY_TIMER,
    CLEARED,
    NOTHING,
    RAISED,
    Found,
    Layout,
    Outcome,
    Records,
    blank,
    layout,
)
from appliance.detection.edges import Numbers, picked, repeats, run_starts
from appliance.detection.segments import NONE, Booleans, Chunk, previous
from appliance.domain.instant import SECOND
from appliance.domain.readings import Floats, Ints

GRACE: Final = 60 * SECOND
"""After a time in which nobody watched, a timer waits this long for news, or its own length."""

STATE: Final[Layout] = layout(since="<i8", due="<i8", value="<f8", raised="<i8")
"""The device's time of the first reading for which the condition held (or NONE), when the timer
runs out, the last value."""


def begin(count: int) -> Records:
    """Give the state of conditions that do not hold."""
    state = blank(STATE, count)
    state["since"] = NONE
    return state


def observe(
    chunk: Chunk, holds: Booleans, delay: Ints, state: Records, numbers: Numbers
) -> Outcome:
    """Go through a chunk. `holds` (n,), `delay` (m,) in µs; `numbers` lack `seconds` and `value`."""
    held = previous(holds, state["since"] != NONE, chunk.starts)
    if not (holds.any() or held.any()):
        return NOTHING
    segment = chunk.segment
    start, carried = run_starts(chunk, holds & ~held)
    since = np.where(carried, state["since"][segment], chunk.times[start])
    due = np.where(carried, state["due"][segment], chunk.arrived[start] + delay[segment])
    ran_out = held & (due < chunk.arrived)
    raised = carried & (state["raised"][segment] != 0)
    on = holds & (raised | ran_out | (chunk.times - since >= delay[segment]))
    before = previous(on, state["raised"] != 0, chunk.starts)
    by_timer = ran_out & ~before
    seconds = np.maximum(chunk.times - since, delay[segment]) / SECOND
    of_reading = {**numbers, "value": chunk.values, "seconds": seconds}
    of_timer = {
        **numbers,
        "value": previous(chunk.values, state["value"], chunk.starts),
        "seconds": delay[segment] / SECOND,
    }
    found = (
        picked(chunk, np.flatnonzero(by_timer), RAISED, BY_TIMER, of_timer, due),
        picked(chunk, np.flatnonzero(on & ~before & ~by_timer), RAISED, BY_READING, of_reading),
        repeats(chunk, on & (before | by_timer), of_reading),
        picked(chunk, np.flatnonzero(~holds & (before | by_timer)), CLEARED, AT_END, of_reading),
    )
    _keep(chunk, state, np.where(holds, since, NONE), due, on)
    return Outcome(found)


def _keep(chunk: Chunk, state: Records, since: Ints, due: Ints, on: Booleans) -> None:
    last = chunk.last
    state["since"], state["due"] = since[last], due[last]
    state["value"], state["raised"] = chunk.values[last], on[last]


def advance(delay: Ints, state: Records, now: int, numbers: Numbers) -> Outcome:
    """Raise what has held for its delay before now."""
    index = np.flatnonzero((state["since"] != NONE) & (state["raised"] == 0) & (state["due"] < now))
    if not len(index):
        return NOTHING
    state["raised"][index] = 1
    columns: dict[str, Floats] = {
        **{name: column[index] for name, column in numbers.items()},
        "value": state["value"][index],
        "seconds": delay[index] / SECOND,
    }
    return Outcome((fired(index, state["due"][index], columns),))


def fired(index: Ints, due: Ints, numbers: Numbers) -> Found:
    """Make transitions of timers that ran out at these instants."""
    count = len(index)
    return Found(
        index,
        np.zeros(count, np.int64),
        np.full(count, RAISED),
        due,
        np.ones(count, np.int64),
        numbers,
    )


def resume(delay: Ints, state: Records, resumed: int) -> None:
    """Let no timer run out before some news could have come."""
    waiting = (state["since"] != NONE) & (state["due"] < resumed)
    state["due"] = np.where(waiting, resumed + np.minimum(delay, GRACE), state["due"])
