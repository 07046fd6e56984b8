"""Incidents and the maintenance log."""

from operator import attrgetter
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import DiscardRecords, Grant, ReportIncidents, ViewNetwork
from appliance.domain.ids import AlertId, IncidentId, SensorId
from appliance.domain.incidents import IncidentStatus
from appliance.domain.rules import Severity
from appliance.domain.titles import titled
from appliance.ports.pages import IncidentFilter
from appliance.services.incidents import LONGEST_TITLE, NewIncident
from appliance.services.named_incidents import NamedIncident
from web.api.alerts import EvidenceOut, evidence_out
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of
from web.routes import PREFIX, Route
from web.shapes import Id, Point, Time, point, position, time, time_or_none

Text = Annotated[str, Meta(max_length=10_000)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE)]


class IncidentQuery(Struct, frozen=True):
    """Which incidents."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=100_000)] = 0
    status: IncidentStatus | None = None
    severity: Severity | None = None
    assigned_to: Id | None = None
    sensor_id: Id | None = None
    alert_id: Id | None = None


class IncidentIn(Struct, frozen=True):
    """What somebody reports."""

    title: Title
    description: Text | None = None
    incident_type: Name | None = None
    severity: Severity = Severity.MEDIUM
    municipality_id: Id | None = None
    notes: Text | None = None
    sensor_id: Id | None = None
    alert_id: Id | None = None
    location: Point | None = None


class FromAlert(Struct, frozen=True):
    """An incident made of an alert takes from it what is not said here."""

    title: Title | None = None
    description: Text | None = None
    incident_type: Name | None = None
    notes: Text | None = None


class IncidentChange(Struct, frozen=True):
    """What to change."""

    status: IncidentStatus | None = None
    notes: Text | None = None
    title: Title | None = None
    description: Text | None = None
    incident_type: Name | None = None
    severity: Severity | None = None
    sensor_id: Id | UnsetType | None = UNSET
    assigned_to: Id | UnsetType | None = UNSET
    location: Point | UnsetType | None = UNSET


class IncidentOut(Struct, frozen=True):
    """An incident."""

    id: int
    title: str
    title_code: str | None
    """As of an alert, where the title is still the one of the alert that it was made of."""
    title_about: str | None
    description: str
    incident_type: str
    severity: Severity
    status: IncidentStatus
    notes: str
    alert_id: int | None
    sensor_id: int | None
    sensor_name: str | None
    location: Point | None
    municipality_id: int
    reported_by: int
    assigned_to: int | None
    created_at: Time
    updated_at: Time
    resolved_at: Time | None
    version: int
    evidence: EvidenceOut | None
    """What the description is taken from, where that is why an alert of it came."""


async def list_incidents(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of incidents."""
    query: IncidentQuery = ask.query
    chosen = IncidentFilter(
        status=query.status,
        severity=query.severity,
        assigned_to=query.assigned_to,
        sensor=query.sensor_id,
        alert=query.alert_id,
    )
    incidents = ask.services.incidents
    part = await page_of(ask, lambda grant, page: incidents.page(grant, chosen, page))
    return part.written(ask, incident_out)


async def get_incident(ask: Ask[ViewNetwork]) -> IncidentOut:
    """Give one incident."""
    incident = IncidentId(ask.path["incident"])
    return incident_out(await ask.found(lambda grant: ask.services.incidents.get(grant, incident)))


async def report(ask: Ask[ReportIncidents]) -> IncidentOut:
    """Report an incident."""
    said: IncidentIn = ask.body
    new = NewIncident(
        title=said.title,
        description=said.description or "",
        incident_type=said.incident_type or "other",
        severity=said.severity,
        notes=said.notes or "",
        sensor=None if said.sensor_id is None else SensorId(said.sensor_id),
        alert=None if said.alert_id is None else AlertId(said.alert_id),
        position=position(said.location),
    )
    grant = await ask.one(said.municipality_id)
    return incident_out(await ask.services.incidents.report(grant, new))


