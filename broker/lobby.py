"""Who is connected at a door: bounded, asked to leave together, and counted while readings settle."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Final, Protocol

from broker.strangers import Strangers

_log: Final = logging.getLogger(__name__)
_PLENTY: Final = 0.5


class Visitor(Protocol):
    """A connection, as the lobby sees it."""

    @property
    def address(self) -> str:
        """Where it comes from: the host, a colon and the port."""
        ...

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
    """The connections of one door: at most `most`, of which `most_strangers` are unauthenticated.

    Full has a stranger give way to whoever comes, from the neighbourhood that has most of them
    here; who has shown who it is keeps its place. Full of those, whoever has more than its part of
    all places (`most_of_one`) gives way with its oldest; else the door turns the next away.
    """

    def __init__(self, door: str, most: int, most_strangers: int, most_of_one: float = 1.0) -> None:
        self._most_of_one = max(1, most * most_of_one)
        self._known: Strangers[Visitor] = Strangers()
        """By who they are, where that was said."""
        self._door = door
        self._most = most
        self._most_strangers = most_strangers
        self._visitors: set[Visitor] = set()
        self._strangers: Strangers[Visitor] = Strangers()
        self._was_full = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.turned_away = 0
        """Connections that found no place, or lost it before they had shown who they are."""

    def enter(self, visitor: Visitor) -> bool:
        """Let a connection in as a stranger, or say that there is no place."""
        is_full = len(self._visitors) >= self._most
        if is_full or len(self._strangers) >= self._most_strangers:
            self.turned_away += 1
            self._note_fullness()
            if not self._have_one_give_way():
                return False
        self._visitors.add(visitor)
        self._strangers.add(visitor, visitor.address.rpartition(":")[0])
        self._empty.clear()
        return True

    def recognise(self, visitor: Visitor, who: str = "") -> None:
        """Note that a connection has shown who it is: its place is its own from now on."""
        self._strangers.discard(visitor)
        if who and visitor in self._visitors and visitor not in self._known:
            self._known.add(visitor, who)

    def leave(self, visitor: Visitor) -> None:
        """Note that a connection is over."""
        if visitor not in self._visitors:
            return
        self._visitors.remove(visitor)
        self._strangers.discard(visitor)
        self._known.discard(visitor)
        if self._was_full and self._has_room_again():
            self._was_full = False
            _log.warning("%s: there is room for connections again", self._door)
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

    def _have_one_give_way(self) -> bool:
        visitor = self._strangers.first_to_go()
        if visitor is None and self._known.largest > self._most_of_one:
            visitor = self._known.first_to_go()
        if visitor is None:
            return False
        self.leave(visitor)
        visitor.abort()
        return True

    def _note_fullness(self) -> None:
        if not self._was_full:
            self._was_full = True
            _log.warning(
                "%s: full, %d connections of which %d have not signed in; those give way",
                *(self._door, len(self._visitors), len(self._strangers)),
            )

    def _has_room_again(self) -> bool:
        """Say so when half is free again, so that a flood fills no log."""
        return (
            len(self._visitors) <= self._most * _PLENTY
            and len(self._strangers) <= self._most_strangers * _PLENTY
        )


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
