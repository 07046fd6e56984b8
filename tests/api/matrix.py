"""Everybody against everything: what each may do follows from the policy table, and from nothing else.

The people and things of two municipalities, HERE and THERE, and of HERE what lies in a zone and
outside of it. `cells` gives every question, `asked` asks one, `deviations` compares.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from appliance.domain.access import (
    POLICY,
    AdministerSystem,
    Permission,
    Role,
    permissions_named,
)
from appliance.flow.reading_events import publish_alerts
from broker.front_door import FrontDoor
from broker.options import DoorOptions
from storage.memory.sessions import MemorySessions
from tests.api.appliance import PASSWORD, Client, Town, Weir, a_rule, running, sign_in
from tests.api.strays import SECRET, SECRET_NUMBER, leave_strays, limit_there, notice
from tests.api.test_map import a_pmtiles
from web.routes import Open, Route
from web.table import ROUTES

OUTER: Final = "Outer Meadow"
"""In the names of everything of HERE that lies outside the zone."""
UNCHANGED: Final = {"If-Match": '"never"'}
"""So that whoever may change or delete something does not: it is another edition, 412."""

HERE, OUTSIDE, THERE = "here", "outside", "there"

REFUSED: Final = frozenset({401, 403, 404})
BEYOND_EDITIONS: Final = frozenset({"session", "knock", "attachment", "key"})
"""Things that are really gone when somebody may delete them, or that there are none of."""

PLACES: Final = {"z": 4, "x": 8, "y": 5}
"""Names in paths that are no things: this tile has everything of HERE and THERE in it."""

BODIES: Final[dict[str, Any]] = {
    "comments": {"comment": "x"},
    "maintenance": {"work": "x"},
    "replay": lambda town: {
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-01-02T00:00:00Z",
        "rule": a_rule(town),
    },
    "resolve": {"resolution_notes": "x"},
    "shelve": {"minutes": 5, "reason": "x"},
    "keys": {"device_ids": []},
    "limits": {"device": {"messages_per_second": 1.0, "burst": 10}},
    "claim": {"name": "x", "sensor_type": "flow"},
    "assets": {
        "kind": "hydrant",
        "code": "x",
        "geometry": {"type": "Point", "coordinates": [0, 0]},
    },
    "alerts": {"alert_id": 1},
    "checklist": {"text": "x"},
    "assign": {"user_id": None},
    "acknowledge": {"ids": []},
    "overrides": {"kind": "sensor", "id": 1, "inside": None},
    "sensors": {"device_id": "new-1", "name": "New", "sensor_type": "flow"},
    "rules": a_rule,
    "incidents": {"title": "x", "description": "y"},
    "roles": {"name": "None at all", "permissions": []},
    "tokens": {"name": "x", "scopes": ["network.view"]},
    "channels": {"name": "x", "kind": "email", "target": "x@example.org"},
    "webhooks": {"name": "x", "url": "http://127.0.0.1:1/none"},
    "users": {"username": "x", "password": "short", "role": "viewer"},
    "zones": {
        "name": "x",
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    },
    "pipelines": {
        "name": "x",
        "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
    },
}

ZONAL: Final = frozenset(
    {"sensor", "alert", "incident", "pipeline", "asset", "entry", "rule", "zone"}
)


@dataclass
class Who:
    """Somebody who asks, and what the policy gives them."""

    name: str
    client: Client
    permissions: frozenset[type[Permission]] = frozenset()
    is_signed_in: bool = True
    is_system: bool = False
    is_limited: bool = False
    is_person: bool = True

    def holds(self, permission: type[Permission]) -> bool:
        return permission in self.permissions


@dataclass
class Cell:
    """One question."""

    who: Who
    route: Route
    whose: str
    expected: frozenset[int] | None
    """The statuses that are right; None: any but a refusal or a failure."""

    def __str__(self) -> str:
        return f"{self.who.name} {self.route.method} {self.route.path} ({self.whose})"

    def is_right(self, status: int) -> bool:
        if self.expected is not None:
            return status in self.expected
        tried = status == 502 and self.route.path.endswith("/test")  # there is no mail server
        return tried or (status not in REFUSED and status < 500)


Questions = dict[str, dict[int, list[dict[str, object]]]]
"""Queries as they were asked: by statement, by municipality, with which values."""


@dataclass
class World:
    """The appliance with everybody and everything in it."""

    weir: Weir
    door: FrontDoor
    mqtt: int
    people: list[Who] = field(default_factory=list)
    things: dict[str, dict[str, int]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    outer: Town = None  # type: ignore[assignment]
    """HERE, with its sensor that lies outside the zone."""
    asking: str = ""
    """The path of the route that is asked."""
    questions: Questions = field(default_factory=dict)
    """What the store was asked while the cells were."""
    asked_by: dict[str, set[str]] = field(default_factory=dict)
    """By statement: the routes that came to it."""

    def who(self, name: str) -> Who:
        return next(one for one in self.people if one.name == name)


# Who there is ------------------------------------------------------------------------------------


def held_by(role: Role) -> frozenset[type[Permission]]:
    return POLICY[role]


async def add_people(world: World) -> None:
    weir, zone = world.weir, world.things[HERE]["zone"]
    world.people = [
        Who("nobody", weir.nobody, is_signed_in=False, is_person=False),
        Who("device", Client(weir.http, weir.here.key), is_signed_in=False, is_person=False),
        Who("super_admin", weir.chief, held_by(Role.SUPER_ADMIN), is_system=True),
        Who("admin", weir.here.admin, held_by(Role.ADMIN)),
    ]
    for role in (Role.OPERATOR, Role.TECHNICIAN, Role.VIEWER):
        world.people.append(Who(role, await weir.person(weir.here, role), held_by(role)))
    for name, names in (
        ("clerk", ["network.view", "users.manage", "channels.manage", "tokens.manage"]),
        ("planner", ["network.edit", "rules.edit", "settings.manage"]),
        ("auditor", ["audit.view"]),
    ):
        world.people.append(await custom(world, name, names))
    limited = await add_person(world, "limited", role="technician", zone_ids=[zone])
    within = frozenset(p for p in held_by(Role.TECHNICIAN) if p.within_zones)
    world.people.append(Who("limited", limited, within, is_limited=True))
    for name, names, zones in (
        ("token", ["alerts.handle", "devices.manage"], None),
        ("limited token", ["alerts.handle", "devices.manage"], [zone]),
    ):
        await add_token(world, name, names, zones)
    scopes = permissions_named(["alerts.handle", "devices.manage"])
    mine = frozenset(p for p in scopes if p.within_zones)
    http, text = weir.http, world.tokens
    world.people += [
        Who("token", Client(http, text["token"]), scopes, is_person=False),
        Who(
            "limited token",
            Client(http, text["limited token"]),
            mine,
            is_limited=True,
            is_person=False,
        ),
    ]


async def custom(world: World, name: str, names: list[str]) -> Who:
    """Somebody with a role of the municipality's own."""
    made = await world.weir.here.admin.post("roles", {"name": name, "permissions": names})
    assert made.status == 201, made
    client = await add_person(world, name, role_id=made.body["id"])
    return Who(name, client, permissions_named(names))


