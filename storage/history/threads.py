"""The threads of history: one that applies, one that tidies, two that read, each with a cursor."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final, TypeVar

import duckdb

from appliance.domain.errors import StorageFailed

_READERS: Final = 2
_DAMAGE: Final = (duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)

T = TypeVar("T")
Work = Callable[[duckdb.DuckDBPyConnection], T]


class Threads:
    """Runs queries beside the event loop. Reads never wait for the writer, nor it for them.

    More than two reads at once wait for their turn. What DuckDB says is raised as StorageFailed;
    `damaged` is called first when it says that the file is.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, damaged: Callable[[], None]) -> None:
        self._connection = connection
        self._damaged = damaged
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="history-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="history-read")
        self._tidier = ThreadPoolExecutor(1, thread_name_prefix="history-tidy")
        self._tidying = connection.cursor()
        self._cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for _ in range(_READERS):
            self._cursors.put(connection.cursor())

    async def write(self, work: Work[T]) -> T:
        """Do it in the writing thread, after what was asked before."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._careful, work, self._connection)

    async def tidy(self, work: Work[T]) -> T:
        """Do it in the tidying thread, beside writes and reads; `stop` breaks it off."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._tidier, self._careful, work, self._tidying)

    async def read(self, work: Work[T]) -> T:
        """Do it in a reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def new_cursor(self) -> duckdb.DuckDBPyConnection:
        """Give one that is the caller's to close, for work over several reads."""
        return self._connection.cursor()

    async def read_on(self, work: Work[T], cursor: duckdb.DuckDBPyConnection) -> T:
        """Do it in a reading thread with the caller's own cursor."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._careful, work, cursor)

    async def stop(self) -> None:
        """Finish the reads and writes under way, break off tidying, and close."""
        await asyncio.to_thread(self._close)

    def _read(self, work: Work[T]) -> T:
        cursor = self._cursors.get()
        try:
            return self._careful(work, cursor)
        finally:
            self._cursors.put(cursor)

    def _careful(self, work: Work[T], connection: duckdb.DuckDBPyConnection) -> T:
        try:
            return work(connection)
        except duckdb.Error as error:
            if isinstance(error, _DAMAGE) or str(error).startswith("Corrupt database"):
                self._damaged()
            raise StorageFailed(store="history", problem=str(error)) from error

    def _close(self) -> None:
        self._tidying.interrupt()
        self._tidier.shutdown(cancel_futures=True)
        self._readers.shutdown()
        self._writer.shutdown()
        while not self._cursors.empty():
            self._cursors.get().close()
        self._tidying.close()
        self._connection.close()
