"""A database with two municipalities, and a watch over the one that a test is not about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.operations.database import SqliteOperations
from tests.builders import THERE
from tests.contract.operations.things import all_of, keys_of, settle
from tests.fakes import FixedClock

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "operations.db"


@pytest.fixture
async def operations(file: Path, clock: FixedClock) -> AsyncIterator[SqliteOperations]:
    """HERE is empty and THERE has one of everything, and has it still, unchanged, at the end."""
    database = SqliteOperations(file, KEY, clock)
    await database.start()
    await database.write_system(settle)
    before = await database.read(THERE, all_of)
    keys = await database.read_system(lambda system: keys_of(system, THERE))
    yield database
    await database.start()  # where the test has stopped it
    assert await database.read(THERE, all_of) == before
    assert await database.read_system(lambda system: keys_of(system, THERE)) == keys
    await database.stop()
