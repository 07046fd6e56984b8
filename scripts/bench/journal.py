"""How many synced commits and readings a second the journal takes, and how fast they are read.

Real files in a fresh folder. `commits` appends one reading at a time and waits for each; `together`
has many tasks do the same at once, as doors do, so that the group commit can show what it is for.
"""

import argparse
import asyncio
import json
import secrets
import tempfile
import time
from pathlib import Path

import numpy as np

from appliance.domain.ids import Sequence
from appliance.machine.clock import SystemClock
from storage.history.history import DuckHistory
from storage.journal.journal import FileJournal
from tests.builders import a_checked_batch, many_readings, readings

TOGETHER = 500
ROWS = 10_000


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement (5)")
    parser.add_argument("--readings", type=int, default=2_000_000, help="for bulk and history")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = asyncio.run(measure(Path(scratch), asked.seconds, asked.readings))
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:48} {value:14,.0f}")


async def measure(folder: Path, seconds: float, rows: int) -> dict[str, float]:
    """Give the figures by name."""
    clock = SystemClock()
    journal = FileJournal(folder / "journal", secrets.token_bytes(32), clock)
    (folder / "history").mkdir()
    history = DuckHistory(folder / "history", clock)
    await journal.start()
    await history.start()
    try:
        return {
            "commits one after another, commits/s": await alone(journal, seconds),
            f"{TOGETHER} tasks together, appends/s": await together(journal, seconds),
            "bulk appends of 10,000, readings/s": await bulk(journal, rows),
            "read again, batches/s": await read_again(journal),
            "verified, batches/s": await verify(journal),
            "history follows, readings/s": await follow(journal, history, rows),
        }
    finally:
        await history.stop()
        await journal.stop()


async def alone(journal: FileJournal, seconds: float) -> float:
    """Append one reading at a time."""
    batch, done, began = a_checked_batch(readings()), 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        await journal.append([batch])
        done += 1
    return done / (time.perf_counter() - began)


async def together(journal: FileJournal, seconds: float) -> float:
    """Append one reading at a time in many tasks."""
    done, began = 0, time.perf_counter()
    batch = a_checked_batch(readings())

    async def one_task() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await journal.append([batch])
            done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(TOGETHER):
            group.create_task(one_task())
    return done / (time.perf_counter() - began)


async def bulk(journal: FileJournal, rows: int) -> float:
    """Append batches of 10,000 readings one after another."""
    several = many_readings(rows)
    began = time.perf_counter()
    for first in range(0, rows, ROWS):
        part = several.take(np.arange(first, min(first + ROWS, rows)))
        await journal.append([a_checked_batch(part)])
    return rows / (time.perf_counter() - began)


async def read_again(journal: FileJournal) -> float:
    """Read all of it from the beginning."""
    began, place = time.perf_counter(), Sequence(0)
    while found := await journal.read(place, limit=4_096, most_readings=50_000):
        place = found[-1].sequence
    return place / (time.perf_counter() - began)


async def verify(journal: FileJournal) -> float:
    """Authenticate all of it."""
    began = time.perf_counter()
    if damage := await journal.verify():
        raise SystemExit(f"the journal is damaged: {damage}")
    return journal.last / (time.perf_counter() - began)


async def follow(journal: FileJournal, history: DuckHistory, rows: int) -> float:
    """Apply the bulk to history, as following the journal does."""
    while history.applied < journal.last - rows // ROWS:  # the small ones before it
        await history.apply(await journal.read(history.applied, limit=4_096, most_readings=50_000))
    began = time.perf_counter()
    while history.applied < journal.last:
        await history.apply(await journal.read(history.applied, limit=4_096, most_readings=50_000))
    return rows / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
