"""A watch goes on through changes of its book, restarts, stops and damage, and minds its own town."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.detection.defaults import default_rules
from appliance.detection.watch import RuleBook, Watch, Watched
from appliance.domain.findings import Edge
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.quantities import Quantity
from appliance.domain.readings import Mark
from appliance.domain.rules import Flatline, NoData, OutOfRange, Threshold
from appliance.domain.sensors import Limits, SensorStatus
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_sensor,
    a_sensor_type,
    many_readings,
    readings,
)
from tests.unit.detection.test_exactness import BOOK, a_rule

HIGH = a_rule(1, Threshold(operator=">", value=5.0))
LATER = Instant(NOON + HOUR)


def brief(watched: Watched) -> list[tuple[int, int, str, int]]:
    assert watched.anomalies == ()
    return [(f.rule, f.sensor, f.edge.value, f.at) for f in watched.findings]


def test_a_watch_sees_no_sensor_of_another_municipality():
    watch = Watch(RuleBook((HIGH,), (a_sensor(),)), None, NOON)
    assert not watch.observe(readings(6e5, sensor=OTHER_SENSOR))
    both = watch.observe(readings(6e5, 6e5, sensor=[OTHER_SENSOR, SENSOR]))
    assert brief(both) == [(1, SENSOR, "raised", NOON + MINUTE)]


def test_changing_a_name_or_a_severity_disturbs_nothing():
    book = RuleBook((HIGH,), (a_sensor(),))
    watch = Watch(book, None, NOON)
    watch.observe(readings(6e5))
    renamed = RuleBook(
        (replace(HIGH, name="Too high", updated_at=LATER),), (a_sensor(name="Mill"),)
    )
    assert not watch.change(renamed, LATER)
    told = watch.observe(readings(6e5, 3e5, start=LATER))
    assert [f.edge for f in told.findings] == [Edge.REPEATED, Edge.CLEARED]


@pytest.mark.parametrize(
    "after",
    [
        RuleBook((), (a_sensor(),)),
        RuleBook((replace(HIGH, enabled=False),), (a_sensor(),)),
        RuleBook((HIGH,), ()),
        RuleBook((HIGH,), (a_sensor(status=SensorStatus.INACTIVE),)),
        RuleBook((replace(HIGH, sensor_type="flow"),), (a_sensor(),)),
        RuleBook((replace(HIGH, condition=Threshold(operator=">", value=5.5)),), (a_sensor(),)),
    ],
    ids=["rule removed", "disabled", "sensor removed", "inactive", "other type", "other limit"],
)
def test_what_is_no_longer_watched_is_cleared_once_if_it_was_raised(after: RuleBook):
    watch = Watch(RuleBook((HIGH,), (a_sensor(),)), None, NOON)
    watch.observe(readings(6e5))
    saved = watch.save()
    assert brief(watch.change(after, LATER)) == [(1, SENSOR, "cleared", LATER)]
    assert not watch.change(after, LATER)
    assert brief(Watch(after, saved, LATER).dropped) == [(1, SENSOR, "cleared", LATER)]


def test_what_was_not_raised_ends_in_silence():
    watch = Watch(RuleBook((HIGH,), (a_sensor(),)), None, NOON)
    watch.observe(readings(3e5))
    assert not watch.change(RuleBook((), (a_sensor(),)), LATER)


def test_a_new_rule_sees_what_arrives_after_it_was_made_even_if_it_is_noticed_later():
    watch = Watch(RuleBook((), (a_sensor(),)), None, NOON)
    made = Instant(NOON + 2 * MINUTE)
    rule = replace(HIGH, updated_at=made)
    watch.change(RuleBook((rule,), (a_sensor(),)), Instant(NOON + HOUR))
    told = watch.observe(readings(6e5, 6e5, 6e5, 6e5, delay=0))
    assert brief(told) == [
        (1, SENSOR, "raised", made),
        (1, SENSOR, "repeated", NOON + 3 * MINUTE),
    ]


def test_other_limits_of_the_sensor_begin_the_rule_anew():
    rule = a_rule(1, OutOfRange())
    watch = Watch(RuleBook((rule,), (a_sensor(),)), None, NOON)
    watch.observe(readings(9e5))
    wider = a_sensor(operating=Limits(high=12e5), updated_at=LATER)
    assert brief(watch.change(RuleBook((rule,), (wider,)), LATER)) == [
        (1, SENSOR, "cleared", LATER)
    ]
    assert not watch.observe(readings(9e5, start=LATER))


def test_a_reading_that_comes_after_a_later_one_changes_nothing_but_the_silence():
    silence = a_rule(2, NoData(for_seconds=60))
    watch = Watch(RuleBook((HIGH, silence), (a_sensor(),)), None, NOON)
    watch.observe(readings(6e5, delay=0))
    assert brief(watch.advance(Instant(NOON + 2 * MINUTE))) == [
        (2, SENSOR, "raised", NOON + MINUTE)
    ]
    old = readings(3e5, start=Instant(NOON - HOUR), delay=HOUR + 3 * MINUTE)
    assert brief(watch.observe(old)) == [(2, SENSOR, "cleared", NOON + 3 * MINUTE)]


def test_the_times_of_a_causes_findings_never_go_back():
    rule = a_rule(1, Threshold(operator=">", value=5.0, for_seconds=60))
    watch = Watch(RuleBook((rule,), (a_sensor(),)), None, NOON)
    slow = readings(6e5, 3e5, every=SECOND, arrived=NOON + np.array([2 * HOUR, 3 * HOUR]))
    told = watch.observe(slow)
    assert [f.edge for f in told.findings] == [Edge.RAISED, Edge.CLEARED]
    due = NOON + 2 * HOUR + MINUTE
    assert [f.at for f in told.findings] == [due, due]


def test_a_restart_is_no_flood_of_false_alarms():
    rules = (
        a_rule(1, NoData(for_seconds=600)),
        a_rule(2, Threshold(operator=">", value=5.0, for_seconds=30)),
    )
    book = RuleBook(rules, (a_sensor(),))
    watch = Watch(book, None, NOON)
    watch.observe(readings(6e5, delay=0))
    stopped, resumed = Instant(NOON + 10 * SECOND), Instant(NOON + 5 * HOUR)
    watch = Watch(book, watch.save(), resumed)
    assert not watch.resume(stopped, resumed)
    assert not watch.advance(Instant(resumed + 30 * SECOND))
    told = watch.advance(Instant(resumed + 61 * SECOND))
    assert brief(told) == [
        (2, SENSOR, "raised", resumed + 30 * SECOND),
        (1, SENSOR, "raised", resumed + 60 * SECOND),
    ]


def test_a_timer_that_was_due_before_the_stop_still_runs_out():
    book = RuleBook((a_rule(1, NoData(for_seconds=600)),), (a_sensor(),))
    watch = Watch(book, None, NOON)
    told = watch.resume(Instant(NOON + HOUR), Instant(NOON + 2 * HOUR))
    assert brief(told) == [(1, SENSOR, "raised", NOON + 10 * MINUTE)]


@pytest.mark.parametrize("harm", [b"", b"x" * 40, None])
def test_what_is_damaged_begins_anew_and_is_said(harm: bytes | None):
    watch = Watch(BOOK, None, NOON)
    watch.observe(readings(6e5, sensor=11))
    saved = watch.save()
    whole = saved["threshold"]
    saved["threshold"] = whole[:-1] + bytes([whole[-1] ^ 1]) if harm is None else harm
    again = Watch(BOOK, saved, NOON)
    assert again.started_fresh == ("threshold",)
    told = again.observe(readings(6e5, sensor=11, start=LATER))
    assert (1, "raised") in {(f.rule, f.edge.value) for f in told.findings}


def test_the_state_of_a_method_of_a_later_version_is_left_alone_and_said():
    saved = {**Watch(BOOK, None, NOON).save(), "tides": b"something new"}
    assert Watch(BOOK, saved, NOON).started_fresh == ("tides",)


def test_an_empty_book_watches_nothing_and_can_be_saved():
    watch = Watch(RuleBook((), ()), None, NOON)
    assert not watch.observe(readings())
    assert not watch.advance(LATER)
    assert Watch(RuleBook((), ()), watch.save(), LATER).started_fresh == ()


def test_findings_come_by_time_rule_and_sensor():
    sensors = tuple(a_sensor(id=SensorId(n)) for n in (3, 1, 2))
    rules = (
        a_rule(8, Threshold(operator=">", value=5.0)),
        a_rule(7, Threshold(operator=">", value=4.0)),
    )
    watch = Watch(RuleBook(rules, sensors), None, NOON)
    told = watch.observe(readings(6e5, 6e5, 6e5, sensor=[2, 3, 1], every=0))
    assert [(f.rule, f.sensor) for f in told.findings] == [
        (r, s) for r in (7, 8) for s in (1, 2, 3)
    ]


def test_one_unusual_reading_is_one_anomaly_of_a_method_however_many_rules_say_so():
    rules = (a_rule(1, OutOfRange()), a_rule(2, OutOfRange(for_seconds=60)))
    watch = Watch(RuleBook(rules, (a_sensor(),)), None, NOON)
    assert len(watch.observe(readings(9e5)).anomalies) == 1


def test_imported_readings_are_no_news():
    watch = Watch(RuleBook((HIGH,), (a_sensor(),)), None, NOON)
    assert not watch.observe(readings(6e5, marks=Mark.IMPORTED))
    assert brief(watch.observe(readings(6e5))) == [(1, SENSOR, "raised", NOON)]


def test_the_first_rules_of_a_municipality_are_silent_for_a_handful_of_test_readings():
    ids = iter(range(1, 100))
    rules = default_rules(HERE, lambda: next(ids), NOON)
    assert [rule.id for rule in rules] == list(range(1, len(rules) + 1))
    assert all(rule.built_in and rule.enabled and rule.municipality == HERE for rule in rules)
    kinds = [
        ("pressure", Quantity.PRESSURE, "bar"),
        ("flow", Quantity.FLOW, "m³/h"),
        ("level", Quantity.LEVEL, "m"),
    ]
    sensors = tuple(
        a_sensor(
            id=SensorId(n),
            type=a_sensor_type(code=code, quantity=quantity, unit=unit, operating=Limits()),
        )
        for n, (code, quantity, unit) in enumerate(kinds)
    )
    watch = Watch(RuleBook(tuple(rules), sensors), None, NOON)
    for sensor in sensors:
        few = readings(3.2, 3.2, 3.2, 9.0, 3.2, 3.2, 3.2, 3.2, sensor=sensor.id, every=7 * SECOND)
        assert not watch.observe(few)
    assert not watch.advance(Instant(NOON + 30 * DAY))


def test_every_municipality_has_rules_of_its_own():
    ids = iter(range(1, 100))
    here, there = (default_rules(town, lambda: next(ids), NOON) for town in (HERE, THERE))
    assert {rule.municipality for rule in there} == {THERE}
    assert not {rule.id for rule in here} & {rule.id for rule in there}


def test_many_sensors_at_once_are_as_one_by_one():
    sensors = tuple(a_sensor(id=SensorId(SENSOR + n)) for n in range(50))
    rules = (
        a_rule(1, Threshold(operator=">", value=3.2, for_seconds=3)),
        a_rule(2, Flatline(for_seconds=3, tolerance=0.1)),
    )
    rows = many_readings(3000, sensors=50)
    rows = replace(rows, arrived=np.maximum.accumulate(rows.arrived))
    at_once = Watch(RuleBook(rules, sensors), None, NOON).observe(rows)
    single = [
        finding
        for sensor in sensors
        for finding in Watch(RuleBook(rules, (sensor,)), None, NOON)
        .observe(rows.take(rows.sensors == sensor.id))
        .findings
    ]
    assert len(single) > 50
    assert sorted(map(repr, at_once.findings)) == sorted(map(repr, single))


def test_a_rule_on_one_sensor_watches_that_one_only():
    sensors = (a_sensor(id=SensorId(1)), a_sensor(id=SensorId(2)))
    rule = replace(HIGH, id=RuleId(5), sensor=SensorId(2))
    watch = Watch(RuleBook((rule,), sensors), None, NOON)
    assert brief(watch.observe(readings(6e5, 6e5, sensor=[1, 2]))) == [
        (5, 2, "raised", NOON + MINUTE)
    ]
