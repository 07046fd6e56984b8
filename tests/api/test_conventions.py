"""What holds for every endpoint: editions, repetitions, problems, names of requests, origins."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.services import repeats
from tests.api.appliance import PASSWORD, Town, Weir, bare, running, sign_in
from web.editions import WITHOUT, has_edition, noun_of
from web.table import ROUTES

APPS = ("null", "file://", "app://weir", "http://localhost:3000")
ELSEWHERE = ("https://elsewhere.example", "http://localhost:3001", "https://localhost:3000")


def match(tag: str) -> dict[str, dict[str, str]]:
    return {"headers": {"If-Match": tag}}


def key(text: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": text}}


def a_sensor(number: int = 1) -> dict[str, Any]:
    return {"device_id": f"FM-{number}", "name": f"Inlet {number}", "sensor_type": "flow"}


async def added(town: Town, number: int = 1) -> str:
    answer = await town.admin.post("sensors", a_sensor(number))
    assert answer.status == 201, answer
    return f"sensors/{answer.body['id']}"


def test_everything_that_is_changed_has_an_edition_or_says_why_not():
    changing = [r for r in ROUTES if r.method in {"PUT", "PATCH", "DELETE"}]
    assert [
        (r.method, r.path) for r in changing if not has_edition(r) and noun_of(r) not in WITHOUT
    ] == []


async def test_a_change_of_what_was_changed_since_it_was_read_is_refused(weir: Weir):
    path, admin = await added(weir.here), weir.here.admin
    read = (await admin.get(path)).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f.]+"', read)
    first = await admin("PATCH", path, {"name": "A"}, **match(read))
    assert (first.status, first.body["name"]) == (200, "A")
    late = await admin("PATCH", path, {"name": "B"}, **match(read))
    assert (late.status, late.body["code"]) == (412, "outdated")
    assert late.body["hint"]
    assert (await admin("DELETE", path, **match(read))).status == 412
    assert (await admin.get(path)).body["name"] == "A"
    onward = await admin("PATCH", path, {"name": "C"}, **match(first.headers["ETag"]))
    assert onward.status == 200
    assert (await admin("PATCH", path, {"name": "D"})).status == 200, "without: the last one wins"
    assert (await admin("PATCH", path, {"name": "E"}, **match("*"))).status == 200
    weak = (await admin.get(path)).headers["ETag"]
    assert (await admin("PATCH", path, {"name": "F"}, **match(f"W/{weak}"))).status == 412
    assert (await admin("DELETE", path, **match(weak))).status == 204
    assert (await weir.there.admin("PATCH", path, {"name": "G"}, **match(weak))).status == 404


async def test_one_channel_and_one_municipality_have_editions_too(weir: Weir):
    body = {"name": "we", "kind": "email", "target": "we@example.org"}
    channel = (await weir.here.admin.post("channels", body)).body["id"]
    things = (
        (weir.here.admin, f"channels/{channel}", {"name": "others"}, {"name": "more"}),
        (weir.chief, f"municipalities/{weir.here.id}", {"lateness_seconds": 60.0}, {"name": "Far"}),
    )
    for who, path, change, late in things:
        read = await who.get(path)
        assert (read.status, read.headers["ETag"].startswith('"')) == (200, True)
        changed = await who("PATCH", path, change, **match(read.headers["ETag"]))
        assert changed.status == 200
        assert (await who("PATCH", path, late, **match(read.headers["ETag"]))).status == 412
        shown = await who.get(path)
        assert shown.body == changed.body == {**read.body, **change}
        assert shown.headers["ETag"] == changed.headers["ETag"]
        assert (await weir.there.admin.get(path)).status == 404
    assert "secret" not in str((await weir.here.admin.get(f"channels/{channel}")).body)
    viewer = await weir.person(weir.here, "viewer")
    assert (await viewer.get(f"channels/{channel}")).status == 403
    assert (await viewer.get(f"municipalities/{weir.here.id}")).status == 200


async def test_of_changes_at_the_same_moment_that_expect_the_same_only_one_is_made(weir: Weir):
    path, admin = await added(weir.here), weir.here.admin
    for _ in range(3):
        read = match((await admin.get(path)).headers["ETag"])
        answers = await asyncio.gather(
            *(admin("PATCH", path, {"name": f"N{n}"}, **read) for n in range(8))
        )
        assert sorted(a.status for a in answers) == [200] + [412] * 7
        made = next(a for a in answers if a.status == 200)
        assert (await admin.get(path)).body["name"] == made.body["name"]


async def test_a_reading_changes_the_representation_but_not_what_a_change_expects(weir: Weir):
    path, admin = f"sensors/{weir.here.sensor['id']}", weir.here.admin
    before = (await admin.get(path)).headers["ETag"]
    assert (await weir.report(weir.here, {"value": 3.5, "unit": "bar"})).status == 201
    after = await admin.get(path, headers={"If-None-Match": before})
    assert (after.status, after.body["last_reading"]) == (200, 3.5)
    assert after.headers["ETag"] != before
    assert (await admin("PATCH", path, {"name": "Z"}, **match(before))).status == 200


@pytest.mark.parametrize(
    "noun",
    ["sensors/{sensor}", "users/{user}", "preferences", "settings", "retention", "rules/{rule}"],
)
async def test_whatever_can_be_changed_heeds_what_is_expected(weir: Weir, noun: str):
    admin = weir.here.admin
    rule = (await admin.get("rules")).body[0]["id"]
    path = noun.format(sensor=weir.here.sensor["id"], user=admin.user["id"], rule=rule)
    bodies: dict[str, Any] = {
        "users/{user}": {"full_name": "Ada"},
        "preferences": {"theme": "dark"},
        "settings": {"lateness_seconds": 60},
        "retention": {"records_days": 99},
    }
    body = bodies.get(noun, {"name": "Another"})
    method = "PUT" if noun == "retention" else "PATCH"
    before = await admin.get(path)
    assert (await admin(method, path, body, **match('"0.0"'))).status == 412
    assert (await admin.get(path)).body == before.body
    done = await admin(method, path, body, **match(before.headers["ETag"]))
    assert done.status == 200, done
    assert (await admin(method, path, body, **match(before.headers["ETag"]))).status == 412
    assert (await admin.get(path)).headers["ETag"].partition(".")[0] == (
        done.headers["ETag"].partition(".")[0]
    )


async def test_what_is_still_so_is_not_sent_again(weir: Weir):
    for path in ("sensors", f"sensors/{weir.here.sensor['id']}", "rules", "preferences"):
        first = await weir.here.admin.get(path)
        known = {"If-None-Match": first.headers["ETag"]}
        again = await weir.here.admin.http.get(
            f"/api/v1/{path}",
            headers={"Authorization": f"Bearer {weir.here.admin.token}", **known},
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    await added(weir.here)
    assert (await weir.here.admin.get("sensors", headers=known)).status == 200


async def test_a_request_with_a_key_is_done_once_and_answered_as_then(weir: Weir):
    admin = weir.here.admin
    first = await admin.post("sensors", a_sensor(), **key("k-1"))
    again = await admin.post("sensors", {**a_sensor(), "whitelisted": True}, **key('"k-1"'))
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body, "the key of the device, too"
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    other = await admin.post("sensors", a_sensor(2), **key("k-1"))
    assert (other.status, other.body["code"]) == (409, "key_reused")
    theirs = await weir.there.admin.post("sensors", a_sensor(2), **key("k-1"))
    assert theirs.status == 201
    assert len((await admin.get("sensors")).body) == 2
    assert (await admin.post("sensors", a_sensor(3), **key("x" * 256))).status == 422
    refused = await admin.post("sensors", {**a_sensor(3), "name": " "}, **key("k-2"))
    mended = await admin.post("sensors", a_sensor(3), **key("k-2"))
    assert (refused.status, mended.status) == (422, 201), "a refusal is not kept"


async def test_what_is_kept_for_one_person_is_bounded_in_bytes_and_nothing_of_it_is_dropped(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    first = await weir.here.admin.post("sensors", a_sensor(), **key("k-1"))
    monkeypatch.setattr(repeats, "MOST_BYTES", 100)
    beyond = await weir.here.admin.post("sensors", a_sensor(2), **key("k-2"))
    again = await weir.here.admin.post("sensors", a_sensor(), **key("k-1"))
    theirs = await weir.there.admin.post("sensors", a_sensor(2), **key("k-1"))
    assert (beyond.status, theirs.status) == (429, 201)
    assert again.body == first.body
    assert len((await weir.here.admin.get("sensors")).body) == 2


async def test_the_same_request_many_times_at_once_is_done_once(weir: Weir):
    answers = await asyncio.gather(
        *(weir.here.admin.post("sensors", a_sensor(), **key("k")) for _ in range(10))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["api_key"] for answer in answers}) == 1
    assert len((await weir.here.admin.get("sensors?q=inlet")).body) == 1


async def test_an_answer_outlives_a_restart_and_is_kept_unreadable(tmp_path: Path):
    async with running(tmp_path) as weir:
        first = await weir.here.admin.post("sensors", a_sensor(), **key("k"))
        rows = await weir.core.world.operations.read_system(
            lambda s: s._run.rows("SELECT * FROM answer")  # type: ignore[attr-defined]
        )
        assert first.body["api_key"].encode() not in repr(rows).encode()
        assert b"k" not in [value for row in rows for value in row]
        name = weir.here.admin.user["username"]
    async with bare(tmp_path) as (_, _, http, _port):
        admin = await sign_in(http, name, PASSWORD)
        again = await admin.post("sensors", a_sensor(), **key("k"))
        assert (again.status, again.body) == (201, first.body)


async def test_who_may_no_longer_do_it_is_not_told_what_was_answered(weir: Weir):
    admin, other = weir.here.admin, await weir.person(weir.here, "admin")
    assert (await other.post("sensors", a_sensor(), **key("k"))).status == 201
    demoted = await admin("PATCH", f"users/{other.user['id']}", {"role": "viewer"})
    assert demoted.status == 200
    viewer = await weir.sign_in(other.user["username"])
    assert (await viewer.post("sensors", a_sensor(), **key("k"))).status == 403


async def test_pages_by_cursor_neither_miss_nor_repeat_while_others_add(weir: Weir):
    for number in range(5):
        await added(weir.here, number)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await weir.here.admin.get(f"sensors?sort=-name&limit=2&cursor={cursor}")
        seen += [one["name"] for one in page.body]
        cursor = page.headers.get("X-Next-Cursor")
        if len(seen) == 4:
            await added(weir.here, 9)
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 6
    twice = await weir.here.admin.get("sensors?sort=name&cursor=AAAA")
    assert twice.status == 422


async def test_lists_are_sorted_searched_and_merged_over_municipalities(weir: Weir):
    for number in (2, 1):
        await added(weir.here, number)
    await added(weir.there, 3)
    names = [one["name"] for one in (await weir.chief.get("sensors?q=INLET&sort=-name")).body]
    assert names == ["Inlet 3", "Inlet 2", "Inlet 1"]
    second = await weir.chief.get("sensors?q=inlet&sort=-name&limit=1&offset=1")
    assert [one["name"] for one in second.body] == ["Inlet 2"]
    assert second.headers["X-Total-Count"] == "3"
    users = await weir.here.admin.get(f"users?q={weir.here.admin.user['username']}")
    assert [one["id"] for one in users.body] == [weir.here.admin.user["id"]]
    assert (await weir.here.admin.get("users?q=nobody-like-this")).body == []
    assert (await weir.here.admin.get("sensors?sort=mood")).status == 422
    assert len((await weir.here.admin.get("rules?limit=1&sort=-created_at")).body) == 1


async def test_a_filter_that_nobody_knows_is_refused_with_those_that_are_known(weir: Weir):
    answer = await weir.here.admin.get("alerts?sttaus=open")
    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert answer.body["detail"][0]["loc"] == ["query", "sttaus"]
    assert "status" in answer.body["detail"][0]["msg"]
    assert (await weir.here.admin.get("alerts?_=17&status=open")).status == 200
    uplink = "sensors/PS-001/readings?event=up"
    report = await weir.nobody.post(uplink, {"value": 1}, headers={"X-API-Key": weir.here.key})
    assert report.status == 201, "gateways add to their addresses what they like"


async def test_every_answer_names_its_request_and_every_problem_has_one_shape(weir: Weir):
    admin = weir.here.admin
    named = await admin.get("sensors/1", headers={"X-Request-Id": "phone-7"})
    assert (named.headers["X-Request-Id"], named.body["request_id"]) == ("phone-7", "phone-7")
    assert (named.status, named.body["code"]) == (404, "not_found")
    odd = await admin.get("sensors", headers={"X-Request-Id": "a b\tc"})
    assert re.fullmatch(r"[0-9a-f]{12}", odd.headers["X-Request-Id"])
    for answer in (
        await weir.nobody.get("sensors"),
        await admin("PUT", "sensors"),
        await admin.post("sensors", {"name": 1}),
        await admin.get("nowhere"),
        await admin.http.post("/api/v1/auth/login", content=b"{"),
    ):
        body = answer.json() if hasattr(answer, "json") else answer.body
        assert {"detail", "code", "request_id"} <= set(body), body
        assert body["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("origin", [*APPS, *ELSEWHERE])
async def test_pages_of_the_installed_application_may_call_and_no_others(weir: Weir, origin: str):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match,idempotency-key",
    }
    http = weir.http
    preflight = await http.options("/api/v1/sensors/1", headers=asked)
    simple = await http.get("/api/v1/monitoring/health", headers={"Origin": origin})
    may = origin in APPS
    assert preflight.status_code == (204 if may else 403)
    for answer in (preflight, simple):
        assert answer.headers.get("Access-Control-Allow-Origin") == (origin if may else None)
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers, "there are no cookies"
        assert "Set-Cookie" not in answer.headers
    if may:
        allowed = preflight.headers["Access-Control-Allow-Headers"].casefold()
        assert {"authorization", "if-match", "idempotency-key"} <= set(allowed.split(", "))
        exposed = simple.headers["Access-Control-Expose-Headers"]
        assert {"ETag", "X-Request-Id", "X-Total-Count", "X-Next-Cursor", "Link"} <= set(
            exposed.split(", ")
        )


async def test_people_prefer_what_they_like_and_nobody_else_s_is_touched(weir: Weir):
    admin, other = weir.here.admin, await weir.person(weir.here, "viewer")
    wanted = {"units": {"pressure": "bar"}, "theme": "dark", "ui": {"map": [1, {"z": 3}]}}
    assert (await admin("PATCH", "preferences", wanted)).status == 200
    assert (await admin("PATCH", "preferences", {"language": "de-AT"})).status == 200
    kept = (await admin.get("preferences")).body
    assert kept == {**wanted, "language": "de-AT", "time_zone": None}
    for somebody in (other, weir.chief, weir.there.admin):
        assert (await somebody.get("preferences")).body["ui"] == {}
    assert (await weir.chief("PATCH", "preferences", {"theme": "light"})).status == 200
    assert (await weir.chief.get("preferences")).body["theme"] == "light"
    for bad in (
        {"units": {"pressure": "kg"}},
        {"units": {"mood": "x"}},
        {"time_zone": "Mars/Base"},
        {"language": "not a language"},
        {"ui": {"x": "y" * 17_000}},
    ):
        assert (await admin("PATCH", "preferences", bad)).status == 422, bad
    assert (await admin.get("preferences")).body == kept
    replaced = await admin("PUT", "preferences", {"theme": "light"})
    assert (replaced.body["theme"], replaced.body["units"]) == ("light", {})


async def test_an_admin_sets_their_own_municipality_and_only_that(weir: Weir):
    admin, there = weir.here.admin, (await weir.there.admin.get("settings")).body
    said = {"time_zone": "Europe/Berlin", "retention": {"records_days": 30}}
    done = await admin("PATCH", "settings", said)
    assert (done.status, done.body["time_zone"]) == (200, "Europe/Berlin")
    assert done.body["retention"]["records_days"] == 30
    assert (await admin.get("retention")).body["records_days"] == 30
    assert (await weir.there.admin.get("settings")).body == there
    foreign = f"settings?municipality_id={weir.there.id}"
    assert (await admin("PATCH", foreign, said)).status == 404
    operator = await weir.person(weir.here, "operator")
    assert (await operator("PATCH", "settings", said)).status == 403
    assert (await admin("PATCH", "settings", {"time_zone": "Nowhere"})).status == 422
    assert (await admin.get("admin/settings")).status == 403
    zone = {"default_time_zone": "Europe/Vienna"}
    assert (await weir.chief("PATCH", "admin/settings", zone)).status == 200
    third = await weir.chief.post("municipalities", {"name": "Third"})
    assert third.body["time_zone"] == "Europe/Vienna"
