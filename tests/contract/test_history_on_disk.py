"""What only a disk can break: restarts, kills, and files that are gone, damaged or somebody else's.

History is derived: whatever happens to its file, it is filled again from the journal and equal.
"""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pytest

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, SECOND, Instant
from appliance.flow.follow import follow
from appliance.ports.history import History
from appliance.ports.journal import Journal
from storage.history.blocks import damaged_places
from storage.history.history import DuckHistory
from storage.memory.history import MemoryHistory
from storage.memory.journal import MemoryJournal
from tests.builders import (
    HERE,
    NOON,
    THERE,
    a_checked_batch,
    a_stored_batch,
    many_readings,
    readings,
    same_readings,
)
from tests.contract import applying
from tests.contract.limits import no_file_grows_beyond
from tests.fakes import FixedClock

ALWAYS = {"since": Instant(0), "until": Instant(2**62)}


@asynccontextmanager
async def opened(folder: Path, clock: FixedClock | None = None) -> AsyncIterator[DuckHistory]:
    history = DuckHistory(folder, clock or FixedClock())
    await history.start()
    try:
        yield history
    finally:
        await history.stop()


@pytest.fixture
async def journal() -> Journal:
    """Sixty batches of two municipalities, 300 readings each."""
    journal = MemoryJournal(FixedClock())
    for place in range(60):
        rows = many_readings(300, start=Instant(NOON + place * 3 * SECOND), seed=place)
        municipality = THERE if place % 3 == 0 else HERE
        await journal.append([a_checked_batch(rows, municipality=municipality)])
    return journal


async def fill(history: History, journal: Journal) -> None:
    """Follow the journal to its end."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        following = group.create_task(follow(journal, history, asyncio.Event()))
        while history.applied < journal.last:
            await history.settled(journal.last)
        following.cancel()


async def assert_complete(history: History, journal: Journal) -> None:
    """Compare with a history that has never been on a disk."""
    expected = MemoryHistory()
    await fill(expected, journal)
    assert history.applied == journal.last
    for municipality in (HERE, THERE):
        assert await same_history(history, expected, municipality)


async def same_history(one: History, other: History, municipality: MunicipalityId) -> bool:
    a = await one.of(municipality).placed(None, **ALWAYS)
    b = await other.of(municipality).placed(None, **ALWAYS)
    return same_readings(a.readings, b.readings) and np.array_equal(a.sequences, b.sequences)


def aside(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir() if "damaged" in f.name)


async def test_everything_is_there_after_a_restart(tmp_path: Path, journal: Journal):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    async with opened(tmp_path) as history:
        assert history.applied == 60
        assert history.applied_at == NOON
        await assert_complete(history, journal)
        await fill(history, journal)
        await assert_complete(history, journal)
    assert aside(tmp_path) == []


async def test_a_deleted_file_is_filled_again(tmp_path: Path, journal: Journal):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    (tmp_path / "history.duckdb").unlink()
    async with opened(tmp_path) as history:
        assert history.applied == 0
        await fill(history, journal)
        await assert_complete(history, journal)


@pytest.mark.parametrize("was_killed", [False, True])
@pytest.mark.parametrize("damage", ["garbage", "emptied", "cut short", "foreign", "other layout"])
async def test_an_unusable_file_is_put_aside_and_filled_again(
    tmp_path: Path, journal: Journal, damage: str, was_killed: bool
):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    if was_killed:
        as_after_a_kill(tmp_path)
    spoil(tmp_path / "history.duckdb", damage)

    async with opened(tmp_path) as history:
        assert history.applied == 0
        assert aside(tmp_path) == ["history.duckdb.damaged-20260501T120000.000000Z"]
        await fill(history, journal)
        await assert_complete(history, journal)


def as_after_a_kill(folder: Path) -> None:
    """Leave no word of what the file held when it was closed."""
    (folder / "history.duckdb.closed").unlink()


async def test_damage_that_the_checksum_of_duckdb_does_not_see_is_found_at_the_next_start(
    tmp_path: Path, journal: Journal
):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    path = tmp_path / "history.duckdb"
    _swap_two_values(path)
    assert damaged_places(path) == [], "for DuckDB all is well"

    async with opened(tmp_path) as history:
        assert history.applied == 0
        assert len(aside(tmp_path)) == 1
        await fill(history, journal)
        await assert_complete(history, journal)
    async with opened(tmp_path) as history:
        assert history.applied == 60
        await assert_complete(history, journal)


def _swap_two_values(path: Path) -> None:
    """Have two of the readings' values change places: neither is where it belongs."""
    with path.open("r+b") as file:
        place = _place_of_values(path)
        place += -place % 8  # DuckDB's checksum is one of words
        file.seek(place)
        words = np.frombuffer(file.read(800), np.uint64).copy()
        other = int(np.flatnonzero(words != words[0])[0])
        words[[0, other]] = words[[other, 0]]
        file.seek(place)
        file.write(words.tobytes())


