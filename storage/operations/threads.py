"""Threads that each have a connection of their own, since one must never be used by two at once."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import apsw

T = TypeVar("T")


class DatabaseThreads:
    """As many threads as connections. Work waits in the order in which it came.

    At most `waiting` pieces of work are in the queue or under way; when it is full, the caller
    waits for a place. Work whose caller gave up before it began is not done.
    """

    def __init__(self, name: str, connections: Sequence[apsw.Connection], waiting: int) -> None:
        self._idle: SimpleQueue[apsw.Connection] = SimpleQueue()
        for connection in connections:
            self._idle.put(connection)
        self._connections = tuple(connections)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix=name)
        self._room = asyncio.Semaphore(waiting)

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """Do work in one of the threads and give what it gives."""
        async with self._room:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._with_connection, work)

    def close(self) -> None:
        """Finish what is under way and waiting, and close the connections; blocks."""
        self._threads.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _with_connection(self, work: Callable[[apsw.Connection], T]) -> T:
        connection = self._idle.get()
        try:
            return work(connection)
        finally:
            self._idle.put(connection)
