"""Which readings are known already: a reading is the same when device and time are the same."""

from collections import deque
from typing import Protocol

import numpy as np

from appliance.domain.ids import Sequence
from appliance.domain.readings import Ints, Readings, StoredBatch
from appliance.ports.history import Booleans


class KnowsReadings(Protocol):
    """The part of history that is asked: exact, but slower than memory."""

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        """Say for each (sensor, time) whether it is here."""
        ...

    @property
    def applied(self) -> Sequence:
        """The last batch that is in."""
        ...


class Seen:
    """Finds duplicates exactly, and asks history only about readings out of order.

    Nearly every reading is newer than all of its sensor before it, which memory can tell. The
    rest are looked for among what is journalled but not yet in history, then in history.
    """

    def __init__(self, history: KnowsReadings) -> None:
        self._history = history
        self._newest: dict[int, int] = {}
        self._pending: deque[StoredBatch] = deque()

    def begin(self, newest: dict[int, int]) -> None:
        """Start from the newest time of each sensor; history must have caught up."""
        self._newest = dict(newest)

    def add(self, batches: tuple[StoredBatch, ...]) -> None:
        """Know these from now on."""
        applied = self._history.applied
        while self._pending and self._pending[0].sequence <= applied:
            self._pending.popleft()
        for batch in batches:
            if len(batch.readings):
                self._pending.append(batch)
                self._raise_newest(batch.readings)

    def _raise_newest(self, readings: Readings) -> None:
        sensors, place = np.unique(readings.sensors, return_inverse=True)
        newest = np.full(len(sensors), np.iinfo(np.int64).min)
        np.maximum.at(newest, place, readings.times)
        for sensor, time in zip(sensors.tolist(), newest.tolist(), strict=True):
            if time > self._newest.get(sensor, -1):
                self._newest[sensor] = time

    async def duplicates(self, readings: Readings) -> Booleans:
        """Say for each row whether it repeats an earlier row or a known reading; shape (n,)."""
        repeated = _repeats_within(readings)
        newest = self._newest_of(readings.sensors)
        repeated |= readings.times == newest
        unsure = np.flatnonzero(~repeated & (readings.times < newest))
        if len(unsure):
            repeated[unsure] = await self._known(readings.take(unsure))
        return repeated

    def _newest_of(self, sensors: Ints) -> Ints:
        distinct, place = np.unique(sensors, return_inverse=True)
        newest = np.array([self._newest.get(s, -1) for s in distinct.tolist()], np.int64)
        return newest[place]

    async def _known(self, readings: Readings) -> Booleans:
        # What history says first, what is pending after: a batch that moves over meanwhile is
        # found by one of the two, because `_pending` forgets only in `add`.
        known = await self._history.known(readings.sensors, readings.times)
        pending = self._pending_pairs(np.unique(readings.sensors))
        pairs = zip(readings.sensors.tolist(), readings.times.tolist(), strict=True)
        return known | np.fromiter((pair in pending for pair in pairs), np.bool_, len(readings))

    def _pending_pairs(self, sensors: Ints) -> set[tuple[int, int]]:
        pairs: set[tuple[int, int]] = set()
        for batch in self._pending:
            chosen = batch.readings.take(np.isin(batch.readings.sensors, sensors))
            pairs.update(zip(chosen.sensors.tolist(), chosen.times.tolist(), strict=True))
        return pairs


def _repeats_within(readings: Readings) -> Booleans:
    repeated = np.zeros(len(readings), np.bool_)
    if len(readings) > 1:
        order = np.lexsort((readings.times, readings.sensors))  # stable: the first one stays
        same = (np.diff(readings.sensors[order]) == 0) & (np.diff(readings.times[order]) == 0)
        repeated[order[1:][same]] = True
    return repeated
