"""What each method says to a person, in the sensor's own unit, and to a program, in SI."""

import numpy as np
import pytest

from appliance.detection.patterns import BINS, Pattern
from appliance.detection.watch import RuleBook, Watch, Watched
from appliance.detection.words import amount, duration, figure, span
from appliance.domain.findings import Edge
from appliance.domain.instant import HOUR, MINUTE, SECOND, Instant
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.rules import (
    Anomalous,
    Condition,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Threshold,
)
from appliance.domain.sensors import Sensor
from tests.builders import NOON, SENSOR, a_sensor, a_sensor_type, readings
from tests.unit.detection.test_exactness import a_rule

BAR = unit_of(Quantity.PRESSURE, "bar")
DEGREES = unit_of(Quantity.TEMPERATURE, "°C")


def watch_for(condition: Condition, sensor: Sensor | None = None, **book: object) -> Watch:
    return Watch(RuleBook((a_rule(1, condition),), (sensor or a_sensor(),), **book), None, NOON)


def words(watched: Watched) -> list[str]:
    return [finding.evidence.words for finding in watched.findings]


def test_a_threshold_names_value_limit_and_duration_and_says_when_it_is_back():
    watch = watch_for(Threshold(operator=">", value=5.0, for_seconds=60))
    told = watch.observe(readings(6.8e5, 6.9e5, 3.2e5))
    assert words(told) == ["6.9 bar, limit 5 bar, for 60 s", "back to 3.2 bar, limit 5 bar"]
    assert told.findings[0].evidence.numbers == {"value": 6.9e5, "limit": 5e5, "seconds": 60.0}
    assert told.anomalies == ()


def test_a_threshold_in_another_unit_of_the_quantity_is_told_in_the_sensors_own():
    watch = watch_for(Threshold(operator=">=", value=500.0, unit="kPa"))
    assert words(watch.observe(readings(5e5))) == ["5 bar, limit 5 bar"]


def test_a_rule_in_a_unit_of_another_quantity_says_nothing_about_such_a_sensor():
    watch = watch_for(Threshold(operator=">", value=1.0, unit="m³/h"))
    assert not watch.observe(readings(5e5))
    assert not watch.advance(Instant(NOON + HOUR))


def test_the_on_delay_holds_the_last_value_until_its_time_is_up():
    watch = watch_for(Threshold(operator="<", value=2.0, for_seconds=60))
    assert not watch.observe(readings(1.5e5, delay=0))
    assert not watch.advance(Instant(NOON + MINUTE))
    told = watch.advance(Instant(NOON + MINUTE + 1))
    assert words(told) == ["1.5 bar, limit 2 bar, for 60 s"]
    assert [f.at for f in told.findings] == [NOON + MINUTE]
    assert not watch.advance(Instant(NOON + HOUR))


def test_operating_limits_are_told_with_the_side_and_each_reading_outside_is_an_anomaly():
    watch = watch_for(OutOfRange())
    told = watch.observe(readings(9.1e5, 1.2e5, 5e5))
    assert words(told) == [
        "9.1 bar, above the operating limit 8 bar",
        "1.2 bar, below the operating limit 2 bar, for 60 s",
        "back to 5 bar, operating limits 2–8 bar",
    ]
    assert [f.edge for f in told.findings] == [Edge.RAISED, Edge.REPEATED, Edge.CLEARED]
    assert [(a.time, a.method) for a in told.anomalies] == [
        (NOON, "out_of_range"),
        (NOON + MINUTE, "out_of_range"),
    ]
    assert told.anomalies[0].evidence.words == "9.1 bar, above the operating limit 8 bar"
    assert told.anomalies[0].score == pytest.approx(1 + 1.1 / 6)


def test_a_fast_change_tells_how_much_in_how_long():
    watch = watch_for(RateOfChange(change=1.0, within_seconds=600))
    told = watch.observe(readings(3.2e5, 1.3e5, every=5 * MINUTE))
    assert words(told) == ["fell by 1.9 bar in 5 min to 1.3 bar, limit 1 bar"]
    assert [a.score for a in told.anomalies] == [pytest.approx(1.9)]


def test_a_change_of_temperature_is_a_difference_to_which_the_zero_of_celsius_does_not_apply():
    sensor = a_sensor(type=a_sensor_type(quantity=Quantity.TEMPERATURE, unit="°C"))
    watch = watch_for(RateOfChange(change=5.0, direction="rise"), sensor)
    told = watch.observe(readings(283.15, 289.15))
    assert words(told) == ["rose by 6 °C in 60 s to 16 °C, limit 5 °C"]


