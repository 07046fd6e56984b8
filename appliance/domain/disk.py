"""How full the disk is, and what that means. Pure: bytes in, a level out."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MIB: Final = 2**20
GIB: Final = 2**30


class Pressure(IntEnum):
    """What a filling disk makes Weir do; each level does what the lower ones do too."""

    NONE = 0
    """There is room."""
    WARNS = 1
    """It is told as an issue."""
    GIVES_UP_DERIVED = 2
    """What can be made again, or is only quicker to have, gives its room back."""
    REFUSES = 3
    """QoS 0 readings, uploads and imports are refused: nobody waits for an ack of theirs."""
    WITHHOLDS = 4
    """Nothing is acknowledged: devices keep their data. The ballast is released."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A file system as this program may use it, in bytes."""

    total: int
    """What is used and what is free; without what is kept for root."""
    free: int


@dataclass(frozen=True, slots=True)
class Watermarks:
    """From which share of the disk on each level holds, in per cent; and where that is too soon.

    On a large disk the last per cents are a lot: a level that takes something away holds only where
    less than its `room_enough` is free, too. A level that holds is left with SLACK more free than
    it takes to enter it, so that it does not come and go.
    """

    warns: float = 80.0
    gives_up_derived: float = 90.0
    refuses: float = 95.0
    withholds: float = 97.0

    def level(self, usage: Usage, before: Pressure = Pressure.NONE) -> Pressure:
        """Give the level that holds now, when `before` held until now."""
        for level in reversed(Pressure):
            needed = self.needed(level, usage.total)
            if level <= before:
                needed += _slack(usage.total)
            if level and usage.free < needed:
                return level
        return Pressure.NONE

    def needed(self, level: Pressure, total: int) -> int:
        """Give how many bytes must be free so that the level is not entered."""
        percent = {
            Pressure.NONE: 100.0,
            Pressure.WARNS: self.warns,
            Pressure.GIVES_UP_DERIVED: self.gives_up_derived,
            Pressure.REFUSES: self.refuses,
            Pressure.WITHHOLDS: self.withholds,
        }[level]
        share = int(total * (100.0 - percent) / 100.0)
        return min(share, ROOM_ENOUGH.get(level, share))

    def lacking(self, level: Pressure, usage: Usage) -> int:
        """Give how many bytes more must become free until the level, which holds, is left."""
        wanted = self.needed(level, usage.total) + _slack(usage.total)
        return max(0, wanted - usage.free)

    def in_order(self) -> bool:
        """Say whether each level comes no sooner than the one before."""
        marks = (self.warns, self.gives_up_derived, self.refuses, self.withholds)
        return list(marks) == sorted(marks) and marks[-1] <= 100.0  # noqa: PLR2004 per cent


ROOM_ENOUGH: Final = {
    Pressure.GIVES_UP_DERIVED: 64 * GIB,
    Pressure.REFUSES: 16 * GIB,
    Pressure.WITHHOLDS: 8 * GIB,
}
"""With so much free, the level never holds, whatever the share. The warning has no such bound."""


def percent_used(usage: Usage) -> float:
    """Give the share that is in use, as `df` does."""
    return 100.0 * (usage.total - usage.free) / usage.total if usage.total else 0.0


def usual_ballast(total: int) -> int:
    """Give the size of the ballast on a disk of this size: a 64th, at most 256 MiB."""
    return min(256 * MIB, total // 64)


def books_need(total: int) -> int:
    """Give what must be free so that Weir's own books can be written and its stores opened."""
    return min(64 * MIB, total // 100)


def _slack(total: int) -> int:
    return min(total // 100, GIB)
