"""Checklists of incidents: what is to be done, who has done it, and when."""

from dataclasses import dataclass, replace

from appliance.domain.access import Grant, ReportIncidents, ViewNetwork
from appliance.domain.checklists import LONGEST_ITEM, MOST_ITEMS, ChecklistItem
from appliance.domain.errors import Conflict, Invalid, NotFound, TooMany
from appliance.domain.ids import ChecklistItemId, IncidentId, UserId
from appliance.domain.incidents import EntryKind, Incident
from appliance.domain.instant import Instant
from appliance.domain.sayings import saying
from appliance.domain.telling import LiveEvent
from appliance.flow.alerting import incident_event
from appliance.ports.tables import Tables
from appliance.services.incidents import found_incident, must_have_room
from appliance.services.stories import tell
from appliance.services.world import World

Written = tuple[ChecklistItem, tuple[LiveEvent, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """What to change of an item; None leaves it alone."""

    text: str | None = None
    done: bool | None = None
    done_at: Instant | None = None
    """When it was done, where that was before it could be told."""
    place: int | None = None
    """Where it is to stand, from 1 on; those that stand there make room."""


class Checklists:
    """Adds, changes and removes what is to be done in incidents; each step is in their story."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, grant: Grant[ViewNetwork], incident: IncidentId) -> list[ChecklistItem]:
        """Give those of one incident, in their order."""

        def query(tables: Tables) -> list[ChecklistItem]:
            found_incident(tables, incident)
            return tables.checklists.of(incident)

        return await self._world.operations.read(grant.municipality, query)

    async def get(
        self, grant: Grant[ViewNetwork], incident: IncidentId, item: ChecklistItemId
    ) -> ChecklistItem:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: _found(t, incident, item)
        )

    async def add(
        self, grant: Grant[ReportIncidents], incident: IncidentId, text: str
    ) -> ChecklistItem:
        """Put something at the end."""
        worded = _worded(text)
        now, item_id = self._world.clock.now(), ChecklistItemId(self._world.ids.new_id())

        def change(tables: Tables) -> Written:
            present = found_incident(tables, incident)
            there = tables.checklists.of(incident)
            if len(there) >= MOST_ITEMS:
                raise TooMany(
                    what=saying(
                        "too_many_items",
                        "there are {most} on this checklist; remove one first",
                        most=MOST_ITEMS,
                    )
                )
            made = ChecklistItem(
                id=item_id,
                incident=incident,
                municipality=grant.municipality,
                number=there[-1].number + 1 if there else 1,
                text=worded,
            )
            tables.checklists.put(made, was=None)
            kind = EntryKind.ITEM_ADDED
            return made, _tell(tables, present, made, kind, by=grant.actor.user, at=now)

        made, events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)
        return made

    async def change(
        self,
        grant: Grant[ReportIncidents],
        incident: IncidentId,
        item: ChecklistItemId,
        wanted: ItemChange,
    ) -> ChecklistItem:
        """Say that it is done, or is not, word it anew, or move it.

        What is done already stays as it is: whoever did it first did it. What changes nothing tells
        nobody. In which order things are to be done is no part of the story.
        """
        now, by = self._world.clock.now(), grant.actor.user

        def change(tables: Tables) -> Written:
            present = found_incident(tables, incident)
            before = _found(tables, incident, item)
            after = _changed(before, wanted, present, by, now)
            if after != before and not tables.checklists.put(after, was=before.version):
                raise Conflict(
                    what=saying(
                        "changed_meanwhile", "somebody else has changed this item meanwhile"
                    )
                )
            events = [
                event
                for kind in _kinds(before, after)
                for event in _tell(tables, present, after, kind, by=by, at=now)
            ]
            if wanted.place is not None and tables.checklists.move(item, wanted.place):
                after = _found(tables, incident, item)
                events.append(incident_event(tables, present))
            return after, tuple(events[-1:])

        changed, events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)
        return changed

    async def remove(
        self, grant: Grant[ReportIncidents], incident: IncidentId, item: ChecklistItemId
    ) -> None:
        """Take it off."""
        now = self._world.clock.now()

        def change(tables: Tables) -> tuple[LiveEvent, ...]:
            present, gone = found_incident(tables, incident), _found(tables, incident, item)
            tables.checklists.remove(item)
            kind = EntryKind.ITEM_REMOVED
            return _tell(tables, present, gone, kind, by=grant.actor.user, at=now)

        events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)


def _found(tables: Tables, incident: IncidentId, item: ChecklistItemId) -> ChecklistItem:
    found_incident(tables, incident)
    there = tables.checklists.get(item)
    if there is None or there.incident != incident:
        raise NotFound(kind="checklist item", name=item)
    return there


def _worded(text: str) -> str:
    """Give the text as one line."""
    line = " ".join(text.split())
    if not line or len(line) > LONGEST_ITEM:
        raise Invalid(
            field="text",
            problem=saying("characters", "1 to {most:,} characters", most=LONGEST_ITEM),
        )
    return line


def _changed(
    before: ChecklistItem, wanted: ItemChange, incident: Incident, by: UserId, now: Instant
) -> ChecklistItem:
    after = before if wanted.text is None else replace(before, text=_worded(wanted.text))
    if wanted.done is True and not before.done:
        said = now if wanted.done_at is None else wanted.done_at
        # A phone's clock may be wrong: nothing is done later than now, or before it was reported.
        at = Instant(max(incident.created_at, min(said, now)))
        after = replace(after, done=True, done_at=at, done_by=by)
    elif wanted.done is False and before.done:
        after = replace(after, done=False, done_at=None, done_by=None)
    return before if after == before else replace(after, version=before.version + 1)


def _kinds(before: ChecklistItem, after: ChecklistItem) -> list[EntryKind]:
    kinds = [EntryKind.ITEM_CHANGED] if before.text != after.text else []
    if before.done != after.done:
        kinds.append(EntryKind.ITEM_DONE if after.done else EntryKind.ITEM_UNDONE)
    return kinds


def _tell(
    tables: Tables,
    incident: Incident,
    item: ChecklistItem,
    kind: EntryKind,
    *,
    by: UserId,
    at: Instant,
) -> tuple[LiveEvent, ...]:
    must_have_room(tables, incident.id)
    tell(tables, incident, kind, by=by, at=at, note=item.text)
    return (incident_event(tables, incident),)
