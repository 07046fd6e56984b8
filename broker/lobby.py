"""Who is connected at a door: bounded, asked to leave together, and counted while readings settle."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Final, Protocol

_log: Final = logging.getLogger(__name__)


class Visitor(Protocol):
    """A connection, as the lobby sees it."""

    def go(self) -> None:
        """Close: the door stops."""
        ...

    def abort(self) -> None:
        """Close at once, whatever is still unsent."""
        ...

    def read_no_more(self) -> None:
        """Take nothing more from the peer."""
        ...


class Lobby:
    """The connections of one door. Full refuses: who comes then is sent away at once."""

    def __init__(self, door: str, most: int) -> None:
        self._door = door
        self._most = most
        self._visitors: set[Visitor] = set()
        self._was_full = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.turned_away = 0

    def enter(self, visitor: Visitor) -> bool:
        """Let a connection in, or say that there is no place."""
        if len(self._visitors) >= self._most:
            self.turned_away += 1
            self._note_fullness(full=True)
            return False
        self._visitors.add(visitor)
        self._empty.clear()
        return True

    def leave(self, visitor: Visitor) -> None:
        """Note that a connection is over."""
        if visitor not in self._visitors:
            return
        self._visitors.remove(visitor)
        self._note_fullness(full=False)
        if not self._visitors:
            self._empty.set()

    def __len__(self) -> int:
        """Count the connections."""
        return len(self._visitors)

    def __iter__(self) -> Iterator[Visitor]:
        """Give those who are here now."""
        return iter(tuple(self._visitors))

    async def clear(self, within: float) -> None:
        """Have everybody leave; whoever has not gone in time is cut off."""
        for visitor in self:
            visitor.go()
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            for visitor in self:
                visitor.abort()

    def _note_fullness(self, *, full: bool) -> None:
        if full and not self._was_full:
            _log.warning("%s: all %d connections are taken, refusing more", self._door, self._most)
        elif self._was_full and not full:
            _log.warning("%s: there is room for connections again", self._door)
        self._was_full = full


class Outstanding:
    """Counts messages that were taken and have not settled."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    def begin(self) -> None:
        """One was taken."""
        if self._count == 0:
            self._none.clear()
        self._count += 1

    def end(self) -> None:
        """One has settled."""
        self._count -= 1
        if self._count == 0:
            self._none.set()

    async def none(self, within: float) -> None:
        """Wait until all have settled, but not longer than that."""
        try:
            async with asyncio.timeout(within):
                await self._none.wait()
        except TimeoutError:
            _log.warning("%d messages had not settled in time: no ack was sent", self._count)
