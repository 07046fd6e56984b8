"""History: what has just come in DuckDB, closed days in Parquet, all of it derived from the journal."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import numpy as np

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import Ints, StoredBatch
from appliance.ports.clock import Clock
from appliance.ports.history import NOTHING, Booleans, Keep
from storage.history import adding, questions, rebuilding, sealing
from storage.history.columns import Columns, pairs_of
from storage.history.expiring import Expirer
from storage.history.file import (
    forget_put_aside,
    note_as_closed,
    progress_of,
    suspect,
)
from storage.history.municipal import DuckMunicipalHistory
from storage.history.parquet import Step
from storage.history.sealed import Catalogue
from storage.history.shelf import Shelf
from storage.history.sight import Sight, View
from storage.history.threads import Threads
from storage.history.transaction import Transaction
from storage.history.verifying import SealedFiles

_SECONDS_TO_SETTLE: Final = 2.0


def _go_on(_step: str) -> None:
    """Do nothing at a step of sealing: only tests stop there."""


class DuckHistory:
    """A History in `history.duckdb` and the files of `sealed`, by default a folder beside it.

    A DuckDB file that is lost or damaged is made anew: it begins where everything before is sealed,
    to be refilled. DuckDB takes at most `memory_limit` and then spills into the folder. `step` is
    told of every step of sealing and deleting.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        sealed: Path | None = None,
        memory_limit: str = "512MB",
        step: Step = _go_on,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._memory_limit = memory_limit
        self._shelf = Shelf(sealed or folder / "sealed")
        self._sealer = sealing.Sealer(self._shelf, step)
        self._expirer = Expirer(self._shelf, step)
        self._applied, self._applied_at = Sequence(0), Instant(0)
        self._moved = asyncio.Condition()
        self._tidying = asyncio.Lock()  # one at a time changes what is sealed

    async def start(self) -> None:
        """Open the files, begun anew where they can't be used; raises StorageFailed."""
        connection = await asyncio.to_thread(
            rebuilding.opened, self._folder, self._shelf, self._memory_limit, self._clock.now()
        )
        self._applied, self._applied_at = progress_of(connection)
        self._threads = Threads(connection, partial(suspect, self._folder))
        self._sight = Sight(self._threads, self._shelf)

    async def stop(self) -> None:
        """Finish the queries under way, close, and note what there is."""
        await self._threads.stop()
        await asyncio.to_thread(note_as_closed, self._folder)

    def of(self, municipality: MunicipalityId) -> DuckMunicipalHistory:
        return DuckMunicipalHistory(municipality, self._sight)

    @property
    def applied(self) -> Sequence:
        return self._applied

    @property
    def applied_at(self) -> Instant:
        return self._applied_at

    async def apply(self, batches: tuple[StoredBatch, ...]) -> None:
        await self._threads.write(partial(self._apply, batches))
        async with self._moved:
            self._moved.notify_all()

    async def begin_again(self, after: Sequence = NOTHING) -> None:
        async with self._tidying:
            await self._threads.write(partial(self._forget, after))

    async def tidy(self, now: Instant) -> None:
        async with self._tidying:
            await self._threads.tidy(partial(rebuilding.bring_in_line, shelf=self._shelf))
        pieces = await self._threads.tidy(
            lambda cursor: sealing.to_seal(cursor, self._shelf.catalogue, now)
        )
        for piece in pieces:
            async with self._tidying:
                await self._threads.tidy(partial(self._sealer.seal, piece=piece))
        await self._threads.tidy(partial(sealing.sealed_until, now=now))

    async def secured(self) -> Sequence:
        return await self._threads.read(_secured)

    async def begin_after(self, batch: StoredBatch) -> None:
        def noted(catalogue: Catalogue) -> Catalogue:
            return replace(catalogue, resume=batch.sequence, resume_at=batch.stored_at)

        await self._threads.tidy(lambda _: self._shelf.change(noted))

    async def expire(self, municipality: MunicipalityId, keep: Keep) -> int:
        freed = 0
        async with self._tidying:
            await self._threads.tidy(partial(rebuilding.bring_in_line, shelf=self._shelf))
            entries = self._expirer.entries(municipality)
        for sealed in entries:
            async with self._tidying:
                if sealed in self._shelf.catalogue.entries:
                    work = partial(self._expirer.expire, sealed=sealed, keep=keep)
                    freed += await self._threads.tidy(work)
        return freed

    @property
    def sealed(self) -> SealedFiles:
        """What the scrub looks through."""
        return SealedFiles(self._shelf)

    async def give_room_back(self) -> None:
        """Keep no roll-up of minutes any more, and no file that was put aside as damaged."""
        await asyncio.to_thread(forget_put_aside, self._folder)
        async with self._tidying:
            await self._threads.tidy(self._expirer.give_up_minutes)

    async def settled(self, sequence: Sequence) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_SETTLE), self._moved:
                await self._moved.wait_for(lambda: self._applied >= sequence)
        except TimeoutError:
            return

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        found = np.zeros(len(sensors), np.bool_)
        if len(sensors):
            pairs = pairs_of(sensors, times)
            found[await self._sight.ask(partial(_numbers_known, pairs))] = True
        return found

    def _apply(self, batches: tuple[StoredBatch, ...], writer: duckdb.DuckDBPyConnection) -> None:
        # The cursor is read and moved in this thread only, so a cancelled apply can't run twice.
        fresh = [batch for batch in batches if batch.sequence > self._applied]
        if not fresh:
            return
        _must_follow(self._applied, fresh)
        adding.add(writer, fresh, self._shelf)
        self._applied, self._applied_at = fresh[-1].sequence, fresh[-1].stored_at

    def _forget(self, after: Sequence, writer: duckdb.DuckDBPyConnection) -> None:
        """Begin with another journal: its places say nothing about what is sealed."""
        self._shelf.change(rebuilding.of_another_journal)
        with Transaction(writer):
            for table in ("recent", "doubtful"):
                writer.execute(f"DELETE FROM {table}").complete()  # noqa: S608 names of our own
            writer.execute("UPDATE sealing SET before = 0").complete()
            adding.move(writer, after, Instant(0))
            sealing.set_edition(writer, self._shelf.catalogue)
        self._applied, self._applied_at = after, Instant(0)


def _must_follow(applied: Sequence, batches: list[StoredBatch]) -> None:
    for expected, batch in enumerate(batches, applied + 1):
        if batch.sequence != expected:
            raise StorageFailed(
                store="history", problem=f"batch {batch.sequence} came instead of {expected}"
            )


def _numbers_known(wanted: Columns, cursor: duckdb.DuckDBPyConnection, view: View) -> Ints:
    return adding.numbers_known(wanted, cursor, view, view.catalogue.entries, recent=True)


def _secured(cursor: duckdb.DuckDBPyConnection) -> Sequence:
    ((place,),) = cursor.execute(questions.SECURED).fetchall()
    return Sequence(place)
