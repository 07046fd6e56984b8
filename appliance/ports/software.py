"""What others wrote that is in this program."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SoftwarePart:
    """Something that others wrote, and the terms that it came under."""

    name: str
    version: str
    licence: str
    """As an SPDX expression or in its maker's words; empty where nobody says."""


class Software(Protocol):
    """Knows what is inside: of a build what is really there, else what is installed here."""

    def parts(self) -> tuple[SoftwarePart, ...]:
        """Name the parts of the server, in order; reads the disk the first time."""
        ...

    def licences(self) -> str:
        """Give the terms of all parts in full; reads the disk the first time."""
        ...


class NoSoftware:
    """Where nobody asks: in tests of other parts."""

    def parts(self) -> tuple[SoftwarePart, ...]:
        return ()

    def licences(self) -> str:
        return ""
