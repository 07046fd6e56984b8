"""The story of an incident: what happened, who said what, which alerts belong to it."""

from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import ReportIncidents, ViewNetwork
from appliance.domain.ids import AlertId, IncidentId
from appliance.domain.incidents import EntryKind, IncidentEntry, IncidentStatus
from web.api.alerts import ALERTS, AlertOut, Comment, alert_out
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_within, part_of
from web.routes import PREFIX, Route
from web.shapes import Id, Time, WholeListQuery, time


class StoryQuery(Struct, frozen=True):
    """Which part of the story."""

    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0


class StoryOut(Struct, frozen=True):
    """One step. `by` is null where Weir itself did it."""

    number: int
    kind: EntryKind
    at: Time
    by: int | None
    note: str
    before: IncidentStatus | None
    after: IncidentStatus | None
    alert_id: int | None
    attachment_id: int | None


class AlertNamed(Struct, frozen=True):
    """Which alert."""

    alert_id: Id


async def story(ask: Ask[ViewNetwork]) -> Reply:
    """Give the story."""
    incident = IncidentId(ask.path["incident"])
    part = await page_within(
        ask, lambda grant, page: ask.services.incidents.timeline(grant, incident, page)
    )
    return part.written(ask, entry_out)


async def comment(ask: Ask[ReportIncidents]) -> StoryOut:
    """Comment an incident."""
    incident, text = IncidentId(ask.path["incident"]), ask.body.comment
    return entry_out(
        await ask.found(lambda grant: ask.services.incidents.comment(grant, incident, text))
    )


async def alerts(ask: Ask[ViewNetwork]) -> Reply:
    """Give the alerts."""
    incident = IncidentId(ask.path["incident"])
    found = await ask.found(lambda grant: ask.services.incidents.alerts(grant, incident))
    return part_of(ask, found).written(ask, alert_out)


async def link(ask: Ask[ReportIncidents]) -> None:
    """Say that an alert belongs to it."""
    await _link(ask, ask.body.alert_id, on=True)


async def unlink(ask: Ask[ReportIncidents]) -> None:
    """Say that an alert does not belong to it."""
    await _link(ask, ask.path["alert"], on=False)


async def _link(ask: Ask[ReportIncidents], alert: int, *, on: bool) -> None:
    incident = IncidentId(ask.path["incident"])
    await ask.found(
        lambda grant: ask.services.incidents.link(grant, incident, AlertId(alert), on=on)
    )


def entry_out(entry: IncidentEntry) -> StoryOut:
    """Write a step."""
    return StoryOut(
        number=entry.number,
        kind=entry.kind,
        at=time(entry.at),
        by=entry.by,
        note=entry.note,
        before=entry.before,
        after=entry.after,
        alert_id=entry.alert,
        attachment_id=entry.attachment,
    )


_INCIDENT = f"{PREFIX}/incidents/{{incident}}"

ROUTES = (
    Route(
        method="GET",
        path=f"{_INCIDENT}/timeline",
        access=ViewNetwork,
        handler=story,
        query=StoryQuery,
        answer=list[StoryOut],
        listing=Listing(("number",), {"number": attrgetter("number")}, key=attrgetter("number")),
        summary="Everything that happened to an incident, oldest first",
    ),
    Route(
        method="POST",
        path=f"{_INCIDENT}/comments",
        access=ReportIncidents,
        handler=comment,
        body=Comment,
        answer=StoryOut,
        status=201,
        summary="Say something about an incident",
    ),
    Route(
        method="GET",
        path=f"{_INCIDENT}/alerts",
        access=ViewNetwork,
        handler=alerts,
        query=WholeListQuery,
        answer=list[AlertOut],
        listing=ALERTS,
        summary="The alerts that belong to an incident",
    ),
    Route(
        method="POST",
        path=f"{_INCIDENT}/alerts",
        access=ReportIncidents,
        handler=link,
        body=AlertNamed,
        status=204,
        summary="Say that an alert belongs to an incident",
    ),
    Route(
        method="DELETE",
        path=f"{_INCIDENT}/alerts/{{alert}}",
        access=ReportIncidents,
        handler=unlink,
        status=204,
        summary="Say that an alert does not belong to an incident",
    ),
)
