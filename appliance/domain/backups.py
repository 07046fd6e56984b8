"""A backup: what it holds, as of when, and what it takes to read it."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.instant import Instant


class KeyCare(StrEnum):
    """Where the keys are without which a backup can't be read."""

    INSIDE = "inside"
    """In the backup as they are: whoever has it can read it."""
    SEALED = "sealed"
    """In the backup, under a passphrase."""
    APART = "apart"
    """Not in the backup."""


@dataclass(frozen=True, slots=True)
class BackupPart:
    """One file of a backup."""

    path: str
    """Within the backup, with `/`; a restored folder has it at the same place."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBackup:
    """What lies in the folder of backups, as somebody who looks for one sees it."""

    name: str
    made_at: Instant | None = None
    size: int = 0
    """Bytes of all files; several backups may share one on the disk."""
    files: int = 0
    version: str = ""
    keys: KeyCare | None = None
    own: bool = False
    """Whether it is of the folder in use."""
    problem: str = ""
    """Why it can't be told what it is."""


class BackupCause(StrEnum):
    """Why a backup was made."""

    NIGHTLY = "nightly"
    ASKED = "asked"
    COMMAND = "command"


class BackupOutcome(StrEnum):
    """What came of it."""

    RUNNING = "running"
    DONE = "done"
    """It was made, read back, and is whole."""
    FLAWED = "flawed"
    """It was made, and not all of it is well."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRun:
    """One backup that was made, or not."""

    cause: BackupCause
    began_at: Instant
    ended_at: Instant | None = None
    outcome: BackupOutcome = BackupOutcome.RUNNING
    name: str = ""
    """Of the backup; empty where there is none."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What the list of a backup says."""

    name: str
    made_at: Instant
    """Everything that was acknowledged before this is in it."""
    version: str
    """Of the program that made it."""
    schema: int
    """Of the operations database."""
    journal_first: int
    journal_last: int
    """The places of the oldest and the newest batch in it; 0 when there is none."""
    keys: KeyCare
    key_name: str
    """Tells the key that it needs from others, without telling the key."""
    parts: tuple[BackupPart, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(part.size for part in self.parts)
