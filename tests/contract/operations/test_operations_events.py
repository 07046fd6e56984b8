"""The event log behind live resume."""

import asyncio
from dataclasses import replace

import pytest

from appliance.domain.errors import NotFound
from appliance.domain.ids import Sequence
from appliance.domain.telling import Cursor
from storage.operations import events
from storage.operations.database import SqliteOperations
from tests.builders import HERE, THERE
from tests.contract.operations.things import an_event


async def test_an_event_comes_back_with_its_number(operations: SqliteOperations):
    assert await operations.read(HERE, lambda t: t.events.last_number()) == 0
    told = await operations.write(HERE, lambda t: t.events.add(an_event(number=99)))
    assert told == an_event(1)
    assert await operations.read(HERE, lambda t: t.events.newest(5)) == [told]
    assert await operations.read(HERE, lambda t: t.events.last_number()) == 1


async def test_numbers_have_no_gaps_in_either_municipality_whoever_writes_at_once(
    operations: SqliteOperations,
):
    numbers: list[int] = []

    async def tell(n: int) -> None:
        def change(tables):
            told = tables.events.add(an_event(cursor=Cursor(Sequence(n), 0)))
            if n % 5 == 0:
                raise ValueError("undone")
            return told

        try:
            numbers.append((await operations.write(HERE, change)).cursor.event)
        except ValueError:
            assert n % 5 == 0

    async with asyncio.TaskGroup() as tellers:
        for n in range(30):
            tellers.create_task(tell(n))
    assert sorted(numbers) == list(range(1, 25))
    kept = await operations.read(HERE, lambda t: t.events.after(0, 100))
    assert [event.cursor.event for event in kept] == list(range(1, 25))
    theirs = await operations.read(THERE, lambda t: t.events.after(0, 100))
    assert [event.cursor.event for event in theirs] == [1]


async def test_what_came_after_a_number_and_what_is_newest_are_oldest_first(
    operations: SqliteOperations,
):
    def tell(tables):
        return [tables.events.add(an_event(data={"n": n})) for n in range(5)]

    told = await operations.write(HERE, tell)
    assert await operations.read(HERE, lambda t: t.events.after(1, 2)) == told[1:3]
    assert await operations.read(HERE, lambda t: t.events.newest(2)) == told[3:]
    assert await operations.read(HERE, lambda t: t.events.after(5, 9)) == []


async def test_the_log_is_bounded_and_numbers_go_on(
    operations: SqliteOperations, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(events, "KEPT", 3)
    await operations.write(HERE, lambda t: [t.events.add(an_event()) for _ in range(5)])
    kept = await operations.read(HERE, lambda t: t.events.after(0, 9))
    assert [event.cursor.event for event in kept] == [3, 4, 5]


async def test_an_event_of_another_municipality_is_not_taken(operations: SqliteOperations):
    foreign = replace(an_event(), municipality=THERE)
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.events.add(foreign))
