"""Every route that changes something leaves its line in the audit log, or is on a list that says why not."""

from dataclasses import dataclass
from typing import Any, Final

from tests.api.appliance import PASSWORD, Client, Weir
from web.routes import Open
from web.table import ROUTES

WITHOUT: Final = {
    "POST /setup": "is done once, before anybody can sign in; tests/cli and test_web do it",
    "POST /auth/refresh": "goes on with a session that has a line",
    "POST /rules/{rule}/replay": "only looks: it tells what a rule would have raised",
    "POST /rules/replay": "only looks: it tells what a rule would raise that is not there yet",
    "DELETE /users/{user}/totp": "test_second_factor does what needs codes of a phone",
    "POST /auth/totp/confirm": "test_second_factor does what needs codes of a phone",
    "POST /auth/totp/disable": "test_second_factor does what needs codes of a phone",
    "POST /auth/totp/recovery-codes": "test_second_factor does what needs codes of a phone",
    "DELETE /auth/sessions/{session}": "ends one as DELETE /auth/sessions ends several",
    "DELETE /users/{user}/sessions/{session}": "ends one as DELETE /users/{user}/sessions does",
    "POST /devices/knocks/{knock}/claim": "adds a sensor as POST /sensors does; see test_knocks",
    "POST /incidents/{incident}/attachments": "its body is a file; the table has its word",
    "DELETE /incidents/{incident}/attachments/{attachment}": "goes with the one before",
    "POST /webhooks/{webhook}/test": "is recorded as POST /channels/{channel}/test is",
    "POST /webhooks/{webhook}/deliveries/{key:text}/redeliver": "sends again what is owed anyway",
    "POST /imports/sensors": "its body is a file; each transaction adds sensors, which have a word",
    "POST /imports/assets": "its body is a file; each transaction puts assets, which have a word",
    "POST /imports/network": "its body is a file; each transaction merges, which has a word",
    "PUT /map/base": "its body is a file; the table has its word",
    "DELETE /map/base": "goes with the one before",
    "PUT /admin/map/base": "its body is a file; the table has its word",
    "DELETE /admin/map/base": "goes with the one before",
    "PUT /preferences": "what people prefer for themselves concerns nobody else",
    "PATCH /preferences": "what people prefer for themselves concerns nobody else",
    "POST /channels/{channel}/test": "is recorded before anything is sent; no mail server here",
}
"""What this test does not do, and why. Device intake (Open.DEVICE) is in the ledger."""

LINE: Final = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.5, 52.6]]}
AREA: Final = {
    "type": "Polygon",
    "coordinates": [[[13, 52], [14, 52], [14, 53], [13, 53], [13, 52]]],
}
POINT: Final = {"type": "Point", "coordinates": [13.4, 52.5]}


@dataclass(frozen=True)
class Step:
    """One request; `keep` names the id that it gives for the paths of later ones."""

    what: str
    body: Any = None
    action: str = ""
    keep: str = ""
    who: str = "admin"


