"""A clock that is years ahead for a night does not empty history."""

from functools import partial
from pathlib import Path

from appliance.domain.instant import DAY, Instant
from appliance.flow.retaining import believed
from storage.operations.database import SqliteOperations
from tests.builders import NOON
from tests.fakes import FixedClock

YEARS = 20 * 366 * DAY


async def test_retention_goes_ahead_by_two_days_a_run_whatever_the_clock_says(
    tmp_path: Path,
) -> None:
    operations = SqliteOperations(tmp_path / "operations.db", bytes(32), FixedClock())
    await operations.start()
    try:
        for said, expected in (
            (NOON, NOON),
            (NOON + YEARS, NOON + 2 * DAY),  # one night in the wrong year
            (0, 0),  # a clock of 1970 deletes nothing, and nothing is forgotten by it
            (NOON + DAY, NOON + DAY),
            (NOON + 30 * DAY, NOON + 4 * DAY),  # a long stop is caught up with run by run
            (NOON + 31 * DAY, NOON + 6 * DAY),
        ):
            found = await operations.write_system(partial(believed, Instant(said)))
            assert found == expected
    finally:
        await operations.stop()
