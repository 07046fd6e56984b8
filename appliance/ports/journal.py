"""The journal: the truth for readings. One log, many views."""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of the journal that is not what was written there."""

    file: str
    """The name of the file; nothing else about where it is."""
    offset: int
    length: int
    """Both in bytes; a file that is missing has length 0."""
    first: Sequence
    last: Sequence
    """The batches that are lost by it, both included; `last` is `first` - 1 where none is."""
    problem: str

    @property
    def lost(self) -> int:
        """Count the batches that are lost."""
        return self.last - self.first + 1


class Journal(Protocol):
    """Appends batches durably, and lets views read on from wherever they are."""

    async def append(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        """Put the batches on disk in one group commit, in order; all of them or none.

        When it returns, fdatasync has returned and the batches survive a power cut. Raises
        StorageFailed; after that the journal takes nothing more until the program is restarted
        (a failed sync says nothing about what is on disk).
        """
        ...

    async def read(
        self, after: Sequence, *, limit: int = 256, most_readings: int = 100_000
    ) -> tuple[StoredBatch, ...]:
        """Give at most `limit` batches after this place, in order; none at the end.

        Begins with `first` where this place has been forgotten. Ends early with the batch that
        makes it `most_readings`, so that a reader's memory is bounded. Raises StorageFailed at a
        damaged batch, with its place in the fields `sequence` and `damaged`, and in `through` the
        last of those that are damaged with it; where the disk can't be read, only with `sequence`.
        """
        ...

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        """Give one batch, or None where there is none (any more)."""
        ...

    async def forget(self, through: Sequence) -> int:
        """Give room back by deleting whole files of batches before this place; say how many bytes.

        The batch at `through` itself stays, so that a view which has come this far can tell
        whether this is its journal; so does whatever shares a file with what stays. Nothing
        waits for it: appending and reading go on.
        """
        ...

    async def verify(self) -> tuple[Damage, ...]:
        """Read and authenticate every byte up to `last`, and name what is damaged, in order.

        Takes as long as reading all of it; appending and reading go on. Raises StorageFailed
        where the disk can't be read.
        """
        ...

    @property
    def first(self) -> Sequence:
        """The place of the oldest batch that is still there; `last` + 1 when there is none."""
        ...

    @property
    def last(self) -> Sequence:
        """The place of the newest durable batch; 0 when empty."""
        ...
