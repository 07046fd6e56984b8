"""What the applications read: every field of `clients.md`, paging, and what machines ask."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.outside.town import HTTP, THRESHOLD, Api, Town, at, eventually

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
POINT = {"type": "Point", "coordinates": [13.4, 52.5]}
LINE = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]}


def times_in(body: Any) -> list[str]:
    """Give everything under a name that ends as times' names do."""
    if isinstance(body, list):
        return [time for one in body for time in times_in(one)]
    if not isinstance(body, dict):
        return []
    own = [v for k, v in body.items() if k.endswith(("_at", "timestamp")) and v is not None]
    return own + [time for value in body.values() for time in times_in(value)]


def test_a_sensor_in_the_list_and_alone(here: Town, there: Town) -> None:
    pipeline = here.admin.post("pipelines", {"name": "Main Street", "geometry": LINE})
    device = here.device(location=POINT, pipeline_id=pipeline["id"])
    assert device.sensor["api_key"]
    (fresh,) = [s for s in here.admin.get("sensors") if s["device_id"] == device.id]
    assert "api_key" not in fresh
    assert fresh["battery_level"] is fresh["last_reading"] is fresh["last_reading_at"] is None
    moment = at(seconds=2)
    device.post({"timestamp": moment, "value": 3.25, "battery_level": 80, "signal_strength": -60})
    (row,) = [s for s in here.admin.get("sensors") if s["device_id"] == device.id]
    expected = {
        "id": device.sensor["id"],
        "device_id": device.id,
        "name": f"Sensor {device.id}",
        "status": "active",
        "protocol": "mqtt",
        "sensor_type": "pressure",
        "location": POINT,
        "battery_level": 80,
        "signal_strength": -60,
        "last_reading_at": moment,
        "last_reading": 3.25,
        "municipality_id": here.id,
        "pipeline_id": pipeline["id"],
    }
    assert {name: row[name] for name in expected} == expected
    alone = here.admin.get(f"sensors/{row['id']}")
    assert alone["sensor_type"]["name"] == "Pressure"
    assert alone["sensor_type"]["unit"] == "bar"
    there.admin.get(f"sensors/{row['id']}", 404)
    assert all(s["municipality_id"] == there.id for s in there.admin.get("sensors"))


@pytest.mark.parametrize("status", ["active", "maintenance", "inactive", "faulty"])
def test_a_sensor_has_one_of_four_states(here: Town, status: str) -> None:
    device = here.device()
    changed = here.admin("PATCH", f"sensors/{device.sensor['id']}", json={"status": status})
    assert changed.json()["status"] == status
    found = here.admin.get("sensors", params={"status": status})
    assert device.id in {s["device_id"] for s in found}
    assert {s["status"] for s in found} == {status}


def test_readings_are_newest_first_and_have_their_fields(here: Town, there: Town) -> None:
    device = here.device()
    device.post([{"timestamp": at(minutes=n), "value": n, "quality": 0.5} for n in range(1, 60)])
    device.post({"timestamp": at(hours=30), "value": 99 / 10})
    found = here.readings(device)
    assert [r["value"] for r in found] == list(range(1, 60))
    assert set(found[0]) >= {"id", "timestamp", "value", "unit", "is_anomaly", "quality_score"}
    assert (found[0]["unit"], found[0]["is_anomaly"], found[0]["quality_score"]) == (
        "bar",
        False,
        0.5,
    )
    assert len({r["id"] for r in found}) == 59
    assert [r["value"] for r in here.readings(device, limit=50)] == list(range(1, 51))
    assert len(here.readings(device, hours=48)) == 60
    there.admin.get(f"sensors/{device.sensor['id']}/readings", 404)


def test_a_series_keeps_a_single_peak_in_few_points(here: Town, there: Town) -> None:
    device = here.device()
    values = [3.0] * 1_000
    values[617], values[200] = 9.75, 0.25
    device.post([{"timestamp": at(seconds=3 * n), "value": v} for n, v in enumerate(values, 1)])
    path = f"sensors/{device.sensor['id']}/series"
    query = {"from": at(hours=2), "to": at(seconds=0), "points": 20}
    series = here.admin.get(path, params=query)
    lengths = {len(series[name]) for name in ("timestamps", "min", "mean", "max")}
    assert len(lengths) == 1
    assert 2 < lengths.pop() <= 20
    assert (max(series["max"]), min(series["min"]), series["unit"]) == (9.75, 0.25, "bar")
    assert series["timestamps"] == sorted(series["timestamps"])
    naive = {"from": "2026-01-01T00:00:00", "to": at(seconds=0)}
    (detail,) = here.admin.get(path, 422, params=naive)["detail"]
    assert "zone" in detail["msg"]
    there.admin.get(path, 404, params=query)


