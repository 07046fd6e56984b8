"""What is in the two towns of the pictures: the demo after its burst, and another beside it.

Everything goes through the API, as people and devices would do it.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import httpx

from appliance.domain.instant import to_datetime
from appliance.machine.clock import SystemClock
from tests.e2e.test_incidents import png
from tests.e2e.towns import made, signed_in
from tests.running import PASSWORD, Running, found

CHIEF, ADMIN = "ada", "carla"
"""The super admin, and the one whose town the demo is."""
PEOPLE = (
    ("operator", "jonas", "Jonas Petersen"),
    ("technician", "mehmet", "Mehmet Aksoy"),
    ("technician", "ines", "Inês Carvalho"),
    ("viewer", "council", "Town council"),
)
MATERIALS = (("cast iron", 1931), ("steel", 1968), ("PVC", 1984), ("ductile iron", 1997))
PLASTIC = ("PE 100", 2014)
BURST_WITHIN = 180
SEVERAL = 3
Found = TypeVar("Found")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the pictures need to know of it."""

    demo: int
    alert: int
    sensor: int
    device: int
    """A sensor whose device tells its battery and signal, and had messages refused."""
    incident: int
    asset: int
    zone: int
    rule: int


def seed(weir: Running) -> Seeded:
    """Fill both towns, and wait until the demo's main has burst."""
    brookfield = found(weir.folder)
    with signed_in(weir.url, CHIEF) as chief:
        towns = chief.get("/municipalities").raise_for_status().json()
        demo = next(town["id"] for town in towns if town["id"] != brookfield)
        _person(chief, demo, "admin", ADMIN, "Carla Lindqvist")
        for role, username, name in PEOPLE:
            _person(chief, demo, role, username, name)
        _person(chief, brookfield, "admin", "bruno", "Bruno Almeida")
        _other_town(weir, chief, brookfield)
    with signed_in(weir.url, ADMIN) as api:
        return _demo_town(weir, api, demo)


def _person(chief: httpx.Client, town: int, role: str, username: str, name: str) -> None:
    address = f"{username}@example.org"
    said = {"username": username, "full_name": name, "email": address, "role": role}
    made(chief, "/users", **said, password=PASSWORD, municipality_id=town)


def _other_town(weir: Running, chief: httpx.Client, town: int) -> None:
    """One sensor of another municipality, with an alarm that the demo's people must not see."""
    sensor = made(
        chief,
        "/sensors",
        device_id="PS-001",
        name="Brookfield reservoir",
        sensor_type="pressure",
        unit="bar",
        municipality_id=town,
        location={"type": "Point", "coordinates": [13.4, 52.5]},
    )
    condition = {"type": "threshold", "operator": "<", "value": 2.0, "for_seconds": 0}
    low = {"name": "Low", "sensor_id": sensor["id"], "condition": condition}
    made(chief, "/rules", **low, municipality_id=town)
    _report(weir, sensor, value=1.2, unit="bar")


def _report(weir: Running, sensor: Row, **said: object) -> None:
    where = f"{weir.url}/api/v1/sensors/{sensor['device_id']}/readings"
    httpx.post(where, headers={"X-API-Key": sensor["api_key"]}, json=said)


def _demo_town(weir: Running, api: httpx.Client, demo: int) -> Seeded:
    device = _device(weir, api)
    _strangers(weir)
    _telling(api)
    _rights(api)
    _ages_of_pipes(api)
    alerts = _eventually(lambda: _many_critical(api), BURST_WITHIN)
    incident = _incident(api, alerts)
    _work(api, incident, device)
    rules = api.get("/rules").json()
    return Seeded(
        demo=demo,
        alert=alerts[0]["id"],
        sensor=alerts[0]["sensor_id"],
        device=device["id"],
        incident=incident,
        asset=api.get("/network/assets", params={"kind": "pipe", "limit": 1}).json()[0]["id"],
        zone=api.get("/zones").json()[0]["id"],
        rule=next(rule["id"] for rule in rules if "2.5 bar" in rule["name"]),
    )


def _device(weir: Running, api: httpx.Client) -> Row:
    """A battery logger with an hour behind it, that also sent what could not be taken."""
    sensor = made(
        api,
        "/sensors",
        device_id="LOGGER-07",
        name="Lighthouse Road, logger",
        sensor_type="pressure",
        unit="bar",
        location={"type": "Point", "coordinates": [8.7331, 54.6303]},
    )
    now = _now()
    for minutes in range(60, 0, -2):
        at = (now - timedelta(minutes=minutes)).isoformat()
        value = 4.1 + 0.12 * ((minutes * 7) % 5) / 5
        told = {"battery_level": 17, "signal_strength": -113}
        _report(weir, sensor, value=round(value, 2), unit="bar", timestamp=at, **told)
    _report(weir, sensor, value="wet", unit="bar")
    _report(weir, sensor, value=4.2, unit="furlongs")
    _report(weir, sensor, value=4.2, unit="bar", timestamp="2031-01-01T00:00:00Z")
    return sensor


