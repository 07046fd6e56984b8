"""How evidence says numbers: short, in the sensor's own unit, never in powers of ten."""

from typing import Final

import numpy as np

from appliance.domain.quantities import Unit

_TWO_MINUTES: Final = 120
_TWO_HOURS: Final = 7_200
_TWO_DAYS: Final = 172_800


def figure(value: float) -> str:
    """Write a number with at most 4 significant digits."""
    return np.format_float_positional(float(f"{value:.4g}") + 0.0, precision=12, trim="-")


def amount(value_si: float, unit: Unit) -> str:
    """Write a value in the unit: `6.8 bar`."""
    return f"{figure(unit.from_si(value_si))}{_symbol(unit)}"


def difference(change_si: float, unit: Unit) -> str:
    """Write a difference in the unit, to which an offset (as of °C) does not apply."""
    return f"{figure(abs(change_si) / unit.factor)}{_symbol(unit)}"


def span(low_si: float, high_si: float, unit: Unit) -> str:
    """Write a range in the unit: `2.9–3.4 bar`; a range without width as one value."""
    low, high = figure(unit.from_si(low_si)), figure(unit.from_si(high_si))
    return f"{low}{_symbol(unit)}" if low == high else f"{low}–{high}{_symbol(unit)}"


def duration(seconds: float) -> str:
    """Write a duration shortly: `90 s`, `21 min`, `2 h 30 min`, `3 d`."""
    if seconds < _TWO_MINUTES:
        return f"{figure(seconds if seconds < 1 else round(seconds))} s"
    minutes = round(seconds / 60)
    if seconds < _TWO_HOURS:
        return f"{minutes} min"
    if seconds < _TWO_DAYS:
        return _of_two(*divmod(minutes, 60), "h", "min")
    return _of_two(*divmod(round(minutes / 60), 24), "d", "h")


def _of_two(large: int, small: int, unit: str, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def _symbol(unit: Unit) -> str:
    return "" if unit.symbol == "1" else f" {unit.symbol}"
