"""What every history promises, the one in memory and the one in DuckDB."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.buckets import divide
from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.readings import Mark, Readings, StoredBatch
from appliance.ports.history import Chunks, History
from storage.history.history import DuckHistory
from storage.memory.history import MemoryHistory
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_stored_batch,
    many_readings,
    readings,
    same_readings,
)
from tests.fakes import FixedClock

ALWAYS = {"since": Instant(0), "until": Instant(2**62)}


@pytest.fixture(params=["memory", "duckdb"])
async def history(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[History]:
    if request.param == "memory":
        yield MemoryHistory()
        return
    in_duckdb = DuckHistory(tmp_path, FixedClock())
    await in_duckdb.start()
    yield in_duckdb
    await in_duckdb.stop()


def theirs(rows: Readings, sequence: int) -> StoredBatch:
    return a_stored_batch(rows, sequence=sequence, municipality=THERE)


async def with_both(history: History) -> History:
    """Ten readings a minute apart here, and ten at the same times there."""
    await history.apply(
        (
            a_stored_batch(readings(*range(10)), sequence=1),
            theirs(readings(*range(100, 110), sensor=OTHER_SENSOR), 2),
        )
    )
    return history


async def chunks_of(export: Chunks) -> list[Readings]:
    return [chunk async for chunk in export]


async def all_of(history: History, municipality: MunicipalityId) -> list[tuple[float, ...]]:
    placed = await history.of(municipality).placed(None, **ALWAYS)
    rows = placed.readings
    columns = (rows.sensors, rows.times, rows.arrived, rows.values, rows.marks, placed.sequences)
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def test_a_new_history_is_empty(history: History):
    here = history.of(HERE)

    assert (history.applied, history.applied_at) == (0, 0)
    assert len(await here.newest(SENSOR, **ALWAYS, limit=10)) == 0
    assert await here.count(SENSOR, **ALWAYS) == 0
    assert len((await here.series(SENSOR, **ALWAYS, points=10)).starts) == 0
    assert len((await here.placed(None, **ALWAYS)).sequences) == 0
    assert len((await here.find(SENSOR, NOON)).sequences) == 0
    assert await here.daily_counts(**ALWAYS) == {}
    assert await chunks_of(here.export(**ALWAYS)) == []
    assert (await history.known(np.array([SENSOR]), np.array([NOON]))).tolist() == [False]


async def test_applying_moves_the_cursor_and_keeps_every_column(history: History):
    rows = readings(3.25, -1e-9, 7e12, quality=np.array([0.1, np.nan, 1.0]), marks=[0, 1, 4])
    await history.apply((a_stored_batch(rows, sequence=1),))

    assert (history.applied, history.applied_at) == (1, NOON + SECOND)
    placed = await history.of(HERE).placed(None, **ALWAYS)
    assert same_readings(placed.readings, rows)
    assert placed.sequences.tolist() == [1, 1, 1]


async def test_applying_twice_changes_nothing(history: History):
    first, second = a_stored_batch(readings(1, 2), sequence=1), theirs(readings(3), 2)
    await history.apply((first,))
    await history.apply((first, second))
    before = await all_of(history, HERE), await all_of(history, THERE)
    await history.apply((first, second))
    await history.apply(())

    assert (await all_of(history, HERE), await all_of(history, THERE)) == before
    assert [len(rows) for rows in before] == [2, 1]
    assert history.applied == 2


async def test_a_missing_batch_is_not_passed_over(history: History):
    await history.apply((a_stored_batch(sequence=1),))
    with pytest.raises(StorageFailed, match="batch 3 came instead of 2"):
        await history.apply((a_stored_batch(sequence=3),))
    with pytest.raises(StorageFailed, match="batch 4 came instead of 3"):
        await history.apply((a_stored_batch(sequence=2), a_stored_batch(sequence=4)))

    assert history.applied == 1
    assert len(await all_of(history, HERE)) == 1


async def test_quarantined_readings_are_left_out_and_empty_batches_move_the_cursor(
    history: History,
):
    await history.apply(
        (
            a_stored_batch(readings(1, 2, 3, marks=[0, Mark.IMPLAUSIBLE, Mark.LATE]), sequence=1),
            a_stored_batch(Readings.none(), sequence=2),
        )
    )
    await history.apply((a_stored_batch(Readings.none(), sequence=3),))

    assert history.applied == 3
    assert [row[3] for row in await all_of(history, HERE)] == [1, 3]


async def test_no_query_reaches_another_municipality(history: History):
    await with_both(history)
    here, there = history.of(HERE), history.of(THERE)

    assert await here.count(SENSOR, **ALWAYS) == 10
    assert await here.count(OTHER_SENSOR, **ALWAYS) == 0
    assert len(await here.newest(OTHER_SENSOR, **ALWAYS, limit=10)) == 0
    assert len((await here.series(OTHER_SENSOR, **ALWAYS, points=10)).starts) == 0
    assert len((await here.find(OTHER_SENSOR, NOON)).sequences) == 0
    assert len((await here.placed(np.array([OTHER_SENSOR]), **ALWAYS)).sequences) == 0
    assert sum((await here.daily_counts(**ALWAYS)).values()) == 10
    for municipality, sensor in ((here, SENSOR), (there, OTHER_SENSOR)):
        (chunk,) = await chunks_of(municipality.export(**ALWAYS))
        assert set(chunk.sensors.tolist()) == {sensor}
        assert set((await municipality.placed(None, **ALWAYS)).readings.sensors) == {sensor}


async def test_the_newest_come_first_a_page_at_a_time(history: History):
    here = (await with_both(history)).of(HERE)
    until = Instant(NOON + 8 * MINUTE)

    first = await here.newest(SENSOR, since=Instant(NOON + MINUTE), until=until, limit=3)
    second = await here.newest(SENSOR, since=Instant(NOON + MINUTE), until=until, limit=9, offset=3)

    assert first.values.tolist() == [7, 6, 5]
    assert second.values.tolist() == [4, 3, 2, 1]
    assert await here.count(SENSOR, since=Instant(NOON + MINUTE), until=until) == 7


async def test_a_series_keeps_every_peak_in_buckets_of_equal_width(history: History):
    values = [3.0] * 100
    values[37], values[38] = 900.0, -900.0
    await history.apply((a_stored_batch(readings(*values, every=SECOND), sequence=1),))

    until = Instant(NOON + 100 * SECOND)
    series = await history.of(HERE).series(SENSOR, since=NOON, until=until, points=10)

    assert series.starts.tolist() == [NOON + n * 10 * SECOND for n in range(10)]
    assert series.counts.tolist() == [10] * 10
    assert series.maxima.tolist() == [3, 3, 3, 900, 3, 3, 3, 3, 3, 3]
    assert series.minima.tolist() == [3, 3, 3, -900, 3, 3, 3, 3, 3, 3]
    assert series.means.tolist() == pytest.approx([3, 3, 3, 2.4, 3, 3, 3, 3, 3, 3])


@pytest.mark.parametrize("points", [1, 2, 3, 7, 1_000])
async def test_a_series_has_at_most_the_points_asked_for_and_no_empty_bucket(
    history: History, points: int
):
    here = (await with_both(history)).of(HERE)
    since, until = Instant(NOON - HOUR), Instant(NOON + HOUR + 1)
    series = await here.series(SENSOR, since=since, until=until, points=points)

    assert 1 <= len(series.starts) <= points
    assert series.counts.sum() == 10
    assert (series.counts > 0).all()
    assert series.minima.min() == 0
    assert series.maxima.max() == 9
    division = divide(since, until, points)
    assert ((series.starts - division.first) % division.width == 0).all()
    assert -((since - until) // points) <= division.width <= 1.25 * (until - since) / points
    assert (series.starts < until).all()


async def test_placed_readings_come_in_the_order_of_the_journal(history: History):
    late = readings(1, 2, start=Instant(NOON - DAY), arrived=np.array([NOON + 5, NOON + 5]))
    both = readings(3, 4, 5, sensor=[SENSOR + 7, SENSOR, SENSOR + 3], arrived=np.full(3, NOON + 9))
    await history.apply(
        (
            a_stored_batch(late, sequence=1),
            theirs(readings(9, sensor=OTHER_SENSOR, delay=7), 2),
            a_stored_batch(both, sequence=3),
        )
    )
    here = history.of(HERE)

    everything = await here.placed(None, **ALWAYS)
    assert everything.readings.values.tolist() == [1, 2, 3, 4, 5]
    assert everything.sequences.tolist() == [1, 1, 3, 3, 3]
    some = await here.placed(np.array([SENSOR, SENSOR + 3, OTHER_SENSOR]), **ALWAYS)
    assert some.readings.values.tolist() == [1, 2, 4, 5]
    early = await here.placed(None, since=Instant(NOON + 5), until=Instant(NOON + 9))
    assert early.readings.values.tolist() == [1, 2]
    assert len((await here.placed(np.empty(0, np.int64), **ALWAYS)).sequences) == 0


async def test_one_reading_is_found_by_sensor_and_time(history: History):
    here = (await with_both(history)).of(HERE)

    found = await here.find(SENSOR, Instant(NOON + 3 * MINUTE))
    assert found.readings.values.tolist() == [3]
    assert found.sequences.tolist() == [1]
    assert len((await here.find(SENSOR, Instant(NOON + 1))).sequences) == 0


async def test_readings_are_counted_by_day_in_utc(history: History):
    before_midnight = Instant(NOON + 12 * HOUR - MINUTE)
    day = NOON - 12 * HOUR
    await history.apply((a_stored_batch(readings(1, 2, 3, start=before_midnight), sequence=1),))
    here = history.of(HERE)

    assert await here.daily_counts(**ALWAYS) == {day: 1, day + DAY: 2}
    assert await here.daily_counts(since=Instant(day), until=Instant(day + DAY)) == {day: 1}


async def test_an_export_is_ordered_by_sensor_and_time_in_chunks(history: History):
    first, second = many_readings(900, sensors=30), many_readings(900, sensors=30, seed=2)
    later = Readings(
        second.sensors[::-1],
        (second.times + HOUR)[::-1],
        second.arrived[::-1],
        second.values[::-1],
        second.quality[::-1],
        second.marks[::-1],
    )
    await history.apply(
        (a_stored_batch(later, sequence=1), theirs(first, 2), a_stored_batch(first, sequence=3))
    )

    chunks = await chunks_of(history.of(HERE).export(**ALWAYS, chunk=500))

    assert [len(chunk) for chunk in chunks] == [500, 500, 500, 300]
    pairs = [p for c in chunks for p in zip(c.sensors.tolist(), c.times.tolist(), strict=True)]
    assert pairs == sorted(pairs)
    assert len(set(pairs)) == 1_800
    total = sum(chunk.values.sum() for chunk in chunks)
    assert total == pytest.approx(first.values.sum() + later.values.sum())


async def test_an_export_shows_one_moment(history: History):
    await with_both(history)
    export = history.of(HERE).export(**ALWAYS, chunk=4)
    got = [await anext(export)]
    await history.apply((a_stored_batch(readings(77, start=Instant(NOON + DAY)), sequence=3),))
    got += await chunks_of(export)

    assert [value for chunk in got for value in chunk.values.tolist()] == list(range(10))


async def test_what_is_known_is_told_for_few_and_for_many(history: History):
    await history.apply(
        (
            a_stored_batch(many_readings(5_000), sequence=1),
            theirs(readings(1, 2, sensor=OTHER_SENSOR, start=Instant(NOON - DAY)), 2),
        )
    )

    few = await history.known(
        np.array([OTHER_SENSOR, OTHER_SENSOR, SENSOR, OTHER_SENSOR]),
        np.array([NOON - DAY, NOON - DAY + 1, NOON, NOON - DAY + MINUTE]),
    )
    assert few.tolist() == [True, False, True, True]
    rows = many_readings(10_000)
    assert np.flatnonzero(await history.known(rows.sensors, rows.times)).tolist() == [*range(5_000)]
    twice = await history.known(np.repeat(rows.sensors, 2), np.repeat(rows.times, 2))
    assert twice.sum() == 10_000
    nothing = np.empty(0, np.int64)
    assert (await history.known(nothing, nothing)).tolist() == []


async def test_settled_waits_for_what_is_on_its_way(history: History):
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(history.settled(2))
        await history.apply((a_stored_batch(sequence=1),))
        assert not waiting.done()
        await history.apply((a_stored_batch(readings(start=Instant(NOON + DAY)), sequence=2),))
        async with asyncio.timeout(1):
            await waiting
    async with asyncio.timeout(0.1):
        await history.settled(1)


async def test_beginning_again_forgets_everything(history: History):
    await with_both(history)
    here = history.of(HERE)
    await history.begin_again()

    assert (history.applied, history.applied_at) == (0, 0)
    assert await here.count(SENSOR, **ALWAYS) == 0
    assert await all_of(history, THERE) == []
    await history.apply((a_stored_batch(sequence=1),))
    assert await here.count(SENSOR, **ALWAYS) == 1


async def test_the_event_loop_never_blocks(history: History, nothing_blocks: object):
    here = (await with_both(history)).of(HERE)
    await here.newest(SENSOR, **ALWAYS, limit=3)
    await history.known(np.array([SENSOR]), np.array([NOON]))
    await chunks_of(here.export(**ALWAYS))
    await history.begin_again()


STEPS = st.lists(st.tuples(st.sampled_from([HERE, THERE]), st.integers(0, 30)), max_size=8)


@given(
    steps=STEPS, since=st.integers(-40, 40), length=st.integers(1, 80), points=st.integers(1, 50)
)
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_both_answer_alike(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[MunicipalityId, int]],
    since: int,
    length: int,
    points: int,
):
    in_duckdb = DuckHistory(tmp_path_factory.mktemp("history"), FixedClock())
    await in_duckdb.start()
    in_memory = MemoryHistory()
    batches = tuple(
        a_stored_batch(
            many_readings(n, sensors=3, start=Instant(NOON + 10 * place * SECOND), seed=place),
            sequence=place,
            municipality=municipality,
        )
        for place, (municipality, n) in enumerate(steps, 1)
    )
    spread = {
        "since": Instant(NOON + since * SECOND),
        "until": Instant(NOON + (since + length) * SECOND),
    }
    answers = []
    for history in (in_duckdb, in_memory):
        await history.apply(batches)
        here = history.of(HERE)
        series = await here.series(SENSOR, **spread, points=points)
        placed = await here.placed(None, **spread)
        exported = await chunks_of(here.export(**spread, chunk=7))
        newest = await here.newest(SENSOR, **spread, limit=5, offset=1)
        answers.append(
            (
                series.starts.tolist(),
                series.minima.tolist(),
                series.maxima.tolist(),
                series.counts.tolist(),
                placed.readings.values.tolist(),
                placed.sequences.tolist(),
                [chunk.values.tolist() for chunk in exported],
                newest.times.tolist(),
                await here.daily_counts(**spread),
                await all_of(history, THERE),
            )
        )
    await in_duckdb.stop()
    assert answers[0] == answers[1]
