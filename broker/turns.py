"""Turns on the event loop: costly work of many connections, a little at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

LONGEST: Final = 0.005
"""Seconds of one round of the loop; whatever else waits for the loop comes next."""


class Turns:
    """Lets everybody work in the order of asking, and others between them.

    A thousand handshakes that arrive together take a while, but hold nobody up for longer than
    LONGEST and one turn. Bounded by its users: each connection has asked at most once.
    """

    def __init__(self, longest: float = LONGEST) -> None:
        self._loop = asyncio.get_running_loop()
        self._longest = longest
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_due = False

    def ask(self, turn: Callable[[], None]) -> None:
        """Have `turn` called soon, once."""
        self._waiting.append(turn)
        self._come_again()

    def _come_again(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._round)

    def _round(self) -> None:
        self._is_due = False
        until = self._loop.time() + self._longest
        try:
            while self._waiting:
                self._waiting.popleft()()
                if self._loop.time() >= until:
                    break
        finally:
            self._come_again()
