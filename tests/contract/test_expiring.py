"""Retention deletes what is too old, for good, and nothing else: boundaries, types, crashes."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from appliance.domain.instant import DAY, HOUR, MINUTE, Instant
from appliance.domain.readings import StoredBatch
from appliance.domain.retention import limit
from appliance.ports.history import History, Keep, Limits
from storage.memory.history import MemoryHistory
from tests.builders import HERE, NOON, OTHER_SENSOR, SENSOR, THERE, a_stored_batch, readings
from tests.contract.test_sealing import _Killed, everything_of, expected_of, opened, sealed_files

ALWAYS = {"since": Instant(0), "until": Instant(4_000 * 365 * DAY)}
MIDNIGHT = Instant(NOON - 12 * HOUR)
LATER = Instant(NOON + 5 * DAY)
NEXT_YEAR = Instant(NOON + 366 * DAY)
FOREVER = Instant(0)
FLOW = SENSOR + 1


def four_days() -> tuple[StoredBatch, ...]:
    """A reading each ten minutes of two sensors here and one there, from midnight to midnight."""
    pressure = readings(*range(576), start=MIDNIGHT, every=10 * MINUTE)
    flow = readings(*range(576), start=MIDNIGHT, every=10 * MINUTE, sensor=FLOW)
    there = readings(*range(576), start=MIDNIGHT, every=10 * MINUTE, sensor=OTHER_SENSOR)
    return (
        a_stored_batch(pressure, sequence=1),
        a_stored_batch(flow, sequence=2),
        a_stored_batch(there, sequence=3, municipality=THERE),
    )


def keep(others: Limits, sensors: tuple[int, ...] = (), own: Limits | None = None) -> Keep:
    n = len(sensors)
    own = own or others
    return Keep(
        np.array(sensors, np.int64),
        *(np.full(n, value) for value in (own.readings, own.minutes, own.hours, own.days)),
        others,
    )


def only_readings(before: int) -> Limits:
    return Limits(Instant(before), FOREVER, FOREVER, FOREVER)


@pytest.fixture(params=["memory", "days", "a month"])
async def history(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[History]:
    """Four days, sealed day by day or as a month."""
    if request.param == "memory":
        memory = MemoryHistory()
        await memory.apply(four_days())
        yield memory
        return
    async with opened(tmp_path) as in_duckdb:
        await in_duckdb.apply(four_days())
        await in_duckdb.tidy(LATER if request.param == "days" else NEXT_YEAR)
        yield in_duckdb


async def times_of(history: History, sensor: int) -> list[int]:
    placed = await history.of(HERE).placed(np.array([sensor]), **ALWAYS)
    return sorted(placed.readings.times.tolist())


async def test_readings_are_deleted_before_a_midnight_and_their_rollups_stay(history: History):
    before = await everything_of(history, HERE)
    there = await everything_of(history, THERE)

    await history.expire(HERE, keep(only_readings(MIDNIGHT + 2 * DAY)))

    for sensor in (SENSOR, FLOW):
        times = await times_of(history, sensor)
        assert times[0] == MIDNIGHT + 2 * DAY
        assert len(times) == 288
    after = await everything_of(history, HERE)
    assert after[1:] == before[1:]
    assert await everything_of(history, THERE) == there
    assert await history.expire(HERE, keep(only_readings(MIDNIGHT + 2 * DAY))) == 0


async def test_each_sensor_type_has_spans_of_its_own(history: History):
    mine = only_readings(MIDNIGHT + 3 * DAY)
    await history.expire(HERE, keep(only_readings(MIDNIGHT + DAY), (FLOW,), mine))

    assert (await times_of(history, SENSOR))[0] == MIDNIGHT + DAY
    assert (await times_of(history, FLOW))[0] == MIDNIGHT + 3 * DAY


async def test_each_rollup_has_a_span_of_its_own(history: History):
    days = [Instant(MIDNIGHT + n * DAY) for n in (3, 2, 1)]
    await history.expire(HERE, keep(Limits(*days, FOREVER)))
    here = history.of(HERE)

    firsts = []
    for step in (MINUTE, HOUR, DAY):
        rolled = await here.rollup(None, **ALWAYS, step=step)
        firsts.append(int(rolled.starts.min()))
    assert firsts == [MIDNIGHT + 2 * DAY, MIDNIGHT + DAY, MIDNIGHT]
    assert await times_of(history, SENSOR) == [
        MIDNIGHT + 3 * DAY + n * 10 * MINUTE for n in range(144)
    ]


async def test_a_chart_over_deleted_readings_shows_their_rollups(history: History):
    await history.expire(HERE, keep(only_readings(MIDNIGHT + 2 * DAY)))
    series = await history.of(HERE).series(
        SENSOR, since=MIDNIGHT, until=Instant(MIDNIGHT + 4 * DAY), points=8
    )
    assert series.counts.sum() == 576
    assert (series.minima.min(), series.maxima.max()) == (0, 575)
    fine = await history.of(HERE).series(
        SENSOR, since=MIDNIGHT, until=Instant(MIDNIGHT + 4 * DAY), points=100_000
    )
    assert fine.counts.sum() == 576
    assert (fine.minima.min(), fine.maxima.max()) == (0, 575)


async def test_everything_that_is_too_old_goes_for_good(tmp_path: Path):
    gone = Instant(MIDNIGHT + 10 * DAY)
    async with opened(tmp_path) as history:
        await history.apply(four_days())
        await history.tidy(NEXT_YEAR)
        room = sum(f.stat().st_size for f in (tmp_path / "sealed").glob(f"*{HERE:012x}*"))
        freed = await history.expire(HERE, keep(Limits(gone, gone, gone, gone)))
        assert freed == room > 0
        assert list((tmp_path / "sealed").glob(f"*{HERE:012x}*")) == []
        assert await everything_of(history, HERE) == await everything_of(MemoryHistory(), HERE)
        assert await everything_of(history, THERE) == (await expected_of(*four_days()))[THERE]
    async with opened(tmp_path) as history:  # and a journal read again does not bring it back
        assert await times_of(history, SENSOR) == []
    (tmp_path / "history.duckdb").unlink()
    async with opened(tmp_path) as history:
        await history.apply(four_days())
        assert await times_of(history, SENSOR) == []
        assert await everything_of(history, THERE) == (await expected_of(*four_days()))[THERE]


async def test_the_end_at_any_step_of_deleting_leaves_the_rest_for_the_next_time(tmp_path: Path):
    wanted = keep(only_readings(MIDNIGHT + 2 * DAY + HOUR))
    number, gone = 0, ""
    while gone != "discarded":
        number += 1
        folder = tmp_path / str(number)
        async with opened(folder) as history:
            await history.apply(four_days())
            await history.tidy(NEXT_YEAR)
            before = await everything_of(history, HERE)
        left = number

        def step(name: str) -> None:
            nonlocal left, gone
            left -= 1
            if left == 0:
                gone = name
                raise _Killed

        async with opened(folder, step=step) as history:
            with suppress(_Killed):
                await history.expire(HERE, wanted)
        async with opened(folder) as history:
            assert (await everything_of(history, HERE))[1:] == before[1:]
            await history.expire(HERE, wanted)
            assert (await everything_of(history, HERE))[1:] == before[1:]
            assert (await times_of(history, SENSOR))[0] == MIDNIGHT + 2 * DAY + HOUR
            assert len(sealed_files(folder)) == 2
    assert number > 5


async def test_late_readings_of_deleted_days_are_counted_and_deleted_in_turn(tmp_path: Path):
    wanted = keep(only_readings(MIDNIGHT + 2 * DAY))
    async with opened(tmp_path) as history:
        await history.apply(four_days())
        await history.tidy(NEXT_YEAR)
        await history.expire(HERE, wanted)
        late = readings(9_999, start=Instant(NOON + 1), delay=9 * DAY)
        await history.apply((a_stored_batch(late, sequence=4),))
        assert NOON + 1 in await times_of(history, SENSOR)
        await history.tidy(Instant(NEXT_YEAR + DAY))
        await history.expire(HERE, wanted)
        assert (await times_of(history, SENSOR))[0] == MIDNIGHT + 2 * DAY
        day = await history.of(HERE).rollup(np.array([SENSOR]), **ALWAYS, step=DAY)
        assert day.counts.tolist() == [145, 144, 144, 144]
        assert day.maxima[0] == 9_999


async def test_room_given_back_takes_no_answer_away(tmp_path: Path):
    dense = readings(*range(3_000), start=MIDNIGHT, every=10_000_000)
    async with opened(tmp_path) as history:
        await history.apply((a_stored_batch(dense, sequence=1),))
        await history.tidy(LATER)
        assert sealed_files(tmp_path, "minutes")
        before = await everything_of(history, HERE)
        await history.give_room_back()
        assert sealed_files(tmp_path, "minutes") == []
        assert await everything_of(history, HERE) == before


@pytest.mark.parametrize("hour", [0, 1, 23])
def test_days_are_those_of_utc_whatever_the_hour(hour: int):
    now = Instant(MIDNIGHT + hour * HOUR)
    assert limit(now, 1) == MIDNIGHT - DAY
    assert limit(now, 36_500) == max(0, MIDNIGHT - 36_500 * DAY)
