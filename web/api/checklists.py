"""The checklist of an incident: what is to be done, and who has done it."""

from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import ReportIncidents, ViewNetwork
from appliance.domain.checklists import LONGEST_ITEM, MOST_ITEMS, ChecklistItem
from appliance.domain.ids import ChecklistItemId, IncidentId
from appliance.services.checklists import ItemChange
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import part_of
from web.routes import PREFIX, Route
from web.shapes import Time, TimeIn, WholeListQuery, moment_of, time_or_none

ItemText = Annotated[str, Meta(min_length=1, max_length=LONGEST_ITEM)]


class ItemIn(Struct, frozen=True):
    """What is to be done."""

    text: ItemText


class ItemPatch(Struct, frozen=True):
    """What to change. `done_at` is for what was done before there was a connection.

    `place`, from 1 on, is where it is to stand; the others make room.
    """

    text: ItemText | None = None
    done: bool | None = None
    done_at: TimeIn | None = None
    place: Annotated[int, Meta(ge=1, le=MOST_ITEMS)] | None = None


class ItemOut(Struct, frozen=True):
    """One step. Where it is done, nobody and no time are known of what older notes said."""

    id: int
    incident_id: int
    municipality_id: int
    number: int
    text: str
    done: bool
    done_at: Time | None
    done_by: int | None
    version: int


async def list_items(ask: Ask[ViewNetwork]) -> Reply:
    """Give the checklist."""
    incident = IncidentId(ask.path["incident"])
    found = await ask.found(lambda grant: ask.services.checklists.of(grant, incident))
    return part_of(ask, found).written(ask, item_out)


async def add(ask: Ask[ReportIncidents]) -> ItemOut:
    """Put something on it."""
    incident, text = IncidentId(ask.path["incident"]), ask.body.text
    return item_out(
        await ask.found(lambda grant: ask.services.checklists.add(grant, incident, text))
    )


async def get_item(ask: Ask[ViewNetwork]) -> ItemOut:
    """Give one."""
    incident, item = _named(ask)
    return item_out(
        await ask.found(lambda grant: ask.services.checklists.get(grant, incident, item))
    )


async def change(ask: Ask[ReportIncidents]) -> ItemOut:
    """Change one."""
    (incident, item), said = _named(ask), ask.body
    at = None if said.done_at is None else moment_of(said.done_at)
    wanted = ItemChange(text=said.text, done=said.done, done_at=at, place=said.place)
    return item_out(
        await ask.found(lambda grant: ask.services.checklists.change(grant, incident, item, wanted))
    )


async def remove(ask: Ask[ReportIncidents]) -> None:
    """Take one off."""
    incident, item = _named(ask)
    await ask.found(lambda grant: ask.services.checklists.remove(grant, incident, item))


def _named(ask: Ask[ViewNetwork] | Ask[ReportIncidents]) -> tuple[IncidentId, ChecklistItemId]:
    return IncidentId(ask.path["incident"]), ChecklistItemId(ask.path["item"])


def item_out(one: ChecklistItem) -> ItemOut:
    """Write one."""
    return ItemOut(
        id=one.id,
        incident_id=one.incident,
        municipality_id=one.municipality,
        number=one.number,
        text=one.text,
        done=one.done,
        done_at=time_or_none(one.done_at),
        done_by=one.done_by,
        version=one.version,
    )


_LIST = f"{PREFIX}/incidents/{{incident}}/checklist"

ROUTES = (
    Route(
        method="GET",
        path=_LIST,
        access=ViewNetwork,
        handler=list_items,
        query=WholeListQuery,
        answer=list[ItemOut],
        listing=Listing(
            ("number",),
            {"number": attrgetter("number"), "text": attrgetter("text")},
            text=attrgetter("text"),
        ),
        summary="What is to be done in an incident, step by step",
    ),
    Route(
        method="POST",
        path=_LIST,
        access=ReportIncidents,
        handler=add,
        body=ItemIn,
        answer=ItemOut,
        status=201,
        summary="Put something on the checklist of an incident",
    ),
    Route(
        method="GET",
        path=f"{_LIST}/{{item}}",
        access=ViewNetwork,
        handler=get_item,
        answer=ItemOut,
        summary="One item of a checklist",
    ),
    Route(
        method="PATCH",
        path=f"{_LIST}/{{item}}",
        access=ReportIncidents,
        handler=change,
        body=ItemPatch,
        answer=ItemOut,
        summary="Say that an item of a checklist is done, or is not, word it anew or move it",
    ),
    Route(
        method="DELETE",
        path=f"{_LIST}/{{item}}",
        access=ReportIncidents,
        handler=remove,
        status=204,
        summary="Take an item off a checklist",
    ),
)
