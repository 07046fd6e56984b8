"""How far the timers of rules may run, whatever somebody does to the computer's clock."""

import logging
from dataclasses import dataclass
from typing import Final

from appliance.domain.instant import MINUTE, SECOND, Instant, text
from appliance.ports.clock import Clock

_log = logging.getLogger(__name__)

JUMP: Final = 1 * MINUTE
"""The clock was set, or the computer slept, when it moves by so much more than time has passed."""
BEHIND: Final = 1 * SECOND


@dataclass(frozen=True, slots=True)
class Look:
    """What time it is: `until` is how far timers may run."""

    now: Instant
    until: Instant
    unwatched: tuple[Instant, Instant] | None = None
    """From when to when nobody can have been watching, where the clock has jumped ahead."""


class PassingTime:
    """A time that only goes forward.

    It follows the clock. When that is set back, it goes on by the monotonic clock until the other
    has caught up: silence is noticed all the same. When that jumps ahead, devices could not report
    in the time between: it is treated like the time between a stop and a start.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now, self._seconds = clock.now(), clock.monotonic()
        self._behind = False

    def begin(self, until: Instant) -> None:
        """Start measuring now; timers have run until then."""
        self._now, self._seconds = self._clock.now(), self._clock.monotonic()
        self._behind = until > self._now + JUMP
        if self._behind:
            self._warn(until)

    def look(self, until: Instant) -> Look:
        """Give how far timers that have run until then may run now."""
        now, seconds = self._clock.now(), self._clock.monotonic()
        passed = int((seconds - self._seconds) * SECOND)
        ahead = now - self._now - passed
        self._now, self._seconds = now, seconds
        if until > now + BEHIND:
            if ahead < -JUMP:
                self._behind = True
                self._warn(until)
            return Look(now, Instant(until + passed))
        if self._behind:
            self._behind = False
            _log.warning("the computer's clock has caught up: it is %s", text(now))
        if until and ahead > JUMP:
            _log.warning("the computer's clock has jumped ahead to %s", text(now))
            stopped = Instant(max(until, now - ahead))
            return Look(now, now, (stopped, now)) if stopped < now else Look(now, now)
        return Look(now, Instant(max(until, now)))

    def _warn(self, until: Instant) -> None:
        _log.warning(
            "the computer's clock is behind: it says %s, but it has been %s already; readings that"
            " bring no time of their own are kept under the wrong one until it is set",
            text(self._now),
            text(until),
        )
