"""The limiter: never more than rate × time + burst, and it always recovers."""

import math

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.pace import Allowance, Bucket, DeviceLimits, Pace, no_limits

PACES = st.builds(Pace, st.floats(0.001, 50_000), st.integers(1, 1_000_000))
STEPS = st.lists(st.tuples(st.floats(0, 100), st.integers(1, 5_000)), min_size=1, max_size=60)
JUMPS = st.lists(st.tuples(st.floats(-1e9, 1e6), st.integers(1, 5_000)), min_size=1, max_size=60)


def allowance(device: Pace, total: Pace) -> Allowance:
    return Allowance(Bucket(device, 0.0), Bucket(total, 0.0))


def most(pace: Pace, seconds: float) -> float:
    return (pace.rate * seconds + pace.burst) * (1 + 1e-9) + 1e-6


@given(PACES, PACES, STEPS)
def test_in_no_span_of_time_are_more_messages_taken_than_rate_times_time_and_burst(
    device: Pace, total: Pace, steps: list[tuple[float, int]]
):
    bucket, now = allowance(device, total), 0.0
    log: list[tuple[float, int]] = []
    for pause, wanted in steps:
        now += pause
        taken = bucket.take(now, wanted)
        assert 0 <= taken <= wanted
        log.append((now, taken))
    for first in range(len(log)):
        sum_of = 0
        for time, taken in log[first:]:
            sum_of += taken
            for pace in (device, total):
                assert sum_of <= most(pace, time - log[first][0])


@given(PACES, PACES, STEPS, st.integers(1, 5_000))
def test_whoever_waits_as_long_as_it_is_told_may_send_again(
    device: Pace, total: Pace, steps: list[tuple[float, int]], wanted: int
):
    bucket, now = allowance(device, total), 0.0
    for pause, several in steps:
        now += pause
        bucket.take(now, several)
    for _ in range(3):
        if bucket.take(now, wanted):
            return
        wait = bucket.wait()
        assert 0 < wait <= 0.1 + 1 / min(device.rate, total.rate)
        now += wait + 1e-6 * max(1.0, now)
    raise AssertionError("it never recovers")


@given(PACES, JUMPS)
def test_a_clock_that_jumps_gives_nothing_away_and_locks_nobody_out(
    pace: Pace, jumps: list[tuple[float, int]]
):
    bucket, now, forward, sum_of = allowance(pace, pace), 0.0, 0.0, 0
    for jump, wanted in jumps:
        now += jump
        forward += max(jump, 0.0)
        sum_of += bucket.take(now, wanted)
        assert sum_of <= most(pace, forward)
    assert bucket.take(now + pace.burst / pace.rate + 1, 1) == 1


@given(st.integers(1, 100), st.integers(1, 100))
def test_devices_share_what_their_municipality_may_send(few: int, many: int):
    total = Bucket(Pace(1.0, few), 0.0)
    one, other = (Allowance(Bucket(Pace(1.0, 1_000), 0.0), total) for _ in range(2))
    assert one.take(0.0, many) + other.take(0.0, many) == min(few, 2 * many)


def test_only_what_came_is_spent_of_the_room_there_is():
    bucket = allowance(Pace(1.0, 10), Pace(1.0, 10))
    assert bucket.room(0.0, 100) == 10
    bucket.spend(6)
    assert bucket.take(0.0, 10) == 4
    assert (bucket.room(0.0, 1), bucket.held_back) == (0, 1)


def test_a_slower_pace_holds_at_once_and_a_faster_one_gives_no_burst():
    bucket = Bucket(Pace(10.0, 100), 0.0)
    bucket.change(Pace(1.0, 5), 0.0)
    assert bucket.fill(0.0) == 5
    bucket.tokens -= 5
    bucket.change(Pace(10.0, 100), 1.0)
    assert bucket.fill(1.0) == 1


def test_the_usual_limits_let_a_gateway_deliver_a_million_kept_messages_at_once():
    limits = DeviceLimits()
    usual = allowance(limits.device, limits.total)
    assert sum(usual.take(0.0, 2_000) for _ in range(500)) == 1_000_000


def test_without_limits_nothing_is_held_back():
    free = no_limits()
    assert sum(free.take(0.0, 2_000) for _ in range(1_000)) == 2_000_000
    assert math.isinf(-free.last_held)
