"""What happens to lasting sessions is written down before anybody can see it.

Whoever changes something notes it and gets a ticket; what must not be seen before it is on disk
waits for the ticket. All that was noted while the disk was busy goes there in the next group.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from appliance.ports.sessions import Change, CopyNumber, Kept, Queued, SessionNumber, SessionStore

NOTHING: Final = 0
"""The ticket of what need not be written."""

Ticket = int
"""How many changes must be on disk. Everything noted in one turn of the loop gets there together."""


class Record:
    """Writes changes in their order, in groups; nothing is written after a failure.

    Soft bound: with more than `most` changes or `most_bytes` of payload unwritten it `is_full`, and
    whoever can wait does. What is noted all the same stays in memory until the disk has taken it.
    """

    def __init__(self, store: SessionStore, most: int, most_bytes: int) -> None:
        self._store = store
        self._most = most
        self._most_bytes = most_bytes
        self.noted: Ticket = 0
        self.written: Ticket = 0
        self._group: list[Change] = []
        self._group_ends: Ticket = 0
        self._next: list[Change] = []
        self._next_bytes = 0
        self._for_group: list[Callable[[], None]] = []
        self._for_next: list[Callable[[], None]] = []
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writing = asyncio.Lock()
        self._last_session = 0
        self._last_copy = 0

    async def begin(self) -> Kept:
        """Give what was kept; new numbers go on from there."""
        kept = await self._store.everything()
        self._last_session = max((session.number for session in kept.sessions), default=0)
        self._last_copy = max(
            (copy.number for session in kept.sessions for copy in session.copies), default=0
        )
        return kept

    def new_session(self) -> SessionNumber:
        """Number a session."""
        self._last_session += 1
        return SessionNumber(self._last_session)

    def new_copy(self) -> CopyNumber:
        """Number a copy, higher than all before."""
        self._last_copy += 1
        return CopyNumber(self._last_copy)

    def note(self, change: Change) -> Ticket:
        """Have a change written; the ticket says when it is."""
        self._next.append(change)
        self.noted += 1
        if isinstance(change, Queued):
            self._next_bytes += len(change.payload)
        if self.is_full:
            self._room.clear()
        self._some.set()
        return self.noted

    def since(self, before: Ticket) -> Ticket:
        """Give the ticket of what was noted since then; NOTHING if nothing was."""
        return self.noted if self.noted > before else NOTHING

    def after(self, ticket: Ticket, call: Callable[[], None]) -> None:
        """Call when so much is on disk: at once, or in the order of asking."""
        if ticket <= self.written:
            call()
        elif ticket <= self._group_ends:
            self._for_group.append(call)
        else:
            self._for_next.append(call)

    async def kept(self, ticket: Ticket) -> None:
        """Wait until so much is on disk."""
        if ticket <= self.written:
            return
        done = asyncio.Event()
        self.after(ticket, done.set)
        await done.wait()

    @property
    def is_full(self) -> bool:
        """Say whether the disk is far behind."""
        return len(self._next) > self._most or self._next_bytes > self._most_bytes

    async def room(self) -> None:
        """Wait until the disk is not far behind."""
        await self._room.wait()

    async def run(self) -> None:
        """Write until cancelled; raises StorageFailed."""
        while True:
            await self._some.wait()
            await self.write()

    async def write(self) -> None:
        """Write what was noted so far; raises StorageFailed.

        A group whose writing was cancelled is written once more: the second time changes nothing.
        """
        async with self._writing:
            if not self._group:
                self._take_next()
            if self._group:
                await self._store.keep(self._group)
                self._wrote()

    def _take_next(self) -> None:
        self._group, self._next, self._next_bytes = self._next, [], 0
        self._for_group, self._for_next = self._for_next, []
        self._group_ends = self.noted
        self._some.clear()
        self._room.set()

    def _wrote(self) -> None:
        calls, self._for_group, self._group = self._for_group, [], []
        self.written = self._group_ends
        for call in calls:
            call()
