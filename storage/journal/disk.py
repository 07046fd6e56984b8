"""What the journal asks of a disk: bytes at a place in a file, and that they stay."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 19
"""Bytes that are zeroed between two syncs, so that commits under way wait for little."""

if sys.platform == "win32":
    _BINARY: Final = os.O_BINARY

    def read_at(file: int, size: int, offset: int) -> bytes:
        """Give so many bytes, fewer at the file's end. One thread at a time may use the file."""
        os.lseek(file, offset, os.SEEK_SET)
        return os.read(file, size)

    def _write_at(file: int, data: memoryview, offset: int) -> int:
        os.lseek(file, offset, os.SEEK_SET)
        return os.write(file, data)

    def sync(file: int) -> None:
        """Return when the disk has what was written to the file."""
        os.fsync(file)

    def sync_folder(folder: Path) -> None:
        """Do nothing: Windows keeps the entries of a folder with its files."""
        del folder
else:
    _BINARY: Final = 0

    def read_at(file: int, size: int, offset: int) -> bytes:
        """Give so many bytes, fewer at the file's end."""
        return os.pread(file, size, offset)

    def _write_at(file: int, data: memoryview, offset: int) -> int:
        return os.pwrite(file, data, offset)

    if sys.platform == "darwin":
        import fcntl

        def sync(file: int) -> None:
            """Return when the disk has what was written to the file, not only the disk's cache."""
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
    else:

        def sync(file: int) -> None:
            """Return when the disk has what was written to the file."""
            os.fdatasync(file)

    def sync_folder(folder: Path) -> None:
        """Return when the disk knows which files are in the folder."""
        with opened(folder) as entries:
            os.fsync(entries)


def write_at(file: int, data: bytes, offset: int) -> None:
    """Write all of it, or raise OSError."""
    rest = memoryview(data)
    while rest:
        written = _write_at(file, rest, offset)
        offset, rest = offset + written, rest[written:]


def zero(file: int, start: int, end: int) -> None:
    """Have zeros on the disk from `start` to `end`, bit by bit; the file grows where it must."""
    for offset in range(start, end, _PIECE):
        write_at(file, bytes(min(_PIECE, end - offset)), offset)
        sync(file)


def open_to_write(path: Path, *, new: bool = False) -> int:
    """Open a file of its owner's only; a new one must not be there."""
    return os.open(path, os.O_RDWR | _BINARY | (os.O_CREAT | os.O_EXCL if new else 0), 0o600)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a file or folder for reading."""
    file = os.open(path, os.O_RDONLY | _BINARY)
    try:
        yield file
    finally:
        os.close(file)
