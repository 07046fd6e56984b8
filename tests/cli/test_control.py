"""The ear for commands: whoever waits for an answer gets one, and nobody else disturbs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.cli.reach import CommandFailed, Errand, run_errand
from appliance.config.load import load
from appliance.control.desk import Desk, Order, Outcome
from appliance.control.server import ControlServer
from tests.fakes import CountingIds


@dataclass
class World:
    """The part of the world that the ear needs."""

    ids: CountingIds = field(default_factory=CountingIds)


@dataclass
class ScratchDesk:
    """The part of the desk that the ear needs."""

    scratch: Path
    world: World = field(default_factory=World)


async def fails(desk: Desk, order: Order) -> Outcome:
    raise LookupError("nobody knows")


async def works(desk: Desk, order: Order) -> Outcome:
    return Outcome("done")


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[int]:
    desk: Any = ScratchDesk(folder)
    server = ControlServer(desk, {"fails": fails, "works": works}, folder / "control.json")
    await server.start()
    yield json.loads((folder / "control.json").read_text())["port"]
    await server.stop()


async def test_a_command_that_weir_fails_at_is_answered_and_the_next_one_works(
    tmp_path: Path,
) -> None:
    configuration = load({"data": str(tmp_path)}, None)
    async with listening(tmp_path), asyncio.timeout(10):
        with pytest.raises(CommandFailed, match="LookupError"):
            await run_errand(configuration, Errand("fails"))
        assert (await run_errand(configuration, Errand("works"))).text == "done"


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\n", b"{}\n", b"\n", b""])
async def test_whoever_is_no_weir_is_sent_away(tmp_path: Path, said: bytes) -> None:
    configuration = load({"data": str(tmp_path)}, None)
    async with listening(tmp_path) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        assert (await run_errand(configuration, Errand("works"))).text == "done"
