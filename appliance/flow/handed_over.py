"""Batches on their way from the walk to the watcher, in memory."""

from collections import deque
from typing import Final

from appliance.domain.ids import Sequence
from appliance.domain.readings import StoredBatch

MOST_BATCHES: Final = 512
MOST_READINGS: Final = 100_000


class HandedOver:
    """Keeps consecutive batches. Full takes no more until it is empty: the journal has them all.

    Never a batch without the one before it: whoever takes from here would pass over what is
    missing between, and nobody would be alarmed by it.
    """

    def __init__(self) -> None:
        self._batches: deque[StoredBatch] = deque()
        self._readings = 0

    def offer(self, batches: tuple[StoredBatch, ...]) -> None:
        """Keep what fits and follows on what is here."""
        for batch in batches:
            if not self._has_room_for(batch):
                return
            self._batches.append(batch)
            self._readings += len(batch.readings)

    def take_after(self, sequence: Sequence, most: int) -> tuple[StoredBatch, ...]:
        """Give at most `most` batches that follow this place; none where the journal must be read."""
        while self._batches and self._batches[0].sequence <= sequence:
            self._pop()
        if self._batches and self._batches[0].sequence != sequence + 1:
            self._batches.clear()
            self._readings = 0
        return tuple(self._pop() for _ in range(min(most, len(self._batches))))

    def __len__(self) -> int:
        """Count the batches."""
        return len(self._batches)

    def _has_room_for(self, batch: StoredBatch) -> bool:
        if not self._batches:
            return True
        follows = batch.sequence == self._batches[-1].sequence + 1
        fits = self._readings + len(batch.readings) <= MOST_READINGS
        return follows and fits and len(self._batches) < MOST_BATCHES

    def _pop(self) -> StoredBatch:
        batch = self._batches.popleft()
        self._readings -= len(batch.readings)
        return batch