async def test_a_kill_makes_no_good_file_suspect(tmp_path: Path, journal: Journal):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    async with opened(tmp_path):
        assert not (tmp_path / "history.duckdb.closed").exists(), "it is going to change"
    as_after_a_kill(tmp_path)
    async with opened(tmp_path) as history:
        assert history.applied == 60
    assert aside(tmp_path) == []


def spoil(path: Path, damage: str) -> None:
    match damage:
        case "garbage":
            path.write_bytes(random.Random(1).randbytes(500_000))
        case "emptied":
            path.write_bytes(b"")
        case "cut short":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        case "foreign":
            path.unlink()
            _change(path, "CREATE TABLE something_else (a INTEGER)")
        case "other layout":
            _change(path, "UPDATE layout SET version = 99")


def _change(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement).complete()


async def test_at_most_two_damaged_files_are_kept(tmp_path: Path):
    clock = FixedClock()
    for _ in range(4):
        async with opened(tmp_path, clock):
            pass
        spoil(tmp_path / "history.duckdb", "garbage")
        clock.advance(DAY)
    async with opened(tmp_path, clock):
        assert aside(tmp_path) == [
            "history.duckdb.damaged-20260504T120000.000000Z",
            "history.duckdb.damaged-20260505T120000.000000Z",
        ]


async def test_a_file_found_damaged_while_reading_is_put_aside_at_the_next_start(
    tmp_path: Path, journal: Journal
):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    as_after_a_kill(tmp_path)
    _overwrite_the_values(tmp_path / "history.duckdb")

    async with opened(tmp_path) as history:
        assert history.applied == 60
        with pytest.raises(StorageFailed, match="Corrupt"):
            await history.of(HERE).placed(None, **ALWAYS)
    async with opened(tmp_path) as history:
        assert history.applied == 0
        assert len(aside(tmp_path)) == 1
        await fill(history, journal)
        await assert_complete(history, journal)
    async with opened(tmp_path) as history:
        assert history.applied == 60


def _overwrite_the_values(path: Path) -> None:
    """Spoil the block with the readings' values."""
    place = _place_of_values(path)
    with path.open("r+b") as file:
        file.seek(place + 100)
        file.write(b"\x5a" * 100)


def _place_of_values(path: Path) -> int:
    """Say where they begin; blocks of 256 KiB follow three headers of 4 KiB."""
    with duckdb.connect(str(path)) as connection:
        ((block, offset),) = connection.execute(
            "SELECT block_id, block_offset FROM pragma_storage_info('recent')"
            " WHERE column_name = 'value' AND segment_type = 'DOUBLE'"
        ).fetchall()
    return int(3 * 4096 + block * 262_144 + offset)


async def test_a_file_in_use_by_another_program_is_left_alone(tmp_path: Path, journal: Journal):
    async with opened(tmp_path) as history:
        await fill(history, journal)
    refused = pytest.raises(StorageFailed, match="another program uses it")
    with held_by_another_program(tmp_path / "history.duckdb"), refused:
        await DuckHistory(tmp_path, FixedClock()).start()
    assert aside(tmp_path) == []
    async with opened(tmp_path) as history:
        assert history.applied == 60


