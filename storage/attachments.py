"""The files of incidents: one folder for each municipality, random names that hold the file's hash.

`attachments/<municipality>/<24 hex digits>.<SHA-256>`: so a scrub needs no database to tell a damaged
file. A file gets its name after it was synced, and its row after that; a file without a row is what
a crash left, and the sweep removes it.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import SECOND
from appliance.ports.clock import Clock, IdSource
from appliance.ports.files import FileOnDisk
from appliance.ports.scrub import Flaw
from storage.durable import sync_folder

STORE: Final = "attachments"
_NAME: Final = re.compile(r"[0-9a-f]{24}\.[0-9a-f]{64}")


class FolderFiles:
    """Implements AttachedFiles and Verifiable."""

    def __init__(self, folder: Path, scratch: Path, ids: IdSource, clock: Clock) -> None:
        self._folder = folder
        self._scratch = scratch
        self._ids = ids
        self._clock = clock

    def scratch(self) -> Path:
        made = self._scratch / f"upload-{self._random()}"
        try:
            made.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise _failed(error) from error
        return made

    def keep(self, source: Path, municipality: MunicipalityId, sha256: bytes) -> str:
        name = f"{self._random()}.{sha256.hex()}"
        place = self._of(municipality)
        try:
            if not place.exists():
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(self._folder.parent)
                sync_folder(self._folder)
            source.chmod(0o600)
            with source.open("rb+") as written:
                os.fsync(written.fileno())
            source.rename(place / name)
            sync_folder(place)
        except OSError as error:
            raise _failed(error) from error
        return name

    def open(self, municipality: MunicipalityId, name: str) -> BinaryIO:
        try:
            return self._path(municipality, name).open("rb")
        except OSError as error:
            raise _failed(error) from error

    def remove(self, municipality: MunicipalityId, name: str) -> None:
        try:
            self._path(municipality, name).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(error) from error

    def all(self) -> Iterator[FileOnDisk]:
        now = self._clock.now() / SECOND
        for path in self._paths():
            try:
                age = now - path.stat().st_mtime
            except FileNotFoundError:
                continue
            yield FileOnDisk(MunicipalityId(int(path.parent.name)), path.name, age)

    async def flaws(self) -> tuple[Flaw, ...]:
        return await asyncio.to_thread(lambda: tuple(self._look()))

    def known(self) -> tuple[Flaw, ...]:
        return ()

    def told(self) -> None:
        """Nothing is remembered here."""

    def _look(self) -> Iterator[Flaw]:
        for path in self._paths():
            try:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError:
                continue  # removed meanwhile
            except OSError as error:
                raise _failed(error) from error
            if found != path.name.rpartition(".")[2]:
                yield Flaw(
                    f"{STORE}/{path.parent.name}/{path.name}",
                    "it is not what was written",
                    "one file of an incident; everything else is as it was",
                    "put this file back from a backup; without one, remove the attachment",
                )

    def _paths(self) -> Iterator[Path]:
        """Give every file that is one of ours; what somebody else has put there is left alone."""
        if not self._folder.is_dir():
            return
        for place in sorted(self._folder.iterdir()):
            if place.name.isdecimal() and place.is_dir():
                yield from sorted(f for f in place.iterdir() if _NAME.fullmatch(f.name))

    def _of(self, municipality: MunicipalityId) -> Path:
        return self._folder / str(int(municipality))

    def _path(self, municipality: MunicipalityId, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StorageFailed(store=STORE, problem="this is no name of a file here")
        return self._of(municipality) / name

    def _random(self) -> str:
        return f"{self._ids.new_id():012x}{self._ids.new_id():012x}"


def _failed(error: OSError) -> StorageFailed:
    return StorageFailed(store=STORE, problem=error.strerror or str(error))
