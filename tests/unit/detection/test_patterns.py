"""What is learned of a sensor: enough or not, robust, and never a deviation of nothing."""

import numpy as np
import pytest

from appliance.detection.book import utc_seconds_of_week
from appliance.detection.patterns import BINS, Learning, Pattern, bin_of, learn, pack, unpack
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant
from tests.builders import NOON

CHANCE = np.random.default_rng(7)


def learned(values: np.ndarray, every: int) -> Pattern | Learning:
    times = NOON + every * np.arange(len(values))
    return learn(times, values, utc_seconds_of_week(times), in_force=NOON)


def a_fortnight(every: int) -> np.ndarray:
    return np.arange(14 * DAY // every + 1)


def test_two_weeks_at_a_quarter_of_an_hour_tell_the_usual_of_every_half_hour():
    pattern = learned(
        3e5 + 1e3 * CHANCE.standard_normal(len(a_fortnight(15 * MINUTE))), 15 * MINUTE
    )
    assert isinstance(pattern, Pattern)
    assert np.allclose(pattern.medians, 3e5, atol=1500)
    assert ((pattern.deviations > 300) & (pattern.deviations < 3000)).all()


@pytest.mark.parametrize(
    ("days", "words"), [(0.5, "0 of 14"), (9.9, "9 of 14"), (13.99, "13 of 14")]
)
def test_less_than_two_weeks_are_not_enough(days: float, words: str):
    learning = learned(np.full(int(days * 96) + 1, 3e5), 15 * MINUTE)
    assert isinstance(learning, Learning)
    assert learning.words == f"still learning ({words} days)"
    assert learning.progress == pytest.approx(days / 14, abs=0.01)


def test_nothing_at_all_is_the_beginning_of_learning():
    assert learned(np.empty(0), MINUTE) == Learning(0.0, "still learning (0 of 14 days)")


def test_a_reading_a_day_is_too_few_for_other_hours_and_none_is_made_up():
    pattern = learned(np.full(60, 3e5), DAY)
    assert isinstance(pattern, Pattern)
    known = np.isfinite(pattern.medians)
    assert 0 < known.sum() < BINS
    assert np.isnan(pattern.score(np.array([9e5]), np.array([3600]))).all()


def test_a_few_readings_over_long_are_too_few_for_anything():
    learning = learned(np.full(5, 3e5), 7 * DAY)
    assert learning == Learning(0.9, "still learning (too few readings: 5)")


def test_what_never_varies_still_has_a_deviation():
    for constant in (3e5, 0.0, -2.0):
        pattern = learned(np.full(len(a_fortnight(HOUR)), constant), HOUR)
        assert isinstance(pattern, Pattern)
        assert (pattern.deviations > 0).all()
        assert pattern.score(np.array([constant]), np.array([0])).tolist() == [0.0]


def test_a_burst_of_a_day_does_not_become_usual():
    values = 3e5 + 1e3 * CHANCE.standard_normal(len(a_fortnight(15 * MINUTE)) * 2)
    quiet = learned(values, 15 * MINUTE)
    burst = values.copy()
    burst[100:196] -= 2e5
    disturbed = learned(burst, 15 * MINUTE)
    assert isinstance(quiet, Pattern)
    assert isinstance(disturbed, Pattern)
    assert np.allclose(quiet.medians, disturbed.medians, atol=1500)


def test_a_pump_that_starts_now_earlier_now_later_is_usual_in_both_states():
    times = NOON + 15 * MINUTE * np.arange(96 * 28)
    local = utc_seconds_of_week(times)
    start = 6 * 3600 + np.repeat(CHANCE.integers(0, 3600, 28), 96)
    values = np.where(local % 86_400 > start, 0.012, 0.0)
    pattern = learn(times, values, local, in_force=NOON)
    assert isinstance(pattern, Pattern)
    assert (pattern.score(np.array([0.0, 0.012]), np.array([6 * 3600 + 1800] * 2)) < 6).all()
    assert pattern.score(np.array([0.012]), np.array([3 * 3600]))[0] > 6


def test_bins_are_half_hours_of_working_days_saturdays_and_sundays():
    day, half = 86_400, 1800
    local = np.array([0, half, day, 4 * day, 5 * day, 6 * day, 7 * day - 1])
    assert bin_of(local).tolist() == [0, 1, 0, 0, 48, 96, BINS - 1]


def test_patterns_are_the_same_after_packing_and_what_is_damaged_is_left_out():
    one = learned(3e5 + 1e3 * CHANCE.standard_normal(len(a_fortnight(HOUR))), HOUR)
    assert isinstance(one, Pattern)
    blob = pack((one, one))
    again = unpack(blob)
    assert [p.in_force for p in again] == [NOON, NOON]
    assert np.array_equal(again[1].medians, one.medians, equal_nan=True)
    assert np.array_equal(again[1].deviations, one.deviations, equal_nan=True)
    assert (again[0].least, again[0].most) == (one.least, one.most)
    assert len(unpack(blob[:-1])) == 1
    assert unpack(b"other" * 1000) == ()
    assert unpack(b"") == ()
    assert Instant(again[0].in_force) == NOON