async def add_person(world: World, name: str, **fields: Any) -> Client:
    weir = world.weir
    person = {"username": name, "password": PASSWORD, "email": "", **fields}
    added = await weir.here.admin.post("users", person)
    assert added.status == 201, added
    return await sign_in(weir.http, name)


async def add_token(world: World, name: str, scopes: list[str], zones: list[int] | None) -> None:
    made = await world.weir.here.admin.post(
        "tokens", {"name": name, "scopes": scopes, "zone_ids": zones}
    )
    assert made.status == 201, made
    world.tokens[name] = made.body["token"]


async def sign_in_again(world: World) -> None:
    """Give everybody a fresh access token: after ten minutes all would be refused, for no fault."""
    weir = world.weir
    for client in {
        id(c): c for c in (*(who.client for who in world.people), weir.there.admin)
    }.values():
        if client.user:
            client.token = (await sign_in(weir.http, client.user["username"])).token


# What there is -----------------------------------------------------------------------------------


async def furnish(weir: Weir, town: Town, name: str, east: float) -> dict[str, int]:
    """One of everything around the town's sensor, by the name that paths have for it."""
    admin = town.admin
    alert = await weir.raise_alert(town)
    made = {"sensor": town.sensor["id"], "rule": alert["rule_id"], "alert": alert["id"]}
    place = {"type": "Point", "coordinates": [east, 52.5]}
    line = {"type": "LineString", "coordinates": [[east, 52.5], [east + 0.01, 52.51]]}
    ring = [[east - 1, 51], [east + 1, 51], [east + 1, 53], [east - 1, 53], [east - 1, 51]]
    area = {"type": "Polygon", "coordinates": [ring]}
    person = {"username": f"{name} person", "password": PASSWORD, "role": "viewer"}
    asked: dict[str, tuple[str, Any]] = {
        "incident": (f"alerts/{alert['id']}/incident", {"title": name}),
        "pipeline": ("pipelines", {"name": name, "geometry": line}),
        "asset": ("network/assets", {"kind": "hydrant", "code": name, "geometry": place}),
        "entry": ("maintenance", {"work": name, "sensor_id": town.sensor["id"]}),
        "channel": ("channels", {"name": name, "kind": "email", "target": "s@example.org"}),
        "webhook": ("webhooks", {"name": name, "url": "http://127.0.0.1:1/none"}),
        "token": ("tokens", {"name": name}),
        "user": ("users", person),
        "role": ("roles", {"name": name, "permissions": ["network.view"]}),
        "zone": ("zones", {"name": name, "geometry": area}),
    }
    for noun, (path, body) in asked.items():
        answer = await admin.post(path, body)
        assert answer.status == 201, (noun, answer)
        made[noun] = answer.body["id"]
    item = await admin.post(f"incidents/{made['incident']}/checklist", {"text": name})
    made["item"] = item.body["id"]
    inside = {"kind": "sensor", "id": made["sensor"], "inside": True}
    said = await admin.post(f"zones/{made['zone']}/overrides", inside)
    assert said.status == 200, said
    plan = {"file": (f"{name}.pdf", f"%PDF-1.7\n% {name}\n%%EOF\n".encode(), "application/pdf")}
    added = await admin.post(f"incidents/{made['incident']}/attachments", files=plan)
    assert added.status == 201, added
    await sign_in(weir.http, person["username"])
    made["edit"] = (await admin.get(f"network/assets/{made['asset']}/history")).body[0]["id"]
    sessions = await admin.get(f"users/{made['user']}/sessions")
    made["session"] = int(sessions.body[0]["id"])
    head = {"Authorization": f"Bearer {admin.token}"}
    base = await weir.http.put("/api/v1/map/base", content=a_pmtiles(), headers=head)
    assert base.status_code == 200, base.text
    return made | {"municipality": town.id, "knock": 1, "attachment": 1}


