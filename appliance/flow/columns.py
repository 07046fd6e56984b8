"""Judge an array of readings by columns: what `sifting` says of each, many times as fast.

Only for arrays in which nothing is odd. Where one reading is, the array is judged one by one.
"""

from collections.abc import Sequence as Several
from typing import Final

import numpy as np

from appliance.domain import instant
from appliance.domain.ids import DeviceId
from appliance.domain.instant import SECOND, Instant
from appliance.domain.readings import Flags, Floats, Ints, Mark, RawMessages, Readings
from appliance.flow.checking import EARLIEST, MILLISECONDS_FROM, Bounds
from appliance.flow.decoding import Said, Unreadable
from appliance.flow.lanes import Lanes

WORTH_IT: Final = 16
"""Readings from which on columns are quicker."""
_LENGTH: Final = len("2026-05-01T03:00:00Z")
_MARKS: Final = np.array([4, 7, 10, 13, 16, 19])
_MARKS_SAY: Final = np.frombuffer(b"--T::Z", np.uint8)
_DIGITS: Final = np.setdiff1d(np.arange(_LENGTH), _MARKS)
_ZERO, _NINE = b"09"


def judged(
    several: Several[Said | Unreadable], part: RawMessages, place: int, bounds: Bounds, lanes: Lanes
) -> Readings | None:
    """Give all readings of an array; None where at least one must be looked at by itself."""
    said = [one for one in several if isinstance(one, Said)]
    if len(said) != len(several):
        return None
    return _judged(said, part, place, bounds, lanes)


def _judged(
    several: Several[Said], part: RawMessages, place: int, bounds: Bounds, lanes: Lanes
) -> Readings | None:
    found = _lanes(several, part.reports[place].about, lanes)
    values = _numbers([said.value for said in several])
    times = _times([said.timestamp for said in several], part.arrived, bounds)
    told = [s.quality if s.quality is not None else s.quality_score for s in several]
    quality = np.full(len(told), np.nan) if not any(q is not None for q in told) else _numbers(told)
    if found is None or values is None or times is None or quality is None:
        return None
    sensors, factor, offset, low, high = found
    with np.errstate(over="ignore"):
        si_values = values * factor + offset
    if not np.isfinite(si_values).all():
        return None
    late: Flags = (part.arrived - times > bounds.lateness) * np.uint8(Mark.LATE)
    implausible = ((si_values < low) | (si_values > high)) * np.uint8(Mark.IMPLAUSIBLE)
    arrived = np.full(len(several), part.arrived, np.int64)
    return Readings(sensors, times, arrived, si_values, quality, late | implausible)


def _lanes(
    several: Several[Said], about: DeviceId, lanes: Lanes
) -> tuple[Ints, Floats, Floats, Floats, Floats] | None:
    """Give sensor, factor, offset, and the lowest and highest value of each reading."""
    words = [(about, said.device_id, said.sensor_id, said.unit) for said in several]
    known = {word: lanes.known.get(word) for word in set(words)}
    if None in known.values():
        return None
    number = {word: place for place, word in enumerate(known)}
    which = np.array([number[word] for word in words], np.intp)
    every = [lane for lane in known.values() if lane is not None]
    return (
        np.array([lane.sensor for lane in every], np.int64)[which],
        np.array([lane.factor for lane in every])[which],
        np.array([lane.offset for lane in every])[which],
        np.array([lane.low for lane in every])[which],
        np.array([lane.high for lane in every])[which],
    )


def _numbers(said: Several[object]) -> Floats | None:
    return np.array(said, np.float64) if set(map(type, said)) == {float} else None


def _times(said: Several[str | float | None], arrived: Instant, bounds: Bounds) -> Ints | None:
    times = times_said(said)
    if times is None or times.min() < EARLIEST or times.max() > bounds.ahead(arrived):
        return None
    return times


def times_said(said: Several[str | float | None]) -> Ints | None:
    """Read times that are all written alike; None where they are not, or one is no time."""
    kinds = set(map(type, said))
    if kinds == {str}:
        return parse_times(said)  # type: ignore[arg-type]
    return _numeric_times(np.array(said, np.float64)) if kinds == {float} else None


def _numeric_times(said: Floats) -> Ints | None:
    seconds = np.where(said >= MILLISECONDS_FROM, said / 1000, said)
    if not (np.abs(seconds) <= instant.LATEST / SECOND).all():
        return None
    times: Ints = np.rint(seconds * SECOND).astype(np.int64)
    return times


def parse_times(texts: Several[str]) -> Ints | None:
    """Read times all written like 2026-05-01T03:00:00Z; None where one is not, or is no time."""
    joined = "".join(texts)
    if len(joined) != _LENGTH * len(texts) or not joined.isascii():
        return None
    grid = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), _LENGTH)
    digits = grid[:, _DIGITS]
    if (grid[:, _MARKS] != _MARKS_SAY).any() or (digits < _ZERO).any() or (digits > _NINE).any():
        return None
    local = np.ascontiguousarray(grid[:, :-1]).view(f"S{_LENGTH - 1}").ravel()
    try:
        times: Ints = local.astype("datetime64[us]").astype(np.int64)
    except ValueError:
        return None
    return times
