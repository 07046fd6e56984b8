"""A history that forgets: for tests, and for trying things out. Every query looks at every row."""

import asyncio
from dataclasses import dataclass

import numpy as np

from appliance.domain.buckets import STEPS, divide
from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId, SensorId, Sequence
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant
from appliance.domain.readings import Ints, Readings, StoredBatch
from appliance.ports.history import NOTHING, Booleans, Keep, Latest, Placed, Rollup, Series

_SECONDS_TO_SETTLE = 2.0


@dataclass(eq=False)
class _Table:
    """One municipality's rows, in the order of the journal."""

    readings: Readings
    sequences: Ints
    rolled: dict[int, Readings]
    """By step: the rows whose roll-up is kept."""

    def add(self, batch: StoredBatch) -> None:
        more = batch.trusted()
        self.readings = Readings.joined((self.readings, more))
        self.rolled = {step: Readings.joined((rows, more)) for step, rows in self.rolled.items()}
        self.sequences = np.concatenate((self.sequences, np.full(len(more), batch.sequence)))

    def expire(self, keep: Keep) -> int:
        kept = _is_kept(self.readings, keep, "readings")
        self.readings, self.sequences = self.readings.take(kept), self.sequences[kept]
        for step, limit in ((MINUTE, "minutes"), (HOUR, "hours"), (DAY, "days")):
            self.rolled[step] = self.rolled[step].take(_is_kept(self.rolled[step], keep, limit))
        return int((~kept).sum())

    @staticmethod
    def empty() -> "_Table":
        none = {step: Readings.none() for step in STEPS}
        return _Table(Readings.none(), np.empty(0, np.int64), none)


class MemoryHistory:
    """A History in memory."""

    def __init__(self) -> None:
        self._tables: dict[MunicipalityId, _Table] = {}
        self._applied, self._applied_at = Sequence(0), Instant(0)
        self._moved = asyncio.Condition()

    def of(self, municipality: MunicipalityId) -> "MemoryMunicipalHistory":
        return MemoryMunicipalHistory(self._table(municipality))

    @property
    def applied(self) -> Sequence:
        return self._applied

    @property
    def applied_at(self) -> Instant:
        return self._applied_at

    async def apply(self, batches: tuple[StoredBatch, ...]) -> None:
        fresh = [batch for batch in batches if batch.sequence > self._applied]
        for expected, batch in enumerate(fresh, self._applied + 1):
            if batch.sequence != expected:
                raise StorageFailed(
                    store="history", problem=f"batch {batch.sequence} came instead of {expected}"
                )
        for batch in fresh:
            self._table(batch.municipality).add(batch)
            self._applied, self._applied_at = batch.sequence, batch.stored_at
        async with self._moved:
            self._moved.notify_all()

    async def begin_again(self, after: Sequence = NOTHING) -> None:
        for table in self._tables.values():  # emptied, not dropped: somebody may have it open
            table.readings, table.sequences = Readings.none(), np.empty(0, np.int64)
            table.rolled = {step: Readings.none() for step in STEPS}
        self._applied, self._applied_at = after, Instant(0)

    async def tidy(self, now: Instant) -> None:
        del now  # rows in memory need no order

    async def secured(self) -> Sequence:
        return NOTHING

    async def begin_after(self, batch: StoredBatch) -> None:
        del batch  # nothing of it outlives the program

    async def expire(self, municipality: MunicipalityId, keep: Keep) -> int:
        return self._table(municipality).expire(keep)

    async def settled(self, sequence: Sequence) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_SETTLE), self._moved:
                await self._moved.wait_for(lambda: self._applied >= sequence)
        except TimeoutError:
            return

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        here: set[tuple[int, int]] = set()
        for table in self._tables.values():
            rows = table.readings
            here.update(zip(rows.sensors.tolist(), rows.times.tolist(), strict=True))
        wanted = zip(sensors.tolist(), times.tolist(), strict=True)
        return np.fromiter((pair in here for pair in wanted), np.bool_, len(sensors))

    def _table(self, municipality: MunicipalityId) -> _Table:
        return self._tables.setdefault(municipality, _Table.empty())


