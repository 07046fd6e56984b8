"""Files that are there whole or not at all, also after a power cut."""

import os
import sys
from pathlib import Path


def write_durably(file: Path, content: bytes) -> None:
    """Write a file for its owner only; it is on the disk when this returns."""
    part = file.with_name(file.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(descriptor)
    part.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or removed in a folder on the disk."""
    if sys.platform == "win32":
        return  # it keeps the entries of a folder with its files
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
