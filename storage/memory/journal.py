"""A journal that forgets: for tests, and for trying things out."""

import asyncio
from collections.abc import Sequence as Several

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.clock import Clock
from appliance.ports.journal import Damage


class MemoryJournal:
    """A Journal in memory; keeps its promises but for power cuts. `fail` breaks it on purpose."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._batches: list[StoredBatch] = []
        self._forgotten = 0
        self._problem = ""
        self._failed = asyncio.Event()

    @property
    def last(self) -> Sequence:
        return Sequence(self._forgotten + len(self._batches))

    @property
    def first(self) -> Sequence:
        return Sequence(self._forgotten + 1)

    def fail(self, problem: str = "the disk is full") -> None:
        """Refuse every append from now on, as after a failed sync."""
        self._problem = problem
        self._failed.set()

    async def failed(self) -> None:
        """Return when the journal has failed, and never before."""
        await self._failed.wait()

    async def append(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        await asyncio.sleep(0)  # as with a disk, others have their turn meanwhile
        if self._problem and batches:
            raise StorageFailed(store="journal", problem=self._problem)
        now = self._clock.now()
        stored = tuple(
            StoredBatch(
                Sequence(place),
                batch.municipality,
                batch.door,
                batch.readings,
                batch.contacts,
                batch.rejections,
                batch.counts(),
                batch.checked_at,
                now,
            )
            for place, batch in enumerate(batches, self.last + 1)
        )
        self._batches.extend(stored)
        return stored

    async def read(
        self, after: Sequence, *, limit: int = 256, most_readings: int = 100_000
    ) -> tuple[StoredBatch, ...]:
        found: list[StoredBatch] = []
        readings = 0
        start = max(0, after - self._forgotten)
        for batch in self._batches[start : start + limit]:
            found.append(batch)
            readings += len(batch.readings)
            if readings >= most_readings:
                break
        return tuple(found)

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        if not self.first <= sequence <= self.last:
            return None
        return self._batches[sequence - self.first]

    async def forget(self, through: Sequence) -> int:
        several = max(0, min(through, self.last) - self.first)
        gone, self._batches = self._batches[:several], self._batches[several:]
        self._forgotten += several
        return sum(_bytes(batch) for batch in gone)

    async def verify(self) -> tuple[Damage, ...]:
        return ()


def _bytes(batch: StoredBatch) -> int:
    rows = batch.readings
    columns = (rows.sensors, rows.times, rows.arrived, rows.values, rows.quality, rows.marks)
    return 1 + sum(column.nbytes for column in columns)
