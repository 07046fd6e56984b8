"""Two municipalities never meet: every route, with the other's ids."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.domain.access import AdministerSystem
from tests.api.appliance import Client, Weir, a_rule
from tests.api.matrix import BODIES, SECRET, furnish
from web.routes import Open, Route
from web.table import ROUTES

OWN = {"id"}
"""Path names of things that belong to a municipality, all but these are checked."""


async def things_of_there(weir: Weir) -> dict[str, int]:
    """One of everything in THERE, by the name that paths have for it."""
    return await furnish(weir, weir.there, SECRET, 13.4)


def with_ids() -> list[Route]:
    """Routes of things; the numbers of a tile are a place, and what is drawn there is one's own."""
    return [route for route in ROUTES if "id" in route.names.values() and "{z}" not in route.path]


async def ask_as(client: Client, route: Route, ids: dict[str, int]) -> Any:
    path = route.template.format(**{name: ids.get(name, 1) for name in route.names})
    body = BODIES.get(path.rpartition("/")[2], {}) if route.body else None
    about = SimpleNamespace(sensor={"id": ids["sensor"]})
    return await client(route.method, path, body(about) if callable(body) else body)


async def state_of(weir: Weir) -> list[Any]:
    admin = weir.there.admin
    lists = ("sensors", "rules", "alerts", "incidents", "pipelines", "channels", "tokens", "users")
    return [(await admin.get(name)).body for name in (*lists, "maintenance")]


async def test_another_s_things_are_not_there_on_any_route_and_stay_as_they_are(weir: Weir):
    ids = await things_of_there(weir)
    before = await state_of(weir)
    for route in with_ids():
        answer = await ask_as(weir.here.admin, route, ids)
        is_system = route.access is AdministerSystem
        assert answer.status == (403 if is_system else 404), (route.method, route.path, answer)
        assert SECRET not in str(answer.body)
    assert await state_of(weir) == before


async def test_what_is_another_s_is_answered_like_what_does_not_exist(weir: Weir):
    ids = await things_of_there(weir)
    for route in with_ids():
        missing = dict.fromkeys(ids, 99999)
        theirs = await ask_as(weir.here.admin, route, ids)
        nobodys = await ask_as(weir.here.admin, route, missing)
        assert theirs.status == nobodys.status
        shown = str(theirs.body)
        for name in route.names:
            shown = shown.replace(str(ids.get(name, 1)), "99999")
        assert without_request(shown) == without_request(str(nobodys.body))


def without_request(said: str) -> str:
    """What was said, whichever request it was."""
    return re.sub(r"'request_id': '\w+'", "", said)


async def test_lists_never_show_another_s_rows_even_when_they_are_asked_for(weir: Weir):
    await things_of_there(weir)
    for route in ROUTES:
        if route.method != "GET" or route.names or isinstance(route.access, Open):
            continue
        answer = await weir.here.admin.get(route.path)
        assert SECRET not in str(answer.body), route.path
        named = await weir.here.admin.get(f"{route.path}?municipality_id={weir.there.id}")
        assert named.status in {403, 404}, route.path
        assert SECRET not in str(named.body)


async def test_nothing_of_another_s_can_be_named_in_what_is_new(weir: Weir):
    ids = await things_of_there(weir)
    admin, sensor = weir.here.admin, weir.here.sensor["id"]
    incident = {"title": "x", "severity": "low", "incident_type": "leak"}
    refused = [
        await admin.post("rules", a_rule(weir.there)),
        await admin("PATCH", f"sensors/{sensor}", {"pipeline_id": ids["pipeline"]}),
        await admin.post("incidents", {**incident, "sensor_id": ids["sensor"]}),
        await admin.post("incidents", {**incident, "alert_id": ids["alert"]}),
        await admin.post("maintenance", {"work": "x", "sensor_id": ids["sensor"]}),
        await admin.post("maintenance", {"work": "x", "pipeline_id": ids["pipeline"]}),
    ]
    assert [a.status for a in refused] == [422, 422, 422, 404, 422, 422]
    for path in ("sensors", "rules", "pipelines", "incidents", "users", "tokens", "channels"):
        body = {**a_rule(weir.here), "municipality_id": weir.there.id}
        assert (await admin.post(path, body)).status in {404, 422}
    assert (await weir.there.admin.get("tokens")).headers["X-Total-Count"] == "1"


async def test_a_super_admin_sees_all_and_may_name_one(weir: Weir):
    every = (await weir.chief.get("sensors")).body
    assert {s["municipality_id"] for s in every} == {weir.here.id, weir.there.id}
    one = await weir.chief.get(f"sensors?municipality_id={weir.there.id}")
    assert [s["name"] for s in one.body] == [SECRET]
    page = await weir.chief.get("sensors?limit=1&offset=1")
    assert (len(page.body), page.headers["X-Total-Count"]) == (1, "2")
    found = await weir.chief.get(f"sensors/{weir.there.sensor['id']}")
    assert found.body["name"] == SECRET
    stats = (await weir.chief.get("admin/system/stats")).body
    assert stats == {
        "municipalities": 2,
        "users": 3,
        "sensors": {"total": 2},
        "open_alerts": 0,
    }
    assert (await weir.here.admin.get("admin/system/stats")).status == 403


async def test_a_super_admin_must_say_where_something_new_belongs(weir: Weir):
    sensor = {"device_id": "X-1", "name": "x", "sensor_type": "flow"}
    assert (await weir.chief.post("sensors", sensor)).status == 422
    named = await weir.chief.post("sensors", {**sensor, "municipality_id": weir.there.id})
    assert (named.status, named.body["municipality_id"]) == (201, weir.there.id)


@pytest.mark.parametrize("identity", [0, 2**47, 2**63, 10**30])
async def test_an_id_that_cannot_be_is_not_found(weir: Weir, identity: int):
    assert (await weir.here.admin.get(f"sensors/{identity}")).status == 404
