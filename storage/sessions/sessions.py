"""The MQTT door's sessions in an encrypted SQLite file of their own."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from collections.abc import Sequence as Several
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import apsw

from appliance.domain.errors import DiskFull, StorageFailed
from appliance.domain.instant import Instant
from appliance.ports.clock import Clock
from appliance.ports.sessions import (
    Away,
    Change,
    Done,
    Dropped,
    Finished,
    Kept,
    NotRetained,
    Opened,
    Queued,
    Received,
    Retained,
    Sent,
    Subscribed,
    Taken,
    Unsubscribed,
)
from storage.commits import CommitNote
from storage.sessions.anew import open_or_begin_anew
from storage.sessions.file import APPLY
from storage.sessions.loading import load
from storage.sqlite import is_full

_PAGES_BEFORE_CHECKPOINT: Final = 2_000
_SECONDS_TO_STOP: Final = 2.5

Row = tuple[int, int, int | None, int, int, str, int, int]


class SqliteSessions:
    """A SessionStore that survives `kill -9` and power cuts at any moment; see the port.

    One thread writes; every `keep` is one synced commit. After the first error, but for a full disk,
    nothing is written any more, and closing copies nothing into the main file that a failed sync may have lost.
    """

    def __init__(self, path: Path, key: bytes, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self.note = CommitNote(path)
        self._commits = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sessions-write")
        self._connection: apsw.Connection | None = None
        self._problem = ""
        self._pages = 0

    async def start(self) -> None:
        """Open the file, made where there is none; raises StorageFailed or StartRefused."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def stop(self) -> None:
        """Finish what is under way and close; raises StorageFailed when the disk takes too long."""
        try:
            async with asyncio.timeout(_SECONDS_TO_STOP):
                await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        except TimeoutError as error:
            problem = f"the disk took over {_SECONDS_TO_STOP} s"
            raise StorageFailed(store="sessions", problem=problem) from error
        finally:
            self._thread.shutdown(wait=False)

    async def everything(self) -> Kept:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    async def keep(self, changes: Several[Change]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, tuple(changes))
        if self._pages > _PAGES_BEFORE_CHECKPOINT:
            self._pages = 0
            self._thread.submit(self._checkpoint)

    async def give_room_back(self) -> None:
        """Copy the write-ahead log into the file and cut it off."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._cut_log)

    # In the thread

    def _open(self) -> None:
        self._connection = open_or_begin_anew(self._path, self._key, self._clock.now())
        ((number, at),) = self._connection.execute("SELECT number, at FROM commits")
        self._commits = int(number or 0)
        self.note.open(self._commits, Instant(int(at or 0)))
        self._connection.set_wal_hook(self._note_pages)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self.note.close()
        if self._problem:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.close()

    def _load(self) -> Kept:
        try:
            return load(self._open_connection)
        except apsw.Error as error:
            raise self._fail(error) from error

    def _write(self, changes: tuple[Change, ...]) -> None:
        connection = self._open_connection
        try:
            number, now = self._commits + 1, self._clock.now()
            rows = rows_of(changes, (13, number, now, 0, 0, "", 0, 0))
            connection.execute(APPLY, rows)  # synchronous=FULL: on disk on return
            self._commits = number
            self.note.note(number, now)
        except apsw.Error as error:
            if is_full(error):  # nothing of it was written: it can be done again
                raise DiskFull(store="sessions") from error
            raise self._fail(error) from error

    def _checkpoint(self) -> None:
        if self._connection is None or self._problem:
            return
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            if not is_full(error):  # else the next one copies this too
                self._fail(error)

    def _cut_log(self) -> None:
        if self._connection is not None and not self._problem:
            with contextlib.suppress(apsw.BusyError, apsw.FullError):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    @property
    def _open_connection(self) -> apsw.Connection:
        if self._connection is None or self._problem:
            raise StorageFailed(store="sessions", problem=self._problem or "it is not open")
        return self._connection

    def _fail(self, error: apsw.Error) -> StorageFailed:
        self._problem = str(error) or type(error).__name__
        return StorageFailed(store="sessions", problem=self._problem)

    def _note_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK


def rows_of(changes: tuple[Change, ...], *more: Row) -> tuple[str, bytes]:
    """Give the two values of APPLY; a payload that many sessions are owed is in them once."""
    payloads = _Payloads()
    rows = [*(_row(change, payloads) for change in changes), *more]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False), b"".join(payloads.parts)


class _Payloads:
    """Payloads one after the other, each where SQLite's `substr` finds it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._begin = 1
        self._known: dict[int, int] = {}

    def place(self, payload: bytes) -> int:
        begin = self._known.get(id(payload))
        if begin is None:
            begin = self._known[id(payload)] = self._begin
            self.parts.append(payload)
            self._begin += len(payload)
        return begin


def _row(change: Change, payloads: _Payloads) -> Row:
    return _ROWS[type(change)](change, payloads)


def _queued(change: Queued, payloads: _Payloads) -> Row:
    flags = change.qos | change.retain << 2 | change.received << 3
    begin = payloads.place(change.payload)
    return (
        *(5, change.session, change.number, flags, change.packet_id),
        *(change.topic, begin, len(change.payload)),
    )


def _retained(change: Retained, payloads: _Payloads) -> Row:
    begin = payloads.place(change.payload)
    return 11, 0, 0, change.qos, 0, change.topic, begin, len(change.payload)


_ROWS: Final[dict[type, Callable[[Any, _Payloads], Row]]] = {
    Opened: lambda it, _: (0, it.session, 0, 0, 0, it.name, 0, 0),
    Away: lambda it, _: (1, it.session, it.since, 0, 0, "", 0, 0),
    Dropped: lambda it, _: (2, it.session, 0, 0, 0, "", 0, 0),
    Subscribed: lambda it, _: (3, it.session, 0, it.qos, 0, it.topic_filter, 0, 0),
    Unsubscribed: lambda it, _: (4, it.session, 0, 0, 0, it.topic_filter, 0, 0),
    Queued: _queued,
    Sent: lambda it, _: (6, it.session, it.number, 0, it.packet_id, "", 0, 0),
    Received: lambda it, _: (7, it.session, it.number, 0, 0, "", 0, 0),
    Done: lambda it, _: (8, it.session, it.number, 0, 0, "", 0, 0),
    Taken: lambda it, _: (9, it.session, 0, 0, it.packet_id, "", 0, 0),
    Finished: lambda it, _: (10, it.session, 0, 0, it.packet_id, "", 0, 0),
    Retained: _retained,
    NotRetained: lambda it, _: (12, 0, 0, 0, 0, it.topic, 0, 0),
}
"""The rows of `file.py`'s statement; the first field says which of its steps."""
