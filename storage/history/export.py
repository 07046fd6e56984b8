"""All readings of a range in order, in constant memory."""

import duckdb

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.readings import Readings
from storage.history import questions
from storage.history.columns import readings_of
from storage.history.threads import Threads


class Export:
    """Chunks of one moment's state: what is applied meanwhile is not in it.

    DuckDB sorts once, into a temporary table that goes to disk where it outgrows the memory limit
    and goes away with the last chunk, or with this object.
    """

    def __init__(
        self,
        threads: Threads,
        municipality: MunicipalityId,
        since: Instant,
        until: Instant,
        chunk: int,
    ) -> None:
        self._threads = threads
        self._range = {"municipality": municipality, "since": since, "until": until}
        self._chunk = chunk
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._at = 0
        self._ended = False

    def __aiter__(self) -> "Export":
        return self

    async def __anext__(self) -> Readings:
        if self._ended:
            raise StopAsyncIteration
        if self._cursor is None:
            self._cursor = self._threads.new_cursor()
        found = await self._threads.read_on(self._next, self._cursor)
        if not len(found):
            self._ended = True
            self._cursor.close()
            raise StopAsyncIteration
        return found

    def _next(self, cursor: duckdb.DuckDBPyConnection) -> Readings:
        if self._at == 0:
            cursor.execute(questions.SORT_FOR_EXPORT, self._range).complete()
        page = {"first": self._at, "end": self._at + self._chunk}
        self._at += self._chunk
        return readings_of(cursor.execute(questions.PAGE_OF_EXPORT, page).fetchnumpy())
