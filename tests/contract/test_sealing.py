"""Closed days in Parquet: nothing lost or doubled by a crash at any step, late readings, damage."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.readings import Mark, StoredBatch
from appliance.flow.follow import belong_together
from appliance.ports.history import NOTHING, History
from storage.history import parquet, sealing
from storage.history.history import DuckHistory
from storage.memory.history import MemoryHistory
from storage.memory.journal import MemoryJournal
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_checked_batch,
    a_stored_batch,
    many_readings,
    readings,
)
from tests.fakes import FixedClock

ALWAYS = {"since": Instant(0), "until": Instant(4_000 * 365 * DAY)}
MIDNIGHT = Instant(NOON - 12 * HOUR)
LATER = Instant(NOON + 3 * DAY)
NEXT_YEAR = Instant(NOON + 366 * DAY)


class _Killed(BaseException):
    """The program ends here."""


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[DuckHistory]:
    history = DuckHistory(folder, FixedClock(), **options)
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    await history.start()
    try:
        yield history
    finally:
        await history.stop()


def two_days() -> tuple[StoredBatch, ...]:
    """Readings of two days and a bit of two municipalities, some of them doubtful."""
    here = readings(*range(500), start=MIDNIGHT, every=6 * MINUTE)
    there = readings(*range(300), start=MIDNIGHT, every=10 * MINUTE, sensor=OTHER_SENSOR)
    odd = readings(1e9, 5, start=NOON, sensor=SENSOR + 1, marks=[Mark.IMPLAUSIBLE, 0])
    return (
        a_stored_batch(here, sequence=1),
        a_stored_batch(there, sequence=2, municipality=THERE),
        a_stored_batch(odd, sequence=3),
    )


def late(sequence: int) -> StoredBatch:
    """Two readings of the first day that come long after it."""
    rows = readings(7777, -7777, start=Instant(NOON + 1), every=SECOND, delay=5 * DAY, marks=[1, 1])
    return a_stored_batch(rows, sequence=sequence)


async def everything_of(history: History, municipality: MunicipalityId) -> list[Any]:
    here = history.of(municipality)
    placed = await here.placed(None, **ALWAYS)
    rows = placed.readings
    columns = (rows.sensors, rows.times, rows.arrived, rows.values, rows.marks, placed.sequences)
    answers: list[Any] = [sorted(zip(*(c.tolist() for c in columns), strict=True))]
    for step in (MINUTE, HOUR, DAY):
        rolled = await here.rollup(None, **ALWAYS, step=step)
        answers.append([rolled.starts.tolist(), rolled.counts.tolist(), rolled.maxima.tolist()])
        answers[-1].append([round(mean, 6) for mean in rolled.means.tolist()])
    latest = await here.latest()
    answers.append([latest.sensors.tolist(), latest.times.tolist(), latest.values.tolist()])
    answers.append(await here.daily_counts(**ALWAYS))
    return answers


async def expected_of(*batches: StoredBatch) -> dict[MunicipalityId, list[Any]]:
    memory = MemoryHistory()
    await memory.apply(batches)
    return {town: await everything_of(memory, town) for town in (HERE, THERE)}


async def assert_all_there(history: History, *batches: StoredBatch) -> None:
    await assert_answers(history, await expected_of(*batches))


async def assert_answers(history: History, expected: dict[MunicipalityId, list[Any]]) -> None:
    for town, answers in expected.items():
        assert await everything_of(history, town) == answers


def sealed_files(folder: Path, kind: str = "readings") -> list[Path]:
    return sorted((folder / "sealed").glob(f"{kind}.*.parquet"))


async def steps_of_sealing(folder: Path) -> list[str]:
    steps: list[str] = []
    async with opened(folder, step=steps.append) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
    return steps


async def test_closed_days_are_sealed_and_no_answer_changes(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(Instant(MIDNIGHT + DAY + HOUR - 1))
        assert sealed_files(tmp_path) == []
        await history.tidy(Instant(MIDNIGHT + DAY + HOUR))
        assert len(sealed_files(tmp_path)) == 2  # one day of each municipality
        await assert_all_there(history, *two_days())
        assert await history.secured() == 0
        await history.tidy(LATER)
        assert len(sealed_files(tmp_path)) == 6
        assert len(sealed_files(tmp_path, "doubtful")) == 1
        await assert_all_there(history, *two_days())
        assert await history.secured() == 3
        await history.tidy(NEXT_YEAR)
        assert len(sealed_files(tmp_path)) == 2  # one month of each
        await assert_all_there(history, *two_days())
    async with opened(tmp_path) as history:
        await assert_all_there(history, *two_days())


async def test_the_end_at_any_step_of_sealing_loses_and_doubles_nothing(tmp_path: Path):
    steps = await steps_of_sealing(tmp_path / "whole")
    assert {"readings written", "days renamed", "listed", "taken out", "discarded"} <= set(steps)
    expected = await expected_of(*two_days())
    # All of the first piece; later pieces take the same steps.
    for number in range(1, steps.index("discarded") + 2):
        folder = tmp_path / str(number)
        left = number

        def step(_name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise _Killed

        async with opened(folder, step=step) as history:
            await history.apply(two_days())
            with suppress(_Killed):
                await history.tidy(LATER)
            await assert_answers(history, expected)  # for those that go on asking
        async with opened(folder) as history:
            await assert_answers(history, expected)
            await history.tidy(LATER)
            assert await history.secured() == 3
            await assert_answers(history, expected)
            assert not list((folder / "sealed").glob("*.tmp"))
            named = {file.name for file in history._shelf.catalogue.files()}
            assert {path.name for path in (folder / "sealed").glob("*.parquet")} == named


async def test_the_end_at_any_step_of_sealing_again_loses_and_doubles_nothing(tmp_path: Path):
    async with opened(tmp_path / "first") as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        await history.apply((late(4),))
    expected = await expected_of(*two_days(), late(4))
    number, gone = 0, ""
    while gone != "discarded":  # then the first piece is whole, and the next takes the same steps
        number += 1
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", folder)
        left = number

        def step(name: str) -> None:
            nonlocal left, gone
            left -= 1
            if left == 0:
                gone = name
                raise _Killed

        async with opened(folder, step=step) as history:
            with suppress(_Killed):
                await history.tidy(NEXT_YEAR)
        async with opened(folder) as history:
            await assert_answers(history, expected)
            await history.tidy(Instant(NEXT_YEAR + DAY))
            await assert_answers(history, expected)
    assert number > 10


async def test_late_readings_of_a_sealed_day_are_seen_at_once_and_sealed_the_next_night(
    tmp_path: Path,
):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        await history.apply((late(4),))
        await assert_all_there(history, *two_days(), late(4))
        assert await history.secured() == 3
        known = await history.known(
            np.array([SENSOR, SENSOR, OTHER_SENSOR, SENSOR]),
            np.array([NOON + 1, NOON, NOON, NOON + 2]),
        )
        assert known.tolist() == [True, True, True, False]
        await history.tidy(Instant(LATER + DAY))
        assert await history.secured() == 4
        await assert_all_there(history, *two_days(), late(4))
        assert len(sealed_files(tmp_path)) == 6


async def test_a_lost_duckdb_file_is_made_anew_from_sealed_files_and_what_the_journal_still_has(
    tmp_path: Path,
):
    journal = MemoryJournal(FixedClock())
    for batch in (*two_days(), late(4)):
        await journal.append([a_checked_batch(batch.readings, municipality=batch.municipality)])
    batches = await journal.read(NOTHING)
    async with opened(tmp_path) as history:
        await history.apply(batches[:3])
        await history.tidy(LATER)
        await history.apply(batches[3:])
        await history.begin_after(batches[2])
        await journal.forget(batches[2].sequence)
        assert journal.first == 3
    (tmp_path / "history.duckdb").unlink()
    async with opened(tmp_path) as history:
        await belong_together(journal, history)
        assert (history.applied, history.applied_at) == (3, batches[2].stored_at)
        await history.apply(await journal.read(history.applied))
        await assert_all_there(history, *batches)


async def test_a_whole_journal_read_again_adds_nothing_that_is_sealed(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        await history.apply((late(4),))
    (tmp_path / "history.duckdb").unlink()
    async with opened(tmp_path) as history:
        assert history.applied == 0
        await history.apply((*two_days(), late(4)))
        await assert_all_there(history, *two_days(), late(4))
        assert await history.secured() == 3


async def test_another_journal_loses_nothing_that_is_sealed_and_doubles_nothing(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        journal = MemoryJournal(FixedClock())
        again = (two_days()[1], late(2))  # a backup of the journal without the first batch
        for batch in again:
            await journal.append([a_checked_batch(batch.readings, municipality=batch.municipality)])
        await belong_together(journal, history)
        assert history.applied == 0
        await history.apply(await journal.read(NOTHING))
        expected = await expected_of(*two_days(), late(4))
        for town in (HERE, THERE):
            found = await everything_of(history, town)
            assert found[1:] == expected[town][1:]
        await history.tidy(NEXT_YEAR)
        assert (await everything_of(history, HERE))[1:] == expected[HERE][1:]


@pytest.mark.parametrize("damage", ["missing", "a bit", "cut short"])
async def test_a_damaged_file_is_named_and_everything_else_is_answered(tmp_path: Path, damage: str):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
    victim = next(f for f in sealed_files(tmp_path) if f"{HERE:012x}.20260501" in f.name)
    whole = victim.read_bytes()
    _spoil(victim, damage)

    async with opened(tmp_path) as history:
        expected = await expected_of(*two_days())
        found = await everything_of(history, HERE)
        times = [row[1] for row in found[0]]
        assert min(times) >= MIDNIGHT + DAY
        assert len(times) == 260
        assert found[5] == expected[HERE][5]  # days are rolled up in a file of their own
        assert found[4] == expected[HERE][4]
        assert await everything_of(history, THERE) == expected[THERE]
        assert [flaw.file for flaw in history.sealed.known()] == [victim.name]
        assert await history.sealed.flaws() == ()

    victim.write_bytes(whole)
    async with opened(tmp_path) as history:
        await assert_all_there(history, *two_days())
        assert history.sealed.known() == ()


def _spoil(file: Path, damage: str) -> None:
    content = bytearray(file.read_bytes())
    match damage:
        case "missing":
            file.unlink()
        case "a bit":
            content[len(content) // 3] ^= 4
            file.write_bytes(content)
        case "cut short":
            file.write_bytes(content[:-9])


async def test_a_scrub_finds_a_bit_that_has_flipped_while_the_program_runs(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        await assert_all_there(history, *two_days())
        victim = sealed_files(tmp_path, "days")[0]
        _spoil(victim, "a bit")
        await history.sealed.flaws()
        assert [flaw.file for flaw in history.sealed.known()] == [victim.name]


async def test_damage_is_not_sealed_again_as_if_it_were_sound(tmp_path: Path):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        victim = next(f for f in sealed_files(tmp_path) if f"{HERE:012x}.20260501" in f.name)
    _spoil(victim, "a bit")
    async with opened(tmp_path) as history:
        await history.tidy(NEXT_YEAR)
        found = await everything_of(history, HERE)
        assert len(found[0]) == 260
        assert [flaw.file for flaw in history.sealed.known()] == [victim.name]


@pytest.mark.parametrize("name", ["manifest.json", "manifest.copy.json"])
async def test_one_damaged_list_is_made_up_for_by_the_other(tmp_path: Path, name: str):
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
    _spoil(tmp_path / "sealed" / name, "a bit")
    async with opened(tmp_path) as history:
        await assert_all_there(history, *two_days())
        assert [flaw.file for flaw in await history.sealed.flaws()] == [name]
        assert await history.sealed.flaws() == ()


async def test_sealed_numbers_come_back_exactly(tmp_path: Path):
    chance = np.random.default_rng(3)
    values = np.concatenate(
        (
            np.round(chance.normal(3e5, 1e4, 50), -2),
            np.round(chance.normal(3, 1, 50), 2),
            chance.normal(0, 1, 50),
            np.array([0.1 + 0.2, 1e300, -1e-300, 0.0, -0.0, 2.0**53 + 2, 1e15 + 0.5, 5e-324]),
        )
    )
    sensors = np.concatenate((np.repeat([1, 2, 3], 50), np.full(8, 4)))
    quality = np.where(np.arange(len(values)) % 3 == 0, 0.98, np.nan)
    rows = readings(*values.tolist(), sensor=sensors.tolist(), every=SECOND, quality=quality)
    async with opened(tmp_path) as history:
        await history.apply((a_stored_batch(rows, sequence=1),))
        before = (await history.of(HERE).placed(None, **ALWAYS)).readings
        await history.tidy(NEXT_YEAR)
        after = (await history.of(HERE).placed(None, **ALWAYS)).readings
    assert len(sealed_files(tmp_path)) == 1
    for column in ("sensors", "times", "arrived", "values", "quality", "marks"):
        assert np.array_equal(getattr(before, column), getattr(after, column), equal_nan=True)
    assert np.array_equal(after.values, values)


async def test_an_export_that_goes_on_while_its_files_are_sealed_anew_shows_its_moment(
    tmp_path: Path,
):
    async with opened(tmp_path) as history:
        await history.apply((a_stored_batch(many_readings(5_000), sequence=1),))
        await history.tidy(LATER)
        export = history.of(HERE).export(**ALWAYS, chunk=1_000)
        first = await anext(export)
        await history.apply((late(2),))
        await history.tidy(NEXT_YEAR)
        total = len(first) + sum([len(chunk) async for chunk in export])
    assert total == 5_000


async def test_questions_go_on_while_days_become_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sealing, "WORTH_SEALING", 1)
    async with opened(tmp_path) as history:
        await history.apply(two_days())
        await history.tidy(LATER)
        here, done = history.of(HERE), asyncio.Event()

        async def ask() -> None:
            while not done.is_set():
                assert await here.count(SENSOR, **ALWAYS) == 500
                assert sum((await here.daily_counts(**ALWAYS)).values()) == 501

        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            for n in range(4):
                more = readings(n, sensor=OTHER_SENSOR, start=Instant(NOON + 5 + n))
                await history.apply((a_stored_batch(more, sequence=4 + n, municipality=THERE),))
                await history.tidy(Instant(NEXT_YEAR + n * DAY))
            done.set()


async def test_sealed_files_reach_nothing_else_on_the_disk(tmp_path: Path):
    secret = tmp_path / "elsewhere.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS a) TO '{secret}'").complete()
    async with opened(tmp_path / "history") as history:

        def steal(cursor: duckdb.DuckDBPyConnection) -> None:
            with pytest.raises(duckdb.PermissionException):
                cursor.execute(f"SELECT * FROM read_parquet('{secret}')").fetchall()
            with pytest.raises(duckdb.InvalidInputException):
                cursor.execute("SET enable_external_access = true").complete()

        await history._threads.read(steal)


async def test_many_sensors_are_sorted_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parquet, "_MOST_SORTED", 100)
    batches = (
        a_stored_batch(many_readings(1_000, sensors=7, every=MINUTE), sequence=1),
        a_stored_batch(
            many_readings(1_000, sensors=90, every=MINUTE), sequence=2, municipality=THERE
        ),
    )
    async with opened(tmp_path) as history:
        await history.apply(batches)
        await history.tidy(NEXT_YEAR)
        assert await history.secured() == 2
        await assert_all_there(history, *batches)
    for file in sealed_files(tmp_path):
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT sensor, time FROM '{file}'").fetchall()
            assert rows == sorted(rows)
