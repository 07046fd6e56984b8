"""One function, one transaction: all of it is on disk, or none of it ever was."""

from collections.abc import Callable
from typing import TypeVar

import apsw

from appliance.domain.errors import Conflict, DiskFull, StorageFailed
from storage.operations.statements import extended_result
from storage.sqlite import is_full

T = TypeVar("T")
STORE = "the operations database"

_BROKEN = (apsw.IOError, apsw.CorruptError, apsw.NotADBError)


def reading(connection: apsw.Connection, query: Callable[[], T]) -> T:
    """Run a query on the last commit; what others commit meanwhile is not seen."""
    return _within(connection, "BEGIN", query)


class Writing:
    """Runs changes one after the other; after a failed sync or damage, no further one.

    What the kernel makes of dirty pages after a failed fsync is not known, so nothing may be
    promised from then on: the program must stop, and recover at its next start.
    """

    def __init__(self) -> None:
        self._broken = ""

    def __call__(self, connection: apsw.Connection, change: Callable[[], T]) -> T:
        """Run a change and commit it; when it raises, nothing of it stays."""
        if self._broken:
            raise StorageFailed(store=STORE, problem=f"stopped after: {self._broken}")
        try:
            return _within(connection, "BEGIN IMMEDIATE", change)
        except StorageFailed as failure:
            if isinstance(failure.__cause__, _BROKEN) and not isinstance(failure, DiskFull):
                self._broken = str(failure.__cause__)
            raise


def within_savepoint(connection: apsw.Connection, part: Callable[[], T]) -> T:
    """Run a part of a transaction; when it raises, nothing of it stays and the rest goes on."""
    try:
        connection.execute("SAVEPOINT part")
        result = part()
        connection.execute("RELEASE part")
    except apsw.Error as error:
        _take_back(connection)
        raise _translated(error) from error
    except BaseException:
        _take_back(connection)
        raise
    return result


def _take_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:  # a full disk ends the whole transaction
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")


def _within(connection: apsw.Connection, begin: str, work: Callable[[], T]) -> T:
    try:
        connection.execute(begin)
        result = work()
        connection.execute("COMMIT")
    except apsw.Error as error:
        _roll_back(connection)
        raise _translated(error) from error
    except BaseException:
        _roll_back(connection)
        raise
    return result


def _roll_back(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _translated(error: apsw.Error) -> Conflict | StorageFailed:
    if isinstance(error, apsw.ConstraintError):
        if extended_result(error) == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
            return Conflict(what="it refers to something that is not there")
        return Conflict(what=f"it does not fit what is there ({error})")
    if isinstance(error, apsw.BusyError):
        return StorageFailed(store=STORE, problem="another program has been writing for 5 s")
    if is_full(error):
        return DiskFull(store=STORE)
    return StorageFailed(store=STORE, problem=str(error))
