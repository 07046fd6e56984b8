"""The file of history, and what happens when it can't be used: it is put aside and begun again.

Everything in it comes from the journal or is in sealed files, so nothing is lost; the follower
fills it again.
"""

import logging
import shutil
from pathlib import Path
from typing import Final

import duckdb

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import Instant, to_datetime
from storage.history import closing, schema
from storage.history.parquet import quoted

THREADS: Final = 2
_NAME: Final = "history.duckdb"
_KEPT_ASIDE: Final = 2
_OUR_MISTAKES: Final = (
    duckdb.ConnectionException,
    duckdb.InvalidInputException,
    duckdb.ParserException,
    duckdb.PermissionException,
)
_log = logging.getLogger(__name__)


class _Unusable(Exception):
    """The file opens, but is not one of ours or not of this version."""


def open_history(
    folder: Path, sealed: Path, memory_limit: str, now: Instant
) -> duckdb.DuckDBPyConnection:
    """Open history; one that is damaged, of another layout or suspected is put aside and begun anew.

    Its connections reach no other files than its own and those in `sealed`. Raises StorageFailed when the file is in use, or the folder can't be written.
    """
    path = folder / _NAME
    try:
        shutil.rmtree(_spill(folder), ignore_errors=True)
        if _suspicion(folder).exists():
            _put_aside(folder, now, "a read had found it damaged")
            _suspicion(folder).unlink()
        elif not closing.is_as_noted(path):
            _put_aside(folder, now, "it is not what it was when it was closed")
        closing.forget(path)
        try:
            return _open(path, sealed, memory_limit)
        except (duckdb.Error, _Unusable) as error:
            if "lock on file" in str(error):
                raise StorageFailed(store="history", problem="another program uses it") from error
            if isinstance(error, _OUR_MISTAKES):
                raise
            _put_aside(folder, now, str(error))
            return _open(path, sealed, memory_limit)
    except (OSError, duckdb.Error, _Unusable) as error:
        raise StorageFailed(store="history", problem=str(error)) from error


def note_as_closed(folder: Path) -> None:
    """Note what the file holds; it was closed in order."""
    closing.note(folder / _NAME)


def put_aside(folder: Path, now: Instant, why: str) -> None:
    """Keep the file for whoever wants to look at it, out of the way."""
    _put_aside(folder, now, why)


def suspect(folder: Path) -> None:
    """Have the file put aside at the next start: a block of it can't be read."""
    _suspicion(folder).touch()


def forget_put_aside(folder: Path) -> None:
    """Remove the files that were put aside: everything in them is in the present one again."""
    for file in folder.glob(f"{_NAME}.damaged-*"):
        file.unlink(missing_ok=True)


def progress_of(connection: duckdb.DuckDBPyConnection) -> tuple[Sequence, Instant]:
    """Give the last batch that is in, and when the journal stored it."""
    ((applied, stored_at),) = connection.execute("SELECT * FROM progress").fetchall()
    return Sequence(applied), Instant(stored_at)


def _open(path: Path, sealed: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(path),
        config={
            "memory_limit": memory_limit,
            "threads": THREADS,
            "allow_community_extensions": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_persistent_secrets": False,
        },
    )
    try:
        _shut_in(connection, _spill(path.parent), sealed)
        _bring_up_to_date(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _shut_in(connection: duckdb.DuckDBPyConnection, spill: Path, sealed: Path) -> None:
    """Let it reach no files but its own, and nobody change that."""
    connection.execute(f"SET temp_directory = '{quoted(spill)}'").complete()
    connection.execute(f"SET allowed_directories = ['{quoted(sealed)}']").complete()
    connection.execute("SET GLOBAL parquet_metadata_cache = true").complete()
    connection.execute("SET enable_external_access = false").complete()
    connection.execute("SET lock_configuration = true").complete()


def _bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    if not tables:
        _change(connection, schema.CREATE)
    elif ("layout",) not in tables:
        raise _Unusable("it is not a history of Weir")
    if (found := _layout_of(connection)) != schema.LAYOUT:
        raise _Unusable(f"its layout is {found}, known is {schema.LAYOUT}")
    progress_of(connection)


def _layout_of(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT max(version) FROM layout").fetchall()
    return int(found[0][0] or 0)


def _change(connection: duckdb.DuckDBPyConnection, statements: str) -> None:
    connection.begin()
    connection.execute(statements).complete()
    connection.commit()


def _put_aside(folder: Path, now: Instant, why: str) -> None:
    """Rename the file and its log; only the newest two are kept."""
    stamp = to_datetime(now).strftime("%Y%m%dT%H%M%S.%fZ")
    _log.warning("history can't be used and is made anew from journal and sealed files: %s", why)
    for suffix in ("", ".wal"):
        file = folder / f"{_NAME}{suffix}"
        if file.exists():
            file.replace(folder / f"{_NAME}.damaged-{stamp}{suffix}")
    aside = [f for f in folder.glob(f"{_NAME}.damaged-*") if f.suffix != ".wal"]
    for file in sorted(aside)[:-_KEPT_ASIDE]:
        file.unlink()
        file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


def _suspicion(folder: Path) -> Path:
    return folder / f"{_NAME}.suspect"


def _spill(folder: Path) -> Path:
    return folder / "history.spill"
