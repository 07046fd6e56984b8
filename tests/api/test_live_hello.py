"""The live stream without a token in its address, and resumed without gaps."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.api.appliance import Client, Weir, running
from tests.api.test_live import closed, following
from web import live_hello


@asynccontextmanager
async def silent(weir: Weir, whose: object) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{weir.port}/ws/{whose}", proxy=None) as socket:
        yield socket


@asynccontextmanager
async def screen(
    weir: Weir, whose: object, client: Client, **more: Any
) -> AsyncIterator[ClientConnection]:
    async with silent(weir, whose) as socket:
        await socket.send(json.dumps({"type": "auth", "token": client.token, **more}))
        yield socket


async def test_a_screen_that_says_who_it_is_hears_its_own_town_and_no_other(weir: Weir):
    async with (
        screen(weir, weir.here.id, weir.here.admin) as here,
        screen(weir, weir.there.id, weir.there.admin) as there,
    ):
        for socket in (here, there):
            assert (await following(socket))["type"] == "replay"
        await weir.report(weir.here, {"value": 1.0})
        await weir.report(weir.there, {"value": 2.0})
        for socket, value in ((here, 1.0), (there, 2.0)):
            assert (await following(socket))["data"]["value"] == value
    async with screen(weir, weir.there.id, weir.here.admin) as socket:
        assert await closed(socket) == 1008


async def test_who_saw_nothing_yet_still_resumes_without_a_gap(weir: Weir):
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        first = await following(socket)
        assert first["data"] == []
    for value in (1.0, 2.0):
        await weir.report(weir.here, {"value": value})
    await weir.here.admin.get("ledger")  # all of it has been watched
    async with screen(weir, weir.here.id, weir.here.admin, since=first["cursor"]) as socket:
        missed = await following(socket)
        assert [event["data"]["value"] for event in missed["data"]] == [1.0, 2.0]
        assert missed["complete"] is True
    async with screen(weir, weir.here.id, weir.here.admin, since=missed["cursor"]) as socket:
        assert (await following(socket))["data"] == []


async def test_what_is_no_hello_is_refused(weir: Weir):
    rubbish = ("", "x", "{}", "[" * 5_000, '{"type":"auth"}', '{"type":"other","token":"x"}')
    for said in (*rubbish, b"\xff\xfe", json.dumps({"type": "auth", "token": "a.b.c"})):
        async with silent(weir, weir.here.id) as socket:
            await socket.send(said)
            assert await closed(socket) == 1008, said
    async with screen(weir, weir.here.id, weir.here.admin, since="rubbish") as socket:
        assert await closed(socket) == 1008


async def test_who_never_says_who_they_are_is_sent_away_and_of_many_the_last_at_once(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_hello, "MOST_STRANGERS", 1)
    monkeypatch.setattr(live_hello, "HELLO_WITHIN", 1.0)
    async with silent(weir, weir.here.id) as first, silent(weir, weir.here.id) as second:
        assert sorted([await closed(second), await closed(first)]) == [1008, 1013]
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        assert (await following(socket))["type"] == "replay"


async def test_silence_is_told_too(weir: Weir, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_hello, "BEAT_EVERY", 0.05)
    async with screen(weir, weir.here.id, weir.here.admin) as socket:
        await following(socket)
        assert await following(socket) == {"type": "beat", "data": {}}
        await weir.report(weir.here, {"value": 1.0})
        async with asyncio.timeout(10):
            while (event := await following(socket))["type"] == "beat":
                pass
        assert event["data"]["value"] == 1.0


async def test_who_has_not_said_who_they_are_does_not_hold_up_a_stop(tmp_path: Path):
    async with running(tmp_path) as weir:
        socket = await connect(f"ws://127.0.0.1:{weir.port}/ws/{weir.here.id}", proxy=None)
        started = weir.core.clock.monotonic()
    assert await closed(socket) == 1001
    assert weir.core.clock.monotonic() - started < 5
