"""Where programs are installed, and how one takes another's place in a single step.

    ROOT/releases/1.2/weir …      each version in a folder of its own, written once
    ROOT/current -> releases/1.2  the one that is started; renamed into place

or one file, `weir`, whose predecessor stays beside it as `weir.previous`.
"""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from appliance.domain.errors import Invalid, StartRefused
from appliance.domain.work import ShowProgress
from appliance.machine.durable import sync_folder, write_durably
from appliance.updating.package import unpack
from appliance.updating.release import PROGRAM, Release

CURRENT: Final = "current"
RELEASES: Final = "releases"
ABOUT: Final = "release.json"


class Installation(Protocol):
    """One place with programs, of which one is the current one."""

    @property
    def program(self) -> Path:
        """What is started, whichever version it is."""
        ...

    @property
    def folder(self) -> Path:
        """Whose disk needs room for another version."""
        ...

    def version(self) -> str | None:
        """Give the version that is current, if this place knows."""
        ...

    def add(self, package: Path, release: Release, show: ShowProgress) -> Path:
        """Put a version beside the current one, and give its program; raises FileRefused."""
        ...

    def switch(self, version: str) -> None:
        """Have this version be the current one, from one moment to the next, durably."""
        ...

    def go_back(self, version: str) -> None:
        """Have the version from before be the current one again; doing it twice changes nothing."""
        ...

    def can_go_back(self, version: str) -> bool:
        """Say whether the version from before is still there."""
        ...

    def tidy(self, version: str) -> None:
        """Remove all versions but the current one and this one, to which one may go back."""
        ...


@dataclass(frozen=True, slots=True)
class Releases:
    """Versions in folders, one of them linked."""

    root: Path

    @property
    def program(self) -> Path:
        return self.root / CURRENT / PROGRAM

    @property
    def folder(self) -> Path:
        return self.root

    def version(self) -> str | None:
        link = self.root / CURRENT
        return link.readlink().name if link.is_symlink() else None

    def add(self, package: Path, release: Release, show: ShowProgress) -> Path:
        _must_fit(release, one_file=False)
        target = self.root / RELEASES / release.version
        part = target.with_name(f".{release.version}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)  # left of an update that did not get this far
        unpack(package, release, part, show)
        for inside in (*(path for path in part.rglob("*") if _is_folder(path)), part):
            sync_folder(inside)
        part.rename(target)
        sync_folder(target.parent)
        return target / PROGRAM

    def switch(self, version: str) -> None:
        new = self.root / f".{CURRENT}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(Path(RELEASES) / version)
        new.replace(self.root / CURRENT)
        sync_folder(self.root)

    def go_back(self, version: str) -> None:
        if self.version() != version:
            self.switch(version)

    def can_go_back(self, version: str) -> bool:
        return (self.root / RELEASES / version / PROGRAM).exists()

    def tidy(self, version: str) -> None:
        kept = {self.version(), version}
        for old in (self.root / RELEASES).iterdir():
            if old.name not in kept:
                shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class OneFile:
    """The program as one file, with its predecessor beside it."""

    file: Path

    @property
    def program(self) -> Path:
        return self.file

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def _new(self) -> Path:
        return self.file.with_name(f".{self.file.name}.new")

    @property
    def _previous(self) -> Path:
        return self.file.with_name(f"{self.file.name}.previous")

    @property
    def _about(self) -> Path:
        return self.file.with_name(f"{self.file.name}.{ABOUT}")

    def version(self) -> str | None:
        try:
            said = json.loads(self._about.read_text(encoding="utf-8"))
            return str(said["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def add(self, package: Path, release: Release, show: ShowProgress) -> Path:
        _must_fit(release, one_file=True)
        shutil.rmtree(self._new, ignore_errors=True)
        unpack(package, release, self._new, show)
        return self._new / PROGRAM

    def switch(self, version: str) -> None:
        if not (self._new / PROGRAM).exists():
            return
        kept = self._previous.with_name(f".{self._previous.name}.new")
        kept.unlink(missing_ok=True)
        kept.hardlink_to(self.file)
        kept.replace(self._previous)
        (self._new / PROGRAM).replace(self.file)
        self._note(version)

    def go_back(self, version: str) -> None:
        if self._previous.exists():
            self._previous.replace(self.file)
            self._note(version)

    def can_go_back(self, version: str) -> bool:
        del version
        return self._previous.exists()

    def tidy(self, version: str) -> None:
        del version
        shutil.rmtree(self._new, ignore_errors=True)

    def _note(self, version: str) -> None:
        write_durably(self._about, json.dumps({"version": version}).encode())
        sync_folder(self.file.parent)


def installation(root: Path | None) -> Installation:
    """Find where this program is installed; StartRefused with what to do where it can't update itself."""
    if root is not None:
        if not (root / CURRENT).is_symlink():
            raise Invalid(
                field="--root",
                problem=f"{root} has no link `{CURRENT}` to the version that is in use",
            )
        return Releases(root)
    if not getattr(sys, "frozen", False):
        raise StartRefused(
            problem="this Weir runs from its source, which a package does not replace",
            remedy="update the checkout and start it again, or name an installation with --root",
        )
    program = Path(sys.executable)
    _must_not_be_packaged(program)
    for above in program.resolve().parents:
        if above.name == RELEASES and (above.parent / CURRENT).is_symlink():
            return Releases(above.parent)
    inside = Path(str(getattr(sys, "_MEIPASS", program.parent)))
    if not inside.is_relative_to(program.resolve().parent):
        return OneFile(program.resolve())
    raise StartRefused(
        problem=f"{program.parent} is not laid out for updates: there is no `{CURRENT}` beside a "
        f"folder `{RELEASES}`",
        remedy=f"stop Weir, move this folder to ROOT/{RELEASES}/VERSION, make a link ROOT/{CURRENT} "
        f"to {RELEASES}/VERSION, and start ROOT/{CURRENT}/{PROGRAM} from then on",
    )


def _must_not_be_packaged(program: Path) -> None:
    """Leave files of Debian's package manager to it: it would put the old ones back some day."""
    listed = Path("/var/lib/dpkg/info/weir.list")
    try:
        is_packaged = str(program.resolve()) in listed.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    if is_packaged:
        raise StartRefused(
            problem="this Weir was installed by the package manager, which looks after it",
            remedy="weir backup create, then sudo apt-get install ./weir_VERSION.deb",
        )


def _must_fit(release: Release, *, one_file: bool) -> None:
    if release.is_one_file != one_file:
        is_one = "is Weir as one file" if release.is_one_file else "is Weir as a folder"
        raise StartRefused(
            problem=f"this package {is_one}, and what is installed here is the other kind",
            remedy="get the package of the other kind",
        )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
