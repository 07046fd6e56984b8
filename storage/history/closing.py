"""What the file of history was when it was closed in order, so that damage to it at rest is seen.

DuckDB's own checksum of a block is the exclusive or of its words, each multiplied. Words that change
places, and equal ones that become zeros in pairs, leave it as it was.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Final

from storage.durable import sync_folder, write_whole

MOST: Final = 256 * 1024 * 1024
"""Bytes of the largest file that is looked at: reading it must not hold up a start."""


def note(file: Path) -> None:
    """Note what a closed file holds; where it is too large, or there is no room, nothing is noted."""
    if file.stat().st_size > MOST or _log(file).exists():
        return
    with contextlib.suppress(OSError):
        write_whole(_note_of(file), _digest(file))


def is_as_noted(file: Path) -> bool:
    """Say whether it is what was noted, if anything was; whoever opens it says `forget` before."""
    try:
        noted = _note_of(file).read_bytes()
    except FileNotFoundError:
        return True
    return file.exists() and not _log(file).exists() and _digest(file) == noted


def forget(file: Path) -> None:
    """Forget what was noted, also after a power cut: the file is going to change."""
    with contextlib.suppress(FileNotFoundError):
        _note_of(file).unlink()
        sync_folder(file.parent)


def _digest(file: Path) -> bytes:
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "blake2b").hexdigest().encode()


def _note_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.closed")


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")
