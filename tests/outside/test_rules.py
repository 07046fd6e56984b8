"""Rules: made, changed and removed while readings come, and replayed."""

from typing import Any

import pytest

from tests.outside.town import THRESHOLD, Device, Town, at, eventually


def replay(town: Town, rule: Any, **hours: float) -> list[dict[str, Any]]:
    """Replay the last hour."""
    path, span = f"rules/{rule['id']}/replay", {"from": at(hours=1), "to": at(minutes=-1)}
    return list(town.admin.post(path, span, status=200))


def post_each(device: Device, *readings: tuple[float, float]) -> None:
    """Send readings (minutes ago, value) one after another."""
    for minutes, value in readings:
        device.post({"timestamp": at(minutes=minutes), "value": value})


def test_a_rule_is_made_read_changed_and_removed(here: Town, there: Town) -> None:
    device = here.device()
    said = {
        "name": "Too high",
        "sensor_id": device.sensor["id"],
        "condition": THRESHOLD | {"for_seconds": 60},
        "severity": "critical",
        "alert_type": "overpressure",
    }
    made = here.admin.post("rules", said)
    assert {name: made[name] for name in ("name", "sensor_id", "severity", "alert_type")} == {
        name: said[name] for name in ("name", "sensor_id", "severity", "alert_type")
    }
    assert made["condition"].items() >= said["condition"].items()
    path = f"rules/{made['id']}"
    assert here.person("viewer").get(path) == made
    assert made in here.admin.get("rules", params={"limit": 1_000})
    changed = here.admin("PATCH", path, json={"condition": THRESHOLD, "severity": "low"}).json()
    assert (changed["severity"], changed["condition"]["for_seconds"]) == ("low", 0)
    assert changed["name"] == "Too high"
    there.admin.get(path, 404)
    for method in ("PATCH", "DELETE"):
        assert there.admin(method, path, json={}).status_code == 404
    assert here.admin("DELETE", path).status_code == 204
    here.admin.get(path, 404)
    assert made["id"] not in {r["id"] for r in here.admin.get("rules", params={"limit": 1_000})}


@pytest.mark.parametrize("operator", [">", ">=", "<", "<="])
def test_a_rule_holds_for_the_very_next_reading(here: Town, there: Town, operator: str) -> None:
    device, neighbour = here.device(), there.device()
    for value in (3.0, 4.0, 5.0):
        device.post({"value": value})
    rule = here.rule(device, {"type": "threshold", "operator": operator, "value": 4})
    meets = {">": 5.0, ">=": 4.0, "<": 3.0, "<=": 4.0}[operator]
    misses = {">": 4.0, ">=": 3.0, "<": 4.0, "<=": 5.0}[operator]
    device.post({"value": misses})
    neighbour.post({"value": meets})
    assert here.alerts(rule) == []
    device.post({"value": meets})
    (alert,) = here.alerts(rule)
    assert (alert["status"], alert["severity"]) == ("open", "high")
    assert alert["sensor_id"] == device.sensor["id"]
    assert device.sensor["name"] in alert["title"]
    assert f"{meets:g} bar" in alert["description"]
    assert alert["evidence"]["words"] == alert["description"]
    assert there.alerts() == []


def test_repeats_are_counted_on_one_alert(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD)
    post_each(device, (5, 9), (4, 9.1), (3, 9.2))
    (alert,) = here.alerts(rule)
    assert alert["occurrences"] == 3
    assert alert["condition_active"] is True
    post_each(device, (2, 3))
    (alert,) = here.alerts(rule)
    assert (alert["condition_active"], alert["status"]) == (False, "open")


def test_a_rule_for_a_type_watches_all_of_them_and_one_made_later_too(here: Town) -> None:
    first = here.device(sensor_type="flow", unit="m3/h")
    other = here.device()
    condition = {"type": "threshold", "operator": ">", "value": 8, "unit": "l/s"}
    rule = here.rule(None, condition, sensor_type="flow")
    later = here.device(sensor_type="flow", unit="l/s")
    first.post({"value": 8.1, "unit": "l/s"})
    later.post({"value": 8.1})
    other.post({"value": 9})
    assert {a["sensor_id"] for a in here.alerts(rule)} == {first.sensor["id"], later.sensor["id"]}


def test_a_rule_that_is_changed_or_switched_off_changes_what_comes_next(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD)
    path = f"rules/{rule['id']}"
    here.admin("PATCH", path, json={"enabled": False})
    device.post({"value": 9})
    assert here.alerts(rule) == []
    here.admin("PATCH", path, json={"enabled": True, "condition": THRESHOLD | {"value": 10}})
    device.post({"value": 9.5})
    assert here.alerts(rule) == []
    device.post({"value": 10.5})
    assert len(here.alerts(rule)) == 1
    here.admin("DELETE", path)
    device.post({"value": 11})
    (alert,) = here.alerts(rule)
    assert alert["occurrences"] == 1


def test_a_held_value_raises_after_its_time_without_another_reading(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD | {"for_seconds": 2})
    device.post({"value": 9})
    assert here.alerts(rule) == []
    alert = here.alert(rule)
    assert alert["raised_at"] > here.readings(device)[0]["timestamp"]


def test_a_value_that_comes_back_in_time_raises_nothing(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD | {"for_seconds": 180})
    post_each(device, (10, 9), (8, 3), (7, 9), (5, 3))
    assert here.alerts(rule) == []
    post_each(device, (4.5, 9), (3, 9), (1, 9))
    assert len(here.alerts(rule)) == 1


