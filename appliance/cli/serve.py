"""`weir serve`: runs until it is told to stop."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from typing import Final

from appliance.bootstrap.heartbeat import Heartbeat
from appliance.bootstrap.run import run_appliance
from appliance.cli.greeting import Greeting, is_running_already
from appliance.config.configuration import Configuration
from appliance.config.supervised import supervised
from appliance.domain.errors import StorageFailed

_log = logging.getLogger(__name__)

SWITCH_EVERY: Final = 0.001
"""Seconds."""


async def serve(configuration: Configuration, *, greets: bool = False) -> int:
    """Serve; 0 when told to stop, 1 when a store failed.

    It greets who has started it without a word, and opens the page for them.
    """
    if greets and await asyncio.to_thread(is_running_already, configuration, _say):
        return 0
    say = Greeting(configuration.data, _say) if greets else _say
    until, heartbeat = asyncio.Event(), Heartbeat(supervised())

    def stop() -> None:
        heartbeat.stopping()
        until.set()

    _on_signal(stop)
    with heartbeat.beating():
        return await serve_until(configuration, until, say, heartbeat)


async def serve_until(
    configuration: Configuration,
    until: asyncio.Event,
    say: Callable[[str], None],
    heartbeat: Heartbeat | None = None,
) -> int:
    """Serve until the event is set: 0 then, 1 when a store failed."""
    _begin_logging(configuration.log_level)
    # The storage threads need their turn soon even while the event loop is busy: a commit that
    # waits for the interpreter is an ack that waits.
    sys.setswitchinterval(SWITCH_EVERY)
    try:
        await run_appliance(configuration, until, say, heartbeat)
    except StorageFailed as error:
        _log.critical("%s; nothing acknowledged is lost; start Weir again to recover", error)
        return 1
    return 0


def _on_signal(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # its event loops know no signals

        def soon(number: int, frame: object) -> None:
            del number, frame
            loop.call_soon_threadsafe(stop)

        for name in (signal.SIGINT, signal.SIGBREAK):
            signal.signal(name, soon)
    else:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # whoever listened has left, or its disk is full
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _begin_logging(level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for noisy in ("apscheduler", "hypercorn", "amqtt", "transitions", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
