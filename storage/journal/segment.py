"""A segment: one file of the journal, `00000001.log` and so on.

    head (64 bytes) │ record │ record │ … │ zeros

It is made whole before the first record is written: zeros to its full size, a head, synced, and its
name synced in the folder. So a commit changes bytes that are there already and nothing else.
"""

import os
import secrets
import struct
import threading
from bisect import bisect_right
from enum import Enum, auto
from pathlib import Path
from typing import Final

from storage.journal.disk import open_to_write, read_at, sync, sync_folder, write_at, zero
from storage.journal.record import EPOCH, TAG, Cipher

LAYOUT: Final = 1
SIZE: Final = 8 << 20
"""Bytes. Two files of it are there from the first start on; small, for small disks."""
LARGEST: Final = 1 << 30
"""A record that fits no segment makes its own longer, to at most about this."""
HEAD: Final = 64
_MAGIC: Final = b"WeirLog\n"
_HEAD: Final = struct.Struct(f"<8sIQ{EPOCH}s")
_EVERY: Final = 1 << 16
_ENDING: Final = ".log"
UNFINISHED: Final = ".part"


class Index:
    """Where to begin looking for a batch: a place for about every 64 KiB that were gone through."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._offsets: list[int] = []
        self._lock = threading.Lock()

    def note(self, first: int, offset: int) -> None:
        """Remember that the batches from `first` on begin at `offset`, where that is worth it."""
        with self._lock:
            if not self._offsets or offset >= self._offsets[-1] + _EVERY:
                self._firsts.append(first)
                self._offsets.append(offset)

    def before(self, sequence: int) -> int:
        """Give an offset at or before the batch."""
        with self._lock:
            place = bisect_right(self._firsts, sequence)
            return self._offsets[place - 1] if place else HEAD


class Segment:
    """A file of the journal, the place of its first batch, and what is known of its inside."""

    def __init__(self, folder: Path, number: int, first: int) -> None:
        self.number = number
        self.path = path_of(folder, number)
        self.first = first
        """Where it has none yet, that which its first batch will get."""
        self.index = Index()


class Head(Enum):
    """What the beginning of a file says."""

    RIGHT = auto()
    NEWER = auto()
    DAMAGED = auto()


def path_of(folder: Path, number: int) -> Path:
    """Name the file of a segment."""
    return folder / f"{number:08d}{_ENDING}"


def numbers_in(folder: Path) -> list[int]:
    """List the segments that are there, in order."""
    stems = (path.stem for path in folder.glob(f"*{_ENDING}"))
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def make(folder: Path, number: int, size: int, cipher: Cipher, layout: int = LAYOUT) -> int:
    """Make a segment that survives a power cut with its name, and give it opened for writing."""
    path = path_of(folder, number)
    part = path.with_suffix(UNFINISHED)
    part.unlink(missing_ok=True)
    file = open_to_write(part, new=True)
    try:
        zero(file, 0, size)
        write_at(file, _head(number, cipher, layout), 0)
        sync(file)
    except BaseException:
        os.close(file)
        part.unlink(missing_ok=True)
        raise
    os.close(file)  # Windows renames no open file
    part.rename(path)
    sync_folder(folder)
    return open_to_write(path)


def look_at_head(file: int, number: int, cipher: Cipher) -> Head:
    """Say what the head of an open segment says."""
    data = read_at(file, HEAD, 0)
    if len(data) < HEAD:
        return Head.DAMAGED
    fields, tag = data[: _HEAD.size], data[_HEAD.size : _HEAD.size + TAG]
    magic, layout, named, epoch = _HEAD.unpack(fields)
    if magic != _MAGIC or named != number or any(data[_HEAD.size + TAG :]):
        return Head.DAMAGED
    if not cipher.is_stamped(number, epoch, fields, tag):
        return Head.DAMAGED
    return Head.RIGHT if layout == LAYOUT else Head.NEWER


def _head(number: int, cipher: Cipher, layout: int) -> bytes:
    epoch = secrets.token_bytes(EPOCH)
    fields = _HEAD.pack(_MAGIC, layout, number, epoch)
    return (fields + cipher.stamp(number, epoch, fields)).ljust(HEAD, b"\0")
