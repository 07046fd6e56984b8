"""How much a device and a municipality's devices together may send: token buckets. Pure.

A bucket is full at first and holds `burst` messages; each message takes one, and `rate` of them
come back each second. So in any t seconds no more than rate × t + burst messages are taken. The time is
one that only goes forward; should it go back all the same, nothing is filled for that while.
"""

import math
from dataclasses import dataclass, field
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

    __slots__ = ("_at", "_tokens", "pace")

    def __init__(self, pace: Pace, now: float) -> None:
        self.pace = pace
        self._tokens = float(pace.burst)
        self._at = now

    def change(self, pace: Pace, now: float) -> None:
        """Go on at another pace; what was taken stays taken."""
        if pace != self.pace:
            self.fill(now)
            self.pace = pace
            self._tokens = min(self._tokens, float(pace.burst))

    def fill(self, now: float) -> float:
        """Put in what has come back since the last look, and give how much is there."""
        passed = now - self._at
        if passed > 0:
            self._tokens = min(self._tokens + passed * self.pace.rate, float(self.pace.burst))
        if passed:
            self._at = now
        return self._tokens

    def take(self, messages: int) -> None:
        """Take out what `fill` has said to be there."""
        self._tokens -= messages

    def wait(self, messages: float) -> float:
        """Give the seconds until so many are there, as of the last look; 0 when they are."""
        missing = min(messages, float(self.pace.burst)) - self._tokens
        return missing / self.pace.rate if missing > 0 else 0.0


@dataclass(slots=True)
class Allowance:
    """What one device may send now: its own bucket, and the one that its municipality shares."""

    device: Bucket
    total: Bucket
    held_back: int = 0
    """How often it had to wait or was refused."""
    last_held: float = field(default=-math.inf)

    def take(self, now: float, messages: int) -> int:
        """Take as many messages as may come now, at most so many, and give how many that is."""
        device, total = self.device, self.total
        there = min(device.fill(now), total.fill(now))
        if there >= messages:
            taken = messages
        elif there >= 1.0:
            taken = int(there)
        else:
            self.held_back += 1
            self.last_held = now
            return 0
        device.take(taken)
        total.take(taken)
        return taken

    def give_back(self, messages: int) -> None:
        """Put back what was taken for messages that did not come."""
        self.device.take(-messages)
        self.total.take(-messages)

    def wait(self) -> float:
        """Give the seconds after which it is worth asking again, as of the last `take`."""
        return max(_worthwhile(self.device), _worthwhile(self.total))


def _worthwhile(bucket: Bucket) -> float:
    """Wait until some come at once: asking for each single one would cost more than it brings."""
    return bucket.wait(max(1.0, bucket.pace.rate * WORTHWHILE))


def no_limits() -> Allowance:
    """Give an allowance that never ends: of a device that somebody made for a test or an import."""
    endless = Pace(MOST_RATE, MOST_BURST)
    return Allowance(Bucket(endless, 0.0), Bucket(endless, 0.0))
