"""The databases that a new version may change: tried in a copy first, and put back if need be.

The journal never goes back: it is common to both versions, and what was acknowledged by the new one
is there for the old one. What the operations database owes to readings is made again from it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from appliance.domain.errors import Failed
from appliance.machine.durable import sync_folder
from appliance.machine.folder import DataFolder
from storage.backup.writing import copy, copy_database, need_room

GO_BACK: Final = {"schema": "operations.db", "sessions": "broker.db"}
"""What can go back with the program, by the name of its layout."""
NEVER_BACK: Final = frozenset({"journal", "sealed"})
_REHEARSAL: Final = "rehearsal"
_BEFORE: Final = "before"
_AFTER: Final = "of-the-version-that-failed"
_WITHIN: Final = 3_600.0
"""Seconds that the migration of a copy may take; the old version serves meanwhile."""
_LOGS: Final = ("-wal", "-shm")


class RehearsalFailed(Failed):
    """The new version can't migrate a copy of the data: {problem}."""

    hint = (
        "nothing was changed, and the old version goes on; report this with `weir doctor --bundle`"
    )


class Databases:
    """The databases of a data folder, and their copies in the folder of updates."""

    def __init__(self, folder: DataFolder, updates: Path) -> None:
        self._folder = folder
        self._updates = updates

    def rehearse(self, program: Path) -> None:
        """Have the new program migrate copies, while the old one serves; RehearsalFailed says why not."""
        stage = self._updates / _REHEARSAL
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700, parents=True)
        try:
            self._copy_into(stage, tuple(GO_BACK.values()))
            (stage / "weir.key").touch(mode=0o600)
            (stage / "weir.key").write_bytes(self._folder.key())
            _try(program, stage)
        except OSError as error:
            raise RehearsalFailed(problem=str(error)) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def keep(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Copy what may have to go back, while nobody serves; give which there were."""
        self.forget()
        before = self._updates / _BEFORE
        before.mkdir(mode=0o700, parents=True)
        files = tuple(GO_BACK[name] for name in names)
        self._copy_into(before, files)
        sync_folder(before)
        sync_folder(self._updates)
        return tuple(file for file in files if (before / file).exists())

    def put_back(self, files: tuple[str, ...]) -> Path | None:
        """Put the copies in place, and give where what was there is now; doing it twice is harmless."""
        if not files:
            return None
        aside = self._updates / _AFTER
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in files:
            there = self._folder.path / name
            if not (aside / name).exists() and there.exists():
                copy_database(there, aside / name, self._folder.key())
            part = there.with_name(f"{name}.part")
            copy(self._updates / _BEFORE / name, part)
            _give_to_owner(part, self._folder.path)
            for suffix in _LOGS:
                there.with_name(name + suffix).unlink(missing_ok=True)
            part.replace(there)
        sync_folder(self._folder.path)
        return aside

    def forget(self) -> None:
        """Remove the copies of an update that is done."""
        for name in (_BEFORE, _AFTER, _REHEARSAL):
            shutil.rmtree(self._updates / name, ignore_errors=True)

    def _copy_into(self, target: Path, files: tuple[str, ...]) -> None:
        there = [self._folder.path / name for name in files if (self._folder.path / name).exists()]
        need_room(target, 2 * sum(file.stat().st_size for file in there))
        for file in there:
            copy_database(file, target / file.name, self._folder.key())


def _give_to_owner(file: Path, folder: Path) -> None:
    """Have it belong to whom the data folder belongs, where root updates for another user."""
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = folder.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _try(program: Path, stage: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 signed, and just unpacked
            [str(program), "rehearse", "--data", str(stage), "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RehearsalFailed(problem=f"it took over {_WITHIN:.0f} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        problem = said[-1] if said else f"it ended with status {done.returncode}"
        raise RehearsalFailed(problem=problem.rstrip("."))
    try:
        json.loads(done.stdout)
    except ValueError:
        raise RehearsalFailed(problem="it said nothing that can be read") from None
