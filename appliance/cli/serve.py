"""`weir serve`: runs until it is told to stop."""

import asyncio
import contextlib
import logging
import signal
import sys
from typing import Final

from appliance.bootstrap.run import run_appliance
from appliance.config.configuration import Configuration
from appliance.domain.errors import StorageFailed

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
        await run_appliance(configuration, until, _say)
    except StorageFailed as error:
        _log.critical("%s; nothing acknowledged is lost; start Weir again to recover", error)
        return 1
    return 0


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
