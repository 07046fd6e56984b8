"""Copies of everything from which a folder like this one can be made again."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.domain.backups import Backup, KeptBackup
from appliance.domain.errors import StorageFailed
from appliance.domain.work import ShowProgress


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What shall become of the keys: inside the backup, unless one of these is said."""

    passphrase: str | None = field(default=None, repr=False)
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made and read back."""

    folder: Path
    backup: Backup
    problems: tuple[str, ...]
    """What was wrong with the originals or is wrong with the copy; the backup is kept all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """Which backups are made without a word."""

    folder: Path
    """Where backups are."""
    data: Path
    """Of which folder they are."""
    nightly: bool = False
    keep: int = 14
    at: str = ""
    """Time of day, UTC."""


class Backups(Protocol):
    """Makes backups of the folder that is in use, while it is in use."""

    def usual_place(self) -> Path:
        """Give where backups go when nobody says where."""
        ...

    async def kept(self) -> tuple[KeptBackup, ...]:
        """Say what is in the usual place, the newest first; nothing where there is no such place."""
        ...

    async def room(self) -> int | None:
        """Give the bytes that are free in the usual place; None where there is no such place."""
        ...

    async def create(self, to: Path, wish: KeyWish | None, show: ShowProgress) -> Made:
        """Make one in a folder of its own under `to`, and read it back; one at a time.

        Without a wish the keys go where the configuration has them go.

        It holds all that was acknowledged before the call. Readings are taken, and people served,
        meanwhile. A backup that was cut off leaves nothing that could be taken for one. Raises
        Invalid for a place that can't be used, StorageFailed when a store can't be read.
        """
        ...

    async def keep(self, to: Path, most: int) -> int:
        """Delete the oldest whole backups of this folder under `to`, but for so many; say how many."""
        ...


class NoBackups:
    """Where no backups are made: in tests of other parts."""

    def usual_place(self) -> Path:
        return Path("backups")

    async def kept(self) -> tuple[KeptBackup, ...]:
        return ()

    async def room(self) -> int | None:
        return None

    async def create(self, to: Path, wish: KeyWish | None, show: ShowProgress) -> Made:
        del wish, show
        raise StorageFailed(store="the backup", problem=f"nothing can be put into {to}")

    async def keep(self, to: Path, most: int) -> int:
        del to, most
        return 0
