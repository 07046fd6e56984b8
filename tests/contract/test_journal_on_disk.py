"""What only a disk can break: restarts, kills, torn files, damage, and a disk that is full."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.domain.errors import StartRefused, StorageFailed
from appliance.ports.journal import Journal
from storage.journal.journal import SqliteJournal
from storage.sqlite import open_database
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
async def opened(path: Path, key: bytes = KEY) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(path, key, FixedClock())
    await journal.start()
    try:
        yield journal
    finally:
        await journal.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def _files_with(pattern: str, folder: Path) -> str:
    found = subprocess.run(
        ["grep", "-rlaE", pattern, folder], stdout=subprocess.PIPE, text=True, check=False
    )
    return found.stdout


def _copy_as_it_is(path: Path, folder: Path) -> None:
    """Copy by another process: an open() of ours would drop SQLite's locks."""
    folder.mkdir()
    subprocess.run(["cp", path, f"{path}-wal", folder], check=True)


def _overwrite_the_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\x5a" * 64)


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
        assert _files_with("seen-by-nobody|PS-001|batches|SQLite format", path.parent) == ""

    with pytest.raises(StorageFailed, match="key"):
        await SqliteJournal(path, bytes(32), FixedClock()).start()


async def test_a_journal_of_a_newer_version_is_left_alone(path: Path):
    async with opened(path):
        pass
    with open_database(path, KEY) as database:
        database.pragma("user_version", 99)
    database.close()

    with pytest.raises(StartRefused, match="newer"):
        await SqliteJournal(path, KEY, FixedClock()).start()


async def test_a_torn_end_of_the_log_costs_what_was_not_acknowledged_only(
    path: Path, tmp_path: Path
):
    async with opened(path) as journal:
        for _ in range(20):
            await journal.append([a_checked_batch()])
        for number in range(10):
            _copy_as_it_is(path, tmp_path / f"{number}")

    chance = random.Random(7)
    lengths = []
    for number in range(10):
        copy = tmp_path / f"{number}" / path.name
        log = copy.with_name(f"{copy.name}-wal")
        with log.open("r+b") as file:
            file.truncate(chance.randrange(log.stat().st_size))
        async with opened(copy) as torn:
            places = await places_in(torn)
            assert places == list(range(1, torn.last + 1))
            (stored,) = await torn.append([a_checked_batch()])
            assert stored.sequence == len(places) + 1
            lengths.append(len(places))
    assert max(lengths) > min(lengths)


async def test_damage_in_the_middle_is_named_and_the_rest_can_be_read(path: Path):
    async with opened(path) as journal:
        for _ in range(3):
            await journal.append([a_checked_batch(many_readings(200)) for _ in range(100)])
    _overwrite_the_middle(path)

    async with opened(path) as journal:
        with pytest.raises(StorageFailed) as raised:
            await journal.read(0, limit=300)
        damaged = raised.value.fields["sequence"]
        assert isinstance(damaged, int)
        assert 50 < damaged < 250
        assert f"batch {damaged}" in str(raised.value)
        assert len(await journal.read(0, limit=damaged - 1)) == damaged - 1
        assert len(await journal.read(280)) == 20


async def test_a_batch_of_bytes_that_mean_nothing_and_one_that_is_missing_are_named(path: Path):
    async with opened(path) as journal:
        await journal.append([a_checked_batch() for _ in range(5)])
    with open_database(path, KEY) as database:
        database.execute("UPDATE batches SET body = x'0100c1' WHERE sequence = 2")
        database.execute("DELETE FROM batches WHERE sequence = 4")
    database.close()

    async with opened(path) as journal:
        for after, damaged in ((0, 2), (1, 2), (2, 4), (3, 4)):
            with pytest.raises(StorageFailed) as raised:
                await journal.read(after)
            assert raised.value.fields["sequence"] == damaged
        assert len(await journal.read(4)) == 1
        assert len(await journal.read(2, limit=1)) == 1


async def test_after_a_failed_write_nothing_is_acknowledged_and_nothing_is_written(path: Path):
    journal = SqliteJournal(path, KEY, FixedClock())
    await journal.start()
    acknowledged = [(await journal.append([a_checked_batch()]))[0].sequence for _ in range(5)]
    log = path.with_name(f"{path.name}-wal")
    with no_file_grows_beyond(log.stat().st_size + 100_000):
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
