"""The nightly work: what is too old goes, and the journal forgets what everybody has."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.domain.ids import Sequence
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant
from appliance.domain.readings import Counts, Door, StoredBatch
from appliance.domain.retention import Retention, Spans
from appliance.flow.retaining import AT_ONCE, Retaining, recalled, remember
from storage.history.history import DuckHistory
from storage.memory.journal import MemoryJournal
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, SENSOR, THERE, a_checked_batch, a_municipality, readings
from tests.contract.operations.things import PRESSURE, a_real_sensor
from tests.fakes import FixedClock

KEY = b"0123456789abcdef0123456789abcdef"
ALWAYS = {"since": Instant(0), "until": Instant(4_000 * 365 * DAY)}
MIDNIGHT = Instant(NOON - 12 * HOUR)


@dataclass
class Town:
    clock: FixedClock
    operations: SqliteOperations
    history: DuckHistory
    journal: MemoryJournal

    @property
    def retaining(self) -> Retaining:
        return Retaining(self.operations, self.history, self.journal, self.clock)

    async def report(self, days: int) -> None:
        """Have a reading an hour of both municipalities, a batch a day of each, sealed nightly."""
        for _ in range(days):
            start = Instant(self.clock.now() - 12 * HOUR)
            for municipality, sensor in ((HERE, SENSOR), (THERE, SENSOR + 1)):
                rows = readings(*range(12), start=start, every=HOUR, sensor=sensor)
                await self.append(a_checked_batch(rows, municipality=municipality))
            self.clock.advance(DAY)
            await self.history.tidy(self.clock.now())

    async def append(self, batch) -> None:
        stored = await self.journal.append([batch])
        await self.history.apply(stored)

    async def watched(self, mark: int, snapshot: int) -> None:
        def move(tables) -> None:
            tables.watch.save({}, Sequence(snapshot), NOON)
            tables.watch.move(Sequence(mark), NOON)

        await self.operations.write_system(move)

    async def first_of(self, municipality, sensor) -> int:
        placed = await self.history.of(municipality).placed(None, **ALWAYS)
        return int(placed.readings.times.min())


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = FixedClock()
    operations = SqliteOperations(tmp_path / "operations.db", KEY, clock)
    history = DuckHistory(tmp_path, clock)
    await operations.start()
    await history.start()

    def settle(system) -> None:
        for municipality in (a_municipality(), a_municipality(id=THERE, name="Ashford")):
            system.put_municipality(municipality)

    await operations.write_system(settle)
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"key")]))
    yield Town(clock, operations, history, MemoryJournal(clock))
    await history.stop()
    await operations.stop()


async def test_each_municipality_keeps_what_it_wants(town: Town):
    await town.report(5)
    short = Retention(Spans(9, 9, 9, 9), {PRESSURE.code: Spans(2, 9, 9, 9)}, 3)
    await town.operations.write(HERE, lambda t: remember(t, short, NOON))
    assert await town.operations.read(HERE, recalled) == short

    await town.retaining.run()

    today = MIDNIGHT + 5 * DAY
    assert await town.first_of(HERE, SENSOR) == today - 2 * DAY
    assert await town.first_of(THERE, SENSOR + 1) == MIDNIGHT
    assert (await town.history.of(HERE).daily_counts(**ALWAYS)) == {
        MIDNIGHT + n * DAY: 12 for n in range(5)
    }


async def test_records_go_some_at_a_time_until_none_is_too_old(town: Town):
    def count(tables) -> None:
        for minute in range(AT_ONCE + 5):
            tables.ledger.count(Instant(NOON + minute * MINUTE), Door.MQTT, Counts(stored=1))

    for municipality in (HERE, THERE):
        await town.operations.write(municipality, count)
    short = Retention(records_days=1)
    await town.operations.write(HERE, lambda t: remember(t, short, NOON))
    town.clock.advance(30 * DAY)
    await town.retaining.run()

    assert await town.operations.read(HERE, lambda t: t.ledger.sum(**ALWAYS)) == Counts()
    theirs = await town.operations.read(THERE, lambda t: t.ledger.sum(**ALWAYS))
    assert theirs.stored == AT_ONCE + 5


async def test_the_journal_forgets_what_is_sealed_and_watched_and_old(town: Town):
    await town.report(10)
    assert await town.history.secured() == 20
    await town.watched(20, 20)

    assert await town.retaining.trim() > 0
    assert town.journal.first == 14  # the last one that is older than three days, and stays
    assert await town.retaining.trim() == 0


@pytest.mark.parametrize(("mark", "snapshot"), [(0, 0), (20, 3), (3, 3)])
async def test_the_journal_forgets_nothing_that_detection_may_need_again(
    town: Town, mark: int, snapshot: int
):
    await town.report(10)
    await town.watched(mark, snapshot)
    await town.retaining.trim()
    assert town.journal.first <= max(1, snapshot)


async def test_a_late_reading_that_is_not_sealed_keeps_the_journal(town: Town):
    await town.report(10)
    await town.watched(20, 20)
    late = readings(5, start=Instant(NOON + 1), delay=9 * DAY, marks=[1])
    await town.append(a_checked_batch(late))
    await town.report(1)
    assert await town.history.secured() == 23
    later = readings(6, start=Instant(NOON + 2), delay=11 * DAY, marks=[1])
    await town.append(a_checked_batch(later))
    town.clock.advance(20 * DAY)
    assert await town.history.secured() == 23
    await town.watched(24, 24)
    await town.retaining.trim()
    assert town.journal.first == 23


async def test_a_lost_history_is_whole_again_after_the_journal_has_forgotten(
    town: Town, tmp_path: Path
):
    await town.report(10)
    await town.watched(20, 20)
    await town.retaining.trim()
    assert town.journal.first > 1
    await town.history.stop()
    (tmp_path / "history.duckdb").unlink()
    await town.history.start()
    assert town.history.applied == town.journal.first
    batches: tuple[StoredBatch, ...] = await town.journal.read(town.history.applied)
    await town.history.apply(batches)
    for municipality in (HERE, THERE):
        days = await town.history.of(municipality).daily_counts(**ALWAYS)
        assert days == {MIDNIGHT + n * DAY: 12 for n in range(10)}
