"""`weir serve`: runs until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from typing import Final

from appliance.bootstrap.core import Core
from appliance.bootstrap.outside import Outside
from appliance.bootstrap.run import run_appliance
from appliance.config.configuration import Configuration
from appliance.domain.errors import StorageFailed
from appliance.supervisor import Part

_log = logging.getLogger(__name__)

SWITCH_EVERY: Final = 0.001
"""Seconds."""


async def serve(configuration: Configuration) -> int:
    """Serve; 0 when told to stop, 1 when a store failed."""
    _begin_logging(configuration.log_level)
    # The storage threads need their turn soon even while the event loop is busy: a commit that
    # waits for the interpreter is an ack that waits.
    sys.setswitchinterval(SWITCH_EVERY)
    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, until.set)
    try:
        await run_appliance(configuration, until, _say_ready, _more(configuration))
    except StorageFailed as error:
        _log.critical("%s; nothing acknowledged is lost; start Weir again to recover", error)
        return 1
    return 0


def _more(configuration: Configuration) -> Callable[[Core, Outside], list[Part]]:
    del configuration

    def more(core: Core, outside: Outside) -> list[Part]:
        async def say_the_code() -> None:
            await _say_the_code(outside)

        del core
        return [Part("first start", start=say_the_code)]

    return more


async def _say_the_code(outside: Outside) -> None:
    set_up = outside.services.setup
    if await set_up.needed():
        _say("nobody can sign in yet: open the address below in a browser and give this code")
        _say(f"set-up code: {set_up.code}")


def _say_ready(outside: Outside) -> None:
    if outside.listens_beyond_loopback:
        _say("WARNING: listening beyond this computer without TLS (--insecure-lan)")
    bound = outside.bound
    _say(f"ready http={bound['http']} mqtt={bound['mqtt']} tcp={bound['tcp']}")


def _say(line: str) -> None:
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