@contextmanager
def held_by_another_program(path: Path) -> Iterator[None]:
    hold = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdout.readline()
        yield
        program.stdin.close()


async def test_the_cursor_and_the_readings_agree_after_kill_9(tmp_path: Path):
    chance = random.Random(3)
    for _ in range(3):
        told = _apply_until_killed(tmp_path, chance.randrange(2, 25))
        async with opened(tmp_path) as history:
            assert history.applied >= told
            for municipality in (HERE, THERE):
                placed = await history.of(municipality).placed(None, **ALWAYS)
                mine = [
                    n for n in range(1, history.applied + 1) if applying.owner(n) == municipality
                ]
                assert sorted(set(placed.sequences.tolist())) == mine
                assert len(placed.sequences) == sum(applying.size(n) for n in mine)
                days = await history.of(municipality).rollup(None, **ALWAYS, step=DAY)
                assert days.counts.sum() == len(placed.sequences)


def _apply_until_killed(folder: Path, times: int) -> int:
    command = [sys.executable, "-m", "tests.contract.applying", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = [program.stdout.readline() for _ in range(times)]
        program.send_signal(signal.SIGKILL)
        program.communicate()
    return int(told[-1])


async def test_a_failed_apply_changes_nothing_and_the_next_one_works(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply((a_stored_batch(sequence=1),))
        large = a_stored_batch(many_readings(300_000, start=Instant(NOON + DAY)), sequence=2)
        with no_file_grows_beyond(1_000_000), pytest.raises(StorageFailed, match="history failed"):
            await history.apply((large,))
        assert history.applied == 1
        assert len((await history.of(HERE).placed(None, **ALWAYS)).sequences) == 1
        await history.apply((large,))
        assert len((await history.of(HERE).placed(None, **ALWAYS)).sequences) == 300_001
    async with opened(tmp_path) as history:
        assert history.applied == 2
        assert len((await history.of(HERE).placed(None, **ALWAYS)).sequences) == 300_001


async def test_a_value_that_is_no_number_does_not_stop_history(tmp_path: Path):
    async with opened(tmp_path) as history:
        odd = readings(1.0, float("nan"), float("inf"), 2.0)
        await history.apply((a_stored_batch(odd, sequence=1),))
        placed = await history.of(HERE).placed(None, **ALWAYS)
        assert placed.readings.values.tolist() == [1, 2]
        assert history.applied == 1


async def test_an_apply_that_is_cancelled_happens_once_or_not_at_all(tmp_path: Path):
    async with opened(tmp_path) as history:
        batch = a_stored_batch(many_readings(1_000), sequence=1)
        async with asyncio.TaskGroup() as group:
            applying_it = group.create_task(history.apply((batch,)))
            await asyncio.sleep(0)
            applying_it.cancel()
        await history.apply((batch,))
        assert len((await history.of(HERE).placed(None, **ALWAYS)).sequences) == 1_000


async def test_an_export_larger_than_the_memory_limit_goes_over_the_disk(tmp_path: Path):
    history = DuckHistory(tmp_path, FixedClock(), memory_limit="48MB")
    await history.start()
    for place in range(1, 21):
        rows = many_readings(50_000, start=Instant(NOON + place * DAY), seed=place)
        await history.apply((a_stored_batch(rows, sequence=place),))
    total, last = 0, (0, 0)
    async for chunk in history.of(HERE).export(**ALWAYS, chunk=100_000):
        assert len(chunk) <= 100_000
        first = (int(chunk.sensors[0]), int(chunk.times[0]))
        assert first > last
        last = (int(chunk.sensors[-1]), int(chunk.times[-1]))
        total += len(chunk)
    assert total == 1_000_000
    await history.stop()
    assert not (tmp_path / "history.spill").exists() or not any(
        (tmp_path / "history.spill").iterdir()
    )
