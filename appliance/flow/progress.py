"""Whether the walk gets on, for whoever restarts a program that hangs."""

from collections.abc import Callable
from typing import Final

from appliance.domain.instant import Instant
from appliance.ports.clock import Clock

STUCK_AFTER: Final = 60.0
"""Seconds: ten times what the slowest disk took for a sync that still returned."""


class Progress:
    """Watches the oldest message that is under way: while the walk gets on, it's another one soon."""

    def __init__(
        self, oldest: Callable[[], Instant | None], is_held: Callable[[], bool], clock: Clock
    ) -> None:
        """Take who knows when the oldest message came, and whether acks are withheld on purpose."""
        self._oldest = oldest
        self._is_held = is_held
        self._clock = clock
        self._known: Instant | None = None
        self._since = clock.monotonic()

    def is_stuck(self) -> bool:
        """Say whether the same message has been waiting for longer than any disk takes.

        Counted from when it was first seen here, so a computer's clock that jumps makes nobody stuck.
        """
        oldest, now = self._oldest(), self._clock.monotonic()
        if oldest is None or oldest != self._known or self._is_held():
            self._known, self._since = oldest, now
        return now - self._since > STUCK_AFTER