def _strangers(weir: Running) -> None:
    """Devices that nobody has registered yet, which the screen of devices lets one claim."""
    for device in ("NEW-FLOW-3", "NEW-PRESSURE-9"):
        _report(weir, {"device_id": device, "api_key": "not-a-key"}, value=3.1, unit="bar")


def _telling(api: httpx.Client) -> None:
    made(api, "/channels", name="Second on call", kind="email", target="second@example.org")
    hook = {"url": "http://127.0.0.1:9/dispatch", "secret": "a long word between us"}
    made(api, "/webhooks", name="Dispatch", **hook, enabled=False)


def _rights(api: httpx.Client) -> None:
    permissions = ["network.view", "alerts.handle"]
    made(api, "/roles", name="Night watch", permissions=permissions, description="Sees, reacts")
    until = (_now() + timedelta(days=90)).isoformat()
    made(api, "/tokens", name="Monthly report", role="viewer", expires_at=until)


def _ages_of_pipes(api: httpx.Client) -> None:
    """Give each pipe a material and a year by its place: the oldest in the north."""
    pipes = api.get("/network/assets", params={"kind": "pipe", "limit": 1000}).json()
    pipes = [pipe for pipe in pipes if pipe["geometry"]]
    pipes.sort(key=lambda pipe: -pipe["geometry"]["coordinates"][0][1])
    made_of = (*MATERIALS, PLASTIC)
    features = [
        {
            "type": "Feature",
            "geometry": pipe["geometry"],
            "properties": {key: pipe[key] for key in ("kind", "code", "start_node", "end_node")}
            | {"details": pipe["details"]}
            | {"material": of[0], "installed_on": date(of[1], 6, 1).isoformat()},
        }
        for number, pipe in enumerate(pipes)
        for of in [made_of[number * len(made_of) // len(pipes)]]
    ]
    answer = api.post(
        "/imports/assets",
        content=json.dumps({"type": "FeatureCollection", "features": features}),
        headers={"Content-Type": "application/geo+json"},
    )
    _done(answer)


def _many_critical(api: httpx.Client) -> list[Row]:
    alerts: list[Row] = api.get("/alerts", params={"severity": "critical"}).json()
    return alerts if len(alerts) >= SEVERAL else []


def _incident(api: httpx.Client, alerts: list[Row]) -> int:
    """Let the operator react: acknowledge, assign, comment, make an incident of it."""
    worst, second = alerts[0]["id"], alerts[1]["id"]
    mehmet = next(one["id"] for one in api.get("/users").json() if one["username"] == "mehmet")
    _done(api.post(f"/alerts/{worst}/acknowledge", json={"notes": "Burst? Crew on its way"}))
    _done(api.post(f"/alerts/{worst}/assign", json={"user_id": mehmet}))
    _done(api.post(f"/alerts/{worst}/comments", json={"comment": "Flow in has doubled, too"}))
    title = {"title": "Burst main near North Quay", "incident_type": "burst"}
    incident = int(made(api, f"/alerts/{worst}/incident", **title)["id"])
    _done(api.post(f"/incidents/{incident}/alerts", json={"alert_id": second}))
    where = {"type": "Point", "coordinates": [8.7562, 54.6345]}
    notes = "Hospital is on the southern main."
    change = {"notes": notes, "location": where, "status": "in_progress", "assigned_to": mehmet}
    _done(api.patch(f"/incidents/{incident}", json=change))
    for step, is_done in (("Set the barrier", True), ("Shut valve 7", True), ("Flush", False)):
        item = made(api, f"/incidents/{incident}/checklist", text=step)["id"]
        if is_done:
            _done(api.patch(f"/incidents/{incident}/checklist/{item}", json={"done": True}))
    _done(api.post(f"/incidents/{incident}/comments", json={"comment": "Water on the road"}))
    photo = {"content": png(640, 480), "headers": {"Content-Type": "image/png"}}
    _done(api.post(f"/incidents/{incident}/attachments?name=road.png", **photo))
    made(api, "/incidents", title="Low pressure at School Lane", severity="medium")
    done = made(api, "/incidents", title="Hydrant leaks at the dairy", severity="low")["id"]
    _done(api.patch(f"/incidents/{done}", json={"status": "resolved"}))
    return incident


def _work(api: httpx.Client, incident: int, device: Row) -> None:
    now = _now()
    plans = (
        ("Change the battery of the logger", {"sensor_id": device["id"]}, -1, None),
        ("Exercise the valves of North Quay", {}, 2, 365),
        ("Flush the ends of the southern main", {}, 9, 180),
    )
    for work, about, days, repeat in plans:
        due = (now + timedelta(days=days)).isoformat()
        said = {"work": work, "status": "planned", "due_at": due, "repeat_days": repeat}
        made(api, "/maintenance", **said, **about)
    clamp = {"work": "Set a clamp at pipe 153", "status": "in_progress"}
    made(api, f"/incidents/{incident}/maintenance", **clamp)


def _now() -> datetime:
    return to_datetime(SystemClock().now())


def _done(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise RuntimeError(answer.text)


def _eventually(look: Callable[[], Found], within: float) -> Found:
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise RuntimeError("the demo's main has not burst")
        time.sleep(0.5)  # another process: there is nothing to be woken by
    return seen
