"""Statements within one transaction, and the guarantee that each stays in its municipality."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import NOBODY, MunicipalityId

Row = tuple[Any, ...]
"""What SQLite gives: its columns hold what the schema says, so each noun's file names the types."""


def sql(*parts: str) -> str:
    """Join a statement from parts that are written in the program; values go in as parameters."""
    return " ".join(parts)


class Statements:
    """Runs parameterised statements on the connection of the current transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Run a query and give all its rows."""
        return self._execute(statement, values).fetchall()

    def row(self, statement: str, **values: object) -> Row | None:
        """Run a query and give its first row."""
        return self._execute(statement, values).fetchone()

    def number(self, statement: str, **values: object) -> int:
        """Run a query that gives one integer, as counts do."""
        found = self.row(statement, **values)
        return 0 if found is None else int(found[0])

    def change(self, statement: str, **values: object) -> int:
        """Run a change and give how many rows it changed."""
        self._execute(statement, values)
        return self.connection.changes()

    def _execute(self, statement: str, values: dict[str, object]) -> apsw.Cursor:
        try:
            return self.connection.execute(statement, self._bound(statement, values))
        except UnicodeEncodeError as error:
            raise Invalid(field="text", problem="it has half a surrogate pair") from error

    def _bound(self, _statement: str, values: dict[str, object]) -> dict[str, object]:
        return values


class OwnStatements(Statements):
    """Statements of one municipality, which each must name as `:mine`; others are refused."""

    def __init__(self, connection: apsw.Connection, municipality: MunicipalityId) -> None:
        super().__init__(connection)
        self.municipality = municipality

    def must_own(self, municipality: MunicipalityId | None) -> None:
        """Refuse to write what names another municipality."""
        if (municipality or NOBODY) != self.municipality:
            raise NotFound(kind="municipality", name=municipality)

    def put(self, statement: str, what: str, **values: object) -> None:
        """Run an upsert; Conflict when its id is somebody else's and so nothing was written."""
        if self.change(statement, **values) != 1:
            raise Conflict(what=f"there is another {what} of this id")

    def _bound(self, statement: str, values: dict[str, object]) -> dict[str, object]:
        if ":mine" not in statement:
            raise AssertionError(f"not limited to a municipality: {statement}")
        return {"mine": self.municipality, **values}


def extended_result(error: apsw.Error) -> int:
    """Give SQLite's exact code of an error; apsw sets it on each, though its stubs don't say."""
    return int(getattr(error, "extendedresult", 0))


@contextmanager
def unique(what: str) -> Iterator[None]:
    """Say Conflict in these words where a value that must be unique is there already."""
    try:
        yield
    except apsw.ConstraintError as error:
        if extended_result(error) in {
            apsw.SQLITE_CONSTRAINT_UNIQUE,
            apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        }:
            raise Conflict(what=what) from error
        raise
