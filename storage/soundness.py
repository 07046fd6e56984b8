"""Is a file that is about to be used what was written there?"""

from pathlib import Path
from typing import Final

import apsw

from appliance.domain.errors import StartRefused, StorageFailed
from storage.sqlite_pages import PAGE, look_at_file

LARGEST: Final = 64 * 2**20
"""Bytes; in a larger file only what is read is found at the start, and the rest by the scrub."""


def must_be_sound(path: Path, key: bytes, connection: apsw.Connection) -> None:
    """Raise StartRefused, saying what to do, when a page of the file is damaged.

    The log is copied into the file first: where a crash has interrupted that, pages are torn, and
    their copies in the log make them whole.
    """
    if path.stat().st_size > LARGEST:
        return
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    pages = look_at_file(path, key)
    if pages.damaged:
        named = ", ".join(f"{page:,}" for page in pages.damaged[:8])
        raise refusal(
            path, f"page {named} of {pages.read:,} ({PAGE} bytes each) is not what was written"
        )


def refusal(path: Path, problem: str) -> StartRefused:
    """Say that a file can't be used, and what to do about it."""
    return StartRefused(
        problem=f"{path} can't be used: {problem}",
        remedy=f"put {path.name} back from the newest backup (and weir.key, if that was changed), "
        f"without the {path.name}-wal and {path.name}-shm that lie beside it now; readings are in "
        "the journal, which this does not concern",
    )


def is_damage(failure: StorageFailed) -> bool:
    """Say whether a store failed because of what is in its file."""
    return isinstance(failure.__cause__, apsw.CorruptError | apsw.NotADBError)
