"""What people do about alerts: their states, comments, incidents and the maintenance log."""

import time
from typing import Any

import pytest

from tests.outside.town import THRESHOLD, Api, Town, at

POINT = {"type": "Point", "coordinates": [13.4, 52.5]}
FIELDS = {
    *("id", "alert_type", "severity", "status", "title", "description", "created_at", "location"),
    *("sensor_id", "pipeline_id", "municipality_id", "acknowledged_at", "resolved_at"),
}
INCIDENT = {"id", "title", "description", "status", "notes", "sensor_name", "created_at"}


def raised(town: Town, severity: str = "high") -> dict[str, Any]:
    """Give a new open alert."""
    device = town.device(location=POINT)
    rule = town.rule(device, THRESHOLD, severity=severity)
    device.post({"timestamp": at(minutes=1), "value": 9})
    return town.alert(rule)


def test_an_alert_has_its_fields_and_is_the_neighbours_never(here: Town, there: Town) -> None:
    alert = raised(here)
    assert set(alert) >= FIELDS
    assert (alert["location"], alert["municipality_id"]) == (POINT, here.id)
    assert alert["acknowledged_at"] is alert["resolved_at"] is alert["pipeline_id"] is None
    assert here.admin.get(f"alerts/{alert['id']}") == alert
    there.admin.get(f"alerts/{alert['id']}", 404)
    there.admin.post(f"alerts/{alert['id']}/acknowledge", {}, status=404)
    assert there.admin.get("alerts") == []


def test_alerts_are_filtered_and_newest_first(here: Town) -> None:
    critical, low = raised(here, "critical"), raised(here, "low")
    here.person("operator").post(f"alerts/{low['id']}/acknowledge", {}, status=200)
    query = {"status": "open", "severity": "critical", "limit": 50}
    found = here.admin.get("alerts", params=query)
    assert critical["id"] in {a["id"] for a in found}
    assert {(a["status"], a["severity"]) for a in found} == {("open", "critical")}
    everything = [a["created_at"] for a in here.admin.get("alerts")]
    assert everything == sorted(everything, reverse=True)
    assert len(here.admin.get("alerts", params={"limit": 1})) == 1
    here.admin.get("alerts", 422, params={"status": "lost"})


def test_an_alert_goes_its_way_with_who_when_and_why(here: Town) -> None:
    alert, operator = raised(here), here.person("operator")
    path = f"alerts/{alert['id']}"
    seen = operator.post(f"{path}/acknowledge", {"notes": "I look"}, status=200)
    assert (seen["status"], seen["resolved_at"]) == ("acknowledged", None)
    assert seen["acknowledged_at"].endswith("Z")
    technician = here.person("technician")
    assert technician.post(f"{path}/start", status=200)["status"] == "in_progress"
    said = {"comment": "Valve 7 shut"}
    assert technician.post(f"{path}/comments", said, status=200)["status"] == "in_progress"
    mended = operator.post(f"{path}/resolve", {"resolution_notes": "Mended"}, status=200)
    assert (mended["status"], mended["resolved_at"] is None) == ("resolved", False)
    assert operator.post(f"{path}/close", {}, status=200)["status"] == "closed"
    changes = here.person("viewer").get(f"{path}/changes")
    assert [(c["kind"], c["before"], c["after"], c["note"]) for c in changes] == [
        ("opened", None, "open", ""),
        ("moved", "open", "acknowledged", "I look"),
        ("moved", "acknowledged", "in_progress", ""),
        ("commented", "in_progress", "in_progress", "Valve 7 shut"),
        ("moved", "in_progress", "resolved", "Mended"),
        ("moved", "resolved", "closed", ""),
    ]
    by = [operator.user["id"], technician.user["id"]]
    assert [c["by"] for c in changes] == [None, by[0], by[1], by[1], by[0], by[0]]


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ("", "close"),
        ("acknowledge", "close"),
        ("start", "acknowledge"),
        ("resolve", "acknowledge"),
        ("resolve close", "resolve"),
        ("resolve close", "start"),
    ],
)
def test_a_way_that_there_is_not_is_a_conflict_and_changes_nothing(
    here: Town, way: str, wrong: str
) -> None:
    alert, operator = raised(here), here.person("operator")
    path = f"alerts/{alert['id']}"
    for step in way.split():
        alert = operator.post(f"{path}/{step}", {}, status=200)
    refused = operator.post(f"{path}/{wrong}", {}, status=409)
    assert alert["status"] in refused["detail"]
    assert here.admin.get(path) == alert


