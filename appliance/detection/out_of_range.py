"""The value outside the operating limits of the sensor or of its type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection import on_delay
from appliance.detection.base import Layout, Outcome, Records, layout
from appliance.detection.edges import Numbers, hits
from appliance.detection.segments import Chunk
from appliance.detection.words import amount, duration, span
from appliance.domain.findings import Edge
from appliance.domain.instant import SECOND
from appliance.domain.quantities import Unit
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import OutOfRange
from appliance.domain.sensors import Sensor

SETTINGS: Final[Layout] = layout(low="<f8", high="<f8", delay="<i8")
"""An open end is NaN, with which every comparison is false."""


@dataclass(frozen=True, slots=True)
class OutOfRangeMethod:
    """Compares every reading with both operating limits; SI."""

    name: str = "out_of_range"
    settings: Layout = SETTINGS
    state: Layout = on_delay.STATE
    sees_every_reading: bool = False

    def settle(self, condition: OutOfRange, sensor: Sensor) -> tuple[float, float, int] | None:
        """Give the limits in force; None where there are none."""
        low, high = sensor.limits.low, sensor.limits.high
        if low is None and high is None:
            return None
        delay = round(condition.for_seconds * SECOND)
        return np.nan if low is None else low, np.nan if high is None else high, delay

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Begin within the limits."""
        return on_delay.begin(len(began))

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find runs of readings outside; each reading outside is a hit."""
        low, high = settings["low"][chunk.segment], settings["high"][chunk.segment]
        outside = (chunk.values < low) | (chunk.values > high)
        numbers = {"low": low, "high": high}
        outcome = on_delay.observe(chunk, outside, settings["delay"], state, numbers)
        if not outside.any():
            return outcome
        scores = 1.0 + _excess(chunk.values, low, high)
        nothing = np.zeros(len(outside))
        of_reading: Numbers = {**numbers, "value": chunk.values, "seconds": nothing}
        return Outcome(outcome.found, hits(chunk, outside, scores, of_reading))

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:
        """Raise where the last value was outside and the delay has passed."""
        numbers = {"low": settings["low"], "high": settings["high"]}
        return on_delay.advance(settings["delay"], state, now, numbers)

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Wait for news."""
        on_delay.resume(settings["delay"], state, resumed)

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say `9.1 bar, above the operating limit 8 bar, for 60 s`."""
        value, low, high = (numbers[name] for name in ("value", "low", "high"))
        if edge is Edge.CLEARED:
            return f"back to {amount(value, unit)}, {_limits(low, high, unit)}"
        side, limit = ("below", low) if value < low else ("above", high)
        lasting = f", for {duration(numbers['seconds'])}" if numbers["seconds"] else ""
        return f"{amount(value, unit)}, {side} the operating limit {amount(limit, unit)}{lasting}"


def _excess(values: Floats, low: Floats, high: Floats) -> Floats:
    """Give how far outside each value is, in widths of the range; an open range is as wide as its limit."""
    width = np.where(np.isnan(high - low), np.abs(np.fmax(low, high)), high - low)
    beyond = np.fmax(low - values, values - high)
    return np.asarray(beyond / np.where(width > 0, width, 1.0), np.float64)


def _limits(low: float, high: float, unit: Unit) -> str:
    if np.isnan(low) or np.isnan(high):
        return f"operating limit {amount(high if np.isnan(low) else low, unit)}"
    return f"operating limits {span(low, high, unit)}"
