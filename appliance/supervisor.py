"""The supervisor: starts parts in order, watches them run, stops them in reverse."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import WeirError

_log = logging.getLogger(__name__)

STOP_WITHIN: Final = 3.0
"""Seconds that one part may take to stop."""


@dataclass(frozen=True, slots=True)
class Part:
    """A long-lived part: started, perhaps run in the background, stopped."""

    name: str
    start: Callable[[], Awaitable[object]] | None = None
    run: Callable[[], Coroutine[object, object, None]] | None = None
    stop: Callable[[], Awaitable[object]] | None = None


def first_of(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the first error of a group, also where parts have groups of their own."""
    first = several.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


class Supervisor:
    """Runs parts until told to stop, or until one of them fails: then everything stops.

    Starting again after a failure is the service manager's task: a fresh process recovers from
    what is on disk, which is the state that is proven.
    """

    def __init__(self) -> None:
        self._started: list[tuple[Part, asyncio.Task[None] | None]] = []
        self._group: asyncio.TaskGroup | None = None

    async def run(self, parts: list[Part], ready: Callable[[], None], until: asyncio.Event) -> None:
        """Start all parts, call `ready`, and return after `until` is set and all have stopped.

        Where it is set before all have started, the rest is not started. An error of a part, while
        starting or running, stops the others and is raised.
        """
        try:
            async with asyncio.TaskGroup() as group:
                if await self._start_all(parts, group, until):
                    ready()
                    await until.wait()
                await self._stop_all()
        except BaseExceptionGroup as several:
            raise first_of(several) from None
        finally:
            await self._stop_all()

    async def _start_all(
        self, parts: list[Part], group: asyncio.TaskGroup, until: asyncio.Event
    ) -> bool:
        """Start all parts unless told to stop before; say whether all have started."""
        starting = group.create_task(self._start_each(parts, group), name="start")
        stop = group.create_task(until.wait(), name="stop")
        await asyncio.wait((starting, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if starting.done():
            return True
        starting.cancel()
        await asyncio.wait((starting,))
        return False

    async def _start_each(self, parts: list[Part], group: asyncio.TaskGroup) -> None:
        for part in parts:
            await self._start(part, group)

    async def _start(self, part: Part, group: asyncio.TaskGroup) -> None:
        if part.start is not None:
            await part.start()
        task = group.create_task(part.run(), name=part.name) if part.run is not None else None
        self._started.append((part, task))

    async def _stop_all(self) -> None:
        while self._started:
            part, task = self._started.pop()
            try:
                async with asyncio.timeout(STOP_WITHIN):
                    if part.stop is not None:
                        await part.stop()
            except TimeoutError:
                _log.warning("part=%s took longer than %.0f s to stop", part.name, STOP_WITHIN)
            except WeirError as error:
                _log.warning("part=%s did not stop cleanly: %s", part.name, error)
            except Exception:  # noqa: BLE001 the boundary: a part that can't stop must not keep the others from stopping
                _log.exception("part=%s did not stop cleanly", part.name)
            if task is not None:
                task.cancel()
