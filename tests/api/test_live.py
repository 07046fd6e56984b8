"""The live stream, through the real server, with a client that is not ours."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from appliance.domain.ids import MunicipalityId, Sequence, UserId
from appliance.domain.telling import Cursor, LiveEvent
from appliance.ports.operations import SystemTables
from tests.api.appliance import Client, Weir, eventually, running
from tests.api.test_attachments import a_png
from web.http import inflow

WAIT = 10.0


@asynccontextmanager
async def screen(
    weir: Weir, whose: object, client: Client, *, origin: str | None = None, **query: Any
) -> AsyncIterator[ClientConnection]:
    asked = "&".join(f"{k}={v}" for k, v in {"token": client.token, **query}.items())
    uri = f"ws://127.0.0.1:{weir.port}/ws/{whose}?{asked}"
    async with connect(uri, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
        yield socket


async def following(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(WAIT):
        return json.loads(await socket.recv())


async def closed(socket: ClientConnection) -> int | None:
    """Read until the server closes, and give its code."""
    async with asyncio.timeout(WAIT):
        with contextlib.suppress(ConnectionClosedError):
            async for _ in socket:
                pass
    return socket.close_code


async def test_a_screen_gets_what_was_and_then_every_event_as_the_installed_app_reads_it(
    weir: Weir,
):
    async with screen(weir, weir.here.id, weir.here.admin, replay_limit=50) as socket:
        first = await following(socket)
        assert (first["type"], first["data"], first["complete"]) == ("replay", [], True)
        await weir.report(
            weir.here, {"timestamp": "2026-05-01T03:00:00Z", "value": 3.2, "unit": "bar"}
        )
        event = await following(socket)
        assert event["type"] == "sensor_reading"
        assert event["data"] == {
            "sensor_id": weir.here.sensor["id"],
            "device_id": "PS-001",
            "value": 3.2,
            "unit": "bar",
            "timestamp": "2026-05-01T03:00:00Z",
            "is_anomaly": False,
        }
        alert = await weir.raise_alert(weir.here)
        told = [await following(socket) for _ in range(2)]
        assert {one["type"] for one in told} == {"sensor_reading", "alert"}
        data = next(one["data"] for one in told if one["type"] == "alert")
        for name in ("id", "alert_type", "severity", "status", "title", "sensor_id", "location"):
            assert data[name] == alert[name]
        await weir.here.admin.post(f"alerts/{alert['id']}/acknowledge")
        moved = await following(socket)
        assert (moved["type"], moved["data"]["status"]) == ("alert", "acknowledged")
        await weir.here.admin.post(f"alerts/{alert['id']}/incident", {})
        assert (await following(socket))["type"] == "incident"


async def test_every_step_of_an_incident_is_told_live_and_after_a_break_and_to_nobody_else(
    weir: Weir,
):
    admin = weir.here.admin
    incident = (await admin.post("incidents", {"title": "Leak"})).body["id"]
    other = (await admin.post("incidents", {"title": "Another"})).body["id"]
    path, alert = f"incidents/{incident}", (await weir.raise_alert(weir.here))["id"]
    await admin.get("ledger")  # all of it has been watched
    async with (
        screen(weir, weir.here.id, admin, replay_limit=0) as here,
        screen(weir, weir.there.id, weir.there.admin, replay_limit=0) as there,
    ):
        await following(here)
        await following(there)
        picture = {"file": ("p.png", a_png(), "image/png")}
        steps = [
            await admin.post(f"{path}/comments", {"comment": "on site"}),
            await admin.post(f"{path}/alerts", {"alert_id": alert}),
            await admin.post(f"{path}/attachments", files=picture),
            await admin("DELETE", f"{path}/alerts/{alert}"),
            await admin("DELETE", f"incidents/{other}"),
        ]
        assert all(step.status < 300 for step in steps), steps
        told = [await following(here) for _ in steps]
        assert [(one["type"], one["data"]["id"]) for one in told] == [
            *[("incident", incident)] * 4,
            ("incident_removed", other),
        ]
        again = await admin.post(f"{path}/attachments", files=picture)  # the same: nothing happens
        assert again.status in {200, 201}
        await admin("DELETE", f"{path}/attachments/{again.body['id']}")
        last = await following(here)
        assert (last["type"], last["data"]["id"]) == ("incident", incident)
        await weir.report(weir.there, {"value": 1.0})
        assert (await following(there))["type"] == "sensor_reading"
    async with screen(weir, weir.here.id, admin, since=told[1]["cursor"]) as back:
        missed = await following(back)
        assert missed["complete"] is True
        assert [one["cursor"] for one in missed["data"]] == [
            *(one["cursor"] for one in told[2:]),
            last["cursor"],
        ]


def disable(tables: SystemTables, user_id: int) -> None:
    """As another process does it."""
    user = tables.user(UserId(user_id))
    assert user is not None
    tables.put_user(replace(user, enabled=False, stamp=user.stamp + 1))


async def test_who_comes_back_with_a_cursor_gets_what_was_missed_and_nothing_twice(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        await weir.report(weir.here, {"value": 1.0})
        seen = await following(socket)
    for value in (2.0, 3.0):
        await weir.report(weir.here, {"value": value})
    await weir.here.admin.get("ledger")  # all of it has been watched
    async with screen(weir, weir.here.id, weir.here.admin, since=seen["cursor"]) as socket:
        replay = await following(socket)
        assert replay["complete"] is True
        assert [event["data"]["value"] for event in replay["data"]] == [2.0, 3.0]
        assert replay["cursor"] == replay["data"][-1]["cursor"]
        await weir.report(weir.here, {"value": 4.0})
        assert (await following(socket))["data"]["value"] == 4.0


async def test_a_cursor_opens_only_the_stream_that_it_was_given_on(weir: Weir):
    async with screen(weir, "global", weir.chief) as socket:
        await following(socket)
        await weir.report(weir.here, {"value": 1.0})
        elsewhere = (await following(socket))["cursor"]
    for town in (weir.here, weir.there):
        async with screen(weir, town.id, town.admin, since=elsewhere) as socket:
            assert (await following(socket))["complete"] is False


async def test_replay_limit_is_how_much_is_shown_of_the_past(weir: Weir):
    for value in (1.0, 2.0, 3.0):
        await weir.report(weir.here, {"value": value})
    await weir.here.admin.get("ledger")  # all of it has been watched
    async with screen(weir, weir.here.id, weir.here.admin, replay_limit=2) as socket:
        replay = await following(socket)
        assert [event["data"]["value"] for event in replay["data"]] == [2.0, 3.0]


async def test_a_screen_never_hears_of_another_municipality(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        await weir.raise_alert(weir.there)
        await weir.report(weir.here, {"value": 3.3})
        assert (await following(socket))["data"]["sensor_id"] == weir.here.sensor["id"]


async def test_the_global_stream_is_for_super_admins_and_has_everything(weir: Weir):
    async with screen(weir, "global", weir.chief) as socket:
        await following(socket)
        for town in (weir.here, weir.there):
            await weir.report(town, {"value": 3.3})
            assert (await following(socket))["data"]["sensor_id"] == town.sensor["id"]
    async with screen(weir, "global", weir.here.admin) as socket:
        assert await closed(socket) == 1008


@pytest.mark.parametrize("whose", ["there", "nobody", "-1", "99999", "x"])
async def test_a_stream_that_one_may_not_see_is_closed_with_1008(weir: Weir, whose: str):
    place = weir.there.id if whose == "there" else whose
    async with screen(weir, place, weir.here.admin) as socket:
        assert await closed(socket) == 1008


@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c"])
async def test_without_a_good_token_the_socket_is_closed_with_1008(weir: Weir, token: str):
    async with screen(weir, weir.here.id, Client(weir.http, token)) as socket:
        assert await closed(socket) == 1008


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("null", True),
        ("file://", True),
        ("app://weir", True),
        ("http://localhost:3000", True),
        (None, True),
        ("https://evil.example", False),
    ],
)
async def test_only_pages_of_known_origins_open_a_socket(weir: Weir, origin: str | None, may: bool):
    async with screen(weir, weir.here.id, weir.here.admin, origin=origin) as socket:
        if may:
            assert (await following(socket))["type"] == "replay"
        else:
            assert await closed(socket) == 1008


async def test_an_open_socket_is_closed_within_five_seconds_of_the_person_s_end(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    async with screen(weir, weir.here.id, viewer) as socket:
        await following(socket)
        await viewer.get("auth/me")  # who it is has just been looked up
        started = weir.core.clock.monotonic()
        await weir.core.operations.write_system(lambda t: disable(t, viewer.user["id"]))
        assert await closed(socket) == 1008
        assert weir.core.clock.monotonic() - started < 5.5


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is held back for the work they make: here the peer's own is in this process, too."""
    monkeypatch.setattr(inflow, "LITTLE", 1_000.0)


