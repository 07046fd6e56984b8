"""A sensor's own pattern of day and week."""

from dataclasses import dataclass

from appliance.domain.instant import Instant
from appliance.domain.readings import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What is usual for one sensor at each time of the week."""

    in_force: Instant
    medians: Floats
    deviations: Floats
    least: float
    most: float
