"""Where one part hands over to another: what somebody with few rights tries there does not work."""

import asyncio
import contextlib
import re
from typing import Any

import pytest

from appliance.domain.access import Actor, Role
from appliance.domain.errors import TooMany
from appliance.domain.ids import MunicipalityId, UserId
from appliance.ports.sessions import Retained
from appliance.services.files.record_exports import MOST_AT_ONCE
from appliance.services.preferences import MOST_NESTED
from appliance.services.push import MOST_PHONES
from broker.engine.retained import RetainedCopies
from storage.operations.database import READERS
from tests.api.appliance import PASSWORD, Client, Town, Weir, a_rule, eventually
from tests.builders import HERE, THERE
from web.uploads import MOST_OF_TOWN, Incoming


async def custom(weir: Weir, town: Town, name: str, *permissions: str) -> Client:
    """Somebody with a role of the municipality's own."""
    role = await town.admin.post("roles", {"name": name, "permissions": list(permissions)})
    assert role.status == 201, role
    person = {"username": name, "password": PASSWORD, "email": "", "role": "custom"}
    added = await town.admin.post("users", person | {"role_id": role.body["id"]})
    assert added.status == 201, added
    return await weir.sign_in(name)


async def test_who_knows_a_session_s_number_can_not_end_it_with_a_token_made_up(weir: Weir):
    clerk = await custom(weir, weir.here, "clerk", "users.manage")
    admin = weir.here.admin
    path = f"users/{admin.user['id']}/sessions"
    (seen,) = (await clerk.get(path)).body
    assert (await clerk("DELETE", f"{path}/{seen['id']}")).status == 403
    for made_up in (f"{seen['id']:x}.0.x", f"{seen['id']:x}.0.{'x' * 43}"):
        answer = await weir.nobody.post("auth/refresh", {"refresh_token": made_up})
        assert answer.status == 401
    assert (await admin.get("auth/me")).status == 200
    renewed = await weir.nobody.post("auth/refresh", {"refresh_token": admin.refresh_token})
    assert renewed.status == 200


async def test_no_spreadsheet_runs_what_a_device_is_called_in_an_export_of_readings(weir: Weir):
    name = '=HYPERLINK("http://x")'
    said = {"device_id": "=1+1", "name": name, "sensor_type": "pressure", "unit": "bar"}
    assert (await weir.here.admin.post("sensors", said)).status == 422
    said["device_id"] = "=cmd|'!A1'"
    added = await weir.here.admin.post("sensors", said)
    assert added.status == 201, added
    headers = {"X-API-Key": added.body["api_key"]}
    posted = await weir.nobody.post(
        "sensors/=cmd|'!A1'/readings", {"value": 3, "unit": "bar"}, headers=headers
    )
    assert posted.status == 201, posted

    async def exported() -> list[str]:
        taken = await weir.here.admin.get("exports/readings")
        return list(taken.body.splitlines()[1:])

    (line,) = await eventually(exported)  # history follows the journal
    assert line.startswith("'=cmd|'!A1',"), line


async def test_a_super_admin_s_look_at_a_municipality_s_knocks_is_in_its_log(weir: Weir):
    frame = {"device_eui": "0004A30B001C0530", "payload": "00670110"}
    for town in (weir.here, weir.there):
        by_gateway = {"X-API-Key": town.key}
        assert (
            await weir.nobody.post("iot/lorawan/uplink", frame, headers=by_gateway)
        ).status == 401
    path = f"devices/knocks?municipality_id={weir.there.id}"
    (seen,) = (await weir.chief.get(path)).body
    assert seen["municipality_id"] == weir.there.id
    assert await looks(weir.there) == ["devices"]
    assert await looks(weir.here) == []


async def looks(town: Town) -> list[Any]:
    found = await town.admin.get("audit?action=data.looked_at")
    return [line["object"]["kind"] for line in found.body]


