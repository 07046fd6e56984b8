"""What every journal promises, the one in memory and the one on disk."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path

import pytest

from appliance.domain.errors import StorageFailed
from appliance.domain.instant import SECOND
from appliance.domain.readings import CheckedBatch, Counts, Door, Mark, Reason, StoredBatch
from appliance.ports.journal import Journal
from storage.journal.journal import FileJournal
from storage.memory.journal import MemoryJournal
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    THERE,
    a_checked_batch,
    a_contact,
    a_rejection,
    many_readings,
    readings,
    same_readings,
)
from tests.fakes import FixedClock

KEY = bytes(range(32))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "disk"])
async def journal(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> AsyncIterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal(clock)
        return
    on_disk = FileJournal(tmp_path / "journal", KEY, clock, segment_size=32_768)
    await on_disk.start()
    yield on_disk
    await on_disk.stop()


def assert_same(stored: StoredBatch, checked: CheckedBatch) -> None:
    assert same_readings(stored.readings, checked.readings)
    assert stored.counts == checked.counts()
    for name in ("municipality", "door", "contacts", "rejections", "checked_at"):
        assert getattr(stored, name) == getattr(checked, name)


def assert_equal(one: StoredBatch, other: StoredBatch) -> None:
    assert same_readings(one.readings, other.readings)
    for field in fields(StoredBatch):
        if field.name != "readings":
            assert getattr(one, field.name) == getattr(other, field.name)


def here_and_there() -> list[CheckedBatch]:
    mine = a_checked_batch(
        readings(3e5, 4e5, 9e9, quality=0.1, marks=[Mark.NONE, Mark.LATE, Mark.IMPLAUSIBLE]),
        contacts=(a_contact(), a_contact(battery_percent=None, signal_dbm=None)),
        rejections=(
            a_rejection(),
            a_rejection(municipality=None, excerpt="\ud83d half an emoji ü"),
        ),
        per_message=(Counts(stored=1, late=1), Counts(quarantined=1, rejected={"malformed": 2})),
    )
    theirs = a_checked_batch(readings(1.5, sensor=OTHER_SENSOR), municipality=THERE, door=Door.HTTP)
    return [mine, theirs]


async def test_a_new_journal_is_empty(journal: Journal):
    assert journal.last == 0
    assert await journal.read(0) == ()
    assert await journal.batch(0) is None
    assert await journal.batch(1) is None


async def test_appended_batches_get_the_next_places_and_the_time_of_storing(
    journal: Journal, clock: FixedClock
):
    first = await journal.append(here_and_there())
    clock.advance(SECOND)
    second = await journal.append([a_checked_batch()])

    assert [b.sequence for b in (*first, *second)] == [1, 2, 3]
    assert [b.stored_at for b in (*first, *second)] == [NOON, NOON, NOON + SECOND]
    assert journal.last == 3


async def test_what_is_read_is_what_was_appended(journal: Journal):
    mine, theirs = here_and_there()
    empty = a_checked_batch(readings().take(slice(0, 0)), municipality=THERE)
    large = a_checked_batch(many_readings(2_000), door=Door.IMPORT)
    stored = await journal.append([mine, theirs, empty, large])

    read = await journal.read(0)

    assert len(read) == 4
    for kept, found in zip(stored, read, strict=True):
        assert same_readings(kept.readings, found.readings)
        assert (kept.sequence, kept.stored_at) == (found.sequence, found.stored_at)
    assert_same(read[1], theirs)
    assert_same(read[2], empty)
    assert_same(read[3], large)
    assert [b.municipality for b in read] == [HERE, THERE, THERE, HERE]
    assert read[0].counts == mine.counts()
    assert read[0].contacts == mine.contacts
    assert read[0].rejections[0] == mine.rejections[0]
    assert read[0].rejections[1].reason is Reason.MALFORMED
    assert read[0].rejections[1].municipality is None
    assert read[0].rejections[1].excerpt.endswith(" half an emoji ü")


async def test_one_batch_can_be_looked_up(journal: Journal):
    stored = await journal.append([a_checked_batch(readings(float(n))) for n in range(5)])

    for batch in stored:
        found = await journal.batch(batch.sequence)
        assert found is not None
        assert_equal(found, batch)
    assert await journal.batch(6) is None


async def test_a_reader_goes_on_from_any_place_a_few_at_a_time(journal: Journal):
    await journal.append([a_checked_batch(readings(float(n))) for n in range(10)])

    assert [b.sequence for b in await journal.read(0, limit=4)] == [1, 2, 3, 4]
    assert [b.sequence for b in await journal.read(7, limit=4)] == [8, 9, 10]
    assert await journal.read(10) == ()
    assert await journal.read(99) == ()


async def test_a_read_ends_with_the_batch_that_makes_it_the_most_readings(journal: Journal):
    await journal.append([a_checked_batch(many_readings(10)) for _ in range(5)])

    assert len(await journal.read(0, most_readings=1)) == 1
    assert len(await journal.read(0, most_readings=10)) == 1
    assert len(await journal.read(0, most_readings=11)) == 2
    assert len(await journal.read(0, most_readings=1_000)) == 5


async def test_appending_nothing_changes_nothing(journal: Journal):
    assert await journal.append([]) == ()
    assert journal.last == 0


async def test_appends_of_many_tasks_lie_one_after_the_other_without_gaps(journal: Journal):
    async def append(task: int) -> list[StoredBatch]:
        done: list[StoredBatch] = []
        for round_ in range(5):
            pair = [a_checked_batch(readings(task, round_, part)) for part in (0, 1)]
            done.extend(await journal.append(pair))
        return done

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(append(n)) for n in range(40)]
    stored = sorted((b for task in tasks for b in task.result()), key=lambda b: b.sequence)

    assert [b.sequence for b in stored] == list(range(1, 401))
    assert journal.last == 400
    for kept, found in zip(stored, await journal.read(0, limit=1_000), strict=True):
        assert_equal(kept, found)
    for task in tasks:
        pairs = zip(task.result()[::2], task.result()[1::2], strict=True)
        assert all(second.sequence == first.sequence + 1 for first, second in pairs)


async def test_a_cancelled_append_leaves_no_gap(journal: Journal):
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(journal.append([a_checked_batch()]))
        await asyncio.sleep(0)
        waits.cancel()
    stored = await journal.append([a_checked_batch()])

    assert journal.last == stored[-1].sequence
    assert [b.sequence for b in await journal.read(0)] == list(range(1, journal.last + 1))


async def test_nothing_is_forgotten_that_was_not_asked_to(journal: Journal):
    assert journal.first == 1
    assert await journal.forget(7) == 0
    await journal.append([a_checked_batch() for _ in range(9)])

    assert await journal.forget(0) == 0
    assert await journal.forget(1) == 0

    assert journal.first == 1
    assert len(await journal.read(0)) == 9


async def test_what_is_forgotten_is_gone_and_all_from_the_named_place_on_stays(journal: Journal):
    stored = [(await journal.append([a_checked_batch(many_readings(200))]))[0] for _ in range(60)]

    given_back = await journal.forget(40)

    first = journal.first
    assert 1 < first <= 40
    assert given_back > 0
    assert await journal.batch(first - 1) is None
    assert await journal.batch(1) is None
    found = await journal.read(0)
    assert [b.sequence for b in found] == list(range(first, 61))
    assert [b.sequence for b in await journal.read(0, limit=3)] == [first, first + 1, first + 2]
    assert [b.sequence for b in await journal.read(50)] == list(range(51, 61))
    for kept, batch in zip(stored[first - 1 :], found, strict=True):
        assert_equal(kept, batch)
    assert await journal.forget(40) == 0
    assert await journal.verify() == ()
    (next_one,) = await journal.append([a_checked_batch()])
    assert next_one.sequence == 61


async def test_the_newest_batch_is_never_forgotten(journal: Journal):
    for _ in range(60):
        await journal.append([a_checked_batch(many_readings(200))])
    await journal.forget(1_000)
    assert journal.first <= journal.last == 60
    assert await journal.batch(60) is not None


async def test_forgetting_and_verifying_hold_up_nobody(journal: Journal):
    async with asyncio.TaskGroup() as group:
        appends = [
            group.create_task(journal.append([a_checked_batch(many_readings(200))]))
            for _ in range(60)
        ]
        group.create_task(journal.forget(30))
        verified = group.create_task(journal.verify())
    assert sorted(task.result()[0].sequence for task in appends) == list(range(1, 61))
    assert verified.result() == ()


async def test_a_journal_in_order_has_no_damage(journal: Journal):
    assert await journal.verify() == ()
    await journal.append(here_and_there())
    assert await journal.verify() == ()


async def test_the_event_loop_never_blocks(journal: Journal, nothing_blocks: object):
    await journal.append(here_and_there())
    await journal.read(0)
    await journal.batch(1)
    await journal.forget(1)
    await journal.verify()


async def test_a_batch_that_can_not_be_encoded_is_refused_with_its_append_and_no_other(
    tmp_path: Path,
):
    journal = FileJournal(tmp_path / "journal", KEY, FixedClock())
    await journal.start()
    with pytest.raises(StorageFailed, match="can't be encoded"):
        await journal.append([a_checked_batch(), a_checked_batch(checked_at=2**70)])
    stored = await journal.append([a_checked_batch()])

    assert [b.sequence for b in stored] == [1]
    assert len(await journal.read(0)) == 1
    await journal.stop()
