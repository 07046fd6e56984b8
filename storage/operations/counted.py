"""Changes that count themselves, so that a lost end of the write-ahead log is noticed."""

import struct
from collections.abc import Callable
from typing import Final, TypeVar

import apsw

from appliance.domain.instant import Instant
from appliance.ports.clock import Clock
from storage.commits import CommitNote
from storage.operations.transactions import Writing

T = TypeVar("T")

_KEY: Final = "commits"
_LAYOUT: Final = struct.Struct("<Qq")
_READ: Final = "SELECT value FROM setting WHERE key = ?"
_WRITE: Final = (
    "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class CountedWriting:
    """Runs changes as `Writing` does; see storage/commits.py for what the count is good for.

    A change that changes nothing is not counted, and so still costs no sync.
    """

    def __init__(self, note: CommitNote, clock: Clock) -> None:
        self._note = note
        self._clock = clock
        self._writing = Writing()

    def begin(self, connection: apsw.Connection) -> None:
        """Compare what the file counts with the note beside it."""
        self._note.open(*_counted(connection))

    def __call__(self, connection: apsw.Connection, change: Callable[[], T]) -> T:
        """Run a change and commit it; when it raises, nothing of it stays."""
        count, at = 0, self._clock.now()

        def counting() -> T:
            nonlocal count
            before = connection.total_changes()
            result = change()
            if connection.total_changes() != before:
                count = _counted(connection)[0] + 1
                connection.execute(_WRITE, (_KEY, _LAYOUT.pack(count, at)))
            return result

        result = self._writing(connection, counting)
        if count:
            self._note.note(count, at)
        return result


def _counted(connection: apsw.Connection) -> tuple[int, Instant]:
    row = connection.execute(_READ, (_KEY,)).fetchone()
    if row is None:
        return 0, Instant(0)
    count, at = _LAYOUT.unpack(row[0])
    return count, Instant(at)
