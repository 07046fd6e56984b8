"""Incidents and the maintenance log."""

import asyncio
from dataclasses import replace

import pytest

from appliance.domain.errors import NotFound
from appliance.domain.ids import IncidentId, MaintenanceId, UserId
from appliance.domain.incidents import IncidentStatus
from appliance.domain.instant import MINUTE, Instant
from appliance.ports.pages import IncidentFilter, Page, WorkFilter
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import ALL, INCIDENT, OTHERS, USER, an_entry, an_incident


async def test_an_incident_comes_back_as_it_was_put_in(operations: SqliteOperations):
    incident = an_incident(notes="–", sensor=9, alert=8)
    assert await operations.write(HERE, lambda t: t.incidents.put(incident, was=None))
    assert await operations.read(HERE, lambda t: t.incidents.get(INCIDENT)) == incident
    assert not await operations.write(HERE, lambda t: t.incidents.put(incident, was=None))
    assert await operations.read(HERE, lambda t: t.incidents.page(IncidentFilter(), ALL)) == (
        [incident],
        1,
    )


async def test_pages_go_from_the_newest_and_by_status(operations: SqliteOperations):
    incidents = [
        an_incident(id=IncidentId(n + 1), created_at=Instant(NOON + n), status=status)
        for n, status in enumerate(IncidentStatus)
    ]
    await operations.write(
        HERE, lambda t: [t.incidents.put(incident, was=None) for incident in incidents]
    )
    page = await operations.read(
        HERE, lambda t: t.incidents.page(IncidentFilter(), Page(limit=2, offset=1))
    )
    assert page == ([incidents[2], incidents[1]], 4)
    page = await operations.read(
        HERE, lambda t: t.incidents.page(IncidentFilter(status="closed"), ALL)
    )
    assert page == ([incidents[3]], 1)


async def test_of_many_who_change_an_incident_at_once_one_does(operations: SqliteOperations):
    incident = an_incident()
    await operations.write(HERE, lambda t: t.incidents.put(incident, was=None))
    outcomes: list[tuple[bool, str]] = []

    async def change(notes: str) -> None:
        after = replace(incident, notes=notes, version=2, status=IncidentStatus.RESOLVED)
        done = await operations.write(HERE, lambda t: t.incidents.put(after, was=1))
        outcomes.append((done, notes))

    async with asyncio.TaskGroup() as people:
        for person in range(10):
            people.create_task(change(f"by {person}"))
    (winner,) = [notes for done, notes in outcomes if done]
    kept = await operations.read(HERE, lambda t: t.incidents.get(INCIDENT))
    assert (kept.notes, kept.version) == (winner, 2)


async def test_another_municipality_can_t_see_or_change_an_incident(operations: SqliteOperations):
    theirs = an_incident(id=INCIDENT + OTHERS, version=2)
    assert await operations.read(HERE, lambda t: t.incidents.get(theirs.id)) is None
    assert not await operations.write(HERE, lambda t: t.incidents.put(theirs, was=1))
    assert not await operations.write(HERE, lambda t: t.incidents.put(theirs, was=None))
    with pytest.raises(NotFound):
        await operations.write(
            HERE, lambda t: t.incidents.put(an_incident(municipality=THERE), was=None)
        )


async def test_only_the_same_report_of_the_same_person_is_found_again(
    operations: SqliteOperations,
):
    incident = an_incident()
    await operations.write(HERE, lambda t: t.incidents.put(incident, was=None))

    async def again(by=USER, title="Burst main", text="Water on the road", since=NOON - MINUTE):
        return await operations.read(
            HERE, lambda t: t.incidents.same_report(by, title, text, since=Instant(since))
        )

    assert await again() == incident
    assert await again(by=UserId(9)) is None
    assert await again(by=UserId(USER + OTHERS)) is None
    assert await again(title="Another") is None
    assert await again(text="") is None
    assert await again(since=NOON + 1) is None


async def test_the_log_goes_from_what_was_done_last(operations: SqliteOperations):
    entries = [an_entry(id=MaintenanceId(n + 1), done_at=Instant(NOON + n)) for n in range(3)]
    await operations.write(HERE, lambda t: [t.maintenance.put(e, was=None) for e in entries])
    page = await operations.read(HERE, lambda t: t.maintenance.page(WorkFilter(), Page(limit=2)))
    assert page == ([entries[2], entries[1]], 3)
