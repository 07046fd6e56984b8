"""Every list is ordered, paged and searched the same way, over one municipality or both."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from appliance.domain.access import AdministerSystem
from tests.api.appliance import Client, Town, Weir, running
from tests.api.test_attachments import a_png
from web.routes import PREFIX, Route
from web.table import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")
NO_LISTING = {
    "audit": "its own cursor is the line's number, and its order never changes",
    "analytics/top-alerts": "the first few, in the order that is asked for",
    "map/edits": "newest first, as they can be undone",
    "network/assets/{asset}/history": "a story, newest first",
    "permissions": "the whole policy, by name",
    "search": "a few of each kind, those first that are called exactly so",
    "sensors/{sensor}/keys": "two at most",
    "series": "the sensors that were asked for, at most 20",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def furnished(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weir]:
    """Two municipalities with a few rows in most lists; the tests here change nothing."""
    async with running(tmp_path_factory.mktemp("listings")) as weir:
        await furnish(weir, weir.here)
        await furnish(weir, weir.there)
        yield weir


async def furnish(weir: Weir, town: Town) -> None:
    """Put some rows into lists, and note the ids that paths need."""
    admin = town.admin
    alert = await weir.raise_alert(town)
    for note in ("first", "second"):
        await admin.post(f"alerts/{alert['id']}/comments", {"comment": note})
    for number, work in enumerate(("Valve renewed", "Pump oiled", "Pipe flushed")):
        done = {"work": work, "done_at": f"2026-03-0{number + 1}T12:00:00Z"}
        assert (await admin.post("maintenance", done)).status == 201
        place = {"type": "Point", "coordinates": [13.4 + number / 500, 52.5]}
        junction = {"kind": "junction", "code": f"J-{number + 1}", "geometry": place}
        assert (await admin.post("network/assets", junction)).status == 201
        assert (await weir.report(town, {"value": "x", "unit": "bar"})).status == 422
        zone = {"name": f"Zone {number}", "geometry": SQUARE}
        await admin.post("zones", zone)
    incident = (await admin.post("incidents", {"title": "Water on the road"})).body["id"]
    for note in ("seen", "still there"):
        await admin.post(f"incidents/{incident}/comments", {"comment": note})
    head = {"Authorization": f"Bearer {admin.token}", "Content-Type": "image/png"}
    for name in ("photo.png", "other.png"):
        sent = await weir.http.post(
            f"/api/v1/incidents/{incident}/attachments",
            params={"name": name},
            content=a_png(more=name.encode()),
            headers=head,
        )
        assert sent.status_code == 201, sent.text
    hook = {"name": "Hook", "url": "https://hooks.example/x"}
    made = await admin.post("webhooks", hook)
    assert made.status == 201, made
    for value in (3.1, 3.2, 3.3, 3.4):
        assert (await weir.report(town, {"value": value, "unit": "bar"})).status == 201
    town.sensor["paths"] = {
        "sensor": town.sensor["id"],
        "incident": incident,
        "alert": alert["id"],
        "webhook": made.body["id"],
        "user": admin.user["id"],
    }


def is_list(route: Route) -> bool:
    return route.method == "GET" and str(route.answer).startswith("list[")


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[13.0, 52.0], [14.0, 52.0], [14.0, 53.0], [13.0, 53.0], [13.0, 52.0]]],
}
LISTS = [route for route in ROUTES if route.listing is not None]


async def test_every_list_has_an_order_and_a_cursor_or_says_why_not():
    without = {r.path.removeprefix(f"{PREFIX}/") for r in ROUTES if is_list(r) and not r.listing}
    assert without == set(NO_LISTING)


async def walked(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Follow a list by its cursor, two rows at a time."""
    rows, cursor = list[dict[str, Any]](), ""
    while cursor is not None:
        answer = await client.get(path, params={"limit": 2, "cursor": cursor, **query})
        assert answer.status == 200, answer
        rows += answer.body
        cursor = answer.headers.get("X-Next-Cursor")
    return rows


