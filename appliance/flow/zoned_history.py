"""History as far as somebody may see it who is limited to zones."""

from collections.abc import Callable
from typing import Final

import numpy as np

from appliance.domain.enclave import enclave_of
from appliance.domain.errors import NotAllowed
from appliance.domain.ids import MunicipalityId, SensorId, Sequence
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Ints, Readings
from appliance.flow.horizon import Horizon
from appliance.ports.history import (
    Chunks,
    Latest,
    MunicipalHistory,
    OpenHistory,
    Placed,
    Rollup,
    Series,
)

_NOTHING_OF: Final = "readings beyond one's zones"


class ZonedHistory:
    """Opens history for services: whole, or as far as an Enclave reaches. Implements OpenHistory."""

    def __init__(self, history: OpenHistory, horizon: Callable[[MunicipalityId], Horizon]) -> None:
        self._history = history
        self._horizon = horizon

    def of(self, municipality: MunicipalityId) -> MunicipalHistory:
        """Open one municipality's history."""
        whole = self._history.of(municipality)
        if enclave_of(municipality) is None:
            return whole
        return LimitedHistory(whole, self._horizon(municipality).sensors)

    async def settled(self, sequence: Sequence) -> None:
        """Wait until everything up to this place can be queried, at most 2 s."""
        await self._history.settled(sequence)

    @property
    def applied(self) -> Sequence:
        """The last batch that is in."""
        return self._history.applied


class LimitedHistory:
    """Some sensors of a municipality's history; the others have no readings here."""

    def __init__(self, whole: MunicipalHistory, sensors: frozenset[SensorId]) -> None:
        self._whole = whole
        self._sensors = sensors
        self._ids: Ints = np.array(sorted(sensors), np.int64)

    async def newest(
        self, sensor: SensorId, *, since: Instant, until: Instant, limit: int, offset: int = 0
    ) -> Readings:
        """Give a sensor's readings, newest first."""
        shown = limit if sensor in self._sensors else 0
        return await self._whole.newest(
            sensor, since=since, until=until, limit=shown, offset=offset
        )

    async def count(self, sensor: SensorId, *, since: Instant, until: Instant) -> int:
        """Count a sensor's readings."""
        if sensor not in self._sensors:
            return 0
        return await self._whole.count(sensor, since=since, until=until)

    async def series(
        self, sensor: SensorId, *, since: Instant, until: Instant, points: int
    ) -> Series:
        """Give a sensor's range in buckets."""
        shown = until if sensor in self._sensors else since
        return await self._whole.series(sensor, since=since, until=shown, points=points)

    async def rollup(
        self, sensors: Ints | None, *, since: Instant, until: Instant, step: int
    ) -> Rollup:
        """Give these sensors (None: all that are seen) in steps."""
        return await self._whole.rollup(self._seen(sensors), since=since, until=until, step=step)

    async def latest(self) -> Latest:
        """Give the newest reading of every sensor that is seen."""
        latest = await self._whole.latest()
        mine = np.isin(latest.sensors, self._ids)
        return Latest(latest.sensors[mine], latest.times[mine], latest.values[mine])

    async def placed(self, sensors: Ints | None, *, since: Instant, until: Instant) -> Placed:
        """Give readings of these sensors (None: all that are seen) by sequence."""
        return await self._whole.placed(self._seen(sensors), since=since, until=until)

    async def find(self, sensor: SensorId, time: Instant) -> Placed:
        """Give one reading."""
        if sensor not in self._sensors:
            return await self._whole.placed(self._ids[:0], since=time, until=time)
        return await self._whole.find(sensor, time)

    async def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        """Count readings of each UTC day; the range must be of whole days."""
        if since % DAY or until % DAY:
            raise NotAllowed(permission=_NOTHING_OF)
        rolled = await self.rollup(None, since=since, until=until, step=DAY)
        counts: dict[Instant, int] = {}
        for start, count in zip(rolled.starts.tolist(), rolled.counts.tolist(), strict=True):
            counts[Instant(start)] = counts.get(Instant(start), 0) + count
        return dict(sorted(counts.items()))

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> Chunks:
        """Refuse: an export is of all that there is."""
        del since, until, chunk
        raise NotAllowed(permission=_NOTHING_OF)

    def _seen(self, sensors: Ints | None) -> Ints:
        return self._ids if sensors is None else sensors[np.isin(sensors, self._ids)]
