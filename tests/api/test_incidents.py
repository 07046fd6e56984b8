"""Incidents, as the phone reports them from the field."""

from typing import Any

from tests.api.appliance import Weir, eventually

LEAK = {
    "title": "Water on the road",
    "description": "in front of number 7",
    "incident_type": "leak",
    "severity": "high",
}


def leak(weir: Weir, **overrides: Any) -> dict[str, Any]:
    return LEAK | {"municipality_id": weir.here.id} | overrides


async def test_a_report_is_an_incident_with_the_fields_that_the_phone_reads(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    answer = await phone.post("incidents", leak(weir))
    assert answer.status == 201
    assert (
        answer.body.items() >= (LEAK | {"status": "open", "notes": "", "sensor_name": None}).items()
    )
    assert answer.body["reported_by"] == phone.user["id"]
    listed = (await phone.get("incidents")).body
    assert listed == [answer.body]
    assert (await weir.there.admin.get("incidents")).body == []


async def test_the_same_report_twice_within_a_minute_is_one_incident(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    first = await phone.post("incidents", leak(weir))
    second = await phone.post("incidents", leak(weir))
    assert (second.status, second.body) == (201, first.body)
    other = await phone.post("incidents", leak(weir, description="number 9"))
    another = await weir.here.admin.post("incidents", leak(weir))
    ids = {answer.body["id"] for answer in (first, second, other, another)}
    assert len(ids) == 3
    assert len((await phone.get("incidents")).body) == 3


async def test_an_idempotency_key_makes_one_incident_however_late_it_comes_again(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    headers = {"Idempotency-Key": "phone-1/17"}
    first = await phone.post("incidents", leak(weir, title="A"), headers=headers)
    again = await phone.post("incidents", leak(weir, title="A"), headers=headers)
    assert again.body["id"] == first.body["id"]
    misused = await phone.post("incidents", leak(weir, title="B"), headers=headers)
    assert misused.status == 409
    stranger = await weir.here.admin.post("incidents", leak(weir, title="A"), headers=headers)
    assert stranger.body["id"] != first.body["id"]
    assert len((await phone.get("incidents")).body) == 2


async def test_an_incident_is_worked_on_and_its_end_is_noted(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    made = (await phone.post("incidents", leak(weir))).body
    path = f"incidents/{made['id']}"
    working = await phone("PUT", path, {"status": "in_progress", "notes": "digging"})
    assert (working.status, working.body["status"]) == (200, "in_progress")
    assert (working.body["notes"], working.body["resolved_at"]) == ("digging", None)
    done = await phone("PUT", path, {"status": "resolved", "notes": "mended"})
    assert done.body["resolved_at"] is not None
    assert (await phone.get("incidents?status=resolved")).body == [done.body]
    assert (await phone.get("incidents?status=open")).body == []
    refused = await phone("PUT", path, {"status": "forgotten"})
    assert refused.status == 422


async def test_a_report_for_another_municipality_is_not_found(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    answer = await phone.post("incidents", leak(weir, municipality_id=weir.there.id))
    assert answer.status == 404
    assert (await weir.there.admin.get("incidents")).body == []


async def test_a_timeline_shows_what_the_sensors_around_said(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    made = await weir.here.admin.post(f"alerts/{alert['id']}/incident", {})
    path = f"geo/incidents/{made.body['id']}/timeline?hours_before=2&resolution=5"

    async def shown() -> Any:
        answer = await weir.here.admin.get(path)
        assert answer.status == 200, answer
        return answer.body if answer.body["timeline_events"] else None

    found = await eventually(shown)
    assert found["incident"]["title"] == made.body["title"]
    assert found["metadata"]["start_time"] < found["metadata"]["incident_time"]
    event = found["timeline_events"][0]
    assert (event["reading_count"], event["average_value"]) == (1, 9.0)
    assert event["sensors"][0]["sensor_name"] == "Mill Lane"
    feature = found["features"][0]
    assert feature["type"] == "Feature"
    assert feature["geometry"]["coordinates"] == [13.4, 52.5]
    assert (feature["properties"]["value"], feature["properties"]["unit"]) == (9.0, "bar")
    assert [a["id"] for a in found["related_alerts"]] == [alert["id"]]
    assert (await weir.there.admin.get(path)).status == 404
    assert (await weir.here.admin.get(f"{path}&hours_after=745")).status == 422
    brief = await weir.here.admin.get(f"{path}&hours_after=0.000001")
    assert brief.body["metadata"]["end_time"] < found["metadata"]["end_time"]
