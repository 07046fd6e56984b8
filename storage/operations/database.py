"""The operations database: one writer thread, three readers, and a file that others may open too."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import apsw

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.ports.clock import Clock
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from storage.commits import CommitNote
from storage.migrations.runner import migrate
from storage.operations.counted import CountedWriting
from storage.operations.statements import Statements
from storage.operations.system import SystemRows
from storage.operations.threads import DatabaseThreads
from storage.operations.transactions import STORE, reading
from storage.soundness import is_damage, must_be_sound, refusal
from storage.sqlite import open_database

T = TypeVar("T")

READERS: Final = 3
"""One more than exports that may be under way: they read for long."""
WAITING: Final = 256
"""Transactions that may wait per kind; the next one's caller waits for a place."""


@dataclass(frozen=True, slots=True)
class _Running:
    """What is there between start and stop."""

    writer: DatabaseThreads
    readers: DatabaseThreads
    observer: DatabaseThreads
    """Watches for commits; its connection must make none, and must always be the same."""


class SqliteOperations:
    """Keeps the port's promises with one encrypted SpatiaLite file in WAL mode.

    Another process may open the same file, as commands do while the server runs; `version` tells.
    """

    def __init__(self, path: Path, key: bytes, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self.note = CommitNote(path)
        self._writing = CountedWriting(self.note, clock)
        self._running: _Running | None = None

    async def start(self) -> None:
        """Open the file, made when there is none, and bring it to this program's schema.

        Raises StartRefused when it is damaged, newer, or can't be read with this key, StorageFailed
        when the disk does not give it.
        """
        if self._running is None:
            try:
                self._running = await asyncio.to_thread(self._open)
            except StorageFailed as failure:
                if is_damage(failure):
                    raise refusal(self._path, str(failure.fields["problem"])) from failure
                raise

    async def stop(self) -> None:
        """Finish what is under way and close the file; can be called at any time."""
        running, self._running = self._running, None
        if running is not None:
            await asyncio.to_thread(_close, running)
            self.note.close()

    async def read(self, municipality: MunicipalityId, query: Callable[[Tables], T]) -> T:
        return await self.read_system(lambda system: query(system.of(municipality)))

    async def write(self, municipality: MunicipalityId, change: Callable[[Tables], T]) -> T:
        return await self.write_system(lambda system: change(system.of(municipality)))

    async def read_system(self, query: Callable[[SystemTables], T]) -> T:
        return await self._threads().readers.run(
            lambda connection: reading(connection, lambda: _answer(connection, query))
        )

    async def write_system(self, change: Callable[[SystemTables], T]) -> T:
        return await self._threads().writer.run(lambda connection: self._change(connection, change))

    def _change(self, connection: apsw.Connection, change: Callable[[SystemRows], T]) -> T:
        def changed() -> T:
            system = SystemRows(connection)
            result = change(system)
            system.find_zones_of_what_moved()
            system.end()
            return result

        return self._writing(connection, changed)

    async def version(self) -> int:
        return await self._threads().observer.run(_data_version)

    async def setup_version(self) -> int:
        return await self._threads().observer.run(_setup_edition)

    async def give_room_back(self) -> None:
        """Copy the write-ahead log into the file and cut it off."""
        await self._threads().writer.run(_cut_log)

    def _reader(self) -> apsw.Connection:
        return open_database(self._path, self._key, spatial=True, read_only=True)

    def _threads(self) -> _Running:
        if self._running is None:
            raise StorageFailed(store=STORE, problem="it is not open")
        return self._running

    def _open(self) -> _Running:
        opened: list[apsw.Connection] = []
        try:
            writer = open_database(self._path, self._key, spatial=True)
            opened.append(writer)
            must_be_sound(self._path, self._key, writer)
            migrate(writer, self._clock.now())
            if SystemRows(writer).lacks_common_types():  # else a start need not wait for a writer
                self._writing(writer, SystemRows(writer).put_common_types)
            self._writing.begin(writer)
            opened.extend(self._reader() for _ in range(READERS))
            opened.append(open_database(self._path, self._key, read_only=True))
        except BaseException:
            for connection in opened:
                connection.close()
            raise
        return _Running(
            DatabaseThreads("operations-writer", opened[:1], WAITING),
            DatabaseThreads("operations-reader", opened[1:-1], WAITING),
            DatabaseThreads("operations-observer", opened[-1:], WAITING),
        )


def _answer(connection: apsw.Connection, query: Callable[[SystemTables], T]) -> T:
    system = SystemRows(connection)
    result = query(system)
    system.end()
    return result


def _close(running: _Running) -> None:
    for threads in (running.observer, running.readers, running.writer):
        threads.close()


def _cut_log(connection: apsw.Connection) -> None:
    with contextlib.suppress(apsw.BusyError, apsw.FullError):  # the next one copies this too
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _data_version(connection: apsw.Connection) -> int:
    return int(connection.pragma("data_version"))


def _setup_edition(connection: apsw.Connection) -> int:
    return Statements(connection).number("SELECT number FROM setup_edition")