def test_a_stuck_value_tells_for_how_long_and_silence_alone_does_not_make_one():
    watch = watch_for(Flatline(for_seconds=6 * 3600))
    assert not watch.observe(readings(3.2e5, 3.2e5, every=HOUR))
    assert not watch.advance(Instant(NOON + 24 * HOUR))
    told = watch.observe(readings(3.2e5, 3.3e5, start=Instant(NOON + 6 * HOUR)))
    assert words(told) == ["unchanged at 3.2 bar for 6 h", "moves again: 3.3 bar"]


def test_silence_tells_how_long_and_what_is_usual():
    watch = watch_for(NoData())
    assert not watch.observe(readings(*[3e5] * 10, every=5 * MINUTE, delay=0))
    told = watch.advance(Instant(NOON + 2 * HOUR))
    assert words(told) == ["no data for 20 min, usually every 5 min"]
    assert [f.at for f in told.findings] == [NOON + 65 * MINUTE]
    back = watch.observe(readings(3e5, start=Instant(NOON + 3 * HOUR), delay=0))
    assert words(back) == ["data again after 2 h 15 min, usually every 5 min"]


def test_a_sensor_that_never_reports_is_silent_from_when_the_rule_began():
    watch = watch_for(NoData(for_seconds=600))
    assert not watch.advance(Instant(NOON + 10 * MINUTE))
    assert words(watch.advance(Instant(NOON + 11 * MINUTE))) == ["no data for 10 min"]


def test_a_device_that_reports_in_bursts_is_not_silent_between_them():
    watch = watch_for(NoData())
    for hour in range(6):
        burst = readings(
            *[3e5] * 4,
            start=Instant(NOON + hour * HOUR),
            every=5 * MINUTE,
            arrived=NOON + hour * HOUR + 1_500_000 * np.arange(4),
        )
        assert not watch.observe(burst)
        assert not watch.advance(Instant(NOON + hour * HOUR + 59 * MINUTE))
    assert watch.advance(Instant(NOON + 7 * HOUR))


def test_a_value_unlike_its_pattern_tells_what_is_usual_at_this_hour_and_marks_each_reading():
    table = np.full(BINS, 3.15e5, np.float32)
    pattern = Pattern(Instant(0), table, np.full(BINS, 0.125e5, np.float32), 2e5, 3.4e5)
    watch = watch_for(Anomalous(deviations=6.0, for_readings=3), patterns={SENSOR: (pattern,)})
    told = watch.observe(readings(3.2e5, 6.8e5, 6.8e5, 6.8e5, 3.1e5))
    assert words(told) == [
        "6.8 bar, usual 2.9–3.4 bar at this hour",
        "again 3.1 bar, usual 2.9–3.4 bar at this hour",
    ]
    assert [f.at for f in told.findings] == [NOON + 3 * MINUTE, NOON + 4 * MINUTE]
    assert [a.time for a in told.anomalies] == [NOON + m * MINUTE for m in (1, 2, 3)]
    assert told.findings[0].evidence.numbers["score"] == pytest.approx(29.2)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.25 s"),
        (60, "60 s"),
        (90, "90 s"),
        (300, "5 min"),
        (5400, "90 min"),
        (21_600, "6 h"),
        (9000, "2 h 30 min"),
        (86_400, "24 h"),
        (259_200, "3 d"),
        (273_600, "3 d 4 h"),
        (86_399.9 * 2, "48 h"),
    ],
)
def test_durations_are_short(seconds: float, text: str):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6.8, "6.8"),
        (3.14159, "3.142"),
        (123_456.0, "123500"),
        (0.00012345, "0.0001234"),
        (-0.0, "0"),
    ],
)
def test_figures_have_at_most_four_significant_digits_and_no_powers_of_ten(value: float, text: str):
    assert figure(value) == text


def test_amounts_carry_their_unit_and_ranges_name_it_once():
    assert amount(293.15, DEGREES) == "20 °C"
    assert span(2.9e5, 3.4e5, BAR) == "2.9–3.4 bar"
    assert span(2.9e5, 2.9e5, BAR) == "2.9 bar"
    assert amount(7.0, unit_of(Quantity.COUNT, "1")) == "7"


def test_a_second_is_the_smallest_delay_that_is_told():
    watch = watch_for(Threshold(operator=">", value=5.0))
    assert words(watch.observe(readings(6e5, every=SECOND))) == ["6 bar, limit 5 bar"]
