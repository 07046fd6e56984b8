"""The journal's one writing thread: a group commit that sets its own pace."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Final

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import CheckedBatch, Counts, StoredBatch
from appliance.ports.clock import Clock
from storage.journal.encoding import encode
from storage.journal.tail import Tail

MOST_READINGS: Final = 100_000
"""In one commit, unless a single append brings more."""
_QUIET_SECONDS: Final = 1.0
"""After so long without an append the log is marked, so that damage to its end can be told from a
write that was torn."""


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
        tail: Tail,
        clock: Clock,
        last: Sequence,
        *,
        committed: Callable[[list[Answer]], None],
        ended: Callable[[str], None],
    ) -> None:
        self._tail = tail
        self._clock = clock
        self._last = last
        self._committed = committed
        self._ended = ended
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._finishing = False

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
        except OSError as error:
            problem = str(error)
        finally:
            self._tail.close()
            self._ended(problem)

    def _work(self) -> None:
        while group := self._gather():
            self._commit(group)
        if not self._tail.is_marked:
            self._tail.mark()

    def _gather(self) -> list[Waiting]:
        """Wait for one append, then take along all that are there; none when finishing."""
        if self._finishing or (first := self._wait()) is None:
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

    def _wait(self) -> Waiting | None:
        if not self._tail.is_marked:
            try:
                return self._queue.get(timeout=_QUIET_SECONDS)
            except Empty:
                self._tail.mark()
        return self._queue.get()

    def _commit(self, group: list[Waiting]) -> None:
        now = self._clock.now()
        refused: list[Answer] = []
        try:
            batches, counts, body = _encoded(group)
        except (TypeError, ValueError, OverflowError):
            group, refused = _sifted(group)
            batches, counts, body = _encoded(group)
        if batches:
            self._tail.append(len(batches), now, body)
        stored = iter(self._placed(batches, counts, now))
        answers: list[Answer] = [(w, tuple(islice(stored, len(w.batches)))) for w in group]
        self._committed(answers + refused)

    def _placed(
        self, batches: list[CheckedBatch], counts: list[Counts], now: Instant
    ) -> list[StoredBatch]:
        first = self._last + 1
        self._last = Sequence(self._last + len(batches))
        return [
            StoredBatch(
                Sequence(place),
                batch.municipality,
                batch.door,
                batch.readings,
                batch.contacts,
                batch.rejections,
                count,
                batch.checked_at,
                now,
            )
            for place, (batch, count) in enumerate(zip(batches, counts, strict=True), first)
        ]


def _encoded(group: list[Waiting]) -> tuple[list[CheckedBatch], list[Counts], bytes]:
    batches = [batch for waiting in group for batch in waiting.batches]
    counts = [batch.counts() for batch in batches]
    return batches, counts, encode(batches, counts) if batches else b""


def _sifted(group: list[Waiting]) -> tuple[list[Waiting], list[Answer]]:
    """Part the appends that can be encoded from those that can't."""
    good: list[Waiting] = []
    refused: list[Answer] = []
    for waiting in group:
        try:
            _encoded([waiting])
            good.append(waiting)
        except (TypeError, ValueError, OverflowError) as error:
            problem = f"a batch can't be encoded: {error}"
            refused.append((waiting, StorageFailed(store="journal", problem=problem)))
    return good, refused


def _readings_of(waiting: Waiting) -> int:
    return sum(len(batch.readings) + 1 for batch in waiting.batches)
