"""The maintenance log."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from appliance.domain.access import ReportIncidents, ViewNetwork
from appliance.domain.ids import AlertId, AssetId, IncidentId, SensorId
from appliance.domain.incidents import MaintenanceEntry
from appliance.services.maintenance import NewEntry
from web.asking import Ask, Reply
from web.paging import listing, merge
from web.routes import PREFIX, Route
from web.shapes import Id, ListQuery, Time, TimeIn, moment_of, time

Work = Annotated[str, Meta(min_length=1, max_length=10_000)]


class WorkIn(Struct, frozen=True):
    """What was done; without `done_at`, now."""

    work: Work
    done_at: TimeIn | None = None


class EntryIn(WorkIn, frozen=True, kw_only=True):
    """What was done, and on what."""

    sensor_id: Id | None = None
    pipeline_id: Id | None = None
    municipality_id: Id | None = None


class EntryOut(Struct, frozen=True):
    """One line of the log."""

    id: int
    alert_id: int | None
    incident_id: int | None
    sensor_id: int | None
    pipeline_id: int | None
    municipality_id: int
    work: str
    done_at: Time
    by: int
    created_at: Time


async def list_entries(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of the log."""
    found, total = await merge(ask, ask.services.maintenance.page, lambda entry: entry.created_at)
    return listing(ask, [entry_out(entry) for entry in found], total)


async def add(ask: Ask[ReportIncidents]) -> EntryOut:
    """Add a line."""
    said: EntryIn = ask.body
    grant = await ask.one(said.municipality_id)
    new = _new(
        said,
        sensor=None if said.sensor_id is None else SensorId(said.sensor_id),
        pipeline=None if said.pipeline_id is None else AssetId(said.pipeline_id),
    )
    return entry_out(await ask.services.maintenance.add(grant, new))


async def from_alert(ask: Ask[ReportIncidents]) -> EntryOut:
    """Add a line because of an alert."""
    new = _new(ask.body, alert=AlertId(ask.path["alert"]))
    return entry_out(await ask.found(lambda g: ask.services.maintenance.add(g, new)))


async def from_incident(ask: Ask[ReportIncidents]) -> EntryOut:
    """Add a line because of an incident."""
    new = _new(ask.body, incident=IncidentId(ask.path["incident"]))
    return entry_out(await ask.found(lambda g: ask.services.maintenance.add(g, new)))


def _new(said: WorkIn, **because: Any) -> NewEntry:  # noqa: ANN401
    done_at = None if said.done_at is None else moment_of(said.done_at)
    return NewEntry(work=said.work, done_at=done_at, **because)


def entry_out(entry: MaintenanceEntry) -> EntryOut:
    """Write a line."""
    return EntryOut(
        id=entry.id,
        alert_id=entry.alert,
        incident_id=entry.incident,
        sensor_id=entry.sensor,
        pipeline_id=entry.pipeline,
        municipality_id=entry.municipality,
        work=entry.work,
        done_at=time(entry.done_at),
        by=entry.by,
        created_at=time(entry.created_at),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/maintenance",
        access=ViewNetwork,
        handler=list_entries,
        query=ListQuery,
        answer=list[EntryOut],
        summary="The maintenance log, newest first",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/maintenance",
        access=ReportIncidents,
        handler=add,
        body=EntryIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/alerts/{{alert}}/maintenance",
        access=ReportIncidents,
        handler=from_alert,
        body=WorkIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done because of an alert",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/incidents/{{incident}}/maintenance",
        access=ReportIncidents,
        handler=from_incident,
        body=WorkIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done because of an incident",
    ),
)
