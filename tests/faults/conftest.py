"""A town that was founded once for all tests of this folder; each works on a copy."""

import os
from pathlib import Path

import pytest

from tests.faults.cutting import why_not
from tests.faults.town import Town, copy_of

# Whoever may not mount a file system can neither fill a small one nor cut its power: these are for
# CI, which may; the first line of the run says so.
collect_ignore = ["test_power.py"] if why_not() else []
if os.geteuid() != 0:
    collect_ignore.append("test_full_disk.py")


def pytest_report_header() -> str:
    left_out = " ".join(collect_ignore)
    return f"left out: {left_out} ({why_not()})" if left_out else "small disks can be mounted"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town.founded(tmp_path_factory.mktemp("founded") / "data")


@pytest.fixture
def town(founded: Town, tmp_path: Path) -> Town:
    folder = copy_of(founded.folder, tmp_path / "data")
    return Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
