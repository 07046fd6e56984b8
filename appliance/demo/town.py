"""What the demo's instruments would read at any time: three simulated weeks, over and over.

Pure but for reading its file. The same instrument at the same time always reads the same, so that
past and present fit together, and a gap that is filled later is what would have been reported.
"""

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, to_datetime
from appliance.domain.readings import Floats, Ints

STEP: Final = 5 * MINUTE
_MONDAY: Final = 4 * DAY
"""1970-01-05, the first Monday since the epoch."""
PASCAL_PER_METRE: Final = 9806.65
ONSET: Final = 15 * SECOND
"""How long a pipe takes to tear open."""
REPAIRED_AFTER: Final = 3 * HOUR
REPAIR: Final = 10 * MINUTE
"""How long the pressure takes to come back once the valves are shut and opened again."""
_NOISE: Final = {"P": (0.0, 0.05), "F": (0.006, 0.0001), "L": (0.0, 0.004)}
"""Of the instruments: standard deviation relative to the value, and absolute (m, m³/s, m)."""
_NOISE_EVERY: Final = SECOND


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """The simulated weeks, as they lie in data/weeks.npz."""

    names: tuple[str, ...]
    weeks: Floats
    """Metres or m³/s, shape (instruments, steps)."""
    burst: Floats
    """Changes, shape (instruments, hours of the day, steps since)."""
    zone: ZoneInfo

    def values(self, column: str, times: Ints, burst_at: Instant | None = None) -> Floats:
        """Give what an instrument reads at these times, SI; same shape."""
        row = self.names.index(column)
        clock = self._clock(times)
        value = _between(self.weeks[row], clock / STEP)
        if burst_at is not None:
            value = value + self._change(row, burst_at, times)
        relative, absolute = _NOISE[column[0]]
        value = value + _noise(row, times) * (np.abs(value) * relative + absolute)
        if column[0] == "F":
            value = np.abs(value)
        return value * PASCAL_PER_METRE if column[0] == "P" else value

    def _clock(self, times: Ints) -> Ints:
        """Give microseconds since the last Monday but n, 00:00, on the town's own clock."""
        hours, index = np.unique(times // HOUR, return_inverse=True)
        shifts = [self._shift(Instant(int(hour) * HOUR)) for hour in hours]
        local = times + np.array(shifts, np.int64)[index] - _MONDAY
        return np.asarray(local % (self.weeks.shape[1] * STEP), np.int64)

    def _shift(self, instant: Instant) -> int:
        offset = to_datetime(instant).astimezone(self.zone).utcoffset()
        return int(offset.total_seconds()) * SECOND if offset else 0

    def _change(self, row: int, burst_at: Instant, times: Ints) -> Floats:
        """Give what the burst changes; nothing before it, and nothing after its repair."""
        elapsed = (times - burst_at).astype(np.float64)
        hour = int(self._clock(np.array([burst_at]))[0] % DAY) / HOUR
        early, late = int(hour) % 24, (int(hour) + 1) % 24
        share = hour % 1.0
        response = self.burst[row, early] * (1 - share) + self.burst[row, late] * share
        steps = np.clip(elapsed / STEP, 0, len(response) - 1)
        opening = np.clip(elapsed / ONSET, 0.0, 1.0)
        closing = np.clip((REPAIRED_AFTER + REPAIR - elapsed) / REPAIR, 0.0, 1.0)
        changed = np.interp(steps, np.arange(len(response)), response)
        return np.asarray(changed * opening * closing)


def simulated(zone: str) -> Town:
    """Read the weeks; a matter of milliseconds, but of a file: call it in a thread."""
    with as_file(files(__package__).joinpath("data", "weeks.npz")) as path, np.load(path) as kept:
        scale = kept["scale"]
        return Town(
            tuple(str(name) for name in kept["names"]),
            np.cumsum(kept["steps"], axis=1) * scale[:, None],
            kept["burst"] * scale[:, None, None],
            ZoneInfo(zone),
        )


def _between(column: Floats, places: Floats) -> Floats:
    """Read between the steps; the end runs on into the beginning."""
    steps = len(column)
    return np.asarray(np.interp(places, np.arange(steps + 1), np.append(column, column[0])))


def _noise(row: int, times: Ints) -> Floats:
    """Give noise that depends on instrument and second alone: near to normal, deviation 1.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014); four of its 16-bit parts are added up.
    """
    with np.errstate(over="ignore"):
        x = (times // _NOISE_EVERY).astype(np.uint64)
        x = x * np.uint64(0x9E3779B97F4A7C15) + np.uint64(row + 1) * np.uint64(0xD1B54A32D192ED03)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    parts = [((x >> np.uint64(s)) & np.uint64(0xFFFF)).astype(np.float64) for s in (0, 16, 32, 48)]
    return np.asarray((sum(parts) / 65_535.0 - 2.0) * np.sqrt(3.0))
