"""Which readings are known already: a reading is the same when device and time are the same."""

from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

import numpy as np

from appliance.domain.ids import Sequence
from appliance.domain.readings import Ints, Mark, Readings, StoredBatch, all_clear
from appliance.ports.history import Booleans

MOST_PENDING: Final = 1_000_000
"""Readings that are journalled and not in history, some 50 MB; with more, intake waits for it."""
MOST_QUARANTINED: Final = 100_000
FEW: Final = 256
"""Rows up to which going through them one by one is quicker than arrays are."""
_IMPLAUSIBLE: Final = int(Mark.IMPLAUSIBLE)


class KnowsReadings(Protocol):
    """The part of history that is asked: exact, but slower than memory."""

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        """Say for each (sensor, time) whether it is here."""
        ...

    @property
    def applied(self) -> Sequence:
        """The last batch that is in."""
        ...

    async def settled(self, sequence: Sequence) -> None:
        """Wait until everything up to this place is in, at most 2 s."""
        ...


class Seen:
    """Finds duplicates exactly, and asks history only about readings out of order.

    Nearly every reading is newer than all of its sensor before it, which memory can tell. The
    rest are looked for among what is journalled but not yet in history, then in history.

    History does not have what is quarantined: the newest MOST_QUARANTINED of these are remembered
    here. One that is older counts as quarantined once more when a device sends it again.
    """

    def __init__(self, history: KnowsReadings) -> None:
        self._history = history
        self._newest: dict[int, int] = {}
        self._pending: deque[StoredBatch] = deque()
        self._pending_readings = 0
        self._quarantined: dict[tuple[int, int], None] = {}
        """By (sensor, time), oldest first."""

    def begin(self, newest: dict[int, int], recent: Iterable[StoredBatch] = ()) -> None:
        """Start from the newest time of each sensor; history must have caught up.

        What was quarantined is found in recent batches.
        """
        self._newest = dict(newest)
        for batch in recent:
            self._quarantine(batch.readings)

    async def room(self) -> None:
        """Wait until history is so far that what it still lacks fits into memory."""
        self._forget()
        while self._pending_readings > MOST_PENDING:
            await self._history.settled(self._pending[0].sequence)
            self._forget()

    def _forget(self) -> None:
        applied = self._history.applied
        while self._pending and self._pending[0].sequence <= applied:
            self._pending_readings -= len(self._pending.popleft().readings)

    def add(self, batches: tuple[StoredBatch, ...]) -> None:
        """Know these from now on."""
        self._forget()
        for batch in batches:
            if len(batch.readings):
                self._pending.append(batch)
                self._pending_readings += len(batch.readings)
                self._raise_newest(batch.readings)
                self._quarantine(batch.readings)

    def _quarantine(self, readings: Readings) -> None:
        if all_clear(readings.marks):
            return
        doubtful = np.flatnonzero(readings.marks & _IMPLAUSIBLE)
        if not len(doubtful):
            return
        rows = readings.take(doubtful)
        self._raise_newest(rows)
        for pair in zip(rows.sensors.tolist(), rows.times.tolist(), strict=True):
            self._quarantined[pair] = None
        while len(self._quarantined) > MOST_QUARANTINED:
            del self._quarantined[next(iter(self._quarantined))]

    def _raise_newest(self, readings: Readings) -> None:
        if len(readings) <= FEW:
            newer = self._newer_each_time(readings)
            if newer is not None:
                self._newest.update(newer)
                return
        sensors, place = np.unique(readings.sensors, return_inverse=True)
        newest = np.full(len(sensors), np.iinfo(np.int64).min)
        np.maximum.at(newest, place, readings.times)
        for sensor, time in zip(sensors.tolist(), newest.tolist(), strict=True):
            if time > self._newest.get(sensor, -1):
                self._newest[sensor] = time

    async def duplicates_among(self, tables: list[Readings]) -> list[Booleans]:
        """Say the same of several tables: a row may also repeat a row of one before."""
        if len(tables) == 1:
            return [await self.duplicates(tables[0])]
        repeated = await self.duplicates(Readings.joined(tables))
        ends = np.cumsum([len(table) for table in tables])
        return np.split(repeated, ends[:-1]) if tables else []

    async def duplicates(self, readings: Readings) -> Booleans:
        """Say for each row whether it repeats an earlier row or a known reading; shape (n,)."""
        if len(readings) <= FEW and self._newer_each_time(readings) is not None:
            return np.zeros(len(readings), np.bool_)
        repeated = _repeats_within(readings)
        newest = self._newest_of(readings.sensors)
        repeated |= readings.times == newest
        unsure = np.flatnonzero(~repeated & (readings.times < newest))
        if len(unsure):
            repeated[unsure] = await self._known(readings.take(unsure))
        return repeated

    def _newer_each_time(self, readings: Readings) -> dict[int, int] | None:
        """Give each sensor's newest time if every row is newer than all of its sensor before it."""
        newest: dict[int, int] = {}
        for sensor, time in zip(readings.sensors.tolist(), readings.times.tolist(), strict=True):
            if time <= newest.get(sensor, self._newest.get(sensor, -1)):
                return None
            newest[sensor] = time
        return newest

    def _newest_of(self, sensors: Ints) -> Ints:
        distinct, place = np.unique(sensors, return_inverse=True)
        newest = np.array([self._newest.get(s, -1) for s in distinct.tolist()], np.int64)
        return newest[place]

    async def _known(self, readings: Readings) -> Booleans:
        # What history says first, what is pending after: a batch that moves over meanwhile is
        # found by one of the two, because `_pending` forgets only between rounds.
        known = await self._history.known(readings.sensors, readings.times)
        pending = self._pending_of(np.unique(readings.sensors))
        known |= _repeats_within(Readings.joined([*pending, readings]))[-len(readings) :]
        if self._quarantined:
            pairs = zip(readings.sensors.tolist(), readings.times.tolist(), strict=True)
            known |= [pair in self._quarantined for pair in pairs]
        return known

    def _pending_of(self, sensors: Ints) -> list[Readings]:
        chosen = (
            batch.readings.take(np.isin(batch.readings.sensors, sensors)) for batch in self._pending
        )
        return [readings for readings in chosen if len(readings)]


def _repeats_within(readings: Readings) -> Booleans:
    repeated = np.zeros(len(readings), np.bool_)
    if len(readings) > 1:
        order = np.lexsort((readings.times, readings.sensors))  # stable: the first one stays
        same = (np.diff(readings.sensors[order]) == 0) & (np.diff(readings.times[order]) == 0)
        repeated[order[1:][same]] = True
    return repeated