class MemoryMunicipalHistory:
    """MunicipalHistory over one table."""

    def __init__(self, table: _Table) -> None:
        self._table = table

    async def newest(
        self, sensor: SensorId, *, since: Instant, until: Instant, limit: int, offset: int = 0
    ) -> Readings:
        rows = self._of_sensor(sensor, since, until)
        return rows.take(np.argsort(-rows.times)[offset : offset + limit])

    async def count(self, sensor: SensorId, *, since: Instant, until: Instant) -> int:
        return len(self._of_sensor(sensor, since, until))

    async def series(
        self, sensor: SensorId, *, since: Instant, until: Instant, points: int
    ) -> Series:
        rows = _between(self._table.rolled[DAY], since, until)
        rows = rows.take(rows.sensors == sensor)
        division = divide(since, until, points)
        numbers = (rows.times - division.first) // division.width
        buckets = [rows.values[numbers == number] for number in np.unique(numbers)]
        return Series(
            np.maximum(since, division.first + np.unique(numbers) * division.width),
            np.array([values.min() for values in buckets], np.float64),
            np.array([values.mean() for values in buckets], np.float64),
            np.array([values.max() for values in buckets], np.float64),
            np.array([len(values) for values in buckets], np.int64),
        )

    async def rollup(
        self, sensors: Ints | None, *, since: Instant, until: Instant, step: int
    ) -> Rollup:
        rows = _between(self._table.rolled[step], since, until)
        if sensors is not None:
            rows = rows.take(np.isin(rows.sensors, sensors))
        rows = rows.take(np.lexsort((rows.times, rows.sensors)))
        starts = rows.times // step * step
        begins = _changes(rows.sensors, starts)
        ends = (np.append(begins[1:], len(rows)) - 1)[: len(begins)]
        steps = [rows.values[b : e + 1] for b, e in zip(begins, ends, strict=True)]
        return Rollup(
            rows.sensors[begins],
            starts[begins],
            ends - begins + 1,
            np.array([values.min() for values in steps], np.float64),
            np.array([values.mean() for values in steps], np.float64),
            np.array([values.max() for values in steps], np.float64),
            rows.values[ends],
            rows.times[ends],
        )

    async def latest(self) -> Latest:
        rows = self._table.rolled[DAY]
        rows = rows.take(np.lexsort((rows.times, rows.sensors)))
        begins = _changes(rows.sensors)
        last = rows.take((np.append(begins[1:], len(rows)) - 1)[: len(begins)])
        return Latest(last.sensors, last.times, last.values)

    async def placed(self, sensors: Ints | None, *, since: Instant, until: Instant) -> Placed:
        rows = self._table.readings
        chosen = (rows.arrived >= since) & (rows.arrived < until)
        if sensors is not None:
            chosen &= np.isin(rows.sensors, sensors)
        return Placed(rows.take(chosen), self._table.sequences[chosen])

    async def find(self, sensor: SensorId, time: Instant) -> Placed:
        rows = self._table.readings
        chosen = (rows.sensors == sensor) & (rows.times == time)
        return Placed(rows.take(chosen), self._table.sequences[chosen])

    async def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        times = _between(self._table.rolled[DAY], since, until).times
        days, counts = np.unique(times // DAY * DAY, return_counts=True)
        return dict(zip(days.tolist(), counts.tolist(), strict=True))

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> "MemoryExport":
        rows = self._in_range(since, until)
        return MemoryExport(rows.take(np.lexsort((rows.times, rows.sensors))), chunk)

    def _of_sensor(self, sensor: SensorId, since: Instant, until: Instant) -> Readings:
        rows = self._in_range(since, until)
        return rows.take(rows.sensors == sensor)

    def _in_range(self, since: Instant, until: Instant) -> Readings:
        return _between(self._table.readings, since, until)


class MemoryExport:
    """Chunks of what was there when the export was asked for."""

    def __init__(self, rows: Readings, chunk: int) -> None:
        self._rows = rows
        self._chunk = chunk

    def __aiter__(self) -> "MemoryExport":
        return self

    async def __anext__(self) -> Readings:
        if not len(self._rows):
            raise StopAsyncIteration
        given = self._rows.take(np.arange(min(self._chunk, len(self._rows))))
        self._rows = self._rows.take(np.arange(len(given), len(self._rows)))
        return given


def _changes(*columns: Ints) -> Ints:
    """Give the rows at which any of the columns differs from the row before; the first is one."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    differs = np.any([np.diff(column) != 0 for column in columns], axis=0)
    return np.concatenate(([0], np.flatnonzero(differs) + 1))


def _between(rows: Readings, since: Instant, until: Instant) -> Readings:
    return rows.take((rows.times >= since) & (rows.times < until))


def _is_kept(rows: Readings, keep: Keep, limit: str) -> Booleans:
    own = dict(zip(keep.sensors.tolist(), getattr(keep, limit).tolist(), strict=True))
    others = getattr(keep.others, limit)
    limits = np.array([own.get(sensor, others) for sensor in rows.sensors.tolist()], np.int64)
    kept: Booleans = rows.times >= limits
    return kept
