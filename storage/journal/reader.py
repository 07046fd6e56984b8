"""Reading the journal, in threads and files of its own, never the writer's."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from storage.journal.catalogue import Catalogue
from storage.journal.disk import opened
from storage.journal.encoding import Undecodable, decode
from storage.journal.record import Cipher, Record, Unauthentic
from storage.journal.segment import Segment
from storage.journal.walk import Window, walk

_THREADS: Final = 2
T = TypeVar("T")


class Readers:
    """Two threads that read. More reads than that wait for their turn."""

    def __init__(self, catalogue: Catalogue, cipher: Cipher) -> None:
        self._catalogue = catalogue
        self._cipher = cipher
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="journal-read")

    async def read(
        self, after: Sequence, until: Sequence, limit: int, most_readings: int
    ) -> tuple[StoredBatch, ...]:
        """Give batches with after < sequence ≤ until, as the port promises."""
        after = Sequence(max(after, self._catalogue.first - 1))
        until = Sequence(min(until, after + limit))
        reading = Reading(self._catalogue, self._cipher, after, until)
        return await self.run(lambda: reading.batches(most_readings))

    async def run(self, work: Callable[[], T]) -> T:
        """Do something else that takes a while in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def stop(self) -> None:
        """Return when the reads under way have ended."""
        await asyncio.to_thread(self._threads.shutdown)


class Reading:
    """One read: from batch to batch, over records and files, and never over a gap."""

    def __init__(
        self, catalogue: Catalogue, cipher: Cipher, after: Sequence, until: Sequence
    ) -> None:
        self._catalogue = catalogue
        self._cipher = cipher
        self._next = after + 1
        self._until = until

    def batches(self, most_readings: int) -> tuple[StoredBatch, ...]:
        """Give them up to that which makes it the most readings; raises StorageFailed."""
        found: list[StoredBatch] = []
        readings = 0
        try:
            for batch in self._all():
                found.append(batch)
                readings += len(batch.readings)
                if readings >= most_readings:
                    break
        except OSError as error:
            raise unreadable(self._next, str(error)) from error
        return tuple(found)

    def _all(self) -> Iterator[StoredBatch]:
        self._next = max(self._next, self._catalogue.first)
        for segment in self._catalogue.since(self._next):
            if self._next > self._until:
                return
            try:
                yield from self._in_segment(segment)
            except FileNotFoundError:
                # Forgotten while we were reading, or gone: then a gap shows it.
                if not self._catalogue.has(segment):
                    self._next = max(self._next, self._catalogue.first)
        if self._next <= self._until:
            raise self._damaged(self._until, "it is missing")

    def _in_segment(self, segment: Segment) -> Iterator[StoredBatch]:
        with opened(segment.path) as file:
            window = Window(file, self._catalogue.believed(segment, os.fstat(file).st_size))
            start = segment.index.before(self._next)
            for record in walk(window, segment.number, self._cipher, start):
                if self._next > self._until:
                    return
                if isinstance(record, Record):
                    segment.index.note(record.first, record.offset)
                    if record.last >= self._next:
                        yield from self._in_record(segment, window, record)

    def _in_record(self, segment: Segment, window: Window, record: Record) -> Iterator[StoredBatch]:
        if record.first > self._next:
            raise self._damaged(record.first - 1, "it is missing")
        for batch in self._decoded(segment, window, record)[self._next - record.first :]:
            if self._next > self._until:
                return
            self._next += 1
            yield batch

    def _decoded(self, segment: Segment, window: Window, record: Record) -> tuple[StoredBatch, ...]:
        first, stored_at = Sequence(record.first), Instant(record.stored_at)
        try:
            body = self._cipher.open(segment.number, record, window.body(record))
            return decode(first, stored_at, body)
        except (Unauthentic, Undecodable) as error:
            raise self._damaged(record.last, str(error)) from error

    def _damaged(self, through: int, problem: str) -> StorageFailed:
        failure = unreadable(self._next, problem)
        failure.fields["damaged"] = self._next
        failure.fields["through"] = max(self._next, min(through, self._until))
        return failure


def unreadable(sequence: int, problem: str) -> StorageFailed:
    """Say that a batch can't be read, which need not mean that it is damaged."""
    return StorageFailed(
        store="journal", problem=f"batch {sequence} can't be read: {problem}", sequence=sequence
    )
