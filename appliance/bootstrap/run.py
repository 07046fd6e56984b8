"""Running an appliance: with its doors until told to stop, or quietly for one command."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from appliance.bootstrap.core import Core
from appliance.bootstrap.outside import Outside
from appliance.config.configuration import Configuration
from appliance.control.desk import Command, Desk
from appliance.machine.folder import DataFolder
from appliance.supervisor import Part, Supervisor

Ready = Callable[[Outside], None]


async def run_appliance(
    configuration: Configuration,
    until: asyncio.Event,
    ready: Ready,
    more: Callable[[Core, Outside], list[Part]] = lambda _core, _outside: [],
) -> None:
    """Run until the event is set; `ready` is called once everything listens.

    `more` may add parts that start last. Raises StartRefused when it can't start, StorageFailed
    when a store fails while it runs.
    """
    folder = DataFolder(configuration.data)
    folder.make()
    with folder.alone():
        core = Core(configuration, folder, folder.key())
        outside = Outside(configuration, folder, core)
        parts = [*core.parts(), *outside.parts(doors=True), *more(core, outside)]
        await Supervisor().run(parts, lambda: ready(outside), until)


@contextlib.asynccontextmanager
async def quiet_appliance(
    configuration: Configuration,
) -> AsyncIterator[tuple[Desk, Mapping[str, Command]]]:
    """Run an appliance without doors while a command works with it."""
    folder = DataFolder(configuration.data)
    folder.make()
    with folder.alone():
        core = Core(configuration, folder, folder.key())
        outside = Outside(configuration, folder, core)
        until, started = asyncio.Event(), asyncio.Event()
        parts = [*core.parts(), *outside.parts(doors=False)]
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(Supervisor().run(parts, started.set, until))
                waiting = group.create_task(started.wait())
                await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if started.is_set():
                    try:
                        yield outside.desk(), outside.commands()
                    finally:
                        until.set()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