def test_a_pipeline_has_its_fields(here: Town, there: Town) -> None:
    said = {"name": "High Street", "geometry": LINE, "diameter": 150, "material": "PVC"}
    made = here.admin.post("pipelines", said)
    (row,) = [p for p in here.admin.get("pipelines") if p["id"] == made["id"]]
    expected = said | {"municipality_id": here.id}
    assert {name: row[name] for name in expected} == expected
    assert row["status"]
    assert made["id"] not in {p["id"] for p in there.admin.get("pipelines")}
    bad = {"name": "x", "geometry": {"type": "LineString", "coordinates": [[500, 0], [1, 1]]}}
    here.admin.post("pipelines", bad, status=422)


def test_lists_are_arrays_with_totals_and_links(here: Town) -> None:
    for _ in range(5):
        here.device()
    everything = here.admin("GET", "sensors")
    assert isinstance(everything.json(), list)
    total = int(everything.headers["X-Total-Count"])
    assert total == len(everything.json())
    seen: list[int] = []
    path = "sensors?limit=2&status=active"
    active = int(here.admin("GET", "sensors?status=active").headers["X-Total-Count"])
    while path:
        page = here.admin("GET", path)
        assert int(page.headers["X-Total-Count"]) == active
        seen += [s["id"] for s in page.json()]
        following = re.search(r'<([^>]*)>; rel="next"', page.headers.get("Link", ""))
        path = following.group(1) if following else ""
    assert len(seen) == len(set(seen)) == active
    assert 'rel="prev"' in page.headers["Link"]


@pytest.mark.parametrize(
    "path", ["alerts", "incidents", "rules", "pipelines", "users", "intake/rejections", "sensors"]
)
def test_every_list_pages(here: Town, path: str) -> None:
    answer = here.admin("GET", path, params={"limit": 1})
    assert answer.status_code == 200
    assert isinstance(answer.json(), list)
    assert len(answer.json()) <= 1
    assert int(answer.headers["X-Total-Count"]) >= len(answer.json())


def test_all_times_are_utc_with_z(here: Town) -> None:
    device = here.device()
    here.alert(_broken(here, device))
    here.admin.post("incidents", {"title": "Water on the street", "severity": "high"})
    for path in ("sensors", "alerts", "rules", "incidents", "municipalities", "tokens", "channels"):
        for time in times_in(here.admin.get(path)):
            assert TIME.fullmatch(time), (path, time)
    found = times_in(here.readings(device))
    assert found
    assert all(TIME.fullmatch(time) for time in found)


def _broken(town: Town, device: Any) -> Any:
    rule = town.rule(device, THRESHOLD)
    device.post({"value": 9})
    return rule


def test_health_is_told_without_signing_in(here: Town) -> None:
    body = Api(here.weir.url).get("monitoring/health")
    assert body["status"] in {"healthy", "warning"}
    assert body["components"]["database"]["status"] == "healthy"
    assert 0 <= body["components"]["system"]["cpu_percent"] <= 100
    assert 0 < body["components"]["system"]["memory_percent"] <= 100
    assert 0 <= body["components"]["sensors"]["health_score"] <= 100


def test_trends_have_a_count_for_each_of_seven_days(here: Town, there: Town) -> None:
    before = here.admin.get("analytics/trends", params={"days": 7})
    neighbour = there.admin.get("analytics/trends", params={"days": 7})
    device = here.device()
    here.alert(_broken(here, device))
    device.post({"timestamp": at(days=2), "value": 3})
    trends = here.admin.get("analytics/trends", params={"days": 7})
    for name in ("readings", "alerts"):
        days = [row["date"] for row in trends[name]]
        assert days == sorted(days)
        assert len(days) == 7
        assert days[-1] == at(seconds=0)[:10]
        assert all(datetime.fromisoformat(day) for day in days)

    def counts(found: Any, name: str) -> list[int]:
        return [row["count"] for row in found[name]]

    assert counts(trends, "readings")[-1] == counts(before, "readings")[-1] + 1
    assert counts(trends, "readings")[-3] == counts(before, "readings")[-3] + 1
    assert counts(trends, "alerts")[-1] == counts(before, "alerts")[-1] + 1
    assert there.admin.get("analytics/trends", params={"days": 7}) == neighbour


