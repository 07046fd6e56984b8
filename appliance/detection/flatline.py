"""The value has stayed within a tolerance for too long, as that of a stuck or frozen sensor does.

A run is as long as its highest and lowest value lie no further apart than the tolerance; the reading
that breaks it begins the next. Only readings prolong a run: silence is the business of `no_data`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection.base import NOTHING, Layout, Outcome, Records, blank, layout
from appliance.detection.edges import Numbers, edges, run_starts
from appliance.detection.segments import NONE, Booleans, Chunk, previous
from appliance.detection.words import amount, difference, duration
from appliance.domain.findings import Edge
from appliance.domain.instant import SECOND
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import Flatline
from appliance.domain.sensors import Sensor

SETTINGS: Final[Layout] = layout(tolerance="<f8", length="<i8")
STATE: Final[Layout] = layout(since="<i8", low="<f8", high="<f8", value="<f8", raised="<i8")
"""The device's time of the run's first reading (or NONE), its lowest, highest and last value."""


@dataclass(frozen=True, slots=True)
class FlatlineMethod:
    """Measures how long the value has stayed within the tolerance; SI."""

    name: str = "flatline"
    settings: Layout = SETTINGS
    state: Layout = STATE
    sees_every_reading: bool = False

    def settle(self, condition: Flatline, sensor: Sensor) -> tuple[float, int]:
        """Give the settings; raises UnitUnknown for a unit of another quantity."""
        unit = unit_of(sensor.type.quantity, condition.unit) if condition.unit else sensor.unit
        return condition.tolerance * unit.factor, max(1, round(condition.for_seconds * SECOND))

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Begin without a run."""
        state = blank(STATE, len(began))
        state["since"] = NONE
        return state

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find runs that have become too long."""
        begins = _breaks(chunk, settings["tolerance"], state)
        start, carried = run_starts(chunk, begins)
        since = np.where(carried, state["since"][chunk.segment], chunk.times[start])
        on = chunk.times - since >= settings["length"][chunk.segment]
        before = previous(on, state["raised"] != 0, chunk.starts)
        former = previous(since, state["since"], chunk.starts)
        _keep(chunk, state, start, since, on)
        if not (on.any() or before.any()):
            return NOTHING
        numbers: Numbers = {
            "value": chunk.values,
            "seconds": (chunk.times - np.where(on, since, former)) / SECOND,
            "tolerance": settings["tolerance"][chunk.segment],
        }
        return Outcome(edges(chunk, on, before, numbers))

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:  # noqa: ARG002
        """Find nothing: a run is made of readings."""
        return NOTHING

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Change nothing."""

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say `unchanged at 3.2 bar for 6 h`."""
        value = amount(numbers["value"], unit)
        if edge is Edge.CLEARED:
            return f"moves again: {value}"
        lasting = duration(numbers["seconds"])
        if not numbers["tolerance"]:
            return f"unchanged at {value} for {lasting}"
        return f"within {difference(numbers['tolerance'], unit)} for {lasting}, now {value}"


def _breaks(chunk: Chunk, tolerance: Floats, state: Records) -> Booleans:
    """Mark the readings that begin a run.

    Neighbours further apart than the tolerance are in different runs whatever came before, so that
    the readings fall into stretches which have nothing to do with each other; most are one run. A
    stretch that drifts beyond the tolerance in small steps is gone through one by one.
    """
    allowed = tolerance[chunk.segment]
    step = np.abs(chunk.values - previous(chunk.values, state["value"], chunk.starts))
    begins = np.asarray(step > allowed, np.bool_)
    begins[chunk.starts] |= state["since"] == NONE
    bound = begins.copy()
    bound[chunk.starts] = True
    bounds = np.flatnonzero(bound)
    low, high = _extremes(chunk, begins, bounds, state)
    for which in np.flatnonzero(high - low > allowed[bounds]).tolist():
        first = int(bounds[which])
        end = int(bounds[which + 1]) if which + 1 < len(bounds) else len(begins)
        run = (np.inf, -np.inf)
        if not begins[first]:
            of = chunk.segment[first]
            run = (float(state["low"][of]), float(state["high"][of]))
        begins[first:end] |= _greedy(chunk.values[first:end], float(allowed[first]), run)
    return begins


def _extremes(
    chunk: Chunk, begins: Booleans, bounds: Ints, state: Records
) -> tuple[Floats, Floats]:
    """Give the lowest and highest value of each stretch, with those of the run that it goes on."""
    low = np.minimum.reduceat(chunk.values, bounds)
    high = np.maximum.reduceat(chunk.values, bounds)
    of = chunk.segment[bounds]
    return (
        np.where(begins[bounds], low, np.minimum(low, state["low"][of])),
        np.where(begins[bounds], high, np.maximum(high, state["high"][of])),
    )


def _greedy(values: Floats, tolerance: float, run: tuple[float, float]) -> Booleans:
    low, high = run
    begins = np.zeros(len(values), np.bool_)
    for index, value in enumerate(values.tolist()):
        low, high = min(low, value), max(high, value)
        if high - low > tolerance:
            begins[index] = True
            low = high = value
    return begins


def _keep(chunk: Chunk, state: Records, start: Ints, since: Ints, on: Booleans) -> None:
    last = chunk.last
    first = np.maximum(start[last], chunk.starts)
    bounds = np.stack([first, last + 1], axis=1).ravel()
    padded = np.append(chunk.values, chunk.values[-1])
    low = np.minimum.reduceat(padded, bounds)[::2]
    high = np.maximum.reduceat(padded, bounds)[::2]
    carried = start[last] < chunk.starts
    state["low"] = np.where(carried, np.minimum(low, state["low"]), low)
    state["high"] = np.where(carried, np.maximum(high, state["high"]), high)
    state["since"], state["value"], state["raised"] = since[last], chunk.values[last], on[last]
