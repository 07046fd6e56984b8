"""The journal: the truth for readings. One log, many views."""

from collections.abc import Sequence as Several
from typing import Protocol

from appliance.domain.ids import Sequence
from appliance.domain.readings import CheckedBatch, StoredBatch


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

        Ends early with the batch that makes it `most_readings`, so that a reader's memory is
        bounded. Raises StorageFailed, with the place in its fields `sequence` and `damaged`, at a
        damaged batch; where the disk can't be read, only with `sequence`.
        """
        ...

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        """Give one batch, or None where there is none."""
        ...

    @property
    def last(self) -> Sequence:
        """The place of the newest durable batch; 0 when empty."""
        ...
