"""The disk with the data folder: how full it is, and what doors and the walk may still do."""

from typing import Protocol

from appliance.domain.disk import Pressure, Usage


class Volume(Protocol):
    """The file system with the data folder."""

    def usage(self) -> Usage:
        """Say how full it is now; takes microseconds. Raises OSError."""
        ...

    def ballast(self) -> int:
        """Say how many bytes the ballast takes; 0 when there is none."""
        ...

    def release_ballast(self) -> None:
        """Give the ballast's room back; without one, nothing happens. Raises OSError."""
        ...

    def make_ballast(self, size: int) -> None:
        """Take so much room for a ballast, whole or not at all. Blocks; raises OSError."""
        ...


class DiskState(Protocol):
    """What a full disk forbids now. Answers from memory."""

    @property
    def level(self) -> Pressure:
        """How full it is."""
        ...

    @property
    def usage(self) -> Usage:
        """The disk as if the ballast were free, which it is when it matters."""
        ...

    @property
    def lacking(self) -> int:
        """How many bytes must become free until this level is left; 0 where there is none."""
        ...

    @property
    def refuses_uploads(self) -> bool:
        """Whether files are refused, and readings for whose ack nobody waits (QoS 0)."""
        ...

    @property
    def withholds_acks(self) -> bool:
        """Whether nothing is acknowledged now, and nothing that people ask for is written."""
        ...

    async def open(self) -> None:
        """Wait while acks are withheld."""
        ...

    async def room_for_books(self) -> None:
        """Wait while there is not even room for what Weir itself must note."""
        ...


class Roomy:
    """A DiskState of a disk that is never full: for commands and tests that don't care."""

    level = Pressure.NONE
    usage = Usage(0, 0)
    lacking = 0
    refuses_uploads = False
    withholds_acks = False

    async def open(self) -> None:
        """Go on at once."""

    async def room_for_books(self) -> None:
        """Go on at once."""


class Derived(Protocol):
    """Something that gives room back when it is short."""

    async def give_room_back(self) -> None:
        """Remove what can be made again or done without. Raises StorageFailed or OSError."""
        ...