async def outer_town(weir: Weir) -> Town:
    """HERE with a second sensor, far from the first."""
    sensor = await weir.here.admin.post(
        "sensors",
        {
            "device_id": "PS-002",
            "name": OUTER,
            "sensor_type": "pressure",
            "unit": "bar",
            "location": {"type": "Point", "coordinates": [20.0, 52.5]},
        },
    )
    assert sensor.status == 201, sensor
    return Town(weir.here.id, weir.here.admin, sensor.body)


@asynccontextmanager
async def everybody_and_everything(folder: Path) -> AsyncIterator[World]:
    async with running(folder) as weir:
        core = weir.core
        door = FrontDoor(
            core.registry, core.intake, core.registry, core.clock, MemorySessions(), DoorOptions()
        )
        core.registry.notify(door.look_again)
        core.watcher.connect(door, core.deliverer.poke)
        core.hub.connect(partial(publish_alerts, door))
        port = await door.start("127.0.0.1", 0)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(door.run())
            try:
                world = World(weir, door, port)
                world.outer = await outer_town(weir)
                world.things[HERE] = await furnish(weir, weir.here, "Inner Yard", 13.4)
                world.things[OUTSIDE] = await furnish(weir, world.outer, OUTER, 20.0)
                outside = world.things[OUTSIDE]  # whom limited people don't meet
                within = {"role": "technician", "zone_ids": [outside["zone"]]}
                moved = await weir.here.admin("PATCH", f"users/{outside['user']}", within)
                assert moved.status == 200, moved
                world.things[THERE] = await furnish(weir, weir.there, SECRET, 13.4)
                await limit_there(weir)
                for things in world.things.values():
                    await notice(weir, things["municipality"], things["sensor"])
                await leave_strays(weir, *world.things.values())
                await add_people(world)
                yield world
            finally:
                await door.stop()
                serving.cancel()


