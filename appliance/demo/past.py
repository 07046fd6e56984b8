"""Writes the demo's past: the three weeks before its first start, or the gap since the last run."""

import asyncio
from collections.abc import Sequence as Several
from typing import Final, Protocol

import numpy as np

from appliance.demo.fleet import Instrument
from appliance.demo.town import STEP, Town
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import CheckedBatch, Counts, Door, Mark, Readings, StoredBatch

LONGEST: Final = 21 * DAY
ROWS_AT_ONCE: Final = 20_000


class TakesChecked(Protocol):
    """The walk's way in for readings that need no door."""

    async def take_checked(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        """Put them on disk, without duplicates."""
        ...


def moments(after: Instant, until: Instant) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give the 5-minute steps in after < t ≤ until, at most those of three weeks."""
    first = max(after, until - LONGEST) // STEP + 1
    return np.arange(first, until // STEP + 1, dtype=np.int64) * STEP


class Past:
    """Writes what the instruments would have reported, as imported history."""

    def __init__(self, walk: TakesChecked, town: Town, fleet: tuple[Instrument, ...]) -> None:
        self._walk = walk
        self._town = town
        self._fleet = fleet

    async def write(
        self,
        municipality: MunicipalityId,
        sensors: dict[str, SensorId],
        after: Instant,
        until: Instant,
    ) -> int:
        """Write after < t ≤ until; gives how many readings there were. Again changes nothing."""
        written = 0
        times = moments(after, until)
        for part in np.array_split(times, self._parts(len(times))):
            readings = await asyncio.to_thread(self._readings, sensors, part)
            if len(readings):
                await self._walk.take_checked([_batch(municipality, readings, until)])
            written += len(readings)
        return written

    def _parts(self, moments: int) -> int:
        return max(1, -(-moments * len(self._fleet) // ROWS_AT_ONCE))

    def _readings(self, sensors: dict[str, SensorId], times: np.ndarray) -> Readings:
        """Compute one part, in the order in which the readings would have come."""
        known = [one for one in self._fleet if one.device_id in sensors]
        if not known or not len(times):
            return Readings.none()
        values = np.array([self._town.values(one.column, times) for one in known])
        ids = np.array([sensors[one.device_id] for one in known], np.int64)
        n = len(times) * len(known)
        when = np.repeat(times, len(known))
        return Readings(
            np.tile(ids, len(times)),
            when,
            when,
            values.T.ravel(),
            np.full(n, np.nan),
            np.full(n, Mark.IMPORTED, np.uint8),
        )


def _batch(municipality: MunicipalityId, readings: Readings, now: Instant) -> CheckedBatch:
    return CheckedBatch(
        municipality=municipality,
        door=Door.IMPORT,
        readings=readings,
        contacts=(),
        rejections=(),
        per_message=(Counts(stored=len(readings)),),
        checked_at=now,
    )
