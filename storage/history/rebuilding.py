"""DuckDB's part of history made anew, or brought in line with what is sealed."""

from dataclasses import replace
from pathlib import Path

import duckdb

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant
from storage.history import adding, sealing
from storage.history.file import open_history, progress_of, put_aside
from storage.history.sealed import Catalogue, Kind
from storage.history.shelf import Shelf
from storage.history.transaction import Transaction


def opened(
    folder: Path, shelf: Shelf, memory_limit: str, now: Instant
) -> duckdb.DuckDBPyConnection:
    """Open both parts of history so that they agree; raises StorageFailed.

    A DuckDB file that can't be used is begun anew, where everything before is sealed.
    """
    shelf.open()
    connection = open_history(folder, shelf.folder, memory_limit, now)
    try:
        applied, _ = progress_of(connection)
        if 0 < applied < shelf.catalogue.resume:
            connection.close()
            put_aside(folder, now, "it is older than what the journal still has")
            connection = open_history(folder, shelf.folder, memory_limit, now)
        bring_in_line(connection, shelf)
        _begin_where_all_is_sealed(connection, shelf.catalogue)
    except duckdb.Error as error:
        connection.close()
        raise StorageFailed(store="history", problem=str(error)) from error
    except BaseException:
        connection.close()
        raise
    return connection


def bring_in_line(cursor: duckdb.DuckDBPyConnection, shelf: Shelf) -> None:
    """Do in DuckDB what a crash has left to do for it to agree with the catalogue."""
    ((edition,),) = cursor.execute("SELECT edition FROM sealing").fetchall()
    if edition == shelf.catalogue.edition:
        return
    while bad := shelf.untrusted(f for f in shelf.catalogue.files() if f.kind is Kind.DAYS):
        shelf.set_aside(bad)
    sealing.take_out_what_is_covered(cursor, shelf)


def of_another_journal(catalogue: Catalogue) -> Catalogue:
    """Keep what is sealed, but believe none of its places: they are of a journal that is gone."""
    return replace(
        catalogue,
        edition=catalogue.edition + 1,
        epoch=catalogue.epoch + 1,
        resume=Sequence(0),
        resume_at=Instant(0),
    )


def _begin_where_all_is_sealed(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    applied, _ = progress_of(connection)
    if applied == 0 and catalogue.resume:
        with Transaction(connection):
            adding.move(connection, catalogue.resume, catalogue.resume_at)
