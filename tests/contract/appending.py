"""A program that appends for ever, and prints each place once it is acknowledged.

python -m tests.contract.appending JOURNAL KEY
"""

import asyncio
import sys
from pathlib import Path

from appliance.domain.readings import CheckedBatch
from storage.journal.journal import FileJournal
from tests.builders import HERE, THERE, a_checked_batch, many_readings
from tests.fakes import FixedClock


def batch(place: int) -> CheckedBatch:
    """Give the batch that is appended at a place."""
    return a_checked_batch(
        many_readings(1 + place % 40, seed=place), municipality=HERE if place % 2 else THERE
    )


async def append_for_ever(path: Path, key: bytes) -> None:
    journal = FileJournal(path, key, FixedClock())
    await journal.start()
    place = journal.last
    while True:
        size = 1 + place % 3
        stored = await journal.append([batch(place + n) for n in range(1, size + 1)])
        place = stored[-1].sequence
        sys.stdout.write("".join(f"{b.sequence}\n" for b in stored))
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1]), bytes.fromhex(sys.argv[2])))
