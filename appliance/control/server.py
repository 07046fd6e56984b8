"""The running program's ear for commands: loopback only, and only for who can read the folder."""

import asyncio
import contextlib
import hmac
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.control.desk import Command, Desk, Order, Outcome
from appliance.control.wire import (
    GIVEN_BY,
    LONGEST_LINE,
    Advance,
    Answer,
    Call,
    receive_file,
    send_file,
    send_line,
)
from appliance.domain.audit import Author, AuthorKind
from appliance.domain.errors import Invalid, StartRefused, StorageFailed, WeirError
from appliance.domain.work import Progress
from appliance.services.audit.recording import acting

_log = logging.getLogger(__name__)

STOP_WITHIN: Final = 2.0
"""Seconds that commands may take to end when they are cut off."""


class ControlServer:
    """Carries out commands while the program runs; at most 4 at once, further callers wait."""

    def __init__(
        self,
        desk: Desk,
        commands: Mapping[str, Command],
        where: Path,
        about: Mapping[str, object] | None = None,
    ) -> None:
        """`about` is what else callers learn of the program; it is written beside the address."""
        self._about = about or {}
        self._desk = desk
        self._commands = commands
        self._where = where
        self._token = desk.world.ids.new_secret()
        self._turns = asyncio.Semaphore(4)
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_stopping = False

    async def start(self) -> None:
        """Listen, and write into the folder where and with which token."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_LINE)
        port = self._server.sockets[0].getsockname()[1]
        try:
            said = {**self._about, "port": port, "token": self._token}
            _write(self._where, json.dumps(said).encode())
        except OSError as error:
            self._server.close()
            raise StorageFailed(
                store=str(self._where), problem=error.strerror or str(error)
            ) from error

    async def stop(self) -> None:
        """Listen no more; commands under way are cut off, and whoever waits for them is told."""
        self._where.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
        self._is_stopping = True
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_WITHIN)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream server calls this in one
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            async with self._turns:
                await self._answer(reader, writer)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
            stopping = Answer(error="Weir is stopping", hint="do it again when it runs")
            writer.write(msgspec.json.encode(stopping) + b"\n")
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            _log.info("control: the caller left")
        except (msgspec.MsgspecError, ValueError):
            _log.info("control: the caller is no weir")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(10):
            call = msgspec.json.decode(await reader.readline(), type=Call)
        if not hmac.compare_digest(call.token, self._token):
            await send_line(writer, Answer(error="the token is wrong"))
            return
        folder = Path(tempfile.mkdtemp(dir=self._desk.scratch))
        try:
            files = []
            (folder / "given").mkdir()
            for attached in call.files:
                # Side by side, as they lay there: a Shapefile is several files of one name.
                file = folder / "given" / Path(attached.name).name
                await receive_file(reader, file, attached.size)
                files.append(file)
            await self._carry_out(call, tuple(files), folder / "output", writer)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _carry_out(
        self, call: Call, files: tuple[Path, ...], output: Path, writer: asyncio.StreamWriter
    ) -> None:
        def show(progress: Progress) -> None:
            advance = Advance(progress.what, progress.done, progress.total)
            writer.write(msgspec.json.encode(Answer(progress=advance)) + b"\n")

        order = Order(call.command, call.arguments, files, output, show)
        try:
            outcome = await carry_out(self._commands, self._desk, order)
        except WeirError as error:
            await send_line(
                writer, Answer(error=str(error), hint=error.advice, misused=is_misuse(error))
            )
            return
        except Exception as error:  # noqa: BLE001 the boundary of commands: who waits gets an answer
            _log.exception("control: %s failed", call.command)
            fault = f"Weir itself failed at this ({type(error).__name__})"
            await send_line(writer, Answer(error=fault, hint="look into its log"))
            return
        size = await asyncio.to_thread(_size, output)
        await send_line(
            writer,
            Answer(
                text=outcome.text,
                figures=outcome.figures,
                notes=outcome.notes,
                failed=outcome.failed,
                output=size,
            ),
        )
        if size:
            await send_file(writer, output)


def _write(file: Path, content: bytes) -> None:
    """Write a file for its owner, whole or not at all."""
    part = file.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
    part.replace(file)


async def carry_out(commands: Mapping[str, Command], desk: Desk, order: Order) -> Outcome:
    """Carry out one command; errors are WeirErrors. What it changes is recorded as done by who gave it."""
    with acting(_giver(order)):
        return await commands[order.command](desk, order)


def _giver(order: Order) -> Author:
    """Name who sits at the computer: whoever can read the folder says who they are."""
    looks = not order.command.startswith("audit-")
    name = f"console {order.arguments.get(GIVEN_BY, '')}".strip()
    asked = f"weir {order.command.replace('-', ' ')}"
    return Author(AuthorKind.SYSTEM, 0, name, "", looks, asked)


def is_misuse(error: WeirError) -> bool:
    """Whether the command was used wrongly (exit status 2), rather than failed (1)."""
    return isinstance(error, Invalid | StartRefused)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
