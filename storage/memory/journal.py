"""A journal that forgets: for tests, and for trying things out."""

import asyncio
from collections.abc import Sequence as Several

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.clock import Clock


class MemoryJournal:
    """A Journal in memory; keeps its promises but for power cuts. `fail` breaks it on purpose."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._batches: list[StoredBatch] = []
        self._problem = ""
        self._failed = asyncio.Event()

    @property
    def last(self) -> Sequence:
        return Sequence(len(self._batches))

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
        for batch in self._batches[after : after + limit]:
            found.append(batch)
            readings += len(batch.readings)
            if readings >= most_readings:
                break
        return tuple(found)

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        return self._batches[sequence - 1] if 1 <= sequence <= self.last else None
