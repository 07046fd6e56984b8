"""A journal of several files to damage, and what must be true of it afterwards."""

import asyncio
import shutil
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.ports.journal import Damage
from storage.journal.journal import FileJournal
from storage.journal.record import MAGIC, Record, header_in
from tests.builders import HERE, THERE, a_checked_batch, many_readings, same_readings
from tests.fakes import FixedClock

KEY = bytes(range(32))
SIZE = 16_384


def batch_at(place: int) -> CheckedBatch:
    """Give the batch that a sound journal has at a place."""
    return a_checked_batch(
        many_readings(1 + place * 7 % 45, seed=place), municipality=HERE if place % 2 else THERE
    )


def journal_in(folder: Path) -> FileJournal:
    """Give the journal in this folder, which is not open yet."""
    return FileJournal(folder, KEY, FixedClock(), segment_size=SIZE)


async def fill(folder: Path, commits: int) -> int:
    """Make a journal of that many commits of one to three batches, and stop it; count batches."""
    journal = journal_in(folder)
    await journal.start()
    for _ in range(commits):
        first = journal.last + 1
        await journal.append([batch_at(first + n) for n in range(1 + first % 3)])
    await journal.stop()
    return journal.last


@dataclass
class Seen:
    """What a journal gave when all of it was read."""

    last: int
    sound: set[int] = field(default_factory=set)
    damaged: set[int] = field(default_factory=set)
    named: tuple[Damage, ...] = ()

    @property
    def lost(self) -> set[int]:
        """The places that verifying named."""
        return {place for damage in self.named for place in range(damage.first, damage.last + 1)}


async def look(folder: Path) -> Seen:
    """Open, verify, read everything, append one batch and read it; no batch may be another."""
    journal = journal_in(folder)
    await journal.start()
    try:
        seen = Seen(journal.last, named=await journal.verify())
        after = 0
        while after < seen.last:
            after = await _read_on(journal, after, seen)
        (stored,) = await journal.append([batch_at(seen.last + 1)])
        assert stored.sequence == seen.last + 1
        (found,) = await journal.read(Sequence(seen.last))
        must_be_right([found])
        return seen
    finally:
        await journal.stop()


async def _read_on(journal: FileJournal, after: int, seen: Seen) -> int:
    try:
        found = await journal.read(Sequence(after))
    except StorageFailed as problem:
        place, through = problem.fields["damaged"], problem.fields["through"]
        assert isinstance(place, int)
        assert isinstance(through, int)
        assert after < place <= through <= seen.last
        if place > after + 1:
            must_be_right(await journal.read(Sequence(after), limit=place - 1 - after))
            seen.sound.update(range(after + 1, place))
        seen.damaged.update(range(place, through + 1))
        return through
    must_be_right(found)
    assert [batch.sequence for batch in found] == list(range(after + 1, after + 1 + len(found)))
    seen.sound.update(batch.sequence for batch in found)
    return found[-1].sequence


def must_be_right(found: Several[StoredBatch]) -> None:
    """Check that each batch is the one that was written at its place."""
    for batch in found:
        expected = batch_at(batch.sequence)
        assert same_readings(batch.readings, expected.readings)
        assert batch.municipality == expected.municipality
        assert batch.counts == expected.counts()


def look_at_copy(folder: Path, target: Path) -> Seen:
    """Look at a copy, made where there is none, and delete it."""
    if not target.exists():
        shutil.copytree(folder, target)
    try:
        return asyncio.run(look(target))
    finally:
        shutil.rmtree(target)


def segments(folder: Path) -> list[Path]:
    """List the files that have records; the last is the newest."""
    return [file for file in sorted(folder.glob("*.log")) if records_in(file)]


def records_in(file: Path) -> list[Record]:
    """Give the records of a sound file."""
    data, number = file.read_bytes(), int(file.stem)
    found: list[Record] = []
    at = data.find(MAGIC)
    while at >= 0 and (record := header_in(data, at, number, at)):
        found.append(record)
        at = record.end
    return found
