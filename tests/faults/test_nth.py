"""The n-th change of a file fails; `scripts/faults/nth` does the same for every n."""

from pathlib import Path

import pytest

from tests.faults.nth import compiled, run
from tests.faults.town import Town


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("shim"))


@pytest.mark.parametrize(("kind", "nth"), [("EIO", 130), ("ENOSPC", 90), ("SHORT", 60)])
def test_whatever_change_of_a_file_fails_nothing_acknowledged_is_lost_and_the_next_start_is_whole(
    founded: Town, library: Path, tmp_path: Path, kind: str, nth: int
) -> None:
    outcome = run(founded, library, tmp_path / "run", kind, nth)
    assert outcome.fired is not None
    assert not outcome.wrong, f"{outcome.fired}, {outcome.how}: {outcome.wrong}"