# What the policy says ----------------------------------------------------------------------------


def cells(world: World) -> Iterator[Cell]:
    for route in ROUTES:
        for who in world.people:
            for whose in (HERE, OUTSIDE, THERE):
                cell = cell_of(who, route, whose)
                if cell is not None:
                    yield cell


def cell_of(who: Who, route: Route, whose: str) -> Cell | None:
    """What the policy table says of this question; None where there is nothing to ask."""
    has_ids = bool(things_named(route))
    if whose == OUTSIDE and not (has_ids and who.is_limited):
        return None  # for everybody else it is as HERE; lists are looked at for what they show
    if isinstance(route.access, Open):
        return _open_cell(who, route, whose)
    if not who.is_signed_in or not who.holds(route.access):
        refusal = frozenset({403 if who.is_signed_in else 401})
        return Cell(who, route, whose, refusal) if whose == HERE else None
    if whose == THERE and not who.is_system and route.access is not AdministerSystem:
        return Cell(who, route, whose, frozenset({404}))
    if whose == OUTSIDE and who.is_limited and ZONAL & route.names.keys():
        return Cell(who, route, whose, frozenset({404}))
    gone = route.method != "GET" and BEYOND_EDITIONS & route.names.keys()
    if gone or BEYOND_EDITIONS & route.names.keys() - {"session"}:
        return Cell(who, route, whose, frozenset({200, 204, 404, 409, 412, 422}))
    return Cell(who, route, whose, None)


def things_named(route: Route) -> set[str]:
    """The names in its path that stand for ids of things."""
    return {name for name, kind in route.names.items() if kind == "id"} - PLACES.keys()


def _open_cell(who: Who, route: Route, whose: str) -> Cell | None:
    if whose != HERE or route.access is Open.DEVICE:
        return None  # devices have a test of their own below
    if route.access is Open.SIGNED_IN:
        if not who.is_signed_in:
            return Cell(who, route, whose, frozenset({401}))
        return Cell(who, route, whose, None) if route.method == "GET" and who.is_person else None
    is_asked = route.method == "GET" and who.name == "nobody" and "/tls" not in route.path
    return Cell(who, route, whose, None) if is_asked else None


async def asked(world: World, cell: Cell) -> tuple[int, str]:
    """Ask, and give the status and all that was said."""
    route, things = cell.route, world.things[cell.whose]
    names = {name: {**PLACES, **things}.get(name, "PS-001") for name in route.names}
    path = route.template.format(**names)
    town = world.weir.there.id if cell.whose == THERE else world.weir.here.id
    if not route.names.keys() - PLACES.keys() and (cell.whose == THERE or cell.who.is_system):
        path += f"?municipality_id={town}"
    body = _body(world, route) if route.body or route.method in {"POST", "PUT", "PATCH"} else None
    headers = {} if route.method == "GET" else UNCHANGED
    answer = await cell.who.client(route.method, path, body, headers=headers)
    return answer.status, f"{answer.body} {answer.headers.get('X-Total-Count', '')}"


def _body(world: World, route: Route) -> Any:
    if route.path.endswith("/auth/rules"):
        return {"totp_roles": []}
    body = BODIES.get(route.path.rpartition("/")[2], {})
    return body(world.weir.here) if callable(body) else body


def leaks(cell: Cell, said: str) -> bool:
    """Whether an answer tells of what is not there for who asked."""
    if cell.who.is_system:
        return False
    told = SECRET in said or str(SECRET_NUMBER) in said
    return told or (cell.who.is_limited and OUTER in said)


async def deviations(world: World, chosen: Iterator[Cell], most: int = 50) -> list[str]:
    """Ask, and say where the answer is not what the policy says; at most so many."""
    wrong: list[str] = []
    for cell in chosen:
        world.asking = cell.route.path
        try:
            status, said = await asked(world, cell)
        except AssertionError as broken:  # a promise of the API
            wrong.append(f"{cell}: {broken!r:.200}")
        else:
            if not cell.is_right(status):
                right = "no refusal" if cell.expected is None else sorted(cell.expected)
                wrong.append(f"{cell}: {status}, not {right}: {said[:160]}")
            elif leaks(cell, said):
                wrong.append(f"{cell}: it shows what it must not: {said[:300]}")
        if len(wrong) >= most:
            break
    return wrong
