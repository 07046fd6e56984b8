"""A town that was founded once for all tests of this folder; each works on a copy."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.faults.cutting import why_not
from tests.faults.town import Town, copy_of


def _mounts(*how: str) -> bool:
    """Say whether such a file system can really be mounted: containers often forbid it to root too."""
    with tempfile.TemporaryDirectory() as at:
        if subprocess.run(["mount", *how, at], capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", at], check=True)
    return True


def _left_out() -> list[str]:
    if (
        os.geteuid() != 0
        or shutil.which("mount") is None
        or not _mounts("-t", "tmpfs", "weir-test")
    ):
        return ["test_full_disk.py", "test_power.py"]
    with tempfile.NamedTemporaryFile() as image:
        image.truncate(8 * 1024 * 1024)
        made = (
            not why_not()
            and not subprocess.run(
                ["mkfs.ext4", "-q", "-F", image.name], capture_output=True, check=False
            ).returncode
        )
        return [] if made and _mounts("-o", "loop", image.name) else ["test_power.py"]


# Whoever may not mount a file system can neither fill a small one nor cut its power: these are for
# CI, which may; the first lines of the run say so.
collect_ignore = _left_out()


def pytest_report_header() -> str:
    left_out = " ".join(collect_ignore)
    return f"left out, since nothing may be mounted: {left_out}" if left_out else "disks: mounted"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town.founded(tmp_path_factory.mktemp("founded") / "data")


@pytest.fixture
def town(founded: Town, tmp_path: Path) -> Town:
    folder = copy_of(founded.folder, tmp_path / "data")
    return Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