async def test_a_phone_belongs_to_a_person_and_of_very_many_the_oldest_go(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    for number in range(MOST_PHONES + 5):
        phone = {"push_token": f"phone-{number}", "platform": "ios"}
        assert (await viewer.post("notifications/register-device", phone)).status == 200
    kept = await weir.services.push.of(await weir.services.sign_in.actor(viewer.token))
    assert [phone.token for phone in kept] == [f"phone-{n}" for n in range(5, MOST_PHONES + 5)]
    stranger = await weir.services.sign_in.actor(weir.there.admin.token)
    assert await weir.services.push.of(stranger) == []

    token = (await weir.here.admin.post("tokens", {"name": "screen", "role": "viewer"})).body
    program = Client(weir.http, token["token"])
    refused = await program.post("notifications/register-device", {"push_token": "theirs"})
    assert refused.status == 403


async def test_a_token_that_a_token_made_does_not_outlive_it(weir: Weir):
    ends = "2099-01-01T00:00:00Z"
    said = {"name": "robot", "scopes": ["tokens.manage", "network.view"]}
    soon = (await weir.here.admin.post("tokens", said)).body
    robot = Client(weir.http, soon["token"])
    for longer in ({"expires_at": ends, "long_lived": True}, {"long_lived": True}):
        made = await robot.post("tokens", {"name": "child", "scopes": ["network.view"], **longer})
        assert made.status == 422, made
    made = await robot.post("tokens", {"name": "child", "scopes": ["network.view"]})
    assert made.status == 201
    assert made.body["expires_at"] <= soon["expires_at"]
    free = await weir.here.admin.post("tokens", {**said, "name": "other", "long_lived": True})
    assert free.body["expires_at"] is None


async def test_what_everybody_shares_is_not_one_municipality_s_to_fill(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("appliance.services.zones.MOST_POINTS_TOGETHER", 10)
    monkeypatch.setattr("appliance.services.channels.MOST_CHANNELS", 2)
    rules = len((await weir.here.admin.get("rules?limit=500")).body)
    monkeypatch.setattr("appliance.services.rules.MOST_RULES", rules + 1)
    hook = {"name": "hook", "url": "https://hooks.example/x"}
    mail = {"name": "mail", "kind": "email", "target": "a@example.org"}
    for town in (weir.here, weir.there):
        admin = town.admin
        zones = [await admin.post("zones", zone(name, east)) for east, name in enumerate("abc")]
        assert [made.status for made in zones] == [201, 201, 422]
        bigger = {"geometry": square(0, 3) | {"coordinates": [[*ring(0, 3)[:4], [0, 1], [0, 0]]]}}
        assert (await admin("PATCH", f"zones/{zones[0].body['id']}", bigger)).status == 422
        smaller = {
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
        }
        assert (await admin("PATCH", f"zones/{zones[0].body['id']}", smaller)).status == 200
        told = [await admin.post("webhooks", hook), await admin.post("channels", mail)]
        told.append(await admin.post("webhooks", hook))
        assert [made.status for made in told] == [201, 201, 409]
        ruled = [await admin.post("rules", a_rule(town, name=name)) for name in "ab"]
        assert [made.status for made in ruled] == [201, 409]


def ring(east: float, size: float) -> list[list[float]]:
    far = east + size
    return [[east, 0], [far, 0], [far, size], [east, size], [east, 0]]


def square(east: float, size: float) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring(east, size)]}


def zone(name: str, east: float) -> dict[str, Any]:
    return {"name": name, "geometry": square(east, 0.5)}


def test_slow_senders_of_one_municipality_leave_a_place_for_another_s_photos():
    incoming, open_places = Incoming(), contextlib.ExitStack()
    with open_places:
        for number in range(MOST_OF_TOWN):
            open_places.enter_context(incoming.place(actor(HERE, number)))
        with pytest.raises(TooMany):
            open_places.enter_context(incoming.place(actor(HERE, MOST_OF_TOWN)))
        open_places.enter_context(incoming.place(actor(THERE, 99)))
    with incoming.place(actor(HERE, 1)):
        pass


def actor(municipality: MunicipalityId, user: int) -> Actor:
    return Actor(UserId(user), "somebody", Role.TECHNICIAN, municipality)


def test_who_retains_very_much_pushes_out_their_own_and_nobody_else_s():
    copies = RetainedCopies()
    copies.put(Retained("m/2/alerts/1", b"xx", 1))
    for number in range(3):
        copies.put(Retained(f"m/1/notes/{number}", b"y" * number, 1))
    assert copies.first_to_go(for_bytes=False) == "m/1/notes/0"
    assert copies.first_to_go(for_bytes=True) == "m/1/notes/0"
    copies.remove("m/1/notes/0")
    copies.put(Retained("m/1/notes/1", b"", 1))
    assert copies.first_to_go(for_bytes=False) == "m/1/notes/2"
    copies.remove("m/1/notes/2")
    assert copies.first_to_go(for_bytes=True) == "m/2/alerts/1"
    copies.remove("m/2/alerts/1")
    assert (len(copies), copies.bytes) == (1, 0)


async def test_json_that_is_nested_without_end_is_refused_by_name_to_everybody(weir: Weir):
    deep = b'{"nobody_reads_this":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    headers = {"Content-Type": "application/json"}
    for client, path in ((weir.nobody, "auth/login"), (weir.here.admin, "rules")):
        answer = await client.post(path, content=deep, headers=headers)
        assert (answer.status, answer.body["code"]) == (400, "bad_request"), answer
    for depth, status in ((MOST_NESTED - 1, 200), (MOST_NESTED, 422)):
        said = {"ui": nested(depth)}
        assert (await weir.here.admin("PUT", "preferences", said)).status == status
    answer = await weir.there.admin("PUT", "preferences", {"ui": nested(900)})
    assert answer.status == 422, answer
    assert (await weir.there.admin.get("preferences")).body["ui"] == {}


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


async def test_who_is_refused_before_their_body_came_is_told_that_the_connection_ends(weir: Weir):
    reader, writer = await asyncio.open_connection("127.0.0.1", weir.port)
    async with asyncio.timeout(10):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        first = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.findall(rb"content-length: (\d+)", first)[0]))
        writer.write(b"POST /api/v1/zones HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        second = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"connection: close" not in first.lower()
    assert second.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nconnection: close\r\n" in second.lower()


async def test_exports_of_one_municipality_hold_back_neither_another_s_nor_anything_else(
    weir: Weir,
):
    exports = weir.services.record_exports
    async with exports._place(MunicipalityId(weir.here.id)):
        assert (await weir.here.admin.get("exports/alerts")).status == 429
        assert (await weir.there.admin.get("exports/alerts")).status == 200
    assert (await weir.here.admin.get("exports/alerts")).status == 200
    assert MOST_AT_ONCE < READERS