def test_a_request_that_a_phone_sends_twice_is_done_once(here: Town) -> None:
    path, operator = f"alerts/{raised(here)['id']}", here.person("operator")
    first = operator.post(f"{path}/acknowledge", {"notes": "x"}, status=200)
    assert operator.post(f"{path}/acknowledge", {"notes": "x"}, status=200) == first
    assert len(here.admin.get(f"{path}/changes")) == 2


def test_an_empty_comment_or_a_viewers_hand_is_refused(here: Town) -> None:
    path = f"alerts/{raised(here)['id']}"
    here.person("operator").post(f"{path}/comments", {"comment": ""}, status=422)
    for step in ("acknowledge", "resolve"):
        here.person("viewer").post(f"{path}/{step}", {}, status=403)
    assert here.person("operator")("POST", f"{path}/acknowledge").status_code == 200, "no body"


def test_a_cause_that_returns_after_it_was_resolved_reopens_and_after_it_was_closed_is_new(
    here: Town,
) -> None:
    device, operator = here.device(), here.person("operator")
    rule = here.rule(device, THRESHOLD)
    for n, (ways, alerts) in enumerate((("resolve", 1), ("resolve close", 2))):
        device.post({"timestamp": at(minutes=9 - 4 * n), "value": 9})
        first = here.alert(rule)
        device.post({"timestamp": at(minutes=8 - 4 * n), "value": 3})
        for step in ways.split():
            operator.post(f"alerts/{first['id']}/{step}", {}, status=200)
        device.post({"timestamp": at(minutes=7 - 4 * n), "value": 9})
        assert len(here.alerts(rule)) == alerts
        device.post({"timestamp": at(minutes=6 - 4 * n), "value": 3})
    newest, oldest = here.alerts(rule)
    assert (newest["status"], oldest["status"]) == ("open", "closed")


def test_statistics_count_them(here: Town, there: Town) -> None:
    before = here.admin.get("alerts/statistics/summary")
    other = there.admin.get("alerts/statistics/summary")
    raised(here, "critical")
    seen = raised(here, "high")
    here.admin.post(f"alerts/{seen['id']}/acknowledge", {}, status=200)
    after = here.admin.get("alerts/statistics/summary")
    more = {"total": 2, "open": 1, "critical": 1, "high": 1}
    assert {name: after[name] - before[name] for name in more} == more
    assert there.admin.get("alerts/statistics/summary") == other


# Incidents