def steps(sensor: dict[str, Any]) -> list[Step]:
    alert = "POST /alerts/{alert}"
    return [
        Step("POST /municipalities", {"name": "New Town"}, "municipality.added", "town", "chief"),
        Step(
            "PATCH /municipalities/{municipality}",
            {"lateness_seconds": 7200},
            "municipality.changed",
            who="chief",
        ),
        Step("PATCH /sensors/{sensor}", {"name": "Renamed"}, "sensor.changed"),
        Step("POST /sensors/{sensor}/rotate-key", {}, "device.key_rotated"),
        Step("POST /users", a_user("new"), "user.added", "user"),
        Step("PATCH /users/{user}", {"enabled": False}, "user.disabled"),
        Step("PATCH /users/{user}", {"enabled": True}, "user.enabled"),
        Step("PATCH /users/{user}", {"password": PASSWORD + "!"}, "user.password_changed"),
        Step("PATCH /users/{user}", {"role": "operator"}, "user.changed"),
        Step("POST /tokens", {"name": "program", "role": "viewer"}, "token.added", "token"),
        Step("DELETE /tokens/{token}", None, "token.removed"),
        Step("POST /pipelines", {"code": "P1", "geometry": LINE}, "pipeline.added", "pipeline"),
        Step("PATCH /pipelines/{pipeline}", {"material": "steel"}, "pipeline.changed"),
        Step("DELETE /pipelines/{pipeline}", None, "asset.removed"),
        Step(
            "POST /network/assets",
            {"kind": "junction", "code": "N1", "geometry": POINT},
            "node.added",
            "asset",
        ),
        Step("PATCH /network/assets/{asset}", {"name": "the corner"}, "node.changed"),
        Step("DELETE /network/assets/{asset}", None, "asset.removed"),
        Step("POST /map/edits/{edit}/undo", None, "edit.undone"),
        Step("POST /rules", a_rule_on(sensor), "rule.added", "rule"),
        Step("PATCH /rules/{rule}", {"severity": "high"}, "rule.changed"),
        Step("DELETE /rules/{rule}", None, "rule.removed"),
        Step("PUT /retention", {"records_days": 800}, "setting.changed"),
        Step("PUT /auth/rules", {"totp_roles": ["viewer"]}, "setting.changed"),
        Step("PUT /admin/auth/rules", {"totp_roles": ["viewer"]}, "", who="chief"),
        Step(f"{alert}/acknowledge", {}, "alert.moved"),
        Step("POST /alerts/acknowledge", {"ids": ["{second}"]}, "alert.moved"),
        Step(f"{alert}/start", {}, "alert.moved"),
        Step(f"{alert}/shelve", {"minutes": 10, "reason": "works"}, "alert.moved"),
        Step(f"{alert}/unshelve", {}, "alert.moved"),
        Step(f"{alert}/assign", {"user_id": "{user}"}, "alert.assigned"),
        Step(f"{alert}/comments", {"comment": "looked at it"}, "alert.commented"),
        Step(f"{alert}/incident", {"title": "Burst"}, "incident.added", "incident"),
        Step(f"{alert}/maintenance", {"work": "valve"}, "maintenance.added", "entry"),
        Step(f"{alert}/resolve", {}, "alert.moved"),
        Step(f"{alert}/close", {}, "alert.moved"),
        Step("PUT /incidents/{incident}", {"status": "in_progress"}, "incident.changed"),
        Step("PATCH /incidents/{incident}", {"notes": "on site"}, "incident.changed"),
        Step("POST /incidents/{incident}/comments", {"comment": "wet"}, "incident.commented"),
        Step(
            "POST /incidents/{incident}/checklist", {"text": "dig"}, "incident.item_added", "item"
        ),
        Step(
            "PATCH /incidents/{incident}/checklist/{item}", {"done": True}, "incident.item_changed"
        ),
        Step("POST /incidents/{incident}/checklist", {"text": "fill"}, "incident.item_added"),
        Step("PATCH /incidents/{incident}/checklist/{item}", {"place": 9}, "incident.item_changed"),
        Step("DELETE /incidents/{incident}/checklist/{item}", None, "incident.item_removed"),
        Step("DELETE /incidents/{incident}/alerts/{alert}", None, "incident.alert_unlinked"),
        Step("POST /incidents/{incident}/alerts", {"alert_id": "{alert}"}, "incident.alert_linked"),
        Step("POST /incidents/{incident}/maintenance", {"work": "pipe"}, "maintenance.added"),
        Step("DELETE /incidents/{incident}", None, "incident.removed"),
        Step("POST /incidents", {"title": "Leak"}, "incident.added"),
        Step("PATCH /maintenance/{entry}", {"work": "another valve"}, "maintenance.changed"),
        Step("DELETE /maintenance/{entry}", None, "maintenance.removed"),
        Step("POST /maintenance", {"work": "flushing"}, "maintenance.added"),
        Step("POST /channels", a_channel(), "channel.added", "channel"),
        Step("PATCH /channels/{channel}", {"name": "others"}, "channel.changed"),
        Step("DELETE /channels/{channel}", None, "channel.removed"),
        Step("POST /webhooks", a_webhook(), "channel.added", "webhook"),
        Step("PATCH /webhooks/{webhook}", {"name": "other"}, "channel.changed"),
        Step("DELETE /webhooks/{webhook}", None, "channel.removed"),
        Step("POST /admin/sensor-types", a_type(), "sensor_type.added", who="chief"),
        Step("POST /notifications/register-device", a_phone(), "phone.added"),
        Step("POST /sensors", a_sensor(), "sensor.added", "other"),
        Step("DELETE /sensors/{other}", None, "sensor.removed"),
        Step("POST /roles", a_role(), "role.added", "role"),
        Step("PATCH /roles/{role}", {"description": "of the north"}, "role.changed"),
        Step("DELETE /roles/{role}", None, "role.removed"),
        Step("POST /zones", {"name": "North", "geometry": AREA}, "zone.added", "zone"),
        Step("PATCH /zones/{zone}", {"name": "South"}, "zone.changed"),
        Step("POST /zones/{zone}/overrides", an_override(sensor), "zone.overridden"),
        Step("DELETE /zones/{zone}", None, "zone.removed"),
        Step("PATCH /settings", {"lateness_seconds": 60}, "municipality.changed"),
        Step("PATCH /admin/settings", {"contact": "the tower"}, "setting.changed", who="chief"),
        Step("POST /admin/backups", None, "backup.asked", who="chief"),
        Step("POST /devices/keys", {"device_ids": [sensor["device_id"]]}, "device.key_rotated"),
        Step("PUT /devices/limits", a_limit(), "device.limits_changed"),
        Step("DELETE /sensors/{sensor}/keys", None, "device.keys_revoked"),
        Step("DELETE /users/{user}/sessions", None, "session.ended"),
        Step("POST /auth/totp", {"password": PASSWORD}, "user.second_factor_set", who="person"),
        Step("DELETE /auth/sessions", None, "session.ended", who="person"),
        Step(
            "POST /auth/password",
            {"old_password": PASSWORD, "new_password": PASSWORD + "?"},
            "user.password_changed",
            who="leaver",
        ),
        Step("POST /auth/logout", None, "session.ended", who="person"),
    ]


