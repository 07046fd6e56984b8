"""The journal as its readers see it: what is damaged in it is passed over, once and for all of them."""

from collections.abc import Sequence as Several

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import NOBODY, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import CheckedBatch, Counts, Door, Readings, StoredBatch
from appliance.flow.faults import Faults
from appliance.ports.journal import Damage, Journal


class LegibleJournal:
    """A Journal with an empty batch of nobody's wherever one is damaged; that is noted as a fault.

    History and detection would otherwise wait for ever at this place. A disk that can't be read
    at all still raises StorageFailed.
    """

    def __init__(self, journal: Journal, faults: Faults) -> None:
        self._journal = journal
        self._faults = faults

    @property
    def last(self) -> Sequence:
        return self._journal.last

    @property
    def first(self) -> Sequence:
        return self._journal.first

    async def append(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        return await self._journal.append(batches)

    async def read(
        self, after: Sequence, *, limit: int = 256, most_readings: int = 100_000
    ) -> tuple[StoredBatch, ...]:
        try:
            return await self._journal.read(after, limit=limit, most_readings=most_readings)
        except StorageFailed as problem:
            place = _damaged(problem)
            if place <= max(after + 1, self.first):
                return self._stand_ins(place, limit, problem)
        return await self._journal.read(after, limit=place - 1 - after, most_readings=most_readings)

    async def batch(self, sequence: Sequence) -> StoredBatch | None:
        try:
            return await self._journal.batch(sequence)
        except StorageFailed as problem:
            return self._stand_ins(_damaged(problem), 1, problem)[0]

    async def forget(self, through: Sequence) -> int:
        return await self._journal.forget(through)

    async def verify(self) -> tuple[Damage, ...]:
        return await self._journal.verify()

    def _stand_ins(
        self, place: Sequence, limit: int, problem: StorageFailed
    ) -> tuple[StoredBatch, ...]:
        """Stand in for all that are damaged together: they were written in one commit, or lost."""
        through = problem.fields.get("through", place)
        last = min(through if isinstance(through, int) else place, place + limit - 1)
        which = f"batch {place}" if last == place else f"batches {place} to {last}"
        self._faults.note(f"reading {which} of the journal, which is damaged", problem)
        return tuple(_stand_in(Sequence(sequence)) for sequence in range(place, last + 1))


def _stand_in(place: Sequence) -> StoredBatch:
    never = Instant(0)
    return StoredBatch(place, NOBODY, Door.IMPORT, Readings.none(), (), (), Counts(), never, never)


def _damaged(problem: StorageFailed) -> Sequence:
    """Give the place that is damaged; raises the problem again where it is another."""
    place = problem.fields.get("damaged")
    if not isinstance(place, int):
        raise problem
    return Sequence(place)