def test_the_sensors_with_the_most_alerts_come_first(here: Town, there: Town) -> None:
    busy, quiet = here.device(), here.device()
    for device, times in ((busy, 3), (quiet, 1)):
        for _ in range(times):
            here.alert(_broken(here, device))
    found = here.admin.get("analytics/top-alerts", params={"limit": 5})
    counts = [row["alert_count"] for row in found]
    assert counts == sorted(counts, reverse=True)
    assert len(found) <= 5
    assert found[0] == {"name": busy.sensor["name"], "alert_count": 3}, "one for each rule"
    assert there.admin.get("analytics/top-alerts") == []


def test_the_super_admin_sees_how_much_there_is(here: Town, chief: Api) -> None:
    before = chief.get("admin/system/stats")
    here.device()
    after = chief.get("admin/system/stats")
    assert after["sensors"]["total"] == before["sensors"]["total"] + 1
    assert after["municipalities"] >= 3
    assert after["users"] >= 2
    assert isinstance(after["open_alerts"], int)


def test_a_kind_of_sensor_is_added_and_its_limits_raise_alerts(
    here: Town, there: Town, chief: Api
) -> None:
    said = {"name": "Inlet pressure", "code": "inlet", "unit": "bar"}
    made = chief.post("admin/sensor-types", said | {"threshold_config": {"min": 2, "max": 6}})
    assert made["threshold_config"] == {"min": 2, "max": 6}
    chief.post("admin/sensor-types", said, status=409)
    device = here.device(sensor_type="inlet")
    plain = here.device()
    rules = here.admin.get("rules")
    (rule,) = [r for r in rules if r["condition"]["type"] == "out_of_range"]
    assert rule["enabled"]
    device.post({"timestamp": at(minutes=3), "value": 4})
    assert here.alerts(sensor_id=device.sensor["id"]) == []
    device.post(
        [{"timestamp": at(minutes=2), "value": 6.5}, {"timestamp": at(minutes=1), "value": 1}]
    )
    plain.post({"value": 30})
    alerts = eventually(lambda: here.alerts(sensor_id=device.sensor["id"]))
    assert [a["rule_id"] for a in alerts] == [rule["id"]], "one alert per cause"
    assert "bar" in alerts[0]["description"]
    assert here.alerts(sensor_id=plain.sensor["id"]) == []
    assert there.alerts() == []


def test_a_phone_is_registered(here: Town) -> None:
    body = {"push_token": "ExponentPushToken[abc]", "platform": "ios"}
    answer = here.person("technician")("POST", "notifications/register-device", json=body)
    assert answer.is_success
    again = here.person("technician")("POST", "notifications/register-device", json=body)
    assert again.is_success
    assert Api(here.weir.url)("POST", "notifications/register-device", json=body).status_code == 401


def test_machines_are_answered(here: Town) -> None:
    nobody = Api(here.weir.url)
    assert nobody.get("/healthz")
    text = HTTP.get(f"{here.weir.url}/metrics")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert re.search(r"^weir_sensors \d+", text.text, re.MULTILINE)
    document = nobody.get("openapi.json")
    assert document["openapi"].startswith("3.")
    for path in ("/api/v1/sensors", "/api/v1/rules/{rule}/replay", "/api/v1/ledger"):
        assert path in document["paths"], sorted(document["paths"])
    page = HTTP.get(f"{here.weir.url}/api/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert HTTP.get(f"{here.weir.url}/").headers["Content-Type"].startswith("text/html")


def test_the_super_admin_makes_municipalities_people_and_sees_all(
    here: Town, there: Town, chief: Api
) -> None:
    mine, theirs = here.device(), there.device()
    seen = {s["device_id"] for s in chief.get("sensors")}
    assert {mine.id, theirs.id} <= seen
    only = chief.get("sensors", params={"municipality_id": here.id})
    assert {s["municipality_id"] for s in only} == {here.id}
    rule = {"name": "R", "condition": THRESHOLD, "sensor_id": mine.sensor["id"]}
    made = chief.post("rules", rule | {"municipality_id": here.id})
    assert made["municipality_id"] == here.id
    (detail,) = chief.post("rules", rule, status=422)["detail"]
    assert detail["loc"] == ["body", "municipality_id"]
    there.admin.post("rules", rule | {"municipality_id": here.id}, status=404)
    there.admin.post("rules", rule, status=422)
