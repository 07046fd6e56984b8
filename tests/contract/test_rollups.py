"""Roll-ups answer as the readings themselves would: late or early, settled or not, put in order or not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.buckets import STEPS, divide, floor
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.readings import StoredBatch
from appliance.ports.history import History
from storage.history.history import DuckHistory
from storage.memory.history import MemoryHistory
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_stored_batch,
    readings,
)
from tests.fakes import FixedClock

ALWAYS = {"since": Instant(0), "until": Instant(4_000 * 365 * DAY)}
MIDNIGHT = floor(NOON, DAY)
NEXT_YEAR = Instant(NOON + 366 * DAY)


@pytest.fixture
async def in_duckdb(tmp_path: Path) -> AsyncIterator[DuckHistory]:
    history = DuckHistory(tmp_path, FixedClock())
    await history.start()
    yield history
    await history.stop()


@pytest.fixture(params=["memory", "duckdb", "duckdb, tidied"])
async def history(request: pytest.FixtureRequest, in_duckdb: DuckHistory) -> History:
    """Only the last kind has something to tidy; see `sometimes`."""
    return MemoryHistory() if request.param == "memory" else in_duckdb


def sometimes(request: pytest.FixtureRequest) -> bool:
    return "tidied" in request.node.name


async def with_three_days(history: History, *, tidied: bool) -> None:
    """A reading each ten minutes for three days here, 0, 1, 2 …; hundredfold there, half as many."""
    here = readings(*range(432), start=MIDNIGHT, every=10 * MINUTE)
    there = readings(*range(0, 21_600, 100), sensor=OTHER_SENSOR, start=MIDNIGHT, every=20 * MINUTE)
    await history.apply(
        (
            a_stored_batch(here, sequence=1),
            a_stored_batch(there, sequence=2, municipality=THERE),
        )
    )
    if tidied:
        await history.tidy(Instant(MIDNIGHT + 2 * DAY + 3 * HOUR))


async def test_a_rollup_has_count_extremes_mean_and_last_of_each_step(
    history: History, request: pytest.FixtureRequest
):
    await with_three_days(history, tidied=sometimes(request))
    rolled = await history.of(HERE).rollup(
        np.array([SENSOR, OTHER_SENSOR]),
        since=MIDNIGHT,
        until=Instant(MIDNIGHT + 3 * DAY),
        step=HOUR,
    )
    hours = np.arange(72)

    assert rolled.sensors.tolist() == [SENSOR] * 72
    assert rolled.starts.tolist() == (MIDNIGHT + hours * HOUR).tolist()
    assert rolled.counts.tolist() == [6] * 72
    assert rolled.minima.tolist() == (6 * hours).tolist()
    assert rolled.means.tolist() == (6 * hours + 2.5).tolist()
    assert rolled.maxima.tolist() == (6 * hours + 5).tolist()
    assert rolled.lasts.tolist() == (6 * hours + 5).tolist()
    assert rolled.last_times.tolist() == (MIDNIGHT + hours * HOUR + 50 * MINUTE).tolist()


@pytest.mark.parametrize(("step", "rows"), [(MINUTE, 432), (HOUR, 72), (DAY, 3)])
async def test_no_rollup_reaches_another_municipality(
    history: History, request: pytest.FixtureRequest, step: int, rows: int
):
    await with_three_days(history, tidied=sometimes(request))
    here, there = history.of(HERE), history.of(THERE)

    everything = await here.rollup(None, **ALWAYS, step=step)
    assert set(everything.sensors.tolist()) == {SENSOR}
    assert len(everything.starts) == rows
    theirs = await here.rollup(np.array([OTHER_SENSOR]), **ALWAYS, step=step)
    assert len(theirs.starts) == 0
    assert set((await there.rollup(None, **ALWAYS, step=step)).sensors) == {OTHER_SENSOR}
    none = np.empty(0, np.int64)
    assert len((await here.rollup(none, **ALWAYS, step=step)).starts) == 0


async def test_the_latest_of_every_sensor_is_by_time_and_not_by_arrival(
    history: History, request: pytest.FixtureRequest
):
    await with_three_days(history, tidied=sometimes(request))
    late = readings(
        -1, -2, sensor=[SENSOR, SENSOR + 5], times=np.array([MIDNIGHT + 1, NOON]), delay=90 * DAY
    )
    await history.apply((a_stored_batch(late, sequence=3),))
    latest = await history.of(HERE).latest()

    assert latest.sensors.tolist() == [SENSOR, SENSOR + 5]
    assert latest.times.tolist() == [MIDNIGHT + 431 * 10 * MINUTE, NOON]
    assert latest.values.tolist() == [431, -2]
    assert (await history.of(THERE).latest()).values.tolist() == [21_500]


async def test_nothing_is_known_of_an_empty_history(history: History):
    here = history.of(HERE)
    assert len((await here.latest()).sensors) == 0
    for step in STEPS:
        assert len((await here.rollup(None, **ALWAYS, step=step)).starts) == 0
    await history.tidy(NEXT_YEAR)


async def test_tidying_moves_closed_days_only_and_no_answer_changes(in_duckdb: DuckHistory):
    await with_three_days(in_duckdb, tidied=False)
    before = await everything_of(in_duckdb, HERE), await everything_of(in_duckdb, THERE)
    for now in (3 * HOUR, DAY + HOUR, 2 * DAY + 1, 40 * DAY, 41 * DAY):
        await in_duckdb.tidy(Instant(MIDNIGHT + now))
        assert (await everything_of(in_duckdb, HERE), await everything_of(in_duckdb, THERE)) == (
            before
        )
    known = await in_duckdb.known(np.array([SENSOR] * 2), np.array([MIDNIGHT, MIDNIGHT + 1]))
    assert known.tolist() == [True, False]


async def test_applying_and_reading_go_on_while_days_are_settled(in_duckdb: DuckHistory):
    here = in_duckdb.of(HERE)

    async def tidy() -> None:
        for day in range(1, 40):
            await in_duckdb.tidy(Instant(MIDNIGHT + (40 + day) * DAY))

    async with asyncio.TaskGroup() as group:
        tidying = group.create_task(tidy())
        applied = 0
        while not tidying.done():
            start = Instant(MIDNIGHT + applied * 1_000 * MINUTE)
            rows = readings(*range(1_000), start=start)
            applied += 1
            await in_duckdb.apply((a_stored_batch(rows, sequence=applied),))
            assert await here.count(SENSOR, **ALWAYS) == 1_000 * applied
            rolled = await here.rollup(None, **ALWAYS, step=DAY)
            assert rolled.counts.sum() == 1_000 * applied
            assert (rolled.counts * rolled.means).sum() == pytest.approx(499_500 * applied)
    assert applied > 10


async def test_beginning_again_keeps_what_is_sealed_and_counts_nothing_twice(
    in_duckdb: DuckHistory,
):
    await with_three_days(in_duckdb, tidied=True)
    await in_duckdb.begin_again()
    rolled = await in_duckdb.of(HERE).rollup(None, **ALWAYS, step=DAY)
    assert rolled.counts.tolist() == [144] * 2
    await with_three_days(in_duckdb, tidied=True)
    rolled = await in_duckdb.of(HERE).rollup(None, **ALWAYS, step=DAY)
    assert rolled.counts.tolist() == [144] * 3


async def everything_of(history: History, municipality: MunicipalityId) -> list[Any]:
    """What every question about rolled-up time answers, in comparable form; means to 9 digits."""
    here = history.of(municipality)
    answers: list[Any] = [columns(await here.latest())]
    answers += [columns(await here.rollup(None, **ALWAYS, step=step)) for step in STEPS]
    for points in (1, 3, 50, 400):
        sensor = SENSOR if municipality == HERE else OTHER_SENSOR
        for since, until in ((-HOUR - 7, 3 * DAY + 5), (HOUR + 1, 2 * DAY + 1), (0, DAY)):
            span = {"since": Instant(MIDNIGHT + since), "until": Instant(MIDNIGHT + until)}
            answers.append(columns(await here.series(sensor, **span, points=points)))
            answers.append(await here.daily_counts(**span))
    placed = await here.placed(None, **ALWAYS)
    answers.append((placed.sequences.tolist(), placed.readings.values.tolist()))
    return answers


def columns(table: Any) -> dict[str, list[float]]:
    names = [name for name in type(table).__slots__ if name != "__weakref__"]
    return {
        name: [float(f"{v:.9g}") for v in getattr(table, name).tolist()]
        if name == "means"
        else getattr(table, name).tolist()
        for name in names
    }


@st.composite
def applied(draw: st.DrawFn) -> list[StoredBatch]:
    """Batches of both municipalities over 70 days in any order; no (sensor, time) comes twice."""
    minutes = st.integers(0, 70 * 24 * 4).map(lambda n: n * 15 * MINUTE)
    moments = draw(st.lists(minutes, min_size=1, max_size=40, unique=True))
    batches = []
    for place, moment in enumerate(moments, 1):
        dense, offset = draw(st.sampled_from([1, 7, 60])), draw(st.sampled_from([0, 3 * SECOND]))
        values = draw(st.integers(-1000, 1000))
        ours = draw(st.booleans())
        rows = readings(
            *[values + n % 13 for n in range(dense)],
            sensor=(SENSOR if ours else OTHER_SENSOR) + draw(st.sampled_from([0, 10])),
            start=Instant(MIDNIGHT + moment + offset),
            every=5 * SECOND,
        )
        batches.append(a_stored_batch(rows, sequence=place, municipality=HERE if ours else THERE))
    return batches


@given(
    batches=applied(),
    tidied=st.lists(st.integers(0, 100), max_size=6).map(sorted),
)
@settings(deadline=None, max_examples=15)
async def test_rollups_answer_as_a_history_that_keeps_no_rollups(
    tmp_path_factory: pytest.TempPathFactory, batches: list[StoredBatch], tidied: list[int]
):
    in_duckdb = DuckHistory(tmp_path_factory.mktemp("history"), FixedClock())
    await in_duckdb.start()
    in_memory = MemoryHistory()
    await in_memory.apply(tuple(batches))
    turns = np.array_split(np.arange(len(batches)), len(tidied) + 1)
    for chosen, day in zip(turns, [*tidied, 0], strict=True):
        await in_duckdb.apply(tuple(batches[n] for n in chosen))
        await in_duckdb.tidy(Instant(MIDNIGHT + day * DAY + 2 * HOUR))
    for municipality in (HERE, THERE):
        expected = await everything_of(in_memory, municipality)
        assert await everything_of(in_duckdb, municipality) == expected
    await in_duckdb.stop()


async def test_rollups_survive_a_restart(tmp_path: Path):
    clock = FixedClock()
    first = DuckHistory(tmp_path, clock)
    await first.start()
    await with_three_days(first, tidied=True)
    expected = await everything_of(first, HERE)
    await first.stop()
    again = DuckHistory(tmp_path, clock)
    await again.start()
    assert await everything_of(again, HERE) == expected
    await again.stop()


async def test_a_file_of_an_older_layout_is_filled_anew(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "history.duckdb")) as connection:
        connection.execute("CREATE TABLE layout AS SELECT 3 AS version").complete()
    history = DuckHistory(tmp_path, FixedClock())
    await history.start()
    assert history.applied == 0
    await with_three_days(history, tidied=True)
    assert history.applied == 2
    await history.stop()


def test_buckets_are_whole_steps_and_at_most_a_quarter_wider_than_asked_for():
    for length in (1, 59 * SECOND, HOUR, 5 * HOUR + 1, 30 * DAY, 365 * DAY, 4_000 * DAY):
        for points in (1, 2, 10, 500, 1_000, 10_000):
            division = divide(NOON + 17, Instant(NOON + 17 + length), points)
            width = -(-length // points)
            assert division.width >= width
            assert division.first <= NOON + 17 < division.first + (division.step or 1)
            assert -(-(NOON + 17 + length - division.first) // division.width) <= points
            if division.step is None:
                assert division.width == width
            else:
                assert (division.width % division.step, division.first % division.step) == (0, 0)
                assert division.width <= 1.5 * width
