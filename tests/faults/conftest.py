"""A town that was founded once for all tests of this folder; each works on a copy."""

from pathlib import Path

import pytest

from tests.faults.cutting import why_not
from tests.faults.town import Town, copy_of

# Whoever may not mount a file system can't cut its power: then this is for CI, which may.
collect_ignore = ["test_power.py"] if why_not() else []


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town.founded(tmp_path_factory.mktemp("founded") / "data")


@pytest.fixture
def town(founded: Town, tmp_path: Path) -> Town:
    folder = copy_of(founded.folder, tmp_path / "data")
    return Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
