"""One build and one release for all tests of what is installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installers.bare import SIGNER, build, signer, write_key
from tests.running import ROOT, environment

NEXT = "0.2.0"
"""The version that the build is released as: newer than the one that it says it is."""


@dataclass
class Released:
    """What `scripts/release` made, and what it printed."""

    folder: Path
    printed: str
    key: Path
    """Signed it; the public half lies beside it."""

    def file(self, ending: str) -> Path:
        """Give the file whose name ends so."""
        (found,) = (f for f in self.folder.iterdir() if f.name.endswith(ending))
        return found


@pytest.fixture(scope="session")
def dist() -> Path:
    """The folder of a build of these sources: `weir/`, `weir-onefile/`, bill of materials, licences."""
    return build()


@pytest.fixture(scope="session")
def built_weir(dist: Path) -> Path:
    """The one-folder build, which the packages are made around."""
    return dist / "weir"


@pytest.fixture(scope="session")
def released(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """What `scripts/release` makes of the build as its next version; a gigabyte, and gone afterwards."""
    at = tmp_path_factory.mktemp("released")
    another_version(dist / "weir", at / "built/weir", NEXT)
    for name in ("weir-onefile", "weir.cdx.json", "THIRD-PARTY-LICENCES.txt"):
        (at / "built" / name).symlink_to(dist / name)
    key = write_key(signer() or SIGNER, at)
    options = ("--key", key, "--from", at / "built", "--to", at / "release", "--quick")
    done = subprocess.run(
        [ROOT / "scripts/release", "--without-tests", *options],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield Released(at / "release", done.stderr, key)
    shutil.rmtree(at)


def another_version(built: Path, folder: Path, version: str, *steps: str) -> Path:
    """Give the same build as another version, with further migrations; files are shared with the first."""
    shutil.copytree(built, folder, symlinks=True, copy_function=os.link)
    inside = folder / "_internal"
    (told,) = inside.glob("weir-*.dist-info")
    (told / "METADATA").unlink()  # of the other version as well, if it were written over
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: weir\nVersion: {version}\n")
    told.rename(inside / f"weir-{version}.dist-info")
    for number, step in enumerate(steps, migrations(folder) + 1):
        (inside / "storage/migrations" / f"{number:04}_newer.sql").write_text(step)
    return folder


def migrations(folder: Path) -> int:
    """Give how many migrations a build has."""
    return len(list((folder / "_internal/storage/migrations").glob("*.sql")))
