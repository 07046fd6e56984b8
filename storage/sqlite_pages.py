"""Reading every page of an encrypted SQLite file and of its write-ahead log, tag by tag.

`PRAGMA integrity_check` is no detection (20 of 60 flips of a plain file gave wrong answers and
"ok"), and a query that reads a damaged page fails only for whoever asks. Here each page is
authenticated as SQLite3MultipleCiphers does it (ChaCha20-Poly1305: 16 bytes of nonce and 16 of tag
at the page's end, a one-time key from the nonce and the page's number), free pages too.

Files are read through SQLite's own file layer: see storage/sqlite.py for why.
"""

import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.poly1305 import Poly1305

PAGE: Final = 4096
_RESERVED: Final = 32
_NONCE: Final = 16
_FRAME: Final = 24
_HEADER: Final = 32
_AGAIN: Final = 5
"""Looks at a page that seems damaged: a checkpoint may just be writing it."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What was found in one file."""

    read: int
    damaged: tuple[int, ...]
    """Page numbers; of a log, the numbers of its frames, from 1."""


def is_genuine(key: bytes, number: int, page: bytes) -> bool:
    """Say whether this page was written with this key, for this place."""
    end = len(page) - _RESERVED
    nonce, tag = page[end : end + _NONCE], page[end + _NONCE :]
    (counter,) = struct.unpack("<I", nonce[12:])
    start = struct.pack("<I", counter ^ number) + nonce[:12]
    once = Cipher(algorithms.ChaCha20(key, start), None).encryptor().update(bytes(64))
    try:
        Poly1305.verify_tag(once[:32], page[: end + _NONCE], tag)
    except InvalidSignature:
        return False
    return True


def look_at_file(path: Path, key: bytes) -> Pages:
    """Read every page of the main file; a database may be at work on it meanwhile."""
    with _opened(path, apsw.SQLITE_OPEN_MAIN_DB) as file:
        whole, rest = divmod(file.xFileSize(), PAGE)
        damaged = [number for number in range(1, whole + 1) if not _is_sound(file, key, number)]
        return Pages(whole, tuple([*damaged, whole + 1] if rest else damaged))


def look_at_log(path: Path, key: bytes) -> Pages:
    """Read the frames of the log that belong to its present run; those of earlier runs are waste."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists():
        return Pages(0, ())
    with _opened(log, apsw.SQLITE_OPEN_WAL) as file:
        size = file.xFileSize()
        if size < _HEADER + _FRAME + PAGE:
            return Pages(0, ())
        run = file.xRead(_HEADER, 0)[16:24]
        read, damaged = 0, []
        for frame, at in enumerate(range(_HEADER, size - _FRAME - PAGE + 1, _FRAME + PAGE), 1):
            head = file.xRead(_FRAME, at)
            if head[8:16] != run:
                break
            read += 1
            (number,) = struct.unpack(">I", head[:4])
            if not is_genuine(key, number, file.xRead(PAGE, at + _FRAME)) and (
                _is_still(file, at, head, run)
            ):
                damaged.append(frame)
        return Pages(read, tuple(damaged))


def _is_sound(file: apsw.VFSFile, key: bytes, number: int) -> bool:
    for _ in range(_AGAIN):
        try:
            if is_genuine(key, number, file.xRead(PAGE, (number - 1) * PAGE)):
                return True
        except apsw.IOError:
            return False
        time.sleep(0.01)  # in a thread of the scrub
    return False


def _is_still(file: apsw.VFSFile, at: int, head: bytes, run: bytes) -> bool:
    """Say whether the same frame is there, and not one that is being written."""
    time.sleep(0.05)  # in a thread of the scrub
    return file.xRead(_FRAME, at) == head and file.xRead(_HEADER, 0)[16:24] == run


@contextmanager
def _opened(path: Path, kind: int) -> Iterator[apsw.VFSFile]:
    system = "win32" if sys.platform == "win32" else "unix"
    file = apsw.VFSFile(system, str(path), [apsw.SQLITE_OPEN_READONLY | kind, 0])
    try:
        yield file
    finally:
        file.xClose()
