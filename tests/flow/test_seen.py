"""Duplicates: same device and time, found exactly, whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ids import Sequence
from appliance.domain.instant import HOUR, Instant
from appliance.domain.readings import Ints, Mark, Readings, StoredBatch
from appliance.flow import seen as seen_module
from appliance.flow.seen import Seen
from appliance.ports.history import Booleans
from tests.builders import NOON, a_stored_batch, readings


def readings_at(sensors: list[int], times: list[int]) -> Readings:
    n = len(sensors)
    at = np.array(times, np.int64)
    ones = np.ones(n)
    return Readings(np.array(sensors, np.int64), at, at, ones, ones, np.zeros(n, np.uint8))


class KnownPairs:
    """A history that has been given some batches."""

    def __init__(self) -> None:
        self.pairs: set[tuple[int, int]] = set()
        self.applied = Sequence(0)
        self.asked = 0

    def apply(self, batch: StoredBatch) -> None:
        rows = batch.readings
        self.pairs.update(zip(rows.sensors.tolist(), rows.times.tolist(), strict=True))
        self.applied = batch.sequence

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        self.asked += len(sensors)
        pairs = zip(sensors.tolist(), times.tolist(), strict=True)
        return np.array([pair in self.pairs for pair in pairs], np.bool_)


async def test_a_resent_reading_is_found_without_asking_history() -> None:
    history = KnownPairs()
    seen = Seen(history)
    rows = readings_at([1, 2], [100, 100])
    assert (await seen.duplicates(rows)).tolist() == [False, False]
    seen.add((a_stored_batch(rows),))
    assert (await seen.duplicates(rows)).tolist() == [True, True]
    assert history.asked == 0


async def test_the_first_of_two_equal_readings_in_one_batch_stays() -> None:
    rows = readings_at([1, 1, 2, 1], [5, 6, 5, 5])
    assert (await Seen(KnownPairs()).duplicates(rows)).tolist() == [False, False, False, True]


async def test_the_same_time_at_another_sensor_is_no_duplicate() -> None:
    seen = Seen(KnownPairs())
    seen.add((a_stored_batch(readings_at([1], [5])),))
    assert (await seen.duplicates(readings_at([2], [5]))).tolist() == [False]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 12)), min_size=1, max_size=8),
        max_size=12,
    ),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
async def test_in_any_order_and_however_far_history_lags_each_reading_is_kept_once(
    batches: list[list[tuple[int, int]]], applies: list[bool]
) -> None:
    history = KnownPairs()
    seen = Seen(history)
    kept: list[tuple[int, int]] = []
    waiting: list[StoredBatch] = []
    for sequence, pairs in enumerate(batches, 1):
        rows = readings_at([s for s, _ in pairs], [t for _, t in pairs])
        fresh = rows.take(~await seen.duplicates(rows))
        kept += zip(fresh.sensors.tolist(), fresh.times.tolist(), strict=True)
        stored = a_stored_batch(fresh, sequence=sequence)
        seen.add((stored,))
        waiting.append(stored)
        if applies[sequence - 1]:
            for batch in waiting:
                history.apply(batch)
            waiting.clear()
    assert len(kept) == len(set(kept))
    assert set(kept) == {pair for pairs in batches for pair in pairs}


async def test_intake_waits_for_a_history_that_lags_too_far_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[int] = []

    class SlowHistory(KnownPairs):
        async def settled(self, sequence: Sequence) -> None:
            waited.append(sequence)
            self.applied = Sequence(self.applied + 1)

    monkeypatch.setattr(seen_module, "MOST_PENDING", 3)
    history = SlowHistory()
    seen = Seen(history)
    for sequence in range(1, 4):
        batch = a_stored_batch(readings_at([1, 1], [sequence, 10 + sequence]), sequence=sequence)
        seen.add((batch,))
    await seen.room()
    assert waited == [1, 2]
    await seen.room()
    assert waited == [1, 2]


async def test_what_was_quarantined_is_remembered_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seen_module, "MOST_QUARANTINED", 2)
    seen = Seen(KnownPairs())
    doubtful = readings(1.0, 2.0, 3.0, marks=Mark.IMPLAUSIBLE)
    seen.begin({}, [a_stored_batch(doubtful)])
    seen.add((a_stored_batch(readings(start=Instant(NOON + HOUR))),))
    assert (await seen.duplicates(doubtful)).tolist() == [False, True, True]
