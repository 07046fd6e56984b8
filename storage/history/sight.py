"""What a question sees: DuckDB's own tables and the sealed files of one and the same moment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import duckdb

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from storage.history.sealed import Catalogue, Kind, Sealed, SealedFile
from storage.history.sealing import rows_of
from storage.history.shelf import Shelf
from storage.history.threads import Threads
from storage.history.transaction import Transaction

_ATTEMPTS: Final = 5
_RECENT: Final = """
SELECT sensor, time, arrived, value, quality, marks, sequence, place FROM recent
WHERE municipality = $municipality
"""

T = TypeVar("T")


class Changed(Exception):
    """The files are not what they were when the question was put together: ask again."""


@dataclass(frozen=True, slots=True)
class View:
    """One moment's catalogue, with only sound files in it."""

    catalogue: Catalogue
    shelf: Shelf

    def within(
        self, municipality: MunicipalityId, since: Instant, until: Instant
    ) -> tuple[Sealed, ...]:
        """Give what is sealed and overlaps the range."""
        return self.catalogue.within(municipality, since, until)

    def rows(self, files: Iterable[SealedFile | None]) -> str | None:
        """Give a query for all rows of files of one sort; None where there is none.

        Raises Changed when one of them is damaged; it is left out from then on.
        """
        some = [file for file in files if file is not None]
        if bad := self.shelf.untrusted(some):
            self.shelf.set_aside(bad)
            raise Changed
        return rows_of(self.shelf, some) if some else None

    def readings(
        self, municipality: MunicipalityId, since: Instant, until: Instant, *, arrived: bool = False
    ) -> str:
        """Give a query for all readings of one municipality, at least those of the range.

        `arrived` says that the range is of arrivals. The query names `$municipality`.
        """
        files = [
            file
            for sealed in self.catalogue.entries
            if sealed.municipality == municipality
            and (file := sealed.file(Kind.READINGS))
            and _meets(file, since, until, arrived=arrived)
        ]
        sealed = self.rows(files)
        return f"{_RECENT} UNION ALL {sealed}" if sealed else _RECENT


def _meets(file: SealedFile, since: Instant, until: Instant, *, arrived: bool) -> bool:
    first, last = (file.arrived_first, file.arrived_last) if arrived else (file.first, file.last)
    return first < until and last >= since


class Sight:
    """Asks in the reading threads, and asks again where files have changed underneath."""

    def __init__(self, threads: Threads, shelf: Shelf) -> None:
        self._threads = threads
        self._shelf = shelf

    async def ask(self, work: Callable[[duckdb.DuckDBPyConnection, View], T]) -> T:
        """Do it in a reading thread, in one transaction."""
        return await self._threads.read(lambda cursor: self.look(cursor, work))

    async def ask_on(
        self,
        cursor: duckdb.DuckDBPyConnection,
        work: Callable[[duckdb.DuckDBPyConnection, View], T],
    ) -> T:
        """The same with the caller's own cursor."""
        return await self._threads.read_on(lambda mine: self.look(mine, work), cursor)

    async def read_on(
        self, cursor: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], T]
    ) -> T:
        """Do without the files: with what the cursor has made for itself."""
        return await self._threads.read_on(work, cursor)

    def new_cursor(self) -> duckdb.DuckDBPyConnection:
        """Give one that is the caller's to close, for work over several reads."""
        return self._threads.new_cursor()

    def look(
        self,
        cursor: duckdb.DuckDBPyConnection,
        work: Callable[[duckdb.DuckDBPyConnection, View], T],
    ) -> T:
        """Do it here and now."""
        problem: duckdb.IOException | None = None
        for _ in range(_ATTEMPTS):
            try:
                with Transaction(cursor):
                    return work(cursor, View(self._seen_by(cursor), self._shelf))
            except Changed:
                continue
            except duckdb.IOException as error:  # deleted by retention, or by somebody
                problem = error
                self._shelf.miss()
        raise problem or StorageFailed(
            store="history", problem="its sealed files change again and again"
        )

    def _seen_by(self, cursor: duckdb.DuckDBPyConnection) -> Catalogue:
        ((edition,),) = cursor.execute("SELECT edition FROM sealing").fetchall()
        catalogue = self._shelf.at(edition)
        if catalogue is None:
            raise Changed
        return catalogue