async def from_alert(ask: Ask[ReportIncidents]) -> IncidentOut:
    """Make an incident of an alert, or give the one that isn't closed yet."""
    said: FromAlert = ask.body
    alert_id = AlertId(ask.path["alert"])

    async def make(grant: Grant[ReportIncidents]) -> NamedIncident:
        alert = await ask.services.alerts.get(grant, alert_id)
        new = NewIncident(
            title=said.title or alert.title[:LONGEST_TITLE],
            description=said.description or alert.description,
            incident_type=said.incident_type or alert.alert_type,
            severity=alert.severity,
            notes=said.notes or "",
            alert=alert_id,
        )
        return await ask.services.incidents.report(grant, new, once_for_alert=True)

    return incident_out(await ask.found(make))


async def change(ask: Ask[ReportIncidents]) -> IncidentOut:
    """Change an incident."""
    incident = IncidentId(ask.path["incident"])
    changes = _changes(ask.body)
    return incident_out(
        await ask.found(lambda grant: ask.services.incidents.change(grant, incident, changes))
    )


def _changes(said: IncidentChange) -> dict[str, Any]:
    """Give what is to be changed; null leaves alone what can't be without a value."""
    plain = ("status", "notes", "title", "description", "incident_type", "severity")
    changes = {name: getattr(said, name) for name in plain if getattr(said, name) is not None}
    if said.sensor_id is not UNSET:
        changes["sensor"] = said.sensor_id
    if said.assigned_to is not UNSET:
        changes["assigned_to"] = said.assigned_to
    if said.location is not UNSET:
        changes["position"] = position(said.location)
    return changes


async def remove(ask: Ask[DiscardRecords]) -> None:
    """Remove an incident."""
    incident = IncidentId(ask.path["incident"])
    await ask.found(lambda grant: ask.services.incidents.remove(grant, incident))


def incident_out(named: NamedIncident) -> IncidentOut:
    """Write an incident."""
    one = named.incident
    title = titled(one.title)
    return IncidentOut(
        id=one.id,
        title=one.title,
        title_code=title.code,
        title_about=title.about,
        description=one.description,
        incident_type=one.incident_type,
        severity=one.severity,
        status=one.status,
        notes=one.notes,
        alert_id=one.alert,
        sensor_id=one.sensor,
        sensor_name=named.sensor_name,
        location=point(one.position),
        municipality_id=one.municipality,
        reported_by=one.reported_by,
        assigned_to=one.assigned_to,
        created_at=time(one.created_at),
        updated_at=time(one.updated_at),
        resolved_at=time_or_none(one.resolved_at),
        version=one.version,
        evidence=None if named.evidence is None else evidence_out(named.evidence),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/incidents",
        access=ViewNetwork,
        handler=list_incidents,
        query=IncidentQuery,
        answer=list[IncidentOut],
        listing=Listing(
            ("-created_at",),
            {
                "created_at": attrgetter("incident.created_at"),
                "updated_at": attrgetter("incident.updated_at"),
                "severity": lambda one: one.incident.severity.rank,
                "status": attrgetter("incident.status"),
                "title": attrgetter("incident.title"),
            },
            key=attrgetter("incident.id"),
        ),
        summary="Incidents, newest first",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/incidents",
        access=ReportIncidents,
        handler=report,
        body=IncidentIn,
        answer=IncidentOut,
        status=201,
        summary="Report an incident; a report that arrives twice is one (Idempotency-Key)",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/incidents/{{incident}}",
        access=ViewNetwork,
        handler=get_incident,
        answer=IncidentOut,
        summary="One incident",
    ),
    *(
        Route(
            method=method,
            path=f"{PREFIX}/incidents/{{incident}}",
            access=ReportIncidents,
            handler=change,
            body=IncidentChange,
            answer=IncidentOut,
            summary="Change status or notes of an incident",
        )
        for method in ("PUT", "PATCH")
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/incidents/{{incident}}",
        access=DiscardRecords,
        handler=remove,
        status=204,
        summary="Remove an incident with its story and files",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/alerts/{{alert}}/incident",
        access=ReportIncidents,
        handler=from_alert,
        body=FromAlert,
        answer=IncidentOut,
        status=201,
        summary="Make an incident of an alert",
    ),
)
