"""Copying files so that the copy is on the disk and known by its hash."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO, Final

import apsw

from appliance.domain.errors import StorageFailed
from storage.durable import sync_folder
from storage.sqlite import open_database, storage_failures

_PIECE: Final = 1 << 20


def write(file: Path, content: bytes) -> None:
    """Write a file for its owner only, synced, with its name."""
    with _created(file) as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    sync_folder(file.parent)


def copy(source: Path, target: Path, size: int | None = None) -> str:
    """Copy a file, or its first bytes, synced; give the SHA-256. Raises OSError."""
    digest, left = hashlib.sha256(), size
    with source.open("rb") as reading, _created(target) as writing:
        while piece := reading.read(_PIECE if left is None else min(left, _PIECE)):
            digest.update(piece)
            writing.write(piece)
            left = None if left is None else left - len(piece)
        writing.flush()
        os.fsync(writing.fileno())
    if left:
        raise OSError(f"{source} has become shorter")
    return digest.hexdigest()


def copy_database(source: Path, target: Path, key: bytes) -> None:
    """Copy an encrypted SQLite file as of one commit, whoever writes it meanwhile; synced.

    Raises StorageFailed.
    """
    reading = open_database(source, key, read_only=True)
    try:
        with storage_failures(target):
            writing = open_database(target, key)
            try:
                with writing.backup("main", reading, "main") as work:
                    work.step(-1)
                writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            finally:
                writing.close()
    finally:
        reading.close()
    target.chmod(0o600)
    sync(target)


def sha256_of(file: Path) -> str:
    """Read a file whole, and give its hash. Raises OSError."""
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def sync(file: Path) -> None:
    """Have a file's bytes on the disk."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def sync_tree(folder: Path) -> None:
    """Have the names of a folder and of all below it on the disk."""
    for each in (*(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync_folder(each)


def need_room(at: Path, size: int) -> None:
    """Raise StorageFailed when a folder's disk has not so many bytes and a little more."""
    free = shutil.disk_usage(at).free
    wanted = size + size // 20 + (64 << 20)
    if free < wanted:
        raise StorageFailed(
            store=str(at),
            problem=f"{wanted >> 20:,} MiB of room are needed, and {free >> 20:,} MiB are free",
        )


def _created(file: Path) -> BinaryIO:
    binary = getattr(os, "O_BINARY", 0)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | binary, 0o600)
    return os.fdopen(descriptor, "wb")