@pytest.mark.parametrize("route", LISTS, ids=lambda r: r.path.removeprefix(f"{PREFIX}/"))
async def test_a_list_can_be_ordered_by_all_that_it_says(furnished: Weir, route: Route):
    weir = furnished
    path = route.path.format(**weir.here.sensor["paths"]) if "{" in route.path else route.path
    assert route.listing is not None
    client = weir.chief if route.access is AdministerSystem else weir.here.admin
    for name in route.listing.sorts:
        rising = await client.get(path, params={"sort": name})
        falling = await client.get(path, params={"sort": f"-{name}"})
        assert rising.status == falling.status == 200, (name, rising)
        assert rising.body == falling.body[::-1], name
        assert await walked(client, path, sort=name) == rising.body
        assert int(rising.headers["X-Total-Count"]) == len(rising.body)


async def test_merged_lists_go_on_where_they_were_over_both_municipalities(furnished: Weir):
    weir = furnished
    for path in ("maintenance", "network/assets", "intake/rejections"):
        everything = (await weir.chief.get(path)).body
        assert await walked(weir.chief, path) == everything
        assert len(everything) >= 3, path
        mine = (await weir.here.admin.get(path)).body
        assert {row["municipality_id"] for row in mine} == {weir.here.id}, path
        assert [row for row in everything if row["municipality_id"] == weir.here.id] == mine


async def test_readings_that_come_meanwhile_move_no_page(furnished: Weir):
    weir = furnished
    path = f"sensors/{weir.here.sensor['id']}/readings"
    for order in ({}, {"sort": "timestamp"}):
        everything = (await weir.here.admin.get(path, params=order)).body
        first = await weir.here.admin.get(path, params={"limit": 3, **order})
        assert first.body == everything[:3]
        assert (await weir.report(weir.here, {"value": 3.5, "unit": "bar"})).status == 201
        at = {"limit": 100, "cursor": first.headers["X-Next-Cursor"], **order}
        rest = (await weir.here.admin.get(path, params=at)).body
        assert [row["id"] for row in rest][: len(everything) - 3] == [
            row["id"] for row in everything[3:]
        ]
        assert len(rest) == len(everything) - 3 + ("sort" in order)
    link = (await weir.here.admin.get(path, params={"limit": 2, "cursor": ""})).headers["Link"]
    assert "cursor=" in link
    assert (await weir.there.admin.get(path, params={"cursor": ""})).status == 404
    for wrong in ("abc", weir.http.base_url.host):
        assert (await weir.here.admin.get(path, params={"cursor": wrong})).status == 422
    text = base64.b64encode(b'[["-timestamp"],["x","x"]]').decode()
    assert (await weir.here.admin.get(path, params={"cursor": text})).status == 422


async def test_lists_are_searched_case_ignored(furnished: Weir):
    admin = furnished.here.admin

    async def found(path: str, text: str) -> int:
        answer = await admin.get(path, params={"q": text})
        assert answer.status == 200, answer
        assert answer.headers["X-Total-Count"] == str(len(answer.body))
        return len(answer.body)

    assert await found("maintenance", "VALVE") == 1
    assert await found("network/assets", "j-2") == 1
    assert await found("intake/rejections", "ps-001") == 3
    assert await found("intake/rejections", "nothing like it") == 0
    incident = furnished.here.sensor["paths"]["incident"]
    assert await found(f"incidents/{incident}/attachments", "PHOTO") == 1
    assert await found("auth/sessions", "127.0.0.1") == 1


async def test_the_nearest_come_first_and_have_no_other_order(furnished: Weir):
    admin = furnished.here.admin
    near = {"near": "13.402,52.5", "within_metres": 1_000}
    answer = await admin.get("network/assets", params=near)
    assert [row["code"] for row in answer.body] == ["J-2", "J-1", "J-3"]
    for more in ({"sort": "-code"}, {"cursor": ""}):
        assert (await admin.get("network/assets", params=near | more)).status == 422
