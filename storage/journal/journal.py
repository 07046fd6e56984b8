"""The journal in an encrypted SQLite file: the truth for readings."""

import asyncio
import threading
from collections.abc import Sequence as Several
from pathlib import Path
from typing import Final

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.clock import Clock
from appliance.ports.journal import Damage
from storage.journal.file import open_for_writing
from storage.journal.reader import Readers
from storage.journal.writer import Answer, GroupCommit, Waiting

_MOST_WAITING: Final = 1_024
_SECONDS_TO_STOP: Final = 8.0


class SqliteJournal:
    """A Journal that survives `kill -9` and power cuts at any moment; see the port for promises.

    Appends of several tasks share a commit: the next begins when the last sync has returned, with
    all that has come meanwhile. At most 1,024 appends wait for the disk; further ones wait before
    they are handed over, so the intake fills and doors stop reading. An append that is cancelled
    may still get onto the disk. After the first error nothing is written any more.
    """

    def __init__(self, path: Path, key: bytes, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._last = Sequence(0)
        self._room = asyncio.Semaphore(_MOST_WAITING)
        self._waiting: set[Waiting] = set()
        self._problem = "it is not open"
        self._failed = asyncio.Event()
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Open the file, made where there is none; raises StorageFailed or StartRefused."""
        self._loop = asyncio.get_running_loop()
        connection, self._last = await asyncio.to_thread(open_for_writing, self._path, self._key)
        self._readers = Readers(self._path, self._key)
        self._writer = GroupCommit(
            connection, self._clock, self._last, committed=self._tell, ended=self._tell_end
        )
        self._problem = ""
        # A daemon: should the program crash before stop(), it must not wait for this thread.
        threading.Thread(target=self._writer.run, name="journal-write", daemon=True).start()

    async def stop(self) -> None:
        """Finish the appends that wait, take no more, and close; raises StorageFailed after 8 s."""
        self._problem = self._problem or "it is closed"
        self._writer.finish()
        try:
            async with asyncio.timeout(_SECONDS_TO_STOP):
                await self._ended.wait()
                await self._readers.stop()
        except TimeoutError as error:
            raise StorageFailed(
                store="journal", problem=f"the disk took over {_SECONDS_TO_STOP:.0f} s"
            ) from error

    async def failed(self) -> None:
        """Return when the journal has failed, and never before: the program must stop then."""
        await self._failed.wait()

    @property
    def last(self) -> Sequence:
        return self._last

    @property
    def first(self) -> Sequence:
        return Sequence(1)

    async def append(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        if not batches:
            return ()
        async with self._room:
            if self._problem:
                raise StorageFailed(store="journal", problem=self._problem)
            waiting = Waiting(tuple(batches), self._loop.create_future())
            self._waiting.add(waiting)
            self._writer.put(waiting)
            return await waiting.answer

    async def read(
        self, after: Sequence, *, limit: int = 256, most_readings: int = 100_000
    ) -> tuple[StoredBatch, ...]:
        if after >= self._last:
            return ()
        return await self._readers.read(after, self._last, limit, most_readings)

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        if not 1 <= sequence <= self._last:
            return None
        found = await self._readers.read(Sequence(sequence - 1), sequence, 1, 1)
        return found[0]

    async def forget(self, through: Sequence) -> int:
        del through
        return 0  # one file has all, so nothing can be given back

    async def verify(self) -> tuple[Damage, ...]:
        found: list[Damage] = []
        place, last = 0, self._last
        while place < last:
            try:
                batches = await self.read(Sequence(place))
                place = batches[-1].sequence
            except StorageFailed as problem:
                damaged = problem.fields.get("damaged")
                if not isinstance(damaged, int):
                    raise
                if damaged > place + 1:  # what lies before it has not been read yet
                    place = (await self.read(Sequence(place), limit=damaged - 1 - place))[
                        -1
                    ].sequence
                    continue
                where = Sequence(damaged)
                found.append(Damage(self._path.name, 0, 0, where, where, str(problem)))
                place = damaged
        return tuple(found)

    def _tell(self, answers: list[Answer]) -> None:
        self._loop.call_soon_threadsafe(self._resolve, answers)

    def _tell_end(self, problem: str) -> None:
        self._loop.call_soon_threadsafe(self._end, problem)

    def _resolve(self, answers: list[Answer]) -> None:
        for waiting, answer in answers:
            self._waiting.discard(waiting)
            if not isinstance(answer, StorageFailed):
                self._last = answer[-1].sequence
            if waiting.answer.done():
                continue  # its caller was cancelled
            if isinstance(answer, StorageFailed):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    def _end(self, problem: str) -> None:
        self._ended.set()
        if problem:
            self._problem = problem
            self._failed.set()
        for waiting in self._waiting:
            if not waiting.answer.done():
                waiting.answer.set_exception(
                    StorageFailed(store="journal", problem=problem or "it is closed")
                )
        self._waiting.clear()
