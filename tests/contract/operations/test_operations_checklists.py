"""Checklists of incidents: each item for itself, and what older notes held of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import apsw
import pytest

from appliance.domain.checklists import ChecklistItem
from appliance.domain.errors import NotFound
from appliance.domain.ids import ChecklistItemId, IncidentId, UserId
from storage.migrations.runner import migrate, shipped
from storage.operations.database import SqliteOperations
from storage.sqlite import open_database
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import INCIDENT, OTHERS, an_incident

NOTES = "By the bridge\r\n\r\n- [x] Shut valve 7\r\n  * [ ] Tell the school  \n- [ ] \nWait for the crew\n"


def an_item(**overrides: Any) -> ChecklistItem:
    fields: dict[str, Any] = {
        "id": ChecklistItemId(71),
        "incident": INCIDENT,
        "municipality": HERE,
        "number": 1,
        "text": "Shut valve 7",
    }
    return ChecklistItem(**fields | overrides)


async def test_an_item_comes_back_as_it_was_put_in_and_goes_with_its_incident(
    operations: SqliteOperations,
):
    done = an_item(done=True, done_at=NOON, done_by=UserId(5))
    second = an_item(id=ChecklistItemId(70), number=2)

    def put(tables: Any) -> None:
        tables.incidents.put(an_incident(), was=None)
        assert tables.checklists.put(done, was=None)
        assert tables.checklists.put(second, was=None)
        assert not tables.checklists.put(done, was=None)

    await operations.write(HERE, put)
    assert await operations.read(HERE, lambda t: t.checklists.of(INCIDENT)) == [done, second]
    changed = replace(second, text="Shut valve 8", version=2)
    outcomes = [
        await operations.write(HERE, lambda t: t.checklists.put(changed, was=1)) for _ in "12"
    ]
    assert outcomes == [True, False]
    assert await operations.read(HERE, lambda t: t.checklists.get(second.id)) == changed
    await operations.write(HERE, lambda t: t.incidents.remove(INCIDENT))
    assert await operations.read(HERE, lambda t: t.checklists.of(INCIDENT)) == []


async def test_an_item_is_moved_and_the_others_make_room(operations: SqliteOperations):
    items = [an_item(id=ChecklistItemId(71 + at), number=2 * at + 1) for at in range(4)]
    other = an_item(id=ChecklistItemId(90), incident=IncidentId(INCIDENT + 1), number=3)

    def put(tables: Any) -> None:
        tables.incidents.put(an_incident(), was=None)
        tables.incidents.put(an_incident(id=other.incident), was=None)
        for item in (*items, other):
            assert tables.checklists.put(item, was=None)

    await operations.write(HERE, put)
    a, b, c, d = (item.id for item in items)

    async def moved(item: ChecklistItemId, place: int) -> tuple[bool, list[tuple[int, int]]]:
        is_moved = await operations.write(HERE, lambda t: t.checklists.move(item, place))
        there = await operations.read(HERE, lambda t: t.checklists.of(INCIDENT))
        assert {one.version for one in there} == {1}
        return is_moved, [(one.id, one.number) for one in there]

    assert await moved(b, 2) == (False, [(a, 1), (b, 3), (c, 5), (d, 7)]), "it stands there already"
    assert await moved(d, 1) == (True, [(d, 1), (a, 2), (b, 3), (c, 4)])
    assert await moved(a, 3) == (True, [(d, 1), (b, 2), (a, 3), (c, 4)])
    assert await moved(d, 9) == (True, [(b, 1), (a, 2), (c, 3), (d, 4)])
    assert not await operations.write(HERE, lambda t: t.checklists.move(ChecklistItemId(1), 1))
    assert await operations.read(HERE, lambda t: t.checklists.of(other.incident)) == [other]


async def test_another_municipality_s_items_are_not_there(operations: SqliteOperations):
    theirs = an_item(incident=IncidentId(INCIDENT + OTHERS), municipality=THERE)
    await operations.write(THERE, lambda t: t.checklists.put(theirs, was=None))
    assert await operations.read(HERE, lambda t: t.checklists.get(theirs.id)) is None
    assert await operations.read(HERE, lambda t: t.checklists.of(theirs.incident)) == []
    mine = replace(theirs, municipality=HERE, text="mine")
    assert not await operations.write(HERE, lambda t: t.checklists.put(mine, was=1))
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.checklists.put(mine, was=None))
    assert not await operations.write(HERE, lambda t: t.checklists.move(theirs.id, 1))
    await operations.write(HERE, lambda t: t.checklists.remove(theirs.id))
    assert await operations.read(THERE, lambda t: t.checklists.get(theirs.id)) == theirs
    await operations.write(THERE, lambda t: t.checklists.remove(theirs.id))
    assert await operations.read(THERE, lambda t: t.checklists.get(theirs.id)) is None


@pytest.fixture
def older() -> Iterator[apsw.Connection]:
    """A database before checklists were data, with incidents of two municipalities."""
    with closing(open_database(None, None, spatial=True)) as opened:
        migrate(opened, NOON, shipped()[:16])
        opened.execute("PRAGMA foreign_keys = OFF")
        for number, (town, notes) in enumerate(
            [(HERE, NOTES), (THERE, "- [X] Theirs"), (HERE, "no list")]
        ):
            opened.execute(
                "INSERT INTO incident VALUES (?, ?, 't', '', 'burst', 'high', 'open', ?, NULL, NULL,"
                " NULL, NULL, 5, 0, 0, NULL, 1, NULL)",
                (number + 1, town, notes),
            )
        yield opened


def test_lines_of_older_notes_become_items_and_the_other_lines_stay(older: apsw.Connection):
    assert migrate(older, NOON, shipped()[:17]) == 1
    notes = older.execute("SELECT id, notes FROM incident ORDER BY id").fetchall()
    assert notes == [(1, "By the bridge\n\n- [ ] \nWait for the crew"), (2, ""), (3, "no list")]
    items = older.execute(
        "SELECT incident, municipality, number, text, done, done_at, done_by, version"
        " FROM checklist_item ORDER BY incident, number"
    ).fetchall()
    assert items == [
        (1, HERE, 1, "Shut valve 7", 1, None, None, 1),
        (1, HERE, 2, "Tell the school", 0, None, None, 1),
        (2, THERE, 1, "Theirs", 1, None, None, 1),
    ]
    ids = older.execute("SELECT id FROM checklist_item").fetchall()
    assert all(0 < number < 2**48 for (number,) in ids)
