"""Reaching the appliance from a command: the running one, or one started for the moment."""

import asyncio
import getpass
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from appliance.config.configuration import Configuration
from appliance.control.desk import Order, Outcome
from appliance.control.server import carry_out
from appliance.control.wire import (
    GIVEN_BY,
    LONGEST_LINE,
    Answer,
    Attached,
    Call,
    receive_file,
    send_file,
    send_line,
)
from appliance.domain.errors import Invalid, StartRefused
from appliance.domain.work import Progress, ShowProgress
from appliance.machine.folder import DataFolder

FOUNDING: Final = "init"
"""The one command that may begin a folder: the others would only hide that --data is mistyped."""
SCRUB: Final = "scrub"
"""The one command that must work where Weir would not start."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A command with what it needs from this side."""

    command: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    output: Path | None = None
    """Where the file that the command makes shall go."""
    local: "Callable[[Configuration, ShowProgress], Awaitable[Outcome]] | None" = None
    """What is done here, whether Weir runs or not: it does not touch the folder that is in use."""


class CommandFailed(Exception):
    """The running appliance said no."""

    def __init__(self, problem: str, hint: str, *, misused: bool = False) -> None:
        super().__init__(problem)
        self.hint = hint
        self.misused = misused


async def run_errand(configuration: Configuration, errand: Errand) -> Outcome:
    """Have a command carried out, whether Weir runs on this folder or not."""
    if errand.local is not None:
        return await errand.local(configuration, show_progress)
    folder = DataFolder(configuration.data)
    errand = replace(errand, arguments={**errand.arguments, GIVEN_BY: _user_name()})
    for file in errand.files:
        if not file.is_file():
            raise Invalid(field=str(file), problem="there is no such file")
    connection = await _connect(folder.control)
    if connection is not None:
        reader, writer, token = connection
        try:
            return await _ask(reader, writer, token, errand)
        finally:
            writer.close()
    return await _do_it_here(configuration, errand)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"  # no name belongs to the process's user id


async def _connect(
    control: Path,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str] | None:
    try:
        said = json.loads(await asyncio.to_thread(control.read_text))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", said["port"], limit=LONGEST_LINE
        )
    except (OSError, ValueError, KeyError):
        return None  # it does not run, or was killed and left its file behind
    return reader, writer, said["token"]


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, errand: Errand
) -> Outcome:
    attached = [Attached(file.name, file.stat().st_size) for file in errand.files]
    await send_line(writer, Call(token, errand.command, dict(errand.arguments), attached))
    for file in errand.files:
        await send_file(writer, file)
    while line := await reader.readline():
        answer = msgspec.json.decode(line, type=Answer)
        if answer.progress is not None:
            advance = answer.progress
            show_progress(Progress(advance.what, advance.done, advance.total))
        elif answer.error is not None:
            raise CommandFailed(answer.error, answer.hint, misused=answer.misused)
        else:
            if answer.output and errand.output is not None:
                await receive_file(reader, errand.output, answer.output)
            return Outcome(answer.text or "", answer.figures, answer.notes, answer.failed)
    raise CommandFailed("Weir stopped before the command was done", "look into its log")


async def _do_it_here(configuration: Configuration, errand: Errand) -> Outcome:
    if errand.command != FOUNDING and not DataFolder(configuration.data).is_begun:
        raise StartRefused(
            problem=f"there is no data of Weir in {configuration.data}",
            remedy="name its folder with --data, or begin one with `weir serve` or `weir init`",
        )
    if errand.command == SCRUB:
        from appliance.bootstrap.scrubbing import scrub_folder  # noqa: PLC0415

        return await scrub_folder(DataFolder(configuration.data))
    # Only here: a command that finds Weir running need not load all of it.
    from appliance.bootstrap.run import quiet_appliance  # noqa: PLC0415

    async with quiet_appliance(configuration) as (desk, commands):
        with tempfile.TemporaryDirectory(dir=desk.scratch) as scratch:
            output = Path(scratch) / "output"
            order = Order(errand.command, errand.arguments, errand.files, output, show_progress)
            outcome = await carry_out(commands, desk, order)
            if errand.output is not None and output.exists():
                output.replace(errand.output)
    return outcome


def show_progress(progress: Progress) -> None:
    """Show how far it is, on the terminal only."""
    if sys.stderr.isatty():
        of = f" of {progress.total:,}" if progress.total else ""
        sys.stderr.write(f"\r{progress.what}: {progress.done:,}{of}\x1b[K")
        sys.stderr.flush()
