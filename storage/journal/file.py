"""The journal's file: one table, one row for each batch."""

from pathlib import Path
from typing import Final

import apsw

from appliance.domain.errors import StartRefused
from appliance.domain.ids import Sequence
from storage.sqlite import open_database, storage_failures

LAYOUT: Final = 1
_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE batches (
    sequence INTEGER PRIMARY KEY,  -- 1, 2, 3 … without gaps
    stored_at INTEGER NOT NULL,    -- Instant, when its group commit began
    body BLOB NOT NULL             -- encoding.py
) STRICT;
PRAGMA user_version = 1;
COMMIT;
"""


def open_for_writing(path: Path, key: bytes) -> tuple[apsw.Connection, Sequence]:
    """Open the journal, made on the first start, and give the place of its last batch (0: none).

    A torn end has been cut off when it returns. Raises StorageFailed, or StartRefused when a newer
    Weir has written it.
    """
    connection = open_database(path, key)
    try:
        with storage_failures(path):
            _bring_up_to_date(connection)
            connection.wal_autocheckpoint(0)  # the writer does it, after the acks
            return connection, _newest_in(connection)
    except BaseException:
        connection.close()
        raise


def open_for_reading(path: Path, key: bytes) -> apsw.Connection:
    """Open a journal that is open for writing; what one reads is always committed and synced."""
    return open_database(path, key, read_only=True)


def _newest_in(connection: apsw.Connection) -> Sequence:
    newest = connection.execute("SELECT max(sequence) FROM batches").get
    return Sequence(newest or 0)


def _bring_up_to_date(connection: apsw.Connection) -> None:
    layout = connection.pragma("user_version")
    if layout == 0:
        connection.execute(_SCHEMA)
    elif layout != LAYOUT:
        raise StartRefused(
            problem=f"a newer Weir has written the journal (layout {layout}, known is {LAYOUT})",
            remedy="start the newer version, or restore a backup of this one",
        )
