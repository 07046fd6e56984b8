"""The story of an incident, alerts on the shelf, and sensors out of service."""

from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.services.housekeeping import Housekeeping
from tests.api.appliance import Town, Weir, eventually
from tests.api.test_incidents import leak


def at(**ago: float) -> str:
    return (datetime.now(UTC) + timedelta(**ago)).isoformat()


async def status_of(town: Town) -> str:
    found: str = (await town.admin.get(f"sensors/{town.sensor['id']}")).body["status"]
    return found


async def alerts_of(town: Town, **more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await town.admin.get("alerts", params=more)).body
    return found


async def keep_later(weir: Weir, by: int) -> None:
    """Do the work of each minute as if it were that much later."""
    world = weir.core.world

    class Later:
        monotonic = world.clock.monotonic

        def now(self) -> Instant:
            return Instant(world.clock.now() + by)

    from dataclasses import replace  # noqa: PLC0415

    await Housekeeping(replace(world, clock=Later())).each_minute()


async def test_a_story_tells_who_did_what_in_order(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    theirs = await weir.raise_alert(weir.there)
    made = (await weir.here.admin.post(f"alerts/{alert['id']}/incident", {})).body
    phone = await weir.person(weir.here, "technician")
    path = f"incidents/{made['id']}"
    assert (await phone.post(f"{path}/comments", {"comment": "on my way"})).status == 201
    assert (await phone("PUT", path, {"status": "in_progress", "notes": "dug"})).status == 200
    mine = {"assigned_to": phone.user["id"], "severity": "low", "title": "Burst"}
    assert (await phone("PATCH", path, mine)).body["assigned_to"] == phone.user["id"]
    assert (await phone("PATCH", path, mine)).status == 200, "what changes nothing is not told"
    assert (await phone("DELETE", f"{path}/alerts/{alert['id']}")).status == 204
    assert (await phone.post(f"{path}/alerts", {"alert_id": theirs["id"]})).status == 404
    for _ in range(2):
        assert (await phone.post(f"{path}/alerts", {"alert_id": alert["id"]})).status == 204
    assert [a["id"] for a in (await phone.get(f"{path}/alerts")).body] == [alert["id"]]
    story = (await phone.get(f"{path}/timeline")).body
    assert [(s["number"], s["kind"], s["note"]) for s in story] == [
        (1, "reported", ""),
        (2, "commented", "on my way"),
        (3, "moved", "dug"),
        (4, "changed", "notes"),
        (5, "changed", "title, severity, assigned_to"),
        (6, "alert_unlinked", ""),
        (7, "alert_linked", ""),
    ]
    assert (story[2]["before"], story[2]["after"]) == ("open", "in_progress")
    assert {s["by"] for s in story} == {weir.here.admin.user["id"], phone.user["id"]}
    for other in (f"{path}/timeline", f"{path}/alerts", path):
        assert (await weir.there.admin.get(other)).status == 404
    assert (await weir.there.admin.post(f"{path}/comments", {"comment": "x"})).status == 404
    stranger = {"assigned_to": weir.there.admin.user["id"]}
    assert (await phone("PATCH", path, stranger)).status == 422
    assert (await phone.get("incidents?assigned_to=" + str(phone.user["id"]))).body[0][
        "id"
    ] == made["id"]


async def test_a_shelved_alert_comes_back_by_itself(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    path = f"alerts/{alert['id']}"
    phone = await weir.person(weir.here, "technician")
    for body in (
        {"minutes": 0, "reason": "x"},
        {"minutes": 10},
        {"minutes": 10_081, "reason": "x"},
    ):
        assert (await phone.post(f"{path}/shelve", body)).status == 422
    said = {"minutes": 30, "reason": "pump test"}
    assert (await weir.there.admin.post(f"{path}/shelve", said)).status == 404
    shelved = await phone.post(f"{path}/shelve", said)
    assert (shelved.status, shelved.body["status"]) == (200, "open")
    assert shelved.body["shelved_until"] is not None
    assert [a["id"] for a in await alerts_of(weir.here, shelved="true")] == [alert["id"]]
    assert await alerts_of(weir.here, shelved="false") == []
    await keep_later(weir, 29 * MINUTE)
    assert (await phone.get(path)).body["shelved_until"] is not None
    await keep_later(weir, 31 * MINUTE)
    assert (await phone.get(path)).body["shelved_until"] is None
    steps = (await phone.get(f"{path}/changes")).body
    assert [(s["kind"], s["by"], s["note"]) for s in steps][-2:] == [
        ("shelved", phone.user["id"], "pump test"),
        ("unshelved", None, "its time on the shelf is over"),
    ]


async def test_nobody_is_told_of_a_shelved_alert_until_it_is_back(weir: Weir):
    channel = {"name": "Duty", "kind": "webhook", "target": "http://127.0.0.1:9/x"}
    assert (await weir.here.admin.post("channels", channel)).status == 201
    alert = await weir.raise_alert(weir.here)
    path = f"alerts/{alert['id']}"

    async def owed() -> int:
        return int((await weir.here.admin.get("deliveries")).headers["X-Total-Count"])

    assert await owed() == 1
    await weir.here.admin.post(f"{path}/shelve", {"minutes": 30, "reason": "test"})
    assert await owed() == 1
    assert (await weir.here.admin.post(f"{path}/unshelve", {})).status == 200
    assert await owed() == 2, "it still is as bad, and open"
    await weir.here.admin.post(f"{path}/acknowledge", {})
    await weir.here.admin.post(f"{path}/shelve", {"minutes": 30, "reason": "test"})
    await weir.here.admin.post(f"{path}/unshelve", {})
    assert await owed() == 2, "somebody has it in hand"
    await weir.here.admin.post(f"{path}/resolve", {})
    late = await weir.here.admin.post(f"{path}/shelve", {"minutes": 30, "reason": "test"})
    assert late.status == 409


async def test_a_sensor_out_of_service_raises_no_alarm_and_comes_back_by_itself(weir: Weir):
    await weir.raise_alert(weir.here)
    work = {
        "work": "calibrate",
        "status": "planned",
        "sensor_id": weir.here.sensor["id"],
        "due_at": at(hours=1),
        "out_of_service": {"from": at(minutes=-1), "to": at(hours=1)},
    }
    assert (await weir.there.admin.post("maintenance", work)).status == 422
    made = await weir.here.admin.post("maintenance", work)
    assert (made.status, made.body["keeps_out"], made.body["done_at"]) == (201, True, None)
    assert (await status_of(weir.here), await status_of(weir.there)) == ("maintenance", "active")

    async def cleared() -> bool:
        return not any(a["condition_active"] for a in await alerts_of(weir.here))

    await eventually(cleared)
    count = len(await alerts_of(weir.here))
    assert (await weir.report(weir.here, {"value": 9.9, "unit": "bar"})).status == 201
    assert (await weir.report(weir.there, {"value": 9.9, "unit": "bar"})).status == 201
    await keep_later(weir, 30 * MINUTE)
    assert await status_of(weir.here) == "maintenance"
    assert len(await alerts_of(weir.here)) == count
    assert not any(a["condition_active"] for a in await alerts_of(weir.here))
    await keep_later(weir, 2 * HOUR)
    assert await status_of(weir.here) == "active"
    after = (await weir.here.admin.get(f"maintenance/{made.body['id']}")).body
    assert (after["keeps_out"], after["status"]) == (False, "planned")


async def test_two_windows_of_one_sensor_end_when_both_have(weir: Weir):
    def work(hours: float) -> dict[str, Any]:
        window = {"from": at(minutes=-1), "to": at(hours=hours)}
        sensor = weir.here.sensor["id"]
        return {"work": "x", "status": "planned", "sensor_id": sensor, "out_of_service": window}

    first = (await weir.here.admin.post("maintenance", work(1))).body
    await weir.here.admin.post("maintenance", work(3))
    done = {"status": "done", "notes": "new seal"}
    ended = await weir.here.admin("PATCH", f"maintenance/{first['id']}", done)
    assert (ended.status, ended.body["keeps_out"], ended.body["notes"]) == (200, False, "new seal")
    assert await status_of(weir.here) == "maintenance"
    await keep_later(weir, 4 * HOUR)
    assert await status_of(weir.here) == "active"


async def test_work_is_planned_done_and_planned_again(weir: Weir):
    phone = await weir.person(weir.here, "technician")
    plan = {
        "work": "flush the hydrants",
        "status": "planned",
        "due_at": "2026-03-01T08:00:00Z",
        "assigned_to": phone.user["id"],
        "repeat_days": 365,
    }
    made = (await weir.here.admin.post("maintenance", plan)).body
    late = "maintenance?due_before=2026-04-01T00:00:00Z"
    assert [e["id"] for e in (await phone.get(late)).body] == [made["id"]]
    assert (await weir.there.admin.get(late)).body == []
    path = f"maintenance/{made['id']}"
    assert (await weir.there.admin("PATCH", path, {"status": "done"})).status == 404
    done = await phone("PATCH", path, {"status": "done", "notes": "two were stuck"})
    assert done.body["done_at"] is not None
    (again,) = (await phone.get("maintenance?status=planned")).body
    assert (again["due_at"], again["notes"]) == ("2027-03-01T08:00:00Z", "")
    assert (await phone.get(late)).body == []
    assert (await phone("DELETE", path)).status == 403
    assert (await weir.there.admin("DELETE", path)).status == 404
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert [e["id"] for e in (await phone.get("maintenance")).body] == [again["id"]]
    for wrong in (
        {"repeat_days": 7},
        {"out_of_service": {"from": at(), "to": at(hours=1)}},
        {"asset_id": 7},
        {"assigned_to": weir.there.admin.user["id"]},
    ):
        refused = await phone.post("maintenance", {"work": "x", "status": "planned"} | wrong)
        assert refused.status == 422, wrong


async def test_a_report_still_says_what_was_done_in_one_line(weir: Weir):
    made = await weir.here.admin.post("incidents", leak(weir))
    path = f"incidents/{made.body['id']}"
    logged = await weir.here.admin.post(f"{path}/maintenance", {"work": "clamp fitted"})
    assert (logged.status, logged.body["status"]) == (201, "done")
    assert logged.body["done_at"] is not None
    assert (await weir.here.admin("DELETE", path)).status == 204
    kept = (await weir.here.admin.get(f"maintenance/{logged.body['id']}")).body
    assert (kept["work"], kept["incident_id"]) == ("clamp fitted", None)
