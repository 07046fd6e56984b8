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
    if sys.platform != "win32":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