@pytest.mark.usefixtures("unhurried")
async def test_a_screen_that_talks_is_not_listened_to_and_stays(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        for _ in range(100):
            await socket.send("x" * 1000)
        await weir.report(weir.here, {"value": 3.3})
        assert (await following(socket))["type"] == "sensor_reading"


@pytest.mark.usefixtures("unhurried")
async def test_a_screen_that_never_stops_talking_is_sent_away(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        with contextlib.suppress(ConnectionClosedError):
            for _ in range(2_000):
                await socket.send("x")
        assert await closed(socket) == 1008


@pytest.mark.usefixtures("unhurried")
async def test_a_message_of_more_than_64_kib_ends_the_socket(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        await socket.send("x" * (65 * 1024))
        assert await closed(socket) == 1009


async def test_a_cursor_that_is_none_is_refused(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin, since="rubbish") as socket:
        assert await closed(socket) == 1008


async def test_a_screen_that_is_too_slow_is_told_to_come_again(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        data: dict[str, object] = {"value": 1.0}
        weir.core.hub.announce(
            tuple(
                LiveEvent(
                    MunicipalityId(weir.here.id), "sensor_reading", data, Cursor(Sequence(n), 0)
                )
                for n in range(10_000)
            )
        )
        assert await closed(socket) == 1013
    assert weir.core.hub.screens == 0


async def test_stopping_sends_every_screen_away_and_takes_no_longer_than_a_moment(tmp_path: Path):
    async with running(tmp_path) as weir:
        socket = await connect(
            f"ws://127.0.0.1:{weir.port}/ws/global?token={weir.chief.token}", proxy=None
        )
        await following(socket)
        started = weir.core.clock.monotonic()
    assert await closed(socket) == 1001
    assert weir.core.clock.monotonic() - started < 5


async def test_who_leaves_is_forgotten(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        assert weir.core.hub.screens == 1

    async def gone() -> bool:
        return weir.core.hub.screens == 0

    await eventually(gone)
