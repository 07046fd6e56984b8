"""Scrubbing: reading back every byte that was written, before somebody needs it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in a file that is not what was written there, in words for the operator."""

    file: str
    """Its name within the data folder."""
    problem: str
    """What was found, and where in the file."""
    affected: str
    """What of Weir's knowledge is in doubt or lost."""
    remedy: str
    """What to do."""
    heals: bool = False
    """Whether Weir makes it right by itself, from the journal."""


class Verifiable(Protocol):
    """A store whose files can tell whether they are what was written."""

    async def flaws(self) -> tuple[Flaw, ...]:
        """Read and authenticate every byte of it, and name what is damaged.

        Takes as long as reading all of it; nothing waits meanwhile. Raises StorageFailed where the
        disk can't be read.
        """
        ...

    def known(self) -> tuple[Flaw, ...]:
        """Give what is known without reading: what was found, lost or put aside at the start."""
        ...

    def told(self) -> None:
        """Somebody has been told of what is `known`: what needs nothing more may be forgotten."""
        ...
