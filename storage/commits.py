"""A note beside an SQLite file of how many commits there have been.

SQLite ends a write-ahead log at the first frame that does not add up, and takes what comes after
for the torn end of a crash: a flipped bit silently undoes every later commit (all of 40 flips that
were tried). So each commit counts itself inside the file, and after it the count is noted here,
without a sync of its own. The note never runs ahead of what is durable: after a crash or power cut
it is the same or older, and a file that counts less than its note has lost commits.
"""

import contextlib
import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.domain.instant import Instant

_LAYOUT: Final = struct.Struct("<8sQqQqq")
_MAGIC: Final = b"WEIRCMT1"
_TAG: Final = 16
_SIZE: Final = _LAYOUT.size + _TAG
_NEVER: Final = Instant(0)


@dataclass(frozen=True, slots=True)
class Loss:
    """Commits that were there once and are no more."""

    commits: int
    since: Instant
    """When the last commit was made that is still there, or the first known of; 0: not known."""
    until: Instant
    """When the newest of the lost ones was made."""


@dataclass(frozen=True, slots=True)
class _Noted:
    count: int = 0
    at: Instant = _NEVER
    lost: int = 0
    lost_since: Instant = _NEVER
    lost_until: Instant = _NEVER


class CommitNote:
    """The note of one file. Used by the thread that writes that file, but for `loss`.

    A note that can't be written is no reason to stop: it notices less then.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.commits")
        self._file = -1
        self._noted = _Noted()
        self.unreadable = False
        """The note itself was damaged when it was opened; it has been made anew."""

    def open(self, count: int, at: Instant) -> None:
        """Compare with what the file counts now, whose last commit was made then."""
        self.look()
        noted = self._noted if self._noted.count else _Noted(count, at)
        missing = noted.count - count
        if missing > 0:
            since = noted.lost_since if noted.lost else at
            noted = _Noted(count, at, noted.lost + missing, since, noted.at)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self._write(noted)
        with contextlib.suppress(OSError):
            os.fsync(self._file)  # from now on it is only written over in place

    def look(self) -> None:
        """Read what is noted, where the file itself is not opened."""
        whole = self.path.read_bytes() if self.path.exists() else b""
        found = _unpack(whole)
        self.unreadable = found is None and bool(whole.strip(b"\0"))
        self._noted = found or _Noted()

    def note(self, count: int, at: Instant) -> None:
        """Note a commit that is on the disk."""
        before = self._noted
        self._write(_Noted(count, at, before.lost, before.lost_since, before.lost_until))

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    @property
    def loss(self) -> Loss | None:
        """What has been lost since somebody was last told."""
        noted = self._noted
        if not noted.lost:
            return None
        return Loss(noted.lost, noted.lost_since, noted.lost_until)

    def forget_loss(self) -> None:
        """Somebody has been told."""
        self.unreadable = False
        if self._file < 0 and self._noted.count:
            self.path.write_bytes(_pack(_Noted(self._noted.count, self._noted.at)))
        self._write(_Noted(self._noted.count, self._noted.at))

    def _write(self, noted: _Noted) -> None:
        self._noted = noted
        if self._file < 0:
            return
        with contextlib.suppress(OSError):
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, _pack(noted))


def _pack(noted: _Noted) -> bytes:
    body = _LAYOUT.pack(
        _MAGIC, noted.count, noted.at, noted.lost, noted.lost_since, noted.lost_until
    )
    return body + _tag(body)


def _unpack(whole: bytes) -> _Noted | None:
    body, tag = whole[: _LAYOUT.size], whole[_LAYOUT.size : _SIZE]
    if len(whole) != _SIZE or tag != _tag(body) or not body.startswith(_MAGIC):
        return None
    _, count, at, lost, since, until = _LAYOUT.unpack(body)
    return _Noted(count, Instant(at), lost, Instant(since), Instant(until))


def _tag(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_TAG).digest()
