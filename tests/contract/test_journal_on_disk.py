"""What only a disk can break: restarts, kills, torn files, damage, and a disk that is full."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.domain.errors import StartRefused, StorageFailed
from appliance.ports.journal import Journal
from storage.journal.journal import FileJournal
from storage.journal.record import MAGIC, Cipher, Record, header_in
from storage.journal.segment import SIZE, make
from tests.builders import (
    OTHER_SENSOR,
    THERE,
    a_checked_batch,
    a_rejection,
    many_readings,
    readings,
    same_readings,
)
from tests.contract import appending
from tests.contract.limits import no_file_grows_beyond
from tests.fakes import FixedClock

KEY = bytes(range(32))


@asynccontextmanager
async def opened(path: Path, segment_size: int = SIZE) -> AsyncIterator[FileJournal]:
    journal = FileJournal(path, KEY, FixedClock(), segment_size=segment_size)
    await journal.start()
    try:
        yield journal
    finally:
        await journal.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def _files_with(pattern: str, folder: Path) -> str:
    found = subprocess.run(
        ["grep", "-rlaE", pattern, folder], stdout=subprocess.PIPE, text=True, check=False
    )
    return found.stdout


async def places_in(journal: Journal) -> list[int]:
    found: list[int] = []
    while batches := await journal.read(len(found)):
        found.extend(batch.sequence for batch in batches)
    return found


async def test_everything_is_there_after_a_restart_and_places_go_on(path: Path):
    theirs = a_checked_batch(readings(1.5, sensor=OTHER_SENSOR), municipality=THERE)
    async with opened(path) as journal:
        before = await journal.append([a_checked_batch(many_readings(500)), theirs])

    async with opened(path) as journal:
        assert journal.last == 2
        after = await journal.read(0)
        (third,) = await journal.append([theirs])

    assert third.sequence == 3
    for old, new in zip(before, after, strict=True):
        assert same_readings(old.readings, new.readings)
        assert (old.municipality, old.stored_at) == (new.municipality, new.stored_at)


async def test_stopping_finishes_the_appends_that_wait_and_takes_no_more(path: Path):
    async with opened(path) as journal:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(journal.append([a_checked_batch()])) for _ in range(50)]
            await asyncio.sleep(0)
            await journal.stop()
        assert sorted(task.result()[0].sequence for task in waiting) == list(range(1, 51))
        with pytest.raises(StorageFailed, match="closed"):
            await journal.append([a_checked_batch()])

    async with opened(path) as journal:
        assert await places_in(journal) == list(range(1, 51))


async def test_nothing_of_it_is_readable_without_the_key(path: Path):
    async with opened(path) as journal:
        await journal.append([a_checked_batch(rejections=(a_rejection(detail="seen-by-nobody"),))])
        assert _files_with("seen-by-nobody|PS-001|malformed", path.parent) == ""

    with pytest.raises(StorageFailed, match="key"):
        await FileJournal(path, bytes(32), FixedClock()).start()


async def test_a_journal_of_a_newer_version_is_left_alone(path: Path):
    async with opened(path) as journal:
        await journal.append([a_checked_batch()])
    (path / "00000002.log").unlink(missing_ok=True)
    os.close(make(path, 2, 4_096, Cipher(KEY), layout=2))
    before = contents(path)

    with pytest.raises(StartRefused, match="newer"):
        await FileJournal(path, KEY, FixedClock()).start()
    assert contents(path) == before


async def test_another_key_changes_nothing(path: Path):
    async with opened(path) as journal:
        await journal.append([a_checked_batch()])
    before = contents(path)
    with pytest.raises(StorageFailed, match="key"):
        await FileJournal(path, bytes(32), FixedClock()).start()
    assert contents(path) == before


async def test_the_journal_of_a_trial_version_is_refused_in_plain_words(path: Path):
    path.with_name("journal.db").touch()
    with pytest.raises(StartRefused, match="trial version of Weir"):
        await FileJournal(path, KEY, FixedClock()).start()


async def test_the_log_goes_over_many_files_and_each_is_found_again_after_a_restart(path: Path):
    async with opened(path, segment_size=16_384) as journal:
        for number in range(100):
            await journal.append([a_checked_batch(many_readings(40, seed=number))] * 2)
    assert len(segments(path)) > 5

    async with opened(path, segment_size=16_384) as journal:
        assert await places_in(journal) == list(range(1, 201))
        for sequence in (200, 1, 101, 57, 58):
            found = await journal.batch(sequence)
            assert found is not None
            expected = many_readings(40, seed=(sequence - 1) // 2)
            assert same_readings(found.readings, expected)
        assert await journal.verify() == ()


async def test_what_fits_no_file_gets_a_longer_one(path: Path):
    async with opened(path, segment_size=8_192) as journal:
        for rows in (10, 5_000, 10, 5_000):
            await journal.append([a_checked_batch(many_readings(rows))])
        assert await journal.verify() == ()
    async with opened(path, segment_size=8_192) as journal:
        assert [len(b.readings) for b in await journal.read(0)] == [10, 5_000, 10, 5_000]


async def test_what_was_forgotten_stays_forgotten_after_a_restart(path: Path):
    async with opened(path, segment_size=16_384) as journal:
        for _ in range(100):
            await journal.append([a_checked_batch(many_readings(40))])
        files = len(segments(path))
        assert await journal.forget(50) % 16_384 == 0
        first = journal.first
        assert len(segments(path)) < files
    async with opened(path, segment_size=16_384) as journal:
        assert (journal.first, journal.last) == (first, 100)
        assert [b.sequence for b in await journal.read(0)] == list(range(first, 101))
        assert await journal.verify() == ()


async def test_no_nonce_is_used_twice_however_often_an_end_is_cut_off(path: Path):
    written: dict[bytes, set[bytes]] = {}
    offsets: set[int] = set()
    for number in range(5):
        async with opened(path) as journal:
            assert journal.last == 0
            await journal.append([a_checked_batch(readings(float(number)))])
        for record, data in records_in(path / "00000001.log"):
            written.setdefault(record.nonce, set()).add(data)
            offsets.add(record.offset)
        cut(path / "00000001.log", 70)  # the mark of the clean end, and a bit of the batch
    assert len(written) == 10
    assert len(offsets) == 2
    assert all(len(different) == 1 for different in written.values())


def records_in(file: Path) -> Iterator[tuple[Record, bytes]]:
    data = file.read_bytes()
    at = data.find(MAGIC)
    while record := header_in(data, at, 1, at):
        yield record, data[at : record.end]
        at = record.end


def cut(file: Path, several: int) -> None:
    """Let the last bytes that were written be lost."""
    with file.open("r+b") as torn:
        torn.truncate(len(torn.read().rstrip(b"\0")) - several)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


async def test_after_a_failed_write_nothing_is_acknowledged_and_nothing_is_written(path: Path):
    journal = FileJournal(path, KEY, FixedClock())
    await journal.start()
    acknowledged = [(await journal.append([a_checked_batch()]))[0].sequence for _ in range(5)]
    written = len((path / "00000001.log").read_bytes().rstrip(b"\0"))
    with no_file_grows_beyond(written + 100_000):
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(journal.failed())
            waiting = [group.create_task(_outcome(journal, rows=1_000 * n)) for n in range(1, 50)]
            async with asyncio.timeout(30):
                await watch
    outcomes = [task.result() for task in waiting]
    acknowledged += [o for o in outcomes if isinstance(o, int)]
    assert any(isinstance(o, StorageFailed) for o in outcomes)
    with pytest.raises(StorageFailed):  # there is room again, but it stays as it is
        await journal.append([a_checked_batch()])
    assert journal.last == max(acknowledged)
    await journal.stop()

    async with opened(path) as again:
        assert await places_in(again) == list(range(1, again.last + 1))
        assert set(acknowledged) <= set(await places_in(again))
        (stored,) = await again.append([a_checked_batch()])
        assert stored.sequence == again.last


async def _outcome(journal: Journal, rows: int) -> int | StorageFailed:
    try:
        return (await journal.append([a_checked_batch(many_readings(rows))]))[0].sequence
    except StorageFailed as error:
        return error


async def test_a_journal_that_has_not_failed_does_not_say_so(path: Path):
    async with opened(path) as journal:
        await journal.append([a_checked_batch()])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await journal.failed()


async def test_everything_acknowledged_is_there_after_kill_9(path: Path):
    chance = random.Random(11)
    acknowledged = 0
    for _ in range(5):
        acknowledged = _append_until_killed(path, chance.randrange(1, 400))
        async with opened(path) as journal:
            places = await places_in(journal)
            assert places == list(range(1, len(places) + 1))
            assert len(places) >= acknowledged
            for batch in await journal.read(len(places) - 20 if len(places) > 20 else 0):
                assert same_readings(batch.readings, appending.batch(batch.sequence).readings)
    assert acknowledged > 500


def _append_until_killed(path: Path, acks: int) -> int:
    """Give the last place that the program said was durable before it was killed."""
    command = [sys.executable, "-m", "tests.contract.appending", str(path), KEY.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = [program.stdout.readline() for _ in range(acks)]
        program.send_signal(signal.SIGKILL)
        told += [line for line in program.stdout.readlines() if line.endswith("\n")]
    assert program.returncode == -signal.SIGKILL
    return int(told[-1])
