"""The journal's one writing thread: a group commit that sets its own pace."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

import apsw

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.clock import Clock
from storage.journal.encoding import encode

MOST_READINGS: Final = 100_000
"""In one commit, unless a single append brings more."""
_PAGES_BEFORE_CHECKPOINT: Final = 2_000
_INSERT: Final = "INSERT INTO batches SELECT ?1 + rowid, ?2, value FROM carray(?3)"
"""A commit is one statement, for however many rows: each step of a statement gives up the
interpreter's lock, and a busy event loop may give it back only after 5 ms."""


@dataclass(slots=True, eq=False)
class Waiting:
    """Batches that wait for the disk, and the future that is told."""

    batches: tuple[CheckedBatch, ...]
    answer: asyncio.Future[tuple[StoredBatch, ...]]


Answer = tuple[Waiting, tuple[StoredBatch, ...] | StorageFailed]


class GroupCommit:
    """Commits everything that came while the last commit was under way, then tells.

    `committed` is called in this thread after each sync, with one answer for each append in its
    order; `ended` once at the end, with the problem when it did not end because of `finish`.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        clock: Clock,
        last: Sequence,
        *,
        committed: Callable[[list[Answer]], None],
        ended: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._last = last
        self._committed = committed
        self._ended = ended
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._pages = 0
        self._finishing = False
        connection.set_wal_hook(self._note_pages)

    def put(self, waiting: Waiting) -> None:
        """Hand over an append; the journal bounds how many there can be."""
        self._queue.put(waiting)

    def finish(self) -> None:
        """Have what was put so far committed, then end."""
        self._queue.put(None)

    def run(self) -> None:
        """Work until `finish`, or until the first error: nothing is tried again after one."""
        problem = "its writing thread has died"
        try:
            self._work()
            problem = ""
        except apsw.Error as error:
            # Closing must not copy into the main file what a failed sync may have lost.
            self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            problem = str(error)
        finally:
            self._connection.close()
            self._ended(problem)

    def _work(self) -> None:
        while group := self._gather():
            self._commit(group)
            if self._pages > _PAGES_BEFORE_CHECKPOINT:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                self._pages = 0

    def _gather(self) -> list[Waiting]:
        """Wait for one append, then take along all that are there; none when finishing."""
        if self._finishing or (first := self._queue.get()) is None:
            return []
        group = [first]
        readings = _readings_of(first)
        while readings < MOST_READINGS:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                self._finishing = True
                break
            group.append(waiting)
            readings += _readings_of(waiting)
        return group

    def _commit(self, group: list[Waiting]) -> None:
        now, before = self._clock.now(), self._last
        bodies: list[bytes] = []
        answers = [(waiting, self._place(waiting, now, bodies)) for waiting in group]
        if bodies:  # synchronous=FULL: on disk when the statement returns
            self._connection.execute(_INSERT, (before, now, apsw.carray(tuple(bodies))))
        self._committed(answers)

    def _place(
        self, waiting: Waiting, now: Instant, bodies: list[bytes]
    ) -> tuple[StoredBatch, ...] | StorageFailed:
        """Give an append's batches their places and bytes; one that can't be encoded gets none."""
        try:
            encoded = [encode(batch) for batch in waiting.batches]
        except (TypeError, ValueError, OverflowError) as error:
            return StorageFailed(store="journal", problem=f"a batch can't be encoded: {error}")
        bodies.extend(encoded)
        first = self._last + 1
        self._last = Sequence(self._last + len(encoded))
        return tuple(
            _stored(Sequence(place), batch, now)
            for place, batch in enumerate(waiting.batches, first)
        )

    def _note_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK


def _readings_of(waiting: Waiting) -> int:
    return sum(len(batch.readings) + 1 for batch in waiting.batches)


def _stored(sequence: Sequence, batch: CheckedBatch, now: Instant) -> StoredBatch:
    return StoredBatch(
        sequence,
        batch.municipality,
        batch.door,
        batch.readings,
        batch.contacts,
        batch.rejections,
        batch.counts(),
        batch.checked_at,
        now,
    )