def report(somebody: Api, town: Town, key: str = "", **fields: Any) -> dict[str, Any]:
    said = {
        "title": "Water on the street",
        "description": "Mill Lane 7",
        "incident_type": "leak",
        "severity": "high",
        "municipality_id": town.id,
    }
    headers = {"Idempotency-Key": key} if key else {}
    answer = somebody("POST", "incidents", json=said | fields, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_incident_is_reported_read_and_worked_on(here: Town, there: Town) -> None:
    technician = here.person("technician")
    made = report(technician, here, title="Dry tap")
    assert set(made) >= INCIDENT
    assert (made["status"], made["sensor_name"]) == ("open", None)
    path = f"incidents/{made['id']}"
    for status in ("in_progress", "resolved", "closed"):
        said = {"status": status, "notes": f"now {status}"}
        changed = technician("PUT", path, json=said)
        assert changed.status_code == 200
        assert (changed.json()["status"], changed.json()["notes"]) == (status, f"now {status}")
    assert here.admin.get("incidents")[0]["id"] == made["id"]
    assert technician("PUT", path, json={"status": "lost"}).status_code == 422
    there.admin.get(path, 404)
    assert there.admin("PUT", path, json={"status": "open"}).status_code == 404
    assert there.admin.get("incidents") == []
    foreign = there.person("technician")
    said = {"title": "x", "municipality_id": here.id}
    assert foreign("POST", "incidents", json=said).status_code == 404


def test_the_same_report_twice_is_one_incident(here: Town) -> None:
    technician, operator = here.person("technician"), here.person("operator")
    first = report(technician, here, title="Twice")
    assert report(technician, here, title="Twice")["id"] == first["id"]
    assert report(operator, here, title="Twice")["id"] != first["id"]
    assert report(technician, here, title="Another")["id"] != first["id"]


def test_an_idempotency_key_makes_one_incident_whatever_happens_between(here: Town) -> None:
    technician = here.person("technician")
    first = report(technician, here, "k-1", title="By key")
    changed = technician("PUT", f"incidents/{first['id']}", json={"status": "closed", "notes": "x"})
    assert changed.status_code == 200
    again = report(technician, here, "k-1", title="By key")
    assert (again["id"], again["status"]) == (first["id"], "open"), "the answer that was given then"
    said = {"title": "Something else", "municipality_id": here.id}
    other = technician("POST", "incidents", json=said, headers={"Idempotency-Key": "k-1"})
    assert other.status_code == 409


def test_an_incident_and_a_maintenance_entry_are_made_of_an_alert(here: Town, there: Town) -> None:
    alert, technician = raised(here, "critical"), here.person("technician")
    incident = technician.post(f"alerts/{alert['id']}/incident", {"notes": "On my way"})
    assert (incident["alert_id"], incident["severity"]) == (alert["id"], "critical")
    assert (incident["title"], incident["location"]) == (alert["title"], POINT)
    sensor = here.admin.get(f"sensors/{alert['sensor_id']}")
    assert incident["sensor_name"] == sensor["name"]
    again = technician.post(f"alerts/{alert['id']}/incident", {"notes": "On my way"})
    assert again["id"] == incident["id"]
    for path in (f"alerts/{alert['id']}", f"incidents/{incident['id']}"):
        there.admin.post(f"{path}/maintenance", {"work": "x"}, status=404)
        entry = technician.post(f"{path}/maintenance", {"work": "Clamp fitted"})
        assert (entry["work"], entry["by"]) == ("Clamp fitted", technician.user["id"])
        assert entry["sensor_id"] == alert["sensor_id"]
    log = here.admin.get("maintenance")
    assert {(e["alert_id"], e["incident_id"]) for e in log[:2]} >= {(alert["id"], None)}
    assert there.admin.get("maintenance") == []


def test_the_timeline_of_an_incident_shows_what_sensors_saw(here: Town, there: Town) -> None:
    device = here.device(location=POINT)
    rule = here.rule(device, THRESHOLD)
    for n in range(30, 0, -1):
        device.post({"timestamp": at(minutes=n), "value": 9 if n < 3 else 3})
    alert = here.alert(rule)
    incident = here.admin.post(f"alerts/{alert['id']}/incident", {})
    path = f"geo/incidents/{incident['id']}/timeline"
    found = here.admin.get(path, params={"hours_before": 1, "resolution": "5min"})
    expected = {name: incident[name] for name in ("title", "description", "severity", "created_at")}
    assert found["incident"].items() >= expected.items()
    assert found["metadata"]["incident_time"] == incident["created_at"]
    assert found["metadata"]["start_time"] < found["metadata"]["incident_time"]
    events = found["timeline_events"]
    assert sum(event["reading_count"] for event in events) >= 30
    fields = {"timestamp", "reading_count", "average_value", "anomaly_count", "sensors"}
    assert all(set(event) >= fields for event in events)
    assert [e["timestamp"] for e in events] == sorted(e["timestamp"] for e in events)
    for feature in found["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"] == POINT
        assert set(feature["properties"]) >= {
            *("timestamp", "sensor_name", "value", "unit", "is_anomaly", "anomaly_score")
        }
    assert 9 in {f["properties"]["value"] for f in found["features"]}
    assert alert["id"] in {a["id"] for a in found["related_alerts"]}
    for resolution in ("hour", "minute", "5", "15min", "1h", "day"):
        here.admin.get(path, params={"hours_before": 24, "resolution": resolution})
    here.admin.get(path)
    here.admin.get(path, 422, params={"resolution": "soon"})
    there.admin.get(path, 404)


def test_telling_somebody_takes_little_time(here: Town) -> None:
    """Not a benchmark: it fails when an alert waits for a timer instead of the commit."""
    device = here.device()
    rule = here.rule(device, THRESHOLD)
    began = time.monotonic()
    device.post({"value": 9})
    assert len(here.alerts(rule)) == 1
    assert time.monotonic() - began < 2
