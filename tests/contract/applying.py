"""A program that applies batches to a history and tidies it for ever, and prints its cursor.

python -m tests.contract.applying FOLDER
"""

import asyncio
import sys
from pathlib import Path

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, SECOND, Instant
from appliance.domain.readings import StoredBatch
from storage.history.history import DuckHistory
from tests.builders import HERE, NOON, THERE, a_stored_batch, many_readings
from tests.fakes import FixedClock


def owner(place: int) -> MunicipalityId:
    """Say whose batch is at a place."""
    return THERE if place % 3 == 0 else HERE


def size(place: int) -> int:
    """Say how many readings it has."""
    return 1 + place % 500


def batch(place: int) -> StoredBatch:
    """Give the batch at a place."""
    rows = many_readings(size(place), start=Instant(NOON + place * 1_000 * SECOND), seed=place)
    return a_stored_batch(rows, sequence=place, municipality=owner(place))


async def apply_for_ever(folder: Path) -> None:
    history = DuckHistory(folder, FixedClock())
    await history.start()
    while True:
        first = history.applied + 1
        await history.apply(tuple(batch(place) for place in range(first, first + 1 + first % 4)))
        await history.tidy(Instant(NOON + (100 + history.applied) * DAY))
        sys.stdout.write(f"{history.applied}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(apply_for_ever(Path(sys.argv[1])))
