"""The heartbeat: tells the service manager that this program lives, as long as it does."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Final

from appliance.config.supervised import Supervised
from appliance.machine.service_manager import ServiceManager

_log = logging.getLogger(__name__)

AT_LEAST_EVERY: Final = 5.0
"""Seconds."""
LONGER: Final = 60.0
"""Seconds that each beat asks for until it's ready: reading a long journal takes its time."""


class Heartbeat:
    """Beats from the event loop, twice in the time that the watchdog gives, and not while stuck.

    A loop that no longer turns, or a walk that no longer gets on, ends the beat; then the service
    manager ends the program, and a fresh one recovers from what is on disk.
    """

    def __init__(self, said: Supervised | None = None) -> None:
        said = said or Supervised()
        self._manager = ServiceManager(said.notify)
        self._watched = said.watchdog is not None
        self._pause = min(AT_LEAST_EVERY, (said.watchdog or 2 * AT_LEAST_EVERY) / 2)
        self._is_stuck: Callable[[], bool] = _never
        self._is_starting, self._was_stuck = True, False
        self._next: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Beat within the block, from the loop that runs it."""
        try:
            if self._manager.is_there:
                self._beat()
            yield
        finally:
            if self._next is not None:
                self._next.cancel()
            self._manager.close()

    def mind(self, is_stuck: Callable[[], bool]) -> None:
        """Name who knows whether the work is stuck, though the loop turns."""
        self._is_stuck = is_stuck

    def ready(self, line: str) -> None:
        """Say that it's ready, and where."""
        self._is_starting = False
        self._manager.ready()
        self._manager.status(line)

    def status(self, line: str) -> None:
        """Say how it is; anybody on this computer can read that, so never a secret."""
        self._manager.status(line)

    def stopping(self) -> None:
        """Say that the stop has begun; it gets no more time than the manager gives."""
        self._is_starting = False
        self._manager.stopping()

    def _beat(self) -> None:
        if self._is_starting:
            self._manager.wait_longer(LONGER)
        elif not (self._watched or self._manager.owes):
            return
        elif not self._stuck():
            self._manager.alive()
        self._next = asyncio.get_running_loop().call_later(self._pause, self._beat)

    def _stuck(self) -> bool:
        stuck = self._is_stuck()
        if stuck and not self._was_stuck:
            _log.critical("readings are stuck on their way to the disk: no more heartbeat")
        self._was_stuck = stuck
        return stuck


def _never() -> bool:
    return False
