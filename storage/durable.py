"""Files that are there whole or not at all, also after a power cut."""

import os
import sys
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Write a file; it is on the disk when this returns. Raises OSError."""
    part = file.with_suffix(".tmp")
    with part.open("wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    part.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or removed in a folder on the disk. Raises OSError."""
    if sys.platform == "win32":
        return  # it keeps the entries of a folder with its files
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
