"""History in DuckDB: readings by sensor and time, derived from the journal."""

import asyncio
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
from appliance.ports.history import Booleans
from storage.history import questions, schema, settling
from storage.history.columns import Columns, columns_of, pairs_of
from storage.history.file import forget_put_aside, open_history, progress_of, suspect
from storage.history.municipal import DuckMunicipalHistory
from storage.history.threads import Threads

_SECONDS_TO_SETTLE: Final = 2.0


class DuckHistory:
    """A History in `history.duckdb`; one that is lost or damaged starts empty, to be refilled.

    DuckDB takes at most `memory_limit` and then spills into the folder.
    """

    def __init__(self, folder: Path, clock: Clock, *, memory_limit: str = "512MB") -> None:
        self._folder = folder
        self._clock = clock
        self._memory_limit = memory_limit
        self._applied, self._applied_at = Sequence(0), Instant(0)
        self._moved = asyncio.Condition()
        self._tidying = asyncio.Lock()  # forgetting and settling touch the same rows

    async def start(self) -> None:
        """Open the file, begun anew where it can't be used; raises StorageFailed."""
        connection = await asyncio.to_thread(
            open_history, self._folder, self._memory_limit, self._clock.now()
        )
        self._applied, self._applied_at = progress_of(connection)
        self._threads = Threads(connection, partial(suspect, self._folder))

    async def stop(self) -> None:
        """Finish the queries under way and close."""
        await self._threads.stop()

    def of(self, municipality: MunicipalityId) -> DuckMunicipalHistory:
        return DuckMunicipalHistory(municipality, self._threads)

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

    async def begin_again(self) -> None:
        async with self._tidying:
            await self._threads.write(self._forget)

    async def tidy(self, now: Instant) -> None:
        await self._settle(now)
        for month in await self._threads.tidy(partial(settling.disordered, now=now)):
            async with self._tidying:
                await self._threads.tidy(partial(settling.put_in_order, month=month))

    async def give_room_back(self) -> None:
        """Keep no roll-up of minutes any more, and no file that was put aside as damaged."""
        await asyncio.to_thread(forget_put_aside, self._folder)
        async with self._tidying:
            await self._threads.tidy(settling.give_up_minutes)

    async def _settle(self, now: Instant) -> None:
        spans = await self._threads.tidy(partial(settling.to_settle, now=now))
        for span in spans:
            async with self._tidying:
                await self._threads.tidy(partial(settling.settle, span=span))
        if spans:
            await self._threads.tidy(partial(settling.settled_until, now=now))

    async def settled(self, sequence: Sequence) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_SETTLE), self._moved:
                await self._moved.wait_for(lambda: self._applied >= sequence)
        except TimeoutError:
            return

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        found = np.zeros(len(sensors), np.bool_)
        if len(sensors):
            found[await self._threads.read(partial(_numbers_known, pairs_of(sensors, times)))] = (
                True
            )
        return found

    def _apply(self, batches: tuple[StoredBatch, ...], writer: duckdb.DuckDBPyConnection) -> None:
        # The cursor is read and moved in this thread only, so a cancelled apply can't run twice.
        fresh = [batch for batch in batches if batch.sequence > self._applied]
        if not fresh:
            return
        _must_follow(self._applied, fresh)
        newest = fresh[-1]
        _add(writer, columns_of(fresh), newest)
        self._applied, self._applied_at = newest.sequence, newest.stored_at

    def _forget(self, writer: duckdb.DuckDBPyConnection) -> None:
        writer.begin()
        for table in schema.HOLDING_READINGS:
            writer.execute(f"DELETE FROM {table}").complete()  # noqa: S608 names of our own
        writer.execute("UPDATE settling SET before = 0").complete()
        _move(writer, Sequence(0), Instant(0))
        writer.commit()
        self._applied, self._applied_at = Sequence(0), Instant(0)


def _must_follow(applied: Sequence, batches: list[StoredBatch]) -> None:
    for expected, batch in enumerate(batches, applied + 1):
        if batch.sequence != expected:
            raise StorageFailed(
                store="history", problem=f"batch {batch.sequence} came instead of {expected}"
            )


def _add(writer: duckdb.DuckDBPyConnection, rows: Columns, newest: StoredBatch) -> None:
    writer.register("incoming", rows)
    try:
        writer.begin()
        try:
            if len(rows["sensor"]):
                writer.execute(questions.ADD).complete()
            _move(writer, newest.sequence, newest.stored_at)
            writer.commit()
        except duckdb.Error:
            _roll_back(writer)
            raise
    finally:
        writer.unregister("incoming")


def _move(writer: duckdb.DuckDBPyConnection, applied: Sequence, stored_at: Instant) -> None:
    writer.execute(questions.MOVE, {"applied": applied, "stored_at": stored_at}).complete()


def _roll_back(writer: duckdb.DuckDBPyConnection) -> None:
    try:
        writer.rollback()
    except duckdb.Error:  # a failed commit has done so already
        return


def _numbers_known(wanted: Columns, cursor: duckdb.DuckDBPyConnection) -> Ints:
    cursor.register("wanted", wanted)
    try:
        found: Ints = cursor.execute(questions.KNOWN).fetchnumpy()["number"]
        return found
    finally:
        cursor.unregister("wanted")
