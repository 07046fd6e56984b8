"""What the demo's instruments read: three simulated weeks, over and over, and a burst."""

import numpy as np
import pytest

from appliance.demo import place
from appliance.demo.fleet import fleet
from appliance.demo.founding import LOWEST_BAR
from appliance.demo.town import ONSET, REPAIR, REPAIRED_AFTER, STEP, Town, simulated
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse
from appliance.domain.readings import Door

MONDAY = parse("2026-05-03T22:00:00Z")
"""Monday 2026-05-04, 00:00 in Berlin."""
LIMIT = LOWEST_BAR * 1e5


@pytest.fixture(scope="module")
def town() -> Town:
    return simulated(place.TIME_ZONE)


def every(microseconds: int, *, start: int = MONDAY, days: float = 21) -> np.ndarray:
    return np.arange(start, start + int(days * DAY), microseconds, dtype=np.int64)


def test_the_same_instrument_at_the_same_time_always_reads_the_same(town: Town):
    times = every(HOUR)
    assert np.array_equal(town.values("P141", times), town.values("P141", times))
    assert not np.array_equal(town.values("P141", times), town.values("P143", times))


def test_three_weeks_later_everything_is_as_it_was_but_for_noise(town: Town):
    times = every(HOUR)
    now, then = town.values("L1", times), town.values("L1", times + 21 * DAY)
    assert np.abs(now - then).max() < 0.05
    assert not np.array_equal(now, then)


def test_the_end_of_the_weeks_runs_smoothly_into_their_beginning(town: Town):
    times = every(MINUTE, start=MONDAY + 21 * DAY - HOUR, days=2 / 24)
    assert np.abs(np.diff(town.values("L1", times))).max() < 0.05
    assert np.abs(np.diff(town.values("P141", times))).max() < 0.2e5


def test_the_town_lives_by_the_clock_on_its_wall_in_summer_and_in_winter(town: Town):
    summer, winter = parse("2026-07-06T05:00:00Z"), parse("2026-11-30T06:00:00Z")
    both = np.array([summer, winter])
    assert (winter + HOUR - summer - HOUR) % (21 * DAY) == HOUR
    at_seven = town.values("P141", both)
    assert abs(at_seven[0] - at_seven[1]) < 0.03e5


@pytest.mark.parametrize("column", [one.column for one in fleet() if one.column[0] == "P"])
def test_no_pressure_of_a_normal_day_is_below_the_limit_of_the_rule(town: Town, column: str):
    assert town.values(column, every(STEP)).min() > LIMIT


def test_flows_and_levels_are_plausible_and_never_negative(town: Town):
    for one in fleet():
        values = town.values(one.column, every(10 * MINUTE))
        assert np.isfinite(values).all()
        assert values.min() >= 0


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", [0, 5, 13, 20])
def test_whenever_the_main_bursts_the_district_falls_below_the_limit_within_half_a_minute(
    town: Town, hour: int, day: int
):
    burst_at = Instant(MONDAY + day * DAY + hour * HOUR)
    after = burst_at + 2 * ONSET + 10 * SECOND * np.arange(60, dtype=np.int64)
    for column in ("P141", "P143"):
        assert town.values(column, after, burst_at).max() < LIMIT
    far = town.values("P251", after, burst_at)
    assert far.min() > LIMIT
    inflow = town.values("F155", after, burst_at)
    assert inflow.min() > 0.05 > town.values("F155", after).max()


def test_a_burst_changes_nothing_before_it_and_nothing_after_its_repair(town: Town):
    burst_at = Instant(MONDAY + 10 * HOUR)
    for one in fleet():
        before = every(MINUTE, start=burst_at - HOUR, days=1 / 24)
        long_after = every(MINUTE, start=burst_at + REPAIRED_AFTER + REPAIR, days=1 / 24)
        for times in (before, long_after):
            assert np.array_equal(
                town.values(one.column, times), town.values(one.column, times, burst_at)
            )


def test_a_third_of_the_devices_is_behind_each_door_and_all_have_their_place_on_the_map():
    where = place.positions(place.network())
    assert {one.door: 0 for one in fleet()} == {Door.MQTT: 0, Door.HTTP: 0, Door.TCP: 0}
    for door in (Door.MQTT, Door.HTTP, Door.TCP):
        assert sum(one.door is door for one in fleet()) == 9
    assert len({one.device_id for one in fleet()}) == 27
    assert len({where[one.column] for one in fleet()}) == 27


def test_the_network_is_whole_and_lies_where_it_is_said_to_lie(town: Town):
    model = place.network()
    assert (len(model.nodes), len(model.links)) == (97, 119)
    codes = {node.code for node in model.nodes}
    assert all(link.start in codes and link.end in codes for link in model.links)
    for node in model.nodes:
        assert 8.6 < node.position.longitude < 8.8
        assert 54.5 < node.position.latitude < 54.7
    assert {one.column for one in fleet()} == set(town.names)
