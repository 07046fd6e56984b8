"""Work that begins because of a peer and lasts for a while, in a TaskGroup that the door runs."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final

_log: Final = logging.getLogger(__name__)

Work = Coroutine[None, None, None]


class Errands:
    """Runs work while `run` runs; what was begun before waits for it.

    Bounded by its users: one errand for each connection. One that fails is logged and harms no
    other: this is the gateway's boundary.
    """

    def __init__(self) -> None:
        self._waiting: list[Work] = []
        self._group: asyncio.TaskGroup | None = None

    def start(self, work: Work) -> None:
        """Begin some work."""
        if self._group is None:
            self._waiting.append(work)
        else:
            self._group.create_task(_guarded(work))

    async def run(self) -> None:
        """Run what is started, until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._group:
                for work in self._waiting:
                    self._group.create_task(_guarded(work))
                self._waiting.clear()
                await asyncio.Event().wait()
        finally:
            self._group = None

    def drop(self) -> None:
        """Give up what has not begun."""
        for work in self._waiting:
            work.close()
        self._waiting.clear()


async def _guarded(work: Work) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - one peer's failure is not the others'
        _log.exception("a connection's work failed")
