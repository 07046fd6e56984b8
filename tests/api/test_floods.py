"""A flood of half-open connections against the real server: whoever has signed in notices nothing."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import connect

from tests.api.appliance import Weir

HALF_A_BODY = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: weir\r\nContent-Length: 900\r\n\r\n{"


async def test_a_live_screen_outlasts_six_hundred_half_open_connections_from_its_own_address(
    weir: Weir,
):
    admin = weir.here.admin
    uri = f"ws://127.0.0.1:{weir.port}/ws/{weir.here.id}?token={admin.token}"
    async with connect(uri, proxy=None) as screen, contextlib.AsyncExitStack() as flood:
        assert json.loads(await screen.recv())["type"] == "replay"
        said = [b"", b"GET / HTTP/1.1\r\nHost: w", HALF_A_BODY]
        for number in range(600):
            _, writer = await asyncio.open_connection("127.0.0.1", weir.port)
            flood.callback(writer.close)
            writer.write(said[number % 3])
        async with asyncio.timeout(5):
            assert (await weir.here.admin.get("sensors")).status == 200
            await weir.report(weir.here, {"value": 3.2, "unit": "bar"})
            assert json.loads(await screen.recv())["type"] == "sensor_reading"
