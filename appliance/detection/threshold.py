"""The value compared with a limit, for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection import on_delay
from appliance.detection.base import Layout, Outcome, Records, layout
from appliance.detection.segments import Booleans, Chunk
from appliance.detection.words import amount, duration
from appliance.domain.findings import Edge
from appliance.domain.instant import SECOND
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import Floats, Ints
from appliance.domain.rules import Threshold
from appliance.domain.sensors import Sensor

SETTINGS: Final[Layout] = layout(operator="<i8", limit="<f8", delay="<i8")
_OPERATORS: Final = (">", ">=", "<", "<=")


@dataclass(frozen=True, slots=True)
class ThresholdMethod:
    """Compares every reading with the limit; SI."""

    name: str = "threshold"
    settings: Layout = SETTINGS
    state: Layout = on_delay.STATE
    sees_every_reading: bool = False

    def settle(self, condition: Threshold, sensor: Sensor) -> tuple[int, float, int]:
        """Give the settings; raises UnitUnknown for a unit of another quantity."""
        unit = unit_of(sensor.type.quantity, condition.unit) if condition.unit else sensor.unit
        operator = _OPERATORS.index(condition.operator)
        return operator, unit.to_si(condition.value), round(condition.for_seconds * SECOND)

    def begin(self, settings: Records, began: Ints) -> Records:  # noqa: ARG002
        """Begin below the limit."""
        return on_delay.begin(len(began))

    def observe(self, chunk: Chunk, settings: Records, state: Records) -> Outcome:
        """Find runs of readings beyond the limit."""
        limit = settings["limit"][chunk.segment]
        beyond = _compare(chunk.values, limit, settings["operator"][chunk.segment])
        return on_delay.observe(chunk, beyond, settings["delay"], state, {"limit": limit})

    def advance(self, settings: Records, state: Records, now: int) -> Outcome:
        """Raise where the last value was beyond the limit and the delay has passed."""
        return on_delay.advance(settings["delay"], state, now, {"limit": settings["limit"]})

    def resume(self, settings: Records, state: Records, resumed: int) -> None:
        """Wait for news."""
        on_delay.resume(settings["delay"], state, resumed)

    def words(self, edge: Edge, numbers: Mapping[str, float], unit: Unit) -> str:
        """Say `6.8 bar, limit 5 bar, for 60 s`."""
        value, limit = amount(numbers["value"], unit), amount(numbers["limit"], unit)
        if edge is Edge.CLEARED:
            return f"back to {value}, limit {limit}"
        lasting = f", for {duration(numbers['seconds'])}" if numbers["seconds"] else ""
        return f"{value}, limit {limit}{lasting}"


def _compare(values: Floats, limit: Floats, operator: Ints) -> Booleans:
    above = np.where(operator == 0, values > limit, values >= limit)
    below = np.where(operator == 2, values < limit, values <= limit)  # noqa: PLR2004
    return np.where(operator < 2, above, below)  # noqa: PLR2004