def test_silence_raises_after_its_time_and_a_sign_of_life_ends_it(here: Town) -> None:
    device, other = here.device(), here.device()
    rule = here.rule(device, {"type": "no_data", "for_seconds": 2})
    device.post({"value": 3})
    other.post({"value": 3})
    assert here.alerts(rule) == []
    assert here.alert(rule)["sensor_id"] == device.sensor["id"]
    device.post({"value": 3})
    eventually(lambda: not here.alerts(rule)[0]["condition_active"])
    assert len(here.alerts(rule)) == 1


CONDITIONS: list[tuple[dict[str, Any], list[tuple[float, float]], list[tuple[float, float]]]] = [
    (
        {"type": "rate_of_change", "change": 2, "within_seconds": 300},
        [(20, 3.0), (15, 3.5), (10, 4.0)],
        [(9, 7.0)],
    ),
    (
        {"type": "flatline", "for_seconds": 600, "tolerance": 0.01},
        [(30, 3.0), (25, 3.1), (20, 3.2)],
        [(19, 3.2), (14, 3.2), (8, 3.2)],
    ),
    (
        {"type": "out_of_range", "for_seconds": 0},
        [(20, 3.0), (15, 7.9)],
        [(10, 8.5)],
    ),
    (
        {"type": "threshold", "operator": "<", "value": 2, "for_seconds": 120},
        [(20, 3.0), (15, 1.0), (14, 3.0)],
        [(10, 1.0), (8, 1.0), (7, 1.0)],
    ),
]


@pytest.mark.parametrize(
    ("condition", "quiet", "loud"), CONDITIONS, ids=[c[0]["type"] for c in CONDITIONS]
)
def test_every_kind_of_rule_is_silent_when_all_is_well_and_its_replay_says_what_it_raised(
    here: Town,
    condition: dict[str, Any],
    quiet: list[tuple[float, float]],
    loud: list[tuple[float, float]],
) -> None:
    device = here.device(threshold_config={"min": 2.5, "max": 8})
    rule = here.rule(device, condition, severity="medium", alert_type="kind")
    post_each(device, *quiet)
    assert here.alerts(rule) == []
    assert replay(here, rule) == []
    post_each(device, *loud)
    (alert,) = here.alerts(rule)
    assert (alert["severity"], alert["alert_type"]) == ("medium", "kind")
    assert "bar" in alert["description"] or condition["type"] == "no_data"
    _must_equal(alert, replay(here, rule))
    post_each(device, (5, 3.0), (1, 3.4))
    (alert,) = here.alerts(rule)
    assert not alert["condition_active"]
    _must_equal(alert, replay(here, rule))


def _must_equal(alert: dict[str, Any], would_be: list[dict[str, Any]]) -> None:
    (one,) = would_be
    for name in ("sensor_id", "severity", "alert_type", "raised_at", "evidence", "occurrences"):
        assert one[name] == alert[name], name
    assert (one["cleared_at"] is None) == alert["condition_active"]


def test_a_rule_for_anomalies_is_made_and_replayed_while_its_pattern_is_learned(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, {"type": "anomaly"})
    assert rule["condition"].items() >= {"deviations": 6.0, "for_readings": 3}.items()
    post_each(device, (3, 3), (2, 30), (1, 3))
    assert here.alerts(rule) == []
    assert replay(here, rule) == []
    learning = here.admin.get(f"sensors/{device.sensor['id']}")["learning"]
    assert "learning" in learning.lower(), learning


def test_the_replay_of_silence_says_what_the_timer_raised(here: Town) -> None:
    device = here.device()
    rule = here.rule(device, {"type": "no_data", "for_seconds": 2})
    device.post({"value": 3})
    here.alert(rule)
    device.post({"value": 3})
    alert = eventually(lambda: [a for a in here.alerts(rule) if not a["condition_active"]])[0]
    (one, *rest) = replay(here, rule)
    assert (one["sensor_id"], one["raised_at"]) == (alert["sensor_id"], alert["raised_at"])
    assert rest == []


def test_a_replay_without_zone_or_by_the_neighbour_is_refused(here: Town, there: Town) -> None:
    rule = here.rule(here.device(), THRESHOLD)
    path = f"rules/{rule['id']}/replay"
    naive = {"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00"}
    (detail,) = here.admin.post(path, naive, status=422)["detail"]
    assert "zone" in detail["msg"]
    span = {"from": at(hours=1), "to": at(hours=0)}
    there.admin.post(path, span, status=404)
    here.person("viewer").post(path, span, status=403)


@pytest.mark.parametrize(
    "wrong",
    [
        {"condition": THRESHOLD | {"operator": "!="}},
        {"condition": THRESHOLD | {"value": "high"}},
        {"condition": THRESHOLD | {"valeu": 8}},
        {"condition": THRESHOLD | {"unit": "l/s"}},
        {"condition": THRESHOLD | {"for_seconds": -1}},
        {"condition": {"operator": ">", "value": 8}},
        {"condition": {"type": "flatline", "for_seconds": 0}},
        {"severity": "terrible"},
        {"name": ""},
        {"sensor_id": 5},
        {"sensor_type": "pressure"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_place(
    here: Town, wrong: dict[str, Any]
) -> None:
    said = {
        "name": "R",
        "sensor_id": here.device().sensor["id"],
        "condition": THRESHOLD,
        "severity": "high",
        "alert_type": "x",
    }
    (detail,) = here.admin.post("rules", said | wrong, status=422)["detail"]
    assert detail["loc"][:2] == ["body", next(iter(wrong))], detail
