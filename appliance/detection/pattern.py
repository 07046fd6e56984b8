"""The value strays from the sensor's own pattern of day and week, for several readings in a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.detection.base import NOTHING, Layout, Outcome, Records, blank, layout
from appliance.detection.book import LocalTime
from appliance.detection.edges import Numbers, edges, hits
from appliance.detection.patterns import BINS, Pattern, bin_of
from appliance.detection.segments import Chunk, latest, previous
from appliance.detection.words import amount, span
from appliance.domain.findings import Edge
from appliance.domain.ids import SensorId
from appliance.domain.quantities import Unit
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import Anomalous
from appliance.domain.sensors import Sensor

SETTINGS: Final[Layout] = layout(deviations="<f8", for_readings="<i8")
STATE: Final[Layout] = layout(streak="<i8", raised="<i8")
USUALLY: Final = 2.0
"""Deviations around the median that are called usual: 19 of 20 readings."""


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """All patterns, one behind the other: those of a sensor together, oldest first."""

    sensors: Ints
    in_force: Ints
    medians: NDArray[np.float32]
    deviations: NDArray[np.float32]
    extremes: Floats

    @staticmethod
    def of(patterns: Mapping[SensorId, tuple[Pattern, ...]]) -> "Library":
        """Lay out the patterns."""
        every = [(s, p) for s in sorted(patterns) for p in patterns[s]]
        return Library(
            np.array([sensor for sensor, _ in every], np.int64),
            np.array([pattern.in_force for _, pattern in every], np.int64),
            np.array([p.medians for _, p in every], np.float32).reshape(-1, BINS),
            np.array([p.deviations for _, p in every], np.float32).reshape(-1, BINS),
            np.array([(p.least, p.most) for _, p in every], np.float64).reshape(-1, 2),
        )

    def in_force_at(self, sensors: Ints, segment: Ints, arrived: Ints) -> Ints:
        """Give for each reading the place of the newest pattern in force when it came, or −1.

        `sensors` (m,) are those of the segments; `segment` and `arrived` (n,).
        """
        first = np.searchsorted(self.sensors, sensors, side="left")
        count = np.searchsorted(self.sensors, sensors, side="right") - first
        place = np.full(len(arrived), -1)
        for version in range(int(count.max(initial=0))):
            candidate = np.minimum(first + version, len(self.sensors) - 1)
            fits = (version < count)[segment] & (self.in_force[candidate][segment] <= arrived)
            place = np.where(fits, candidate[segment], place)
        return place


@dataclass(frozen=True, slots=True)
class PatternMethod:
    """Scores every reading against the pattern; says nothing where there is none yet."""

    library: Library
    local_time: LocalTime
    name: str = "anomaly"
    settings: Layout = field(default=SETTINGS)
    state: Layout = field(default=STATE)
    sees_every_reading: bool = False

    def settle(self, condition: Anomalous, sensor: Sensor) -> tuple[float, int]:  # noqa: ARG002
        """Give the settings."""
        return condition.deviations, max(1, condition.for_readings)

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Begin as usual."""
        return blank(STATE, len(began))

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find streaks of unusual readings; each unusual reading is a hit."""
        place = self.library.in_force_at(chunk.sensors, chunk.segment, chunk.arrived)
        known = np.flatnonzero(place >= 0)
        scores = np.zeros(len(place))
        bins = bin_of(self.local_time(chunk.times[known])) if len(known) else known
        median = self.library.medians[place[known], bins].astype(np.float64)
        deviation = self.library.deviations[place[known], bins].astype(np.float64)
        scores[known] = np.nan_to_num(np.abs(chunk.values[known] - median) / deviation)
        unusual = scores > settings["deviations"][chunk.segment]
        streak = _streak(chunk, unusual, state["streak"])
        on = unusual & (streak >= settings["for_readings"][chunk.segment])
        before = previous(on, state["raised"] != 0, chunk.starts)
        state["streak"], state["raised"] = streak[chunk.last], on[chunk.last]
        if not (unusual.any() or before.any()):
            return NOTHING
        numbers: Numbers = {
            "value": chunk.values,
            "score": scores,
            **self._usual(place, known, median, deviation),
        }
        return Outcome(edges(chunk, on, before, numbers), hits(chunk, unusual, scores, numbers))

    def _usual(self, place: Ints, known: Ints, median: Floats, deviation: Floats) -> Numbers:
        low, high = np.full(len(place), np.nan), np.full(len(place), np.nan)
        extremes = self.library.extremes[place[known]]
        low[known] = np.maximum(median - USUALLY * deviation, np.minimum(extremes[:, 0], median))
        high[known] = np.minimum(median + USUALLY * deviation, np.maximum(extremes[:, 1], median))
        return {"usual_low": low, "usual_high": high}

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:  # noqa: ARG002
        """Find nothing: only readings show it."""
        return NOTHING

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Change nothing."""

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say `6.8 bar, usual 2.9–3.4 bar at this hour`."""
        value, low, high = (numbers[name] for name in ("value", "usual_low", "usual_high"))
        again = "again " if edge is Edge.CLEARED else ""
        if np.isnan(low):
            return f"{again}{amount(value, unit)}, nothing known of this hour"
        return f"{again}{amount(value, unit)}, usual {span(low, high, unit)} at this hour"


def _streak(
    chunk: Chunk, unusual: np.ndarray[tuple[int], np.dtype[np.bool_]], before: Ints
) -> Ints:
    """Count the unusual readings in a row up to each; 0 where it is usual."""
    index = np.arange(len(unusual))
    start = chunk.starts[chunk.segment]
    usual = latest(~unusual)
    whole = usual < start
    return np.where(whole, index - start + 1 + before[chunk.segment], index - usual)
