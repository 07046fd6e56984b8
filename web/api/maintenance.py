"""Maintenance: the plan, and the log of what was done."""

from operator import attrgetter
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import DiscardRecords, LogMaintenance, ViewNetwork
from appliance.domain.ids import AlertId, AssetId, IncidentId, MaintenanceId, SensorId, UserId
from appliance.domain.maintenance import MaintenanceEntry, Window, WorkStatus
from appliance.ports.pages import WorkFilter
from appliance.services.maintenance import NewEntry, WorkChanges
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of
from web.routes import PREFIX, Route
from web.shapes import Id, Time, TimeIn, given, moment_of, time, time_or_none

Work = Annotated[str, Meta(min_length=1, max_length=10_000)]
Text = Annotated[str, Meta(max_length=10_000)]
LATEST_OF_ALL: Final = 2**63 - 1
"""Where work without a due time stands when work is ordered by it."""
Days = Annotated[int, Meta(ge=1, le=3_660)]


class WindowIn(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """While `from` ≤ time < `to` the sensor is out of service: it raises no alarm."""

    since: TimeIn
    until: TimeIn


class WindowOut(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """While `from` ≤ time < `to` the sensor is out of service: it raises no alarm."""

    since: Time
    until: Time


class WorkIn(Struct, frozen=True):
    """What was done; without `done_at`, now. With `status` planned: what is to be done."""

    work: Work
    done_at: TimeIn | None = None
    status: WorkStatus = WorkStatus.DONE
    notes: Text = ""
    planned_for: TimeIn | None = None
    due_at: TimeIn | None = None
    assigned_to: Id | None = None
    out_of_service: WindowIn | None = None
    repeat_days: Days | None = None


class EntryIn(WorkIn, frozen=True, kw_only=True):
    """What was or is to be done, and on what."""

    sensor_id: Id | None = None
    pipeline_id: Id | None = None
    asset_id: Id | None = None
    municipality_id: Id | None = None


class EntryChange(Struct, frozen=True):
    """What to change."""

    work: Work | UnsetType = UNSET
    status: WorkStatus | UnsetType = UNSET
    notes: Text | UnsetType = UNSET
    done_at: TimeIn | UnsetType = UNSET
    planned_for: TimeIn | UnsetType | None = UNSET
    due_at: TimeIn | UnsetType | None = UNSET
    assigned_to: Id | UnsetType | None = UNSET
    out_of_service: WindowIn | UnsetType | None = UNSET
    repeat_days: Days | UnsetType | None = UNSET


class WorkQuery(Struct, frozen=True):
    """Which maintenance; `due_before` gives only what is not done."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0
    status: WorkStatus | None = None
    sensor_id: Id | None = None
    asset_id: Id | None = None
    incident_id: Id | None = None
    assigned_to: Id | None = None
    due_before: TimeIn | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text in the work or the notes, case ignored."""


class EntryOut(Struct, frozen=True):
    """One piece of work. `keeps_out` says that its sensor is out of service because of it."""

    id: int
    alert_id: int | None
    incident_id: int | None
    sensor_id: int | None
    pipeline_id: int | None
    asset_id: int | None
    municipality_id: int
    status: WorkStatus
    work: str
    notes: str
    planned_for: Time | None
    due_at: Time | None
    assigned_to: int | None
    out_of_service: WindowOut | None
    keeps_out: bool
    repeat_days: int | None
    done_at: Time | None
    by: int
    created_at: Time
    updated_at: Time
    version: int


async def list_entries(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of the plan and the log."""
    query: WorkQuery = ask.query
    chosen = WorkFilter(
        status=query.status,
        sensor=query.sensor_id,
        asset=query.asset_id,
        incident=query.incident_id,
        assigned_to=query.assigned_to,
        due_before=None if query.due_before is None else moment_of(query.due_before),
        search=query.q or None,
    )
    part = await page_of(
        ask, lambda grant, page: ask.services.maintenance.page(grant, chosen, page)
    )
    return part.written(ask, entry_out)


async def get_entry(ask: Ask[ViewNetwork]) -> EntryOut:
    """Give one."""
    entry = MaintenanceId(ask.path["entry"])
    return entry_out(await ask.found(lambda grant: ask.services.maintenance.get(grant, entry)))


async def add(ask: Ask[LogMaintenance]) -> EntryOut:
    """Add an entry."""
    said: EntryIn = ask.body
    grant = await ask.one(said.municipality_id)
    asset = said.asset_id if said.asset_id is not None else said.pipeline_id
    new = _new(
        said,
        sensor=None if said.sensor_id is None else SensorId(said.sensor_id),
        asset=None if asset is None else AssetId(asset),
    )
    return entry_out(await ask.services.maintenance.add(grant, new))


async def from_alert(ask: Ask[LogMaintenance]) -> EntryOut:
    """Add an entry because of an alert."""
    new = _new(ask.body, alert=AlertId(ask.path["alert"]))
    return entry_out(await ask.found(lambda g: ask.services.maintenance.add(g, new)))


async def from_incident(ask: Ask[LogMaintenance]) -> EntryOut:
    """Add an entry because of an incident."""
    new = _new(ask.body, incident=IncidentId(ask.path["incident"]))
    return entry_out(await ask.found(lambda g: ask.services.maintenance.add(g, new)))


async def change(ask: Ask[LogMaintenance]) -> EntryOut:
    """Change one."""
    entry = MaintenanceId(ask.path["entry"])
    said = given(ask.body)
    for name in {"done_at", "planned_for", "due_at"} & said.keys():
        said[name] = None if said[name] is None else moment_of(said[name])
    if "out_of_service" in said:
        said["window"] = _window(said.pop("out_of_service"))
    changes = WorkChanges(fields=said)
    return entry_out(
        await ask.found(lambda grant: ask.services.maintenance.change(grant, entry, changes))
    )


async def remove(ask: Ask[DiscardRecords]) -> None:
    """Remove one."""
    entry = MaintenanceId(ask.path["entry"])
    await ask.found(lambda grant: ask.services.maintenance.remove(grant, entry))


def _new(said: WorkIn, **because: Any) -> NewEntry:  # noqa: ANN401
    return NewEntry(
        work=said.work,
        status=said.status,
        notes=said.notes,
        done_at=None if said.done_at is None else moment_of(said.done_at),
        planned_for=None if said.planned_for is None else moment_of(said.planned_for),
        due_at=None if said.due_at is None else moment_of(said.due_at),
        assigned_to=None if said.assigned_to is None else UserId(said.assigned_to),
        window=_window(said.out_of_service),
        repeat_days=said.repeat_days,
        **because,
    )


def _window(said: WindowIn | None) -> Window | None:
    return None if said is None else Window(moment_of(said.since), moment_of(said.until))


def entry_out(entry: MaintenanceEntry) -> EntryOut:
    """Write an entry."""
    window = entry.window
    return EntryOut(
        id=entry.id,
        alert_id=entry.alert,
        incident_id=entry.incident,
        sensor_id=entry.sensor,
        pipeline_id=entry.pipeline,
        asset_id=entry.asset,
        municipality_id=entry.municipality,
        status=entry.status,
        work=entry.work,
        notes=entry.notes,
        planned_for=time_or_none(entry.planned_for),
        due_at=time_or_none(entry.due_at),
        assigned_to=entry.assigned_to,
        out_of_service=None
        if window is None
        else WindowOut(time(window.since), time(window.until)),
        keeps_out=entry.status_before is not None,
        repeat_days=entry.repeat_days,
        done_at=time_or_none(entry.done_at),
        by=entry.by,
        created_at=time(entry.created_at),
        updated_at=time(entry.updated_at),
        version=entry.version,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/maintenance",
        access=ViewNetwork,
        handler=list_entries,
        query=WorkQuery,
        answer=list[EntryOut],
        listing=Listing(
            ("-time", "-created_at"),
            {
                "time": lambda e: e.done_at or e.due_at or e.planned_for or e.created_at,
                "due_at": lambda e: LATEST_OF_ALL if e.due_at is None else e.due_at,
                "created_at": attrgetter("created_at"),
                "updated_at": attrgetter("updated_at"),
                "status": attrgetter("status"),
            },
        ),
        summary="Maintenance that is planned, under way or done, latest first",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/maintenance",
        access=LogMaintenance,
        handler=add,
        body=EntryIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done, or plan it; a sensor can be out of service meanwhile",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/maintenance/{{entry}}",
        access=ViewNetwork,
        handler=get_entry,
        answer=EntryOut,
        summary="One piece of maintenance",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/maintenance/{{entry}}",
        access=LogMaintenance,
        handler=change,
        body=EntryChange,
        answer=EntryOut,
        summary="Change a piece of maintenance; done work that repeats plans its next turn",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/maintenance/{{entry}}",
        access=DiscardRecords,
        handler=remove,
        status=204,
        summary="Remove a piece of maintenance",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/alerts/{{alert}}/maintenance",
        access=LogMaintenance,
        handler=from_alert,
        body=WorkIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done because of an alert",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/incidents/{{incident}}/maintenance",
        access=LogMaintenance,
        handler=from_incident,
        body=WorkIn,
        answer=EntryOut,
        status=201,
        summary="Log work that was done because of an incident",
    ),
)
