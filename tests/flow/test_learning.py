"""Patterns are learned from each town's own history, by its own clock, and kept by version."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ids import DeviceId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime, to_datetime
from appliance.domain.readings import Readings
from appliance.flow.learning import (
    IN_FORCE_AFTER,
    learn_all,
    load_patterns,
    local_seconds_of_week,
    still_learning,
)
from storage.memory.history import MemoryHistory
from storage.operations.database import SqliteOperations
from storage.operations.sensor_types import common_types
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_municipality,
    a_sensor,
    a_stored_batch,
    readings,
)
from tests.fakes import FixedClock

PRESSURE = common_types()[0]
KEY = bytes(range(32))
TOWNS = (a_municipality(), a_municipality(id=THERE, name="Ashford", time_zone="America/New_York"))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def operations(tmp_path: Path, clock: FixedClock) -> AsyncIterator[SqliteOperations]:
    database = SqliteOperations(tmp_path / "operations.db", KEY, clock)
    await database.start()
    try:
        await database.write_system(lambda t: [t.put_municipality(town) for town in TOWNS])
        for sensor, town in ((SENSOR, HERE), (OTHER_SENSOR, THERE)):
            found = a_sensor(
                id=sensor, type=PRESSURE, municipality=town, device_id=DeviceId(f"D{sensor}")
            )
            await database.write(town, lambda t, s=found: t.sensors.add([(s, b"x" * 32)]))
        yield database
    finally:
        await database.stop()


def days_of(sensor: int, days: int, *, by_night: float, zone: str) -> Readings:
    """Give a reading a quarter of an hour: 3 bar by day, another value from 0 to 6 by the wall clock."""
    start = Instant(NOON - days * DAY)
    times = start + 15 * MINUTE * np.arange(96 * days + 1)
    hours = local_seconds_of_week(times, zone) // 3600 % 24
    values = np.where(hours < 6, by_night, 3e5) + np.tile([-1e3, 0, 1e3], len(times))[: len(times)]
    return readings(*values, sensor=sensor, times=times, arrived=times)


async def fill(history: MemoryHistory, here: int, there: int) -> None:
    await history.apply(
        (
            a_stored_batch(days_of(SENSOR, here, by_night=4e5, zone="Europe/Berlin")),
            a_stored_batch(
                days_of(OTHER_SENSOR, there, by_night=5e5, zone="America/New_York"),
                sequence=2,
                municipality=THERE,
            ),
        )
    )


async def test_a_town_learns_from_its_own_history_by_its_own_clock(operations, clock):
    history = MemoryHistory()
    await fill(history, here=15, there=15)
    reports = [await learn_all(operations, history, clock, town) for town in TOWNS]
    assert [report.learned for report in reports] == [(SENSOR,), (OTHER_SENSOR,)]
    for town, sensor, night in ((TOWNS[0], SENSOR, 4e5), (TOWNS[1], OTHER_SENSOR, 5e5)):
        patterns = await operations.read(town.id, load_patterns)
        assert list(patterns) == [sensor]
        (pattern,) = patterns[sensor]
        assert pattern.in_force == clock.now() + IN_FORCE_AFTER
        hours = np.array([1, 3, 5, 7, 12, 23])
        for day in (0, 4, 5, 6):
            local = day * 86_400 + hours * 3600
            expected = np.array([night] * 3 + [3e5] * 3)
            assert (pattern.score(expected, local) < 2).all()
            assert (pattern.score(7e5 - expected, local) > 6).all()


async def test_it_says_how_far_it_is_while_it_is_still_learning(operations, clock):
    history = MemoryHistory()
    await fill(history, here=10, there=0)
    report = await learn_all(operations, history, clock, TOWNS[0])
    assert report.learned == ()
    assert report.learning == {SENSOR: "still learning (9 of 14 days)"}
    assert await operations.read(HERE, load_patterns) == {}
    said = await operations.read(HERE, lambda t: still_learning(t, SENSOR))
    assert said == "still learning (9 of 14 days)"
    assert await operations.read(THERE, lambda t: still_learning(t, OTHER_SENSOR)) == (
        "still learning (0 of 14 days)"
    )


async def test_a_pattern_is_learned_anew_after_a_week_and_ten_are_kept(operations, clock):
    history = MemoryHistory()
    await fill(history, here=120, there=0)
    clock.set(Instant(NOON - 100 * DAY))
    for _ in range(12):
        assert (await learn_all(operations, history, clock, TOWNS[0])).learned == (SENSOR,)
        clock.advance(6 * DAY)
        assert (await learn_all(operations, history, clock, TOWNS[0])).kept == 1
        clock.advance(DAY + 2 * MINUTE)
    every = (await operations.read(HERE, lambda t: load_patterns(t, versions=10)))[SENSOR]
    begins = [pattern.in_force for pattern in every]
    assert begins == sorted(begins)
    assert len(begins) == 10
    newest = (await operations.read(HERE, load_patterns))[SENSOR]
    assert [pattern.in_force for pattern in newest] == begins[-2:]
    assert await operations.read(HERE, lambda t: still_learning(t, SENSOR)) == ""


@given(
    st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=20),
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
)
def test_local_seconds_are_those_of_the_wall_clock(seconds: list[int], zone: str):
    times = np.array(seconds) * SECOND
    expected = []
    for time in times.tolist():
        local = to_datetime(Instant(time)).astimezone(ZoneInfo(zone))
        midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
        expected.append(
            int(timedelta(days=local.weekday()).total_seconds() + midnight.total_seconds())
        )
    assert local_seconds_of_week(times, zone).tolist() == expected


def test_the_hour_that_summer_time_leaves_out_is_left_out():
    before = from_datetime(datetime(2026, 3, 29, 1, 59, 59, tzinfo=ZoneInfo("Europe/Berlin")))
    local = local_seconds_of_week(np.array([before, before + SECOND]), "Europe/Berlin")
    assert (local % 86_400 // 3600).tolist() == [1, 3]
    autumn = from_datetime(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    twice = local_seconds_of_week(np.array([autumn, autumn + HOUR]), "Europe/Berlin")
    assert twice[0] == twice[1]


def test_no_times_have_no_local_seconds():
    assert local_seconds_of_week(np.empty(0, np.int64), "Europe/Berlin").shape == (0,)
