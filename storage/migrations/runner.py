"""Brings a database to the schema of this program: numbered steps forward, none back."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import apsw

from appliance.domain.errors import StartRefused, StorageFailed
from appliance.domain.instant import Instant

_RECORD = """
CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step; its file is `NNNN_name.sql`, numbered from 1 without gaps."""

    number: int
    name: str
    sql: str


def shipped() -> tuple[Migration, ...]:
    """Give the steps that this program knows, in order."""
    return tuple(_read_all(files("storage.migrations")))


def migrate(
    connection: apsw.Connection, now: Instant, steps: tuple[Migration, ...] | None = None
) -> int:
    """Apply the steps that are missing, each in one transaction with its record; give how many.

    A step that fails leaves nothing behind, neither of itself nor of its record, and raises
    StorageFailed. A database newer than this program is not touched: StartRefused. Two programs
    may do this at once.
    """
    known = shipped() if steps is None else steps
    _refuse_newer(connection, known)
    return sum(_apply(connection, step, now) for step in known)


def _read_all(folder: Traversable) -> Iterator[Migration]:
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    for expected, file_name in enumerate(names, start=1):
        number, _, name = file_name.removesuffix(".sql").partition("_")
        if int(number) != expected:
            raise ValueError(f"migration {file_name} should have the number {expected:04}")
        yield Migration(expected, name, (folder / file_name).read_text(encoding="utf-8"))


def _refuse_newer(connection: apsw.Connection, known: tuple[Migration, ...]) -> None:
    newest = max(_applied(connection), default=0)
    if newest > len(known):
        raise StartRefused(
            problem=f"the database has schema {newest}, and this program knows only {len(known)}",
            remedy="start the newer version of Weir that wrote this folder, or restore a backup",
        )


def _applied(connection: apsw.Connection) -> set[int]:
    if not connection.table_exists("main", "migration"):
        return set()
    return {number for (number,) in connection.execute("SELECT number FROM migration")}


def _apply(connection: apsw.Connection, step: Migration, now: Instant) -> bool:
    if step.number in _applied(connection):
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        did = step.number not in _applied(connection) and _run(connection, step, now)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return did


def _run(connection: apsw.Connection, step: Migration, now: Instant) -> bool:
    if not connection.table_exists("main", "migration"):
        connection.execute(_RECORD)
    try:
        # SpatiaLite's functions answer 0 where others raise.
        if any(row[0] == 0 for row in connection.execute(step.sql)):
            raise apsw.SQLError("a function of SpatiaLite refused")
    except apsw.Error as error:
        raise StorageFailed(
            store="the operations database",
            problem=f"migration {step.number:04}_{step.name} was undone: {error}",
        ) from error
    connection.execute("INSERT INTO migration VALUES (?, ?, ?)", (step.number, step.name, now))
    return True
