"""All readings of a range in order, in constant memory."""

import duckdb

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.readings import Readings
from storage.history import questions
from storage.history.columns import readings_of
from storage.history.sight import Sight, View


class Export:
    """Chunks of one moment's state: what is applied meanwhile is not in it.

    DuckDB sorts once, into a temporary table that goes to disk where it outgrows the memory limit
    and goes away with the last chunk, or with this object.
    """

    def __init__(
        self,
        sight: Sight,
        municipality: MunicipalityId,
        since: Instant,
        until: Instant,
        chunk: int,
    ) -> None:
        self._sight = sight
        self._municipality, self._since, self._until = municipality, since, until
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
            self._cursor = self._sight.new_cursor()
            await self._sight.ask_on(self._cursor, self._sort)
        found = await self._sight.read_on(self._cursor, self._next)
        if not len(found):
            self._ended = True
            self._cursor.close()
            raise StopAsyncIteration
        return found

    def _sort(self, cursor: duckdb.DuckDBPyConnection, view: View) -> None:
        readings = view.readings(self._municipality, self._since, self._until)
        sort = questions.SORT_FOR_EXPORT.format(readings=readings)
        cursor.execute(sort, self._range).complete()

    def _next(self, cursor: duckdb.DuckDBPyConnection) -> Readings:
        page = {"first": self._at, "end": self._at + self._chunk}
        self._at += self._chunk
        return readings_of(cursor.execute(questions.PAGE_OF_EXPORT, page).fetchnumpy())
