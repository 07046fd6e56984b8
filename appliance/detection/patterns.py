"""A sensor's own pattern of day and week: what is usual at each time, and how far it strays.

Half-hours of the day for working days, Saturdays and Sundays, 144 bins. Median and MAD (median
absolute deviation, scaled to a standard deviation), so that a past burst or a few days of holidays
do not become usual. Two weeks have only two Saturdays, so a bin takes what it lacks from its
neighbours: see `_POOLS`.
"""

import re
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Floats, Ints

SLOTS: Final = 48
"""Half-hours of a day."""
BINS: Final = 3 * SLOTS
ENOUGH: Final = 12
"""Readings in a pool for its median to mean something."""
NEEDED: Final = 14 * DAY
MAD_TO_DEVIATION: Final = 1.4826
"""1 / Φ⁻¹(3/4): makes the MAD of a normal distribution its standard deviation."""

_POOLS: Final[tuple[tuple[tuple[tuple[int, ...], ...], int], ...]] = (
    (((0,), (1,), (2,)), 1),
    (((0,), (1, 2), (1, 2)), 1),
    (((0, 1, 2), (0, 1, 2), (0, 1, 2)), 1),
    (((0, 1, 2), (0, 1, 2), (0, 1, 2)), 4),
)
"""Where a bin of working day, Saturday, Sunday looks, until there is ENOUGH: in which kinds of day,
and how many half-hours to either side."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What is usual for one sensor at each time of the week, in SI."""

    in_force: Instant
    """From when on readings are held against it."""
    medians: NDArray[np.float32]
    """Shape (144,); NaN where nothing is known."""
    deviations: NDArray[np.float32]
    """Robust standard deviation, never 0; shape (144,)."""
    least: float
    most: float
    """The extremes it was learned from: usual never means beyond them."""

    def score(self, values: Floats, local: Ints) -> Floats:
        """Give |value − median| / deviation at these seconds of the week; NaN where unknown."""
        bins = bin_of(local)
        return np.asarray(np.abs(values - self.medians[bins]) / self.deviations[bins], np.float64)


@dataclass(frozen=True, slots=True)
class Learning:
    """Not enough has been seen to say what is usual."""

    progress: float
    """0 … 1."""
    words: str


_DAYS: Final = re.compile(r"still learning \((\d+) of \d+ days\)")


def days_of(words: str) -> int | None:
    """Read from the words of `learn` how many days were seen; None where it is not days that lack."""
    found = _DAYS.fullmatch(words)
    return int(found[1]) if found else None


def bin_of(local: Ints) -> Ints:
    """Give the bin of each second of the week (Monday 00:00 is 0); same shape."""
    day, second = local // 86_400, local % 86_400
    kind = np.where(day < 5, 0, day - 4)  # noqa: PLR2004 - Saturday is day 5
    return np.asarray(kind * SLOTS + second // 1_800, np.int64)


def learn(times: Ints, values: Floats, local: Ints, *, in_force: Instant) -> Pattern | Learning:
    """Learn from a sensor's history, or say how far it is from being enough. Any order will do."""
    seen = int(times.max() - times.min()) if len(times) else 0
    if seen < NEEDED:
        days = seen // DAY
        return Learning(seen / NEEDED, f"still learning ({days} of {NEEDED // DAY} days)")
    medians, deviations = _by_bin(values, bin_of(local))
    known = np.isfinite(medians)
    if not known.any():
        return Learning(0.9, f"still learning (too few readings: {len(values)})")
    floor = _floor(values)
    return Pattern(
        in_force,
        medians.astype(np.float32),
        np.where(known, np.maximum(deviations, floor), np.nan).astype(np.float32),
        float(values.min()),
        float(values.max()),
    )


def _by_bin(values: Floats, bins: Ints) -> tuple[Floats, Floats]:
    order = np.argsort(bins, kind="stable")
    bounds = np.searchsorted(bins[order], np.arange(BINS + 1))
    of_bin = [values[order[bounds[i] : bounds[i + 1]]] for i in range(BINS)]
    medians, deviations = np.full(BINS, np.nan), np.full(BINS, np.nan)
    for which in range(BINS):
        pool = _pool(of_bin, which)
        if pool is not None:
            medians[which] = np.median(pool)
            deviations[which] = _deviation(pool, float(medians[which]))
    return medians, deviations


def _deviation(pool: Floats, median: float) -> float:
    """Give the robust standard deviation: by the MAD, or where more than one in twenty strays
    further than two of those, by these.

    At the hour in which a pump starts today earlier and tomorrow later, the MAD alone would call one
    of its two states unheard of.
    """
    by_mad = MAD_TO_DEVIATION * float(np.median(np.abs(pool - median)))
    low, high = np.quantile(pool, (0.05, 0.95))
    return max(by_mad, float(median - low) / 2, float(high - median) / 2)


def _pool(of_bin: list[Floats], which: int) -> Floats | None:
    kind, slot = divmod(which, SLOTS)
    for kinds, reach in _POOLS:
        parts = [
            of_bin[day * SLOTS + (slot + step) % SLOTS]
            for day in kinds[kind]
            for step in range(-reach, reach + 1)
        ]
        if sum(map(len, parts)) >= ENOUGH:
            return np.concatenate(parts)
    return None


def _floor(values: Floats) -> float:
    """Give the least deviation that is believed: of what does not vary, one can't say how it varies.

    The resolution of the values, a fiftieth of their everyday range, or half a per cent of their
    size, whichever is largest; float dust for a sensor that has only ever said 0.
    """
    distinct = np.unique(values)
    resolution = float(np.median(np.diff(distinct))) if len(distinct) > 1 else 0.0
    everyday = float(np.subtract(*np.quantile(values, (0.95, 0.05))))
    resolution = min(resolution, everyday / 10) if everyday else 0.0
    return max(resolution, everyday / 50, float(np.median(np.abs(values))) / 200, 1e-9)


_HEAD: Final = struct.Struct("<4sHHqdd")
_MAGIC: Final = b"wpat"
_VERSION: Final = 1


def pack(patterns: tuple[Pattern, ...]) -> bytes:
    """Give patterns as bytes, one behind the other."""
    return b"".join(
        _HEAD.pack(_MAGIC, _VERSION, BINS, pattern.in_force, pattern.least, pattern.most)
        + np.stack([pattern.medians, pattern.deviations]).astype("<f4").tobytes()
        for pattern in patterns
    )


def unpack(data: bytes) -> tuple[Pattern, ...]:
    """Give the patterns of `pack`; none from the first on that is not of this version."""
    size = _HEAD.size + 2 * BINS * 4
    patterns: list[Pattern] = []
    for start in range(0, len(data) - size + 1, size):
        magic, version, bins, in_force, least, most = _HEAD.unpack_from(data, start)
        if (magic, version, bins) != (_MAGIC, _VERSION, BINS):
            break
        table = np.frombuffer(data, "<f4", 2 * BINS, start + _HEAD.size).reshape(2, BINS)
        medians, deviations = table.astype(np.float32)
        patterns.append(Pattern(Instant(in_force), medians, deviations, least, most))
    return tuple(patterns)
