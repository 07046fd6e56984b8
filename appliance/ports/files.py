"""Files that people add, beside the database: whole or not at all, and told damaged from sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A file that is there, whether or not anything refers to it."""

    municipality: MunicipalityId
    name: str
    age: float
    """Seconds since it was last written."""


class AttachedFiles(Protocol):
    """The files of attachments. Calls block; StorageFailed where the disk does not do its part."""

    def scratch(self) -> Path:
        """Give a folder of its own for a file that is still coming; its user removes it."""
        ...

    def keep(self, source: Path, municipality: MunicipalityId, sha256: bytes) -> str:
        """Move a file in, synced with its folder, under a random name, and give the name."""
        ...

    def open(self, municipality: MunicipalityId, name: str) -> BinaryIO:
        """Open one to read."""
        ...

    def remove(self, municipality: MunicipalityId, name: str) -> None:
        """Remove one; nothing happens when it is gone."""
        ...

    def all(self) -> Iterator[FileOnDisk]:
        """Give all that are there."""
        ...


class NoFiles:
    """An AttachedFiles that has no place: for commands and tests that add none."""

    def scratch(self) -> Path:
        raise _nowhere()

    def keep(self, source: Path, municipality: MunicipalityId, sha256: bytes) -> str:
        del source, municipality, sha256
        raise _nowhere()

    def open(self, municipality: MunicipalityId, name: str) -> BinaryIO:
        del municipality, name
        raise _nowhere()

    def remove(self, municipality: MunicipalityId, name: str) -> None:
        """There is none."""

    def all(self) -> Iterator[FileOnDisk]:
        return iter(())


def _nowhere() -> StorageFailed:
    return StorageFailed(store="attachments", problem="there is no folder for them")
