"""The journal in encrypted files of its own: the truth for readings (decision 0009)."""

import asyncio
import threading
from collections.abc import Callable
from collections.abc import Sequence as Several
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.clock import Clock
from appliance.ports.journal import Damage
from storage.journal.opening import open_for_writing
from storage.journal.reader import Readers, unreadable
from storage.journal.record import Cipher
from storage.journal.scrub import Scrub
from storage.journal.segment import SIZE
from storage.journal.writer import Answer, GroupCommit, Waiting

_MOST_WAITING: Final = 1_024
_SECONDS_TO_STOP: Final = 8.0
T = TypeVar("T")


class FileJournal:
    """A Journal that survives `kill -9` and power cuts at any moment; see the port for promises.

    Appends of several tasks share a commit: the next begins when the last sync has returned, with
    all that has come meanwhile. At most 1,024 appends wait for the disk; further ones wait before
    they are handed over, so the intake fills and doors stop reading. An append that is cancelled
    may still get onto the disk. After the first error nothing is written any more.
    """

    def __init__(self, folder: Path, key: bytes, clock: Clock, *, segment_size: int = SIZE) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock
        self._segment_size = segment_size
        self._last = Sequence(0)
        self._room = asyncio.Semaphore(_MOST_WAITING)
        self._waiting: set[Waiting] = set()
        self._problem = "it is not open"
        self._failed = asyncio.Event()
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Open the folder, made where there is none; raises StorageFailed or StartRefused."""
        self._loop = asyncio.get_running_loop()
        self._catalogue, tail, last = await asyncio.to_thread(
            open_for_writing, self._folder, self._key, self._segment_size
        )
        self._last = Sequence(last)
        self._cipher = Cipher(self._key)
        self._readers = Readers(self._catalogue, self._cipher)
        self._housekeeping = ThreadPoolExecutor(1, thread_name_prefix="journal-keep")
        self._writer = GroupCommit(
            tail, self._clock, self._last, committed=self._tell, ended=self._tell_end
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
                await asyncio.to_thread(self._housekeeping.shutdown, cancel_futures=True)
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
        return self._catalogue.first

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
        if not self.first <= sequence <= self._last:
            return None
        found = await self._readers.read(Sequence(sequence - 1), sequence, 1, 1)
        return found[0] if found and found[0].sequence == sequence else None

    async def forget(self, through: Sequence) -> int:
        through = min(through, self._last)
        try:
            return await self._keep(lambda: self._catalogue.forget(through))
        except OSError as error:
            raise StorageFailed(store="journal", problem=str(error)) from error

    def pieces(self) -> tuple[tuple[Path, int], ...]:
        """Give the files of all batches acknowledged so far, and how much of each is durable.

        Raises FileNotFoundError for one that is forgotten meanwhile: then ask again.
        """
        return self._catalogue.pieces()

    async def verify(self) -> tuple[Damage, ...]:
        scrub = Scrub(self._catalogue, self._cipher, self._last)
        try:
            await self._keep(scrub.run)
        except OSError as error:
            raise unreadable(scrub.at, str(error)) from error
        return tuple(scrub.found)

    async def _keep(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._housekeeping, work)

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