def a_user(name: str) -> dict[str, Any]:
    return {"username": name, "password": PASSWORD, "role": "viewer"}


def a_rule_on(sensor: dict[str, Any]) -> dict[str, Any]:
    condition = {"type": "threshold", "operator": ">", "value": 50.0, "for_seconds": 0}
    named = {"name": "r", "severity": "low", "alert_type": "x"}
    return {**named, "sensor_id": sensor["id"], "condition": condition}


def a_role() -> dict[str, Any]:
    return {"name": "north", "permissions": ["network.view"]}


def an_override(sensor: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "sensor", "id": sensor["id"], "inside": True}


def a_limit() -> dict[str, Any]:
    return {"device": {"messages_per_second": 7, "burst": 70}}


def a_channel() -> dict[str, Any]:
    return {"name": "we", "kind": "email", "target": "we@example.org"}


def a_webhook() -> dict[str, Any]:
    return {"name": "hook", "url": "https://hooks.example/x"}


def a_type() -> dict[str, Any]:
    return {"name": "Chlorine 2", "code": "pressure2", "unit": "bar"}


def a_phone() -> dict[str, Any]:
    return {"push_token": "abc", "platform": "android"}


def a_sensor() -> dict[str, Any]:
    return {"device_id": "PS-X", "name": "x", "sensor_type": "pressure", "unit": "bar"}


async def newest(weir: Weir) -> tuple[int, int]:
    """The number of the newest line of HERE, and of the system."""
    here = (await weir.here.admin.get("audit?limit=1")).body
    system = (await weir.chief.get("audit?limit=1")).body
    return here[0]["number"], system[0]["number"]


async def new_actions(weir: Weir, before: tuple[int, int]) -> set[str]:
    here = (await weir.here.admin.get("audit?limit=50")).body
    system = (await weir.chief.get("audit?limit=50")).body
    found = [line for line in here if line["number"] > before[0]]
    found += [line for line in system if line["number"] > before[1]]
    return {line["action"] for line in found}


def filled(text: Any, ids: dict[str, Any]) -> Any:
    if isinstance(text, str) and text.startswith("{"):
        return ids[text.strip("{}")]
    if isinstance(text, dict):
        return {key: filled(value, ids) for key, value in text.items()}
    if isinstance(text, list):
        return [filled(value, ids) for value in text]
    return text


async def test_every_route_that_changes_something_leaves_a_line(weir: Weir):
    ids: dict[str, Any] = {"sensor": weir.here.sensor["id"], "municipality": weir.here.id}
    ids["alert"] = (await weir.raise_alert(weir.here))["id"]
    ids["second"] = (await weir.raise_alert(weir.here))["id"]
    clients: dict[str, Client] = {"admin": weir.here.admin, "chief": weir.chief}
    clients["person"] = await weir.person(weir.here, "operator")
    await weir.sign_in(clients["person"].user["username"])
    clients["leaver"] = await weir.person(weir.here, "operator")
    done = {"POST /auth/login"}
    for step in steps(weir.here.sensor):
        if step.what == "DELETE /users/{user}/sessions":
            await weir.sign_in("new", PASSWORD + "!")
        before = await newest(weir)
        method, _, path = step.what.partition(" ")
        if step.what == "POST /map/edits/{edit}/undo":
            ids["edit"] = (await weir.here.admin.get("map/edits?limit=1")).body[0]["id"]
        url = "/api/v1" + path.format(**ids)
        answer = await clients[step.who](method, url, filled(step.body, ids))
        assert answer.status < 300, (step, answer)
        if step.keep:
            ids[step.keep] = answer.body["id"]
        found = await new_actions(weir, before)
        assert found, step
        assert step.action in found or not step.action, (step, found)
        done.add(step.what.replace("{other}", "{sensor}"))
    assert not_done(done) == [], "give an example of it in `steps`, or say why not in `WITHOUT`"


def not_done(done: set[str]) -> list[str]:
    there = {
        f"{route.method} {route.path.removeprefix('/api/v1')}"
        for route in ROUTES
        if route.method != "GET" and route.access is not Open.DEVICE
    }
    assert set(WITHOUT) <= there, "what is not there needs no reason"
    return sorted(there - done - set(WITHOUT))
