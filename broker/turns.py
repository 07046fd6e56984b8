"""Turns on the event loop: costly work of many connections, a little at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

LONGEST: Final = 0.005
"""Seconds of one round of the loop; whatever else waits for the loop comes next."""


class Turns:
    """Lets everybody work in the order of asking, who is known first, and others between them.

    A thousand handshakes that arrive together take a while, but hold nobody up for longer than
    LONGEST and one turn. Bounded by its users: each connection has asked at most once.
    """

    def __init__(self, longest: float = LONGEST) -> None:
        self._loop = asyncio.get_running_loop()
        self._longest = longest
        self._known: deque[Callable[[], None]] = deque()
        self._new: deque[Callable[[], None]] = deque()
        self._is_due = False

    def ask(self, turn: Callable[[], None], *, is_new: bool) -> None:
        """Have `turn` called soon, once; new ones, in their handshake, after all others."""
        (self._new if is_new else self._known).append(turn)
        self._come_again()

    def _come_again(self) -> None:
        if (self._known or self._new) and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._round)

    def _round(self) -> None:
        self._is_due = False
        until = self._loop.time() + self._longest
        try:
            if self._new:  # one, whatever else there is: nobody waits for ever
                self._new.popleft()()
            for waiting in (self._known, self._new):
                while waiting and self._loop.time() < until:
                    waiting.popleft()()
        finally:
            self._come_again()
