"""Running an appliance: with its doors until told to stop, or quietly for one command."""

import asyncio
import atexit
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from appliance.bootstrap.core import Core
from appliance.bootstrap.demonstration import demo_part
from appliance.bootstrap.heartbeat import Heartbeat
from appliance.bootstrap.outside import Outside
from appliance.bootstrap.waiting import Room, wait_for_room
from appliance.config.configuration import Configuration
from appliance.control.desk import Command, Desk
from appliance.demo.postbox import Postbox
from appliance.domain.errors import StorageFailed
from appliance.flow.progress import Progress
from appliance.machine.folder import DataFolder
from appliance.machine.kept_log import kept_log
from appliance.supervisor import Part, Supervisor, first_of

_log = logging.getLogger(__name__)

Show = Callable[[str], None]


async def run_appliance(
    configuration: Configuration,
    until: asyncio.Event,
    show: Show,
    heartbeat: Heartbeat | None = None,
) -> None:
    """Run until the event is set; `show` gets what the person at the console must know.

    The heartbeat, where one beats, learns when it's ready and whether the walk gets on.

    Raises StartRefused when it can't start, StorageFailed when a store fails while it runs.
    """
    folder = DataFolder(configuration.data)
    folder.make()
    with folder.alone(), kept_log(folder.log):
        key = folder.key()
        postbox = Postbox(folder.path / "demo-mail", show) if configuration.demo else None
        run = _Run(configuration, folder, postbox, until, show, heartbeat or Heartbeat())
        try:
            while not await run.once(Core(configuration, folder, key, postbox)):
                pass
        finally:
            if postbox is not None:
                postbox.close()


@dataclass(slots=True)
class _Run:
    """One run, which begins again as long as there is no room to open the stores."""

    configuration: Configuration
    folder: DataFolder
    postbox: Postbox | None
    until: asyncio.Event
    show: Show
    heartbeat: Heartbeat
    room: Room = field(default_factory=Room)
    is_ready: bool = False

    async def once(self, core: Core) -> bool:
        """Run until the event is set; False when the stores can't be opened for want of room."""
        await wait_for_room(core.disk, self.room, self.configuration.http, self.until, self._tell)
        self.heartbeat.mind(Progress(core.walk.oldest, core.is_held, core.clock).is_stuck)
        outside = Outside(self.configuration, self.folder, core)
        try:
            await Supervisor().run(
                self._parts(core, outside), partial(self._ready, outside), self.until
            )
        except StorageFailed as problem:
            # Nothing was acknowledged yet; afterwards only a fresh process is honest.
            if self.is_ready or not self.room.was_too_little(core.disk):
                raise
            _log.warning("%s; it starts again when there is more room", problem)
            return False
        return True

    def _parts(self, core: Core, outside: Outside) -> list[Part]:
        parts = [*core.parts(), *outside.parts(doors=True)]
        if self.postbox is not None:
            parts.append(demo_part(self.configuration, core, outside, self.postbox, self.show))
        return [*parts, Part("first start", start=partial(_say_the_code, outside, self.show))]

    def _ready(self, outside: Outside) -> None:
        self.is_ready = True
        _say_ready(outside, self.show)
        self.heartbeat.ready(f"ready {outside.ready}")

    def _tell(self, line: str) -> None:
        self.show(line)
        self.heartbeat.status(line)


async def _say_the_code(outside: Outside, show: Show) -> None:
    set_up = outside.services.setup
    if await set_up.needed():
        show(
            f"nobody looks after this Weir yet: open http://{outside.bound['http']} and give this code"
        )
        show(f"set-up code: {set_up.code}")


def _spare_the_collector() -> None:
    """Have garbage collections pass over what has been made so far, which stays until the end.

    Looking at all of it takes 100 ms, in which nothing else runs. The interpreter takes it back
    when it ends, for the modules that want to see their own things cleared away.
    """
    gc.freeze()
    atexit.register(gc.unfreeze)


def _say_ready(outside: Outside, show: Show) -> None:
    _spare_the_collector()
    if outside.listens_beyond_loopback:
        show("WARNING: listening beyond this computer without TLS (--insecure-lan)")
    show(f"ready {outside.ready}")


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
                    _spare_the_collector()
                    try:
                        yield outside.desk(), outside.commands()
                    finally:
                        until.set()
        except BaseExceptionGroup as several:
            raise first_of(several) from None
