"""History follows the journal: from the beginning, from where it was, and after a restore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import Sequence
from appliance.domain.instant import SECOND, Instant
from appliance.domain.readings import StoredBatch
from appliance.flow.follow import follow
from appliance.ports.history import NOTHING
from storage.memory.history import MemoryHistory
from storage.memory.journal import MemoryJournal
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_checked_batch,
    many_readings,
    readings,
)
from tests.fakes import FixedClock

ALWAYS = {"since": Instant(0), "until": Instant(2**62)}


@asynccontextmanager
async def following(
    journal: MemoryJournal, history: MemoryHistory, wake: asyncio.Event
) -> AsyncIterator[None]:
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(follow(journal, history, wake))
        yield
        task.cancel()


async def values(history: MemoryHistory, municipality: int) -> list[float]:
    placed = await history.of(municipality).placed(None, **ALWAYS)
    return placed.readings.values.tolist()


async def test_what_is_there_and_what_comes_later_is_applied_in_order():
    journal, history, wake = MemoryJournal(FixedClock()), MemoryHistory(), asyncio.Event()
    await journal.append([a_checked_batch(readings(1, 2))])
    theirs = a_checked_batch(readings(3, sensor=OTHER_SENSOR), municipality=THERE)

    async with following(journal, history, wake):
        await history.settled(1)
        await journal.append([theirs])
        wake.set()
        await history.settled(2)

        assert history.applied == 2
        assert await values(history, HERE) == [1, 2]
        assert await values(history, THERE) == [3]


async def test_no_wake_up_is_lost_however_close_the_appends_are():
    journal, history, wake = MemoryJournal(FixedClock()), MemoryHistory(), asyncio.Event()

    async with following(journal, history, wake):
        for number in range(100):
            await journal.append([a_checked_batch(readings(number))])
            wake.set()
            if number % 7 == 0:
                await history.settled(journal.last)
                assert history.applied == journal.last
        await history.settled(Sequence(100))

    assert await values(history, HERE) == list(range(100))


class _CountingHistory(MemoryHistory):
    def __init__(self) -> None:
        super().__init__()
        self.readings_at_once: list[int] = []

    async def apply(self, batches: tuple[StoredBatch, ...]) -> None:
        self.readings_at_once.append(sum(len(b.readings) for b in batches))
        await super().apply(batches)


async def test_many_batches_are_applied_together_but_not_endlessly_many():
    journal, history = MemoryJournal(FixedClock()), _CountingHistory()
    await journal.append([a_checked_batch(many_readings(1_000)) for _ in range(120)])

    async with following(journal, history, asyncio.Event()):
        await history.settled(Sequence(120))

    assert history.readings_at_once == [50_000, 50_000, 20_000]


class _BegunAgain(MemoryHistory):
    def __init__(self) -> None:
        super().__init__()
        self.has_begun_again = asyncio.Event()

    async def begin_again(self, after: Sequence = NOTHING) -> None:
        await super().begin_again(after)
        self.has_begun_again.set()


@pytest.mark.parametrize("length", [1, 5])
async def test_a_history_of_another_journal_begins_again(length: int):
    history, clock = _BegunAgain(), FixedClock()
    old = MemoryJournal(clock)
    await old.append([a_checked_batch(readings(n, start=NOON + n)) for n in range(3)])
    async with following(old, history, asyncio.Event()):
        await history.settled(Sequence(3))

    clock.advance(SECOND)
    restored = MemoryJournal(clock)
    await restored.append([a_checked_batch(readings(100 + n)) for n in range(length)])
    async with following(restored, history, asyncio.Event()):
        await asyncio.wait_for(history.has_begun_again.wait(), 1)
        await history.settled(Sequence(length))

    assert await values(history, HERE) == [100 + n for n in range(length)]
    assert await history.of(HERE).count(SENSOR, **ALWAYS) == length


async def test_a_damaged_journal_stops_the_follower_with_its_reason():
    class Damaged(MemoryJournal):
        async def read(self, *_: object, **__: object) -> tuple[StoredBatch, ...]:
            raise StorageFailed(store="journal", problem="batch 7 can't be read", sequence=7)

    with pytest.raises(StorageFailed, match="batch 7"):
        await follow(Damaged(FixedClock()), MemoryHistory(), asyncio.Event())
