"""How much a device and a municipality's devices together may send: token buckets. Pure.

A bucket is full at first and holds `burst` messages; each message takes one, and `rate` of them
come back each second. So in any t seconds no more than rate × t + burst messages are taken. The time is
one that only goes forward; should it go back all the same, nothing is filled for that while.
"""

import math
from dataclasses import dataclass
from typing import Final

LEAST_RATE: Final = 0.001
MOST_RATE: Final = 1_000_000.0
MOST_BURST: Final = 1_000_000_000
WORTHWHILE: Final = 0.1
"""Seconds for which a peer that is held back waits at least, if its bucket holds as much."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second in the long run, and how many may come at once."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """What holds for each device of a municipality, and for all of them together."""

    device: Pace = Pace(1_000.0, 1_000_000)
    """As usual: a gateway may deliver a million messages that it kept while it had no connection."""
    total: Pace = Pace(20_000.0, 20_000_000)


class Bucket:
    """One token bucket."""

    __slots__ = ("_at", "_burst", "_rate", "pace", "tokens")

    def __init__(self, pace: Pace, now: float) -> None:
        self.pace = pace
        self._rate, self._burst = pace.rate, float(pace.burst)
        self._at = now
        self.tokens = self._burst
        """How many were there at the last look, less those that were taken since."""

    def change(self, pace: Pace, now: float) -> None:
        """Go on at another pace; what was taken stays taken."""
        if pace != self.pace:
            self.fill(now)
            self.pace = pace
            self._rate, self._burst = pace.rate, float(pace.burst)
            self.tokens = min(self.tokens, self._burst)

    def fill(self, now: float) -> float:
        """Put in what has come back since the last look, and give how much is there."""
        passed = now - self._at
        if passed:
            self._at = now
            if passed > 0.0:
                tokens = self.tokens + passed * self._rate
                self.tokens = min(self._burst, tokens)
        return self.tokens

    def wait(self, messages: float) -> float:
        """Give the seconds until so many are there, as of the last look; 0 when they are."""
        missing = min(messages, self._burst) - self.tokens
        return missing / self._rate if missing > 0 else 0.0


class Allowance:
    """What one device may send now: its own bucket, and the one that its municipality shares."""

    __slots__ = ("device", "held_back", "last_held", "total")

    def __init__(self, device: Bucket, total: Bucket) -> None:
        self.device = device
        self.total = total
        self.held_back = 0
        """How often it had to wait or was refused."""
        self.last_held = -math.inf

    def room(self, now: float, messages: int) -> int:
        """Say how many messages may come now, at most so many; `spend` those that do."""
        own, shared = self.device.fill(now), self.total.fill(now)
        there = min(shared, own)
        if there >= messages:
            return messages
        if there >= 1.0:
            return int(there)
        self.held_back += 1
        self.last_held = now
        return 0

    def spend(self, messages: int) -> None:
        """Take out as many as `room` has said, or fewer."""
        self.device.tokens -= messages
        self.total.tokens -= messages

    def take(self, now: float, messages: int) -> int:
        """Take as many messages as may come now, at most so many, and give how many that is."""
        taken = self.room(now, messages)
        self.spend(taken)
        return taken

    def wait(self) -> float:
        """Give the seconds after which it is worth asking again, as of the last look."""
        return max(_worthwhile(self.device), _worthwhile(self.total))


def _worthwhile(bucket: Bucket) -> float:
    """Wait until some come at once: asking for each single one would cost more than it brings."""
    return bucket.wait(max(1.0, bucket.pace.rate * WORTHWHILE))


def no_limits() -> Allowance:
    """Give an allowance that never ends: of a device that somebody made for a test or an import."""
    endless = Pace(MOST_RATE, MOST_BURST)
    return Allowance(Bucket(endless, 0.0), Bucket(endless, 0.0))
