"""From a reading to an alert, and what people do about it."""

from typing import Any

import pytest

from appliance.domain.instant import HOUR, Instant, text
from tests.api.appliance import Weir, a_rule, eventually


async def test_a_reading_that_breaks_a_rule_is_an_alert_with_its_evidence(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    assert (alert["alert_type"], alert["severity"], alert["status"]) == (
        "overpressure",
        "critical",
        "open",
    )
    assert alert["sensor_id"] == weir.here.sensor["id"]
    assert alert["municipality_id"] == weir.here.id
    assert alert["location"] == {"type": "Point", "coordinates": [13.4, 52.5]}
    assert "9" in alert["evidence"]["words"]
    assert (alert["acknowledged_at"], alert["resolved_at"]) == (None, None)

    summary = "alerts/statistics/summary"
    assert (await weir.here.admin.get(summary)).body == {
        "total": 1,
        "open": 1,
        "critical": 1,
        "high": 0,
    }
    nothing = {"total": 0, "open": 0, "critical": 0, "high": 0}
    assert (await weir.there.admin.get(summary)).body == nothing
    assert (await weir.there.admin.get("alerts")).body == []


async def test_an_alert_goes_its_way_and_every_step_says_who_and_why(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    operator = await weir.person(weir.here, "operator")
    path = f"alerts/{alert['id']}"
    steps = [
        ("acknowledge", {"notes": "seen"}, "acknowledged"),
        ("start", {}, "in_progress"),
        ("comments", {"comment": "a crew is on its way"}, "in_progress"),
        ("resolve", {"resolution_notes": "valve shut"}, "resolved"),
        ("close", None, "closed"),
    ]
    for step, body, status in steps:
        answer = await operator.post(f"{path}/{step}", body)
        assert (answer.status, answer.body["status"]) == (200, status), step
    assert answer.body["acknowledged_by"] == operator.user["id"]
    assert answer.body["acknowledged_at"] <= answer.body["resolved_at"]

    changes = (await weir.here.admin.get(f"{path}/changes")).body
    assert [c["kind"] for c in changes] == [
        "opened",
        "moved",
        "moved",
        "commented",
        "moved",
        "moved",
    ]
    assert [c["number"] for c in changes] == [1, 2, 3, 4, 5, 6]
    assert [c["by"] for c in changes] == [None] + [operator.user["id"]] * 5
    assert [c["note"] for c in changes][1:5] == [
        "seen",
        "",
        "a crew is on its way",
        "valve shut",
    ]


async def test_acknowledging_twice_is_acknowledging_once(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    path = f"alerts/{alert['id']}"
    for _ in range(2):
        assert (await weir.here.admin.post(f"{path}/acknowledge")).status == 200
    assert len((await weir.here.admin.get(f"{path}/changes")).body) == 2


async def test_of_two_who_acknowledge_one_wins_and_what_the_other_wrote_is_kept(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    first, second = [await weir.person(weir.here, role) for role in ("operator", "technician")]
    path = f"alerts/{alert['id']}"
    for who, notes in ((first, "I look"), (second, "Crew is out"), (second, "Crew is out")):
        answer = await who.post(f"{path}/acknowledge", {"notes": notes})
        assert (answer.status, answer.body["acknowledged_by"]) == (200, first.user["id"])
    changes = (await weir.here.admin.get(f"{path}/changes")).body
    assert [(c["kind"], c["by"], c["note"]) for c in changes[1:]] == [
        ("moved", first.user["id"], "I look"),
        ("commented", second.user["id"], "Crew is out"),
    ]
    assert (await weir.there.admin.post(f"{path}/acknowledge", {"notes": "x"})).status == 404


async def test_a_step_that_cannot_be_is_refused_and_changes_nothing(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    answer = await weir.here.admin.post(f"alerts/{alert['id']}/close")
    assert answer.status == 409
    assert answer.body["detail"] == "An alert that is open can't become closed."
    assert (await weir.here.admin.get(f"alerts/{alert['id']}")).body["status"] == "open"


async def test_repeats_are_counted_on_the_one_alert(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    for _ in range(2):
        await weir.report(weir.here, {"value": 9.5})

    async def counted() -> bool:
        found = (await weir.here.admin.get("alerts")).body
        return [a["occurrences"] for a in found if a["rule_id"] == alert["rule_id"]] == [3]

    await eventually(counted)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("status=open&severity=critical&limit=50", 1),
        ("status=open,acknowledged", 1),
        ("status=closed&status=resolved", 0),
        ("severity=low", 0),
    ],
)
async def test_alerts_are_filtered_as_the_clients_ask(weir: Weir, query: str, count: int):
    await weir.raise_alert(weir.here)
    answer = await weir.here.admin.get(f"alerts?{query}")
    assert (len(answer.body), answer.headers["X-Total-Count"]) == (count, str(count))


async def test_an_unknown_status_is_refused(weir: Weir):
    assert (await weir.here.admin.get("alerts?status=burning")).status == 422


async def test_a_viewer_sees_alerts_and_may_not_touch_them(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    viewer = await weir.person(weir.here, "viewer")
    assert len((await viewer.get("alerts")).body) == 1
    answer = await viewer.post(f"alerts/{alert['id']}/acknowledge")
    assert answer.status == 403
    assert answer.body["detail"] == "This needs the permission alerts.handle."
    assert (await viewer.get(f"alerts/{alert['id']}")).body["status"] == "open"


async def test_an_incident_and_a_maintenance_entry_are_made_of_an_alert(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    made = await weir.here.admin.post(f"alerts/{alert['id']}/incident", {"notes": "crew 2"})
    assert made.status == 201
    assert made.body["alert_id"] == alert["id"]
    assert made.body["sensor_name"] == "Mill Lane"
    assert made.body["severity"] == "critical"
    entry = await weir.here.admin.post(
        f"alerts/{alert['id']}/maintenance", {"work": "changed the valve"}
    )
    assert entry.status == 201
    assert entry.body["sensor_id"] == alert["sensor_id"]
    other = await weir.here.admin.post(
        f"incidents/{made.body['id']}/maintenance",
        {"work": "dug a hole", "done_at": "2026-05-01T12:00:00+02:00"},
    )
    assert other.body["done_at"] == "2026-05-01T10:00:00Z"
    log = (await weir.here.admin.get("maintenance")).body
    assert {e["work"] for e in log} == {"changed the valve", "dug a hole"}
    assert (await weir.there.admin.get("maintenance")).body == []


async def test_trends_and_top_alerts_count_what_came(weir: Weir):
    await weir.raise_alert(weir.here)
    trends = (await weir.here.admin.get("analytics/trends?days=7")).body
    assert [len(trends[name]) for name in ("readings", "alerts")] == [7, 7]
    assert trends["readings"][-1]["count"] == trends["alerts"][-1]["count"] == 1
    assert trends["readings"][0]["count"] == 0
    top = (await weir.here.admin.get("analytics/top-alerts?limit=5")).body
    assert top == [{"name": "Mill Lane", "alert_count": 1}]
    assert (await weir.there.admin.get("analytics/top-alerts")).body == []


async def test_a_rule_holds_from_the_moment_it_is_made_until_it_is_switched_off(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    rule = f"rules/{alert['rule_id']}"
    await weir.here.admin.post(f"alerts/{alert['id']}/resolve", {"resolution_notes": "done"})
    changed = await weir.here.admin("PATCH", rule, {"enabled": False})
    assert (changed.status, changed.body["enabled"]) == (200, False)
    await weir.report(weir.here, {"value": 9.9})
    found = (await weir.here.admin.get("alerts?status=open")).body
    assert [a for a in found if a["rule_id"] == alert["rule_id"]] == []


CONDITIONS: list[dict[str, Any]] = [
    {"type": "threshold", "operator": "<=", "value": 1.5, "unit": "kPa", "for_seconds": 60},
    {"type": "rate_of_change", "change": 0.5, "within_seconds": 60, "direction": "fall"},
    {"type": "no_data", "for_seconds": 900},
    {"type": "no_data", "for_seconds": None},
    {"type": "flatline", "for_seconds": 3600, "tolerance": 0.01},
    {"type": "out_of_range", "for_seconds": 30},
    {"type": "anomaly", "deviations": 5, "for_readings": 4},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
async def test_every_kind_of_rule_is_kept_as_it_was_said(weir: Weir, condition: dict[str, Any]):
    made = await weir.here.admin.post("rules", a_rule(weir.here, condition=condition))
    assert made.status == 201
    kept = (await weir.here.admin.get(f"rules/{made.body['id']}")).body
    assert kept == made.body
    assert kept["condition"].items() >= condition.items()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"condition": {"type": "guess"}}, "condition"),
        ({"condition": {"type": "threshold", "operator": "=", "value": 1}}, "condition"),
        ({"condition": {"type": "threshold", "operator": ">", "value": 1, "unit": "l/s"}}, "unit"),
        ({"condition": {"type": "no_data", "for_second": 5}}, "condition"),
        ({"condition": {"type": "flatline", "for_seconds": -1}}, "condition"),
        ({"sensor_id": None}, "sensor_id"),
        ({"sensor_id": 12345}, "sensor_id"),
        ({"sensor_type": "pressure"}, "sensor_type"),
        ({"sensor_id": None, "sensor_type": "mood"}, "sensor_type"),
        ({"name": ""}, "name"),
        ({"severity": "terrible"}, "severity"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_where_it_makes_none(
    weir: Weir, change: dict[str, Any], place: str
):
    before = (await weir.here.admin.get("rules")).body
    answer = await weir.here.admin.post("rules", a_rule(weir.here, **change))
    assert answer.status == 422, answer
    assert place in answer.body["detail"][0]["loc"]
    assert (await weir.here.admin.get("rules")).body == before


async def test_replay_tells_what_live_has_told(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    await weir.report(weir.here, {"value": 5.0})
    await weir.report(weir.here, {"value": 9.2})
    clock = weir.core.clock

    async def settled() -> Any:
        found = (await weir.here.admin.get(f"alerts/{alert['id']}")).body
        return found if found["occurrences"] == 2 else None

    live = await eventually(settled)
    now = clock.now()
    span = {"from": text(Instant(now - HOUR)), "to": text(Instant(now + HOUR))}
    answer = await weir.here.admin.post(f"rules/{alert['rule_id']}/replay", span)
    assert answer.status == 200
    assert len(answer.body) == 1
    told = answer.body[0]
    assert told["sensor_id"] == weir.here.sensor["id"]
    assert (told["severity"], told["alert_type"]) == ("critical", "overpressure")
    assert told["raised_at"] == live["raised_at"]
    assert told["occurrences"] == live["occurrences"]
    assert told["evidence"] == live["evidence"]
    assert [e["cleared_at"] is None for e in told["episodes"]] == [False, True]
    assert len((await weir.here.admin.get("alerts")).body) == 1  # a replay raises nothing
    await _a_rule_can_be_tried_before_it_is_there(weir, span, answer.body)


async def _a_rule_can_be_tried_before_it_is_there(weir: Weir, span: Any, replayed: Any):
    kept = (await weir.here.admin.get("rules")).body
    same = next(rule for rule in kept if rule["alert_type"] == "overpressure")
    wanted = {name: same[name] for name in ("name", "sensor_id", "condition", "severity")}
    draft = {"rule": wanted | {"alert_type": "overpressure"}, **span}
    assert (await weir.here.admin.post("rules/replay", draft)).body == replayed
    assert (await weir.here.admin.get("rules")).body == kept
    assert len((await weir.here.admin.get("alerts")).body) == 1
    senseless = {"rule": wanted | {"condition": {"type": "flatline", "for_seconds": -1}}, **span}
    assert (await weir.here.admin.post("rules/replay", senseless)).status == 422
    assert (await weir.there.admin.post("rules/replay", draft)).status == 422  # not its sensor
