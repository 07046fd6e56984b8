"""The sealed files as they lie in their folder: which there are, whether they can be trusted."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from appliance.domain.errors import StorageFailed
from storage.durable import sync_folder
from storage.history import manifest
from storage.history.parquet import sha256
from storage.history.sealed import Catalogue, SealedFile

_EDITIONS: Final = 64
"""So many old lists are remembered, for questions that began before a change."""
_log = logging.getLogger(__name__)


class Shelf:
    """Keeps the catalogue and its files. May be used by several threads.

    A file is believed only after its hash has been compared once since the start. One that is
    damaged or missing is put aside, noted in the catalogue, and left out of every answer.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._catalogue = Catalogue()
        self._editions: dict[int, Catalogue] = {}
        self._trusted: set[str] = set()
        self.is_open = False

    def open(self) -> None:
        """Read the list, and put aside what is missing or of another size. Raises StorageFailed."""
        try:
            self.folder.mkdir(exist_ok=True)
            self._catalogue = manifest.load(self.folder)
            self._editions = {self._catalogue.edition: self._catalogue}
            self._sweep()
            self.miss()
            self._take_back()
            self.is_open = True
        except OSError as error:
            raise StorageFailed(store="sealed history", problem=str(error)) from error

    @property
    def catalogue(self) -> Catalogue:
        """The newest list."""
        return self._catalogue

    def at(self, edition: int) -> Catalogue | None:
        """Give the list of an edition; None when it is long gone."""
        return self._editions.get(edition)

    def path(self, file: SealedFile) -> Path:
        """Say where a file is."""
        return self.folder / file.name

    def change(self, to: Callable[[Catalogue], Catalogue]) -> Catalogue:
        """Have another list on disk; the change is made of the newest one."""
        with self._lock:
            changed = to(self._catalogue)
            manifest.save(self.folder, changed)
            self._catalogue = changed
            self._editions[changed.edition] = changed
            for edition in sorted(self._editions)[:-_EDITIONS]:
                del self._editions[edition]
            return changed

    def untrusted(self, files: Iterable[SealedFile]) -> list[SealedFile]:
        """Compare the hashes of those not compared yet, and give those that don't fit."""
        bad = []
        for file in files:
            if file.name in self._trusted:
                continue
            if self.is_sound(file):
                self._trusted.add(file.name)
            else:
                bad.append(file)
        return bad

    def trust(self, files: Iterable[SealedFile]) -> None:
        """Believe what was read again after it had been written."""
        self._trusted.update(file.name for file in files)

    def is_sound(self, file: SealedFile) -> bool:
        """Read a file whole, and say whether it is what was written."""
        try:
            return sha256(self.path(file)) == file.sha256
        except OSError:
            return False

    def has(self, file: SealedFile) -> bool:
        """Say whether the newest list names it."""
        return any(one.name == file.name for one in self._catalogue.files())

    def set_aside(self, files: Iterable[SealedFile]) -> None:
        """Use these no more: rename them, and note it durably."""
        names = frozenset(file.name for file in files)
        if not names:
            return
        for name in sorted(names):
            _log.error("sealed file %s is damaged or missing; what it held is not shown", name)
            path = self.folder / name
            if path.exists():
                path.replace(path.with_suffix(".damaged"))
        with self._lock:
            for edition, catalogue in self._editions.items():
                self._editions[edition] = _without(catalogue, names)
            self._catalogue = self._editions[self._catalogue.edition]
            manifest.save(self.folder, self._catalogue)

    def miss(self) -> None:
        """Put aside what is not there any more, or not of its size."""
        self.set_aside([f for f in self._catalogue.files() if self._size(f) != f.size])

    def discard(self, files: Iterable[SealedFile]) -> None:
        """Delete files that no list names any more."""
        for file in files:
            self._trusted.discard(file.name)
            self.path(file).unlink(missing_ok=True)
        sync_folder(self.folder)

    def _sweep(self) -> None:
        """Delete what a crash has left: files that were never or are no longer in the list."""
        named = {file.name for file in (*self._catalogue.files(), *self._catalogue.damaged)}
        for path in self.folder.iterdir():
            if path.suffix == ".tmp" or (path.suffix == ".parquet" and path.name not in named):
                path.unlink()

    def _take_back(self) -> None:
        """Use damaged files again that somebody has put back from a backup."""
        for file in self._catalogue.damaged:
            if self.path(file).exists() and self.is_sound(file):
                self._restore(file)

    def _restore(self, file: SealedFile) -> None:
        def changed(now: Catalogue) -> Catalogue:
            entries = tuple(sealed.with_again(file) for sealed in now.entries)
            return replace(now, edition=now.edition + 1, entries=entries)

        self.change(changed)
        _log.info("sealed file %s is back", file.name)

    def _size(self, file: SealedFile) -> int:
        try:
            return self.path(file).stat().st_size
        except OSError:
            return -1


def _without(catalogue: Catalogue, names: frozenset[str]) -> Catalogue:
    return replace(catalogue, entries=tuple(one.without(names) for one in catalogue.entries))
