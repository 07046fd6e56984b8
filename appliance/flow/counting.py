"""Put every reading of every message into exactly one column of the ledger."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.domain.ids import Sequence
from appliance.domain.readings import Counts, Flags, Mark, Rejection, all_clear
from appliance.flow.sifting import Sifted
from appliance.ports.doors import Settled
from appliance.ports.history import Booleans

_STORED: Final = 0
_DUPLICATE: Final = 1
_QUARANTINED: Final = 2
_LATE: Final = 3
_COLUMNS: Final = 4
_MARKED_LATE: Final = int(Mark.LATE)
_IMPLAUSIBLE: Final = int(Mark.IMPLAUSIBLE)


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the readings of a batch, and of each of its messages."""

    sifted: Sifted
    fates: list[int]
    """The column of each reading."""
    total: Counts

    def answers(self, sequence: Sequence) -> list[Settled]:
        """Give what became of each message, all of them being on disk at this place."""
        if self._is_one_reading_each():
            alike = {fate: Settled(_counts([fate]), sequence) for fate in set(self.fates)}
            return [alike[fate] for fate in self.fates]
        why: dict[int, list[Rejection]] = {}
        for index, rejection in zip(self.sifted.described_of, self.sifted.rejections, strict=True):
            why.setdefault(index, []).append(rejection)
        return [
            Settled(counts, sequence, tuple(why.get(index, ())))
            for index, counts in enumerate(self._per_message())
        ]

    def _is_one_reading_each(self) -> bool:
        sifted = self.sifted
        if sifted.rejected_of or sifted.kept_of or len(self.fates) != sifted.messages:
            return False
        owners: list[int] = sifted.message_of().tolist()
        return owners == list(range(sifted.messages))

    def _per_message(self) -> list[Counts]:
        cells = self.sifted.message_of() * _COLUMNS + np.array(self.fates, np.int64)
        table = np.bincount(cells, minlength=self.sifted.messages * _COLUMNS)
        counts = [_columns(row) for row in table.reshape(-1, _COLUMNS).tolist()]
        for index, reason in self.sifted.rejected_of:
            rejected = counts[index].rejected
            rejected[reason.value] = rejected.get(reason.value, 0) + 1
        for index in self.sifted.kept_of:
            counts[index].stored += 1
        return counts


def count(sifted: Sifted, marks: Flags, repeated: Booleans) -> Count:
    """Count; `marks` and `repeated` are of the readings that were kept, shape (n,)."""
    fates = _fates(marks, repeated)
    total = _counts(fates)
    for _, reason in sifted.rejected_of:
        total.rejected[reason.value] = total.rejected.get(reason.value, 0) + 1
    total.stored += len(sifted.kept_of)
    return Count(sifted, fates, total)


def _fates(marks: Flags, repeated: Booleans) -> list[int]:
    if all_clear(marks) and all_clear(repeated):
        return [_STORED] * len(marks)
    fates = np.zeros(len(marks), np.intp)
    fates[(marks & _MARKED_LATE) != 0] = _LATE
    fates[(marks & _IMPLAUSIBLE) != 0] = _QUARANTINED
    fates[repeated] = _DUPLICATE
    return fates.tolist()


def _counts(fates: list[int]) -> Counts:
    return _columns([fates.count(fate) for fate in range(_COLUMNS)])


def _columns(counted: list[int]) -> Counts:
    return Counts(
        stored=counted[_STORED],
        duplicate=counted[_DUPLICATE],
        quarantined=counted[_QUARANTINED],
        late=counted[_LATE],
    )
