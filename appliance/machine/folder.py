"""The data folder: one running program in it, and the key of its files."""

import contextlib
import errno
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.errors import StartRefused
from appliance.machine.durable import write_durably

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything is kept. Back it up as a whole, the key apart from it."""

    path: Path

    @property
    def journal(self) -> Path:
        """The truth for readings."""
        return self.path / "journal"

    @property
    def operations(self) -> Path:
        """Everything but readings."""
        return self.path / "operations.db"

    @property
    def history(self) -> Path:
        """Readings by sensor and time; may be deleted, is made anew from journal and `sealed`."""
        return self.path / "history"

    @property
    def sealed(self) -> Path:
        """Closed days in Parquet. What the journal has forgotten is nowhere else: back it up."""
        return self.path / "sealed"

    @property
    def audit_heads(self) -> Path:
        """How far each chain of the audit log has come."""
        return self.path / "audit.heads"

    @property
    def sessions(self) -> Path:
        """What MQTT clients that come back are owed, and retained copies."""
        return self.path / "broker.db"

    @property
    def control(self) -> Path:
        """How commands reach the program that runs here."""
        return self.path / "control.json"

    @property
    def attachments(self) -> Path:
        """Files that people added to incidents. They are nowhere else: back them up."""
        return self.path / "attachments"

    @property
    def base_maps(self) -> Path:
        """Maps that people put below the network. They can be uploaded again."""
        return self.path / "base-maps"

    @property
    def scratch(self) -> Path:
        """Files of commands under way; what is left of one that was cut off is removed."""
        return self.path / "tmp"

    @property
    def log(self) -> Path:
        """What the program reports."""
        return self.path / "weir.log"

    @property
    def is_begun(self) -> bool:
        """Whether a Weir has its data here."""
        return any(
            file.exists() for file in (self.path / "weir.key", self.journal, self.operations)
        )

    def look_over(self) -> None:
        """Raise StartRefused where `make` would; make nothing."""
        there = next(each for each in (self.path, *self.path.parents) if each.exists())
        if not there.is_dir():
            raise self._refusal(f"{there} is a file")
        if not os.access(there, os.W_OK | os.X_OK):
            raise self._refusal(f"{there} is not writable")

    def make(self) -> None:
        """Make the folder, for its owner only; StartRefused when that can't be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self.history.mkdir(exist_ok=True)
            _probe(self.path / ".writable")
        except OSError as error:
            raise self._refusal(str(error.strerror)) from None

    def _refusal(self, why: str) -> StartRefused:
        return StartRefused(
            problem=f"the data folder {self.path} can't be used ({why})",
            remedy="name another with --data",
        )

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only program in the folder; StartRefused when another one is there."""
        descriptor = os.open(self.path / "weir.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                _lock(descriptor)
            except OSError:
                raise StartRefused(
                    problem=f"the data folder {self.path} is in use by another weir",
                    remedy="stop that one, or name another folder with --data",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def key(self) -> bytes:
        """Give the 32-byte key of the files in this folder, made at first use."""
        file = self.path / "weir.key"
        if not file.exists():
            if self.journal.exists() or self.operations.exists():
                raise StartRefused(
                    problem=f"the key {file} of the data in this folder is missing",
                    remedy="put it back from where your backups of keys are; without it the "
                    "data can't be read",
                )
            write_durably(file, secrets.token_bytes(32))
        found = file.read_bytes()
        if len(found) != 32:  # noqa: PLR2004
            raise StartRefused(
                problem=f"the key {file} is damaged", remedy="put it back from a backup"
            )
        return found

    def put_key(self, key: bytes) -> None:
        """Write the key anew, whole or not at all."""
        write_durably(self.path / "weir.key", key)


def _probe(file: Path) -> None:
    """Write an empty file; a disk that is merely full is no reason not to start."""
    try:
        file.write_bytes(b"")
        file.unlink()
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
