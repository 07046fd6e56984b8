"""How a range of time is divided for a chart, so that stored roll-ups answer exactly as readings do."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.instant import DAY, HOUR, MINUTE, Instant

STEPS: Final = (MINUTE, HOUR, DAY)
"""The widths of the roll-ups, µs; each begins at whole multiples of it since 1970, UTC."""
_STEPS_IN_A_BUCKET: Final = 4
"""At least; so rounding makes buckets wider by about a quarter at most."""


@dataclass(frozen=True, slots=True)
class Division:
    """Buckets of `width` from `first` on; where `step` is given both are whole multiples of it."""

    first: Instant
    width: int
    step: int | None
    """The coarsest roll-up that fits into the buckets; None where none does."""


def divide(since: Instant, until: Instant, points: int, *, finest: int | None = None) -> Division:
    """Divide into at most `points` buckets, which are as narrow as a roll-up that fits allows.

    `finest` says that readings are gone and this roll-up is the finest there is.
    """
    points = max(1, points)
    wanted = max(1, _divided_up(until - since, points))
    fitting = [step for step in STEPS if wanted >= _STEPS_IN_A_BUCKET * step]
    step = max(fitting, default=finest)
    if step is None:
        return Division(since, wanted, None)
    first = floor(since, step)
    return Division(first, step * max(1, _divided_up(until - first, points * step)), step)


def floor(instant: Instant, step: int) -> Instant:
    """Give the beginning of the step in which it lies."""
    return Instant(instant // step * step)


def ceiling(instant: Instant, step: int) -> Instant:
    """Give the first beginning of a step that is not before it."""
    return Instant(_divided_up(instant, step) * step)


def _divided_up(length: int, parts: int) -> int:
    return -(-length // parts)
