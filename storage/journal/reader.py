"""Reading the journal: connections of its own, never the writer's."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import apsw

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from storage.journal.encoding import Undecodable, decode
from storage.journal.file import open_for_reading

_THREADS: Final = 2
_AFTER: Final = (
    "SELECT sequence, stored_at, body FROM batches"
    " WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
)
T = TypeVar("T")


class Readers:
    """Two threads with a connection each. More reads than that wait for their turn."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="journal-read")
        self._mine = threading.local()
        self._open: list[apsw.Connection] = []

    async def read(
        self, after: Sequence, until: Sequence, limit: int, most_readings: int
    ) -> tuple[StoredBatch, ...]:
        """Give batches with after < sequence ≤ until, as the port promises."""
        return await self._in_thread(lambda c: _batches(c, after, until, limit, most_readings))

    async def stop(self) -> None:
        """Close what is open, when the reads under way have ended."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._open:
            connection.close()

    async def _in_thread(self, work: Callable[[apsw.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(self._connection()))

    def _connection(self) -> apsw.Connection:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = open_for_reading(self._path, self._key)
            self._open.append(self._mine.connection)
        connection: apsw.Connection = self._mine.connection
        return connection


def _batches(
    connection: apsw.Connection, after: Sequence, until: Sequence, limit: int, most_readings: int
) -> tuple[StoredBatch, ...]:
    found: list[StoredBatch] = []
    readings = 0
    expected = after
    try:
        for sequence, stored_at, body in connection.execute(_AFTER, (after, until, limit)):
            expected = Sequence(expected + 1)
            batch = _decoded(expected, sequence, stored_at, body)
            found.append(batch)
            readings += len(batch.readings)
            if readings >= most_readings:
                break
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise _damaged(expected + 1, str(error)) from error
    except apsw.Error as error:
        raise _unreadable(expected + 1, str(error)) from error
    if not found and after < until:
        raise _damaged(after + 1, "it is missing")
    return tuple(found)


def _decoded(expected: int, sequence: int, stored_at: int, body: bytes) -> StoredBatch:
    if sequence != expected:
        raise _damaged(expected, "it is missing")
    try:
        return decode(Sequence(sequence), Instant(stored_at), body)
    except Undecodable as error:
        raise _damaged(sequence, str(error)) from error


def _damaged(sequence: int, problem: str) -> StorageFailed:
    failure = _unreadable(sequence, problem)
    failure.fields["damaged"] = sequence
    return failure


def _unreadable(sequence: int, problem: str) -> StorageFailed:
    return StorageFailed(
        store="journal", problem=f"batch {sequence} can't be read: {problem}", sequence=sequence
    )
