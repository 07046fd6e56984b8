"""Incidents: what happened in the network and who deals with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from appliance.domain.access import DiscardRecords, Grant, ReportIncidents, ViewNetwork
from appliance.domain.alerts import Alert
from appliance.domain.attachments import Attachment
from appliance.domain.errors import Conflict, Invalid, NotFound, TooMany
from appliance.domain.ids import AlertId, IncidentId, SensorId, UserId
from appliance.domain.incidents import EntryKind, Incident, IncidentEntry, IncidentStatus
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.rules import Severity
from appliance.domain.sayings import saying
from appliance.domain.sensors import Position
from appliance.domain.telling import LiveEvent
from appliance.flow import alerting
from appliance.ports.pages import IncidentFilter, Page
from appliance.ports.tables import Tables
from appliance.services.alerts import found_alert
from appliance.services.named_incidents import NamedIncident, named
from appliance.services.pipelines import must_be_on_earth
from appliance.services.stories import tell
from appliance.services.world import World

SAME_WITHIN: Final = 1 * MINUTE
LONGEST_TITLE: Final = 300
LONGEST_TEXT: Final = 10_000
MOST_ENTRIES: Final = 10_000
"""In the story of one incident; then comments and links are refused."""
_LOOKED_THROUGH: Final = 50
"""Incidents of one alert, from the newest, among which one that isn't closed is looked for."""
_TOLD: Final = (
    "title",
    "description",
    "incident_type",
    "severity",
    "notes",
    "sensor",
    "position",
    "assigned_to",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What somebody reports."""

    title: str
    description: str = ""
    incident_type: str = "other"
    severity: Severity = Severity.MEDIUM
    notes: str = ""
    sensor: SensorId | None = None
    alert: AlertId | None = None
    position: Position | None = None


Made = tuple[NamedIncident, tuple[LiveEvent, ...]]


class Incidents:
    """Makes, changes and lists incidents; a report that arrives twice is one incident."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(
        self, grant: Grant[ViewNetwork], chosen: IncidentFilter, page: Page
    ) -> tuple[list[NamedIncident], int]:
        """Give one page, newest first, and how many there are in all."""

        def query(tables: Tables) -> tuple[list[NamedIncident], int]:
            incidents, total = tables.incidents.page(chosen, page)
            return [named(tables, incident) for incident in incidents], total

        return await self._world.operations.read(grant.municipality, query)

    async def get(self, grant: Grant[ViewNetwork], incident: IncidentId) -> NamedIncident:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: named(t, found_incident(t, incident))
        )

    async def report(
        self, grant: Grant[ReportIncidents], new: NewIncident, *, once_for_alert: bool = False
    ) -> NamedIncident:
        """Make one, or give the one that this very report has made already.

        An identical report of the same person within a minute is the same report: the phones
        send again what they could not see arrive, also without an Idempotency-Key. With
        `once_for_alert` an alert's incident that isn't closed is given, whoever made it: of two
        people who press at once in a night, one crew is to go.
        """
        _must_make_sense(new)
        now = self._world.clock.now()
        incident_id = IncidentId(self._world.ids.new_id())
        by = grant.actor.user

        def change(tables: Tables) -> Made:
            earlier = _earlier(tables, new, by, now)
            if earlier is not None:
                return named(tables, earlier), ()
            if once_for_alert and new.alert is not None:
                joined = _joined(tables, new, new.alert, by, now)
                if joined is not None:
                    return named(tables, joined), (alerting.incident_event(tables, joined),)
            incident = _incident(grant, tables, new, incident_id, now)
            tables.incidents.put(incident, was=None)
            _begin(tables, incident)
            return named(tables, incident), (alerting.incident_event(tables, incident),)

        made, events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)
        return made

    async def change(
        self, grant: Grant[ReportIncidents], incident: IncidentId, changes: Mapping[str, Any]
    ) -> NamedIncident:
        """Change fields of it (field of Incident → new value); what changes nothing tells nobody."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Made:
            present = found_incident(tables, incident)
            changed = _changed(tables, present, changes, now)
            if changed is present:
                return named(tables, present), ()
            _replace(tables, present, changed)
            _tell_change(tables, present, changed, grant.actor.user)
            return named(tables, changed), (alerting.incident_event(tables, changed),)

        made, events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)
        return made

    async def remove(self, grant: Grant[DiscardRecords], incident: IncidentId) -> None:
        """Remove one with its story and its files; maintenance because of it stays."""

        def change(tables: Tables) -> tuple[list[Attachment], LiveEvent]:
            event = alerting.incident_event(
                tables, found_incident(tables, incident), "incident_removed"
            )
            files = tables.attachments.of(incident)
            tables.incidents.remove(incident)
            return files, event

        files, event = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce((event,))
        for file in files:
            await asyncio.to_thread(self._world.files.remove, grant.municipality, file.file)

    async def timeline(
        self, grant: Grant[ViewNetwork], incident: IncidentId, page: Page
    ) -> tuple[list[IncidentEntry], int]:
        """Give one page of its story, oldest first, and how many entries there are in all."""

        def query(tables: Tables) -> tuple[list[IncidentEntry], int]:
            found_incident(tables, incident)
            return tables.incidents.entries(incident, page)

        return await self._world.operations.read(grant.municipality, query)

    async def alerts(self, grant: Grant[ViewNetwork], incident: IncidentId) -> list[Alert]:
        """Give the alerts that belong to it."""

        def query(tables: Tables) -> list[Alert]:
            found_incident(tables, incident)
            several = [tables.alerts.get(alert) for alert in tables.incidents.alerts(incident)]
            return [alert for alert in several if alert is not None]

        return await self._world.operations.read(grant.municipality, query)

    async def comment(
        self, grant: Grant[ReportIncidents], incident: IncidentId, text: str
    ) -> IncidentEntry:
        """Say something about it."""
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise Invalid(
                field="comment",
                problem=saying("characters", "1 to {most:,} characters", most=LONGEST_TEXT),
            )
        now = self._world.clock.now()

        def change(tables: Tables) -> tuple[IncidentEntry, LiveEvent]:
            present = found_incident(tables, incident)
            must_have_room(tables, incident)
            by = grant.actor.user
            said = tell(tables, present, EntryKind.COMMENTED, by=by, at=now, note=text)
            return said, alerting.incident_event(tables, present)

        said, event = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce((event,))
        return said

    async def link(
        self, grant: Grant[ReportIncidents], incident: IncidentId, alert: AlertId, *, on: bool
    ) -> None:
        """Say that an alert belongs to it, or that it does not; saying it twice is saying it once."""
        now = self._world.clock.now()

        def change(tables: Tables) -> tuple[LiveEvent, ...]:
            present = found_incident(tables, incident)
            if on:
                found_alert(tables, alert)
                must_have_room(tables, incident)
                changed = tables.incidents.link(incident, alert)
            else:
                changed = tables.incidents.unlink(incident, alert)
            if not changed:
                return ()
            kind = EntryKind.ALERT_LINKED if on else EntryKind.ALERT_UNLINKED
            tell(tables, present, kind, by=grant.actor.user, at=now, alert=alert)
            return (alerting.incident_event(tables, present),)

        events = await self._world.operations.write(grant.municipality, change)
        self._world.live.announce(events)


def found_incident(tables: Tables, incident: IncidentId) -> Incident:
    """Give an incident, or raise NotFound."""
    there = tables.incidents.get(incident)
    if there is None:
        raise NotFound(kind="incident", name=incident)
    return there


def _begin(tables: Tables, incident: Incident) -> None:
    """Begin its story."""
    by, at = incident.reported_by, incident.created_at
    if incident.alert is not None:
        tables.incidents.link(incident.id, incident.alert)
    tell(
        tables,
        incident,
        EntryKind.REPORTED,
        by=by,
        at=at,
        after=incident.status,
        alert=incident.alert,
    )


def _must_make_sense(new: NewIncident) -> None:
    if not new.title.strip() or len(new.title) > LONGEST_TITLE:
        raise Invalid(
            field="title",
            problem=saying("characters", "1 to {most} characters", most=LONGEST_TITLE),
        )
    if len(new.description) > LONGEST_TEXT or len(new.notes) > LONGEST_TEXT:
        raise Invalid(
            field="description",
            problem=saying("at_most_characters", "at most {most} characters", most=LONGEST_TEXT),
        )
    if new.position is not None:
        must_be_on_earth(new.position, "location")


def _earlier(tables: Tables, new: NewIncident, by: UserId, now: Instant) -> Incident | None:
    since = Instant(now - SAME_WITHIN)
    same = tables.incidents.same_report(by, new.title.strip(), new.description, since=since)
    return same if same is not None and same.alert == new.alert else None


def _joined(
    tables: Tables, new: NewIncident, alert: AlertId, by: UserId, now: Instant
) -> Incident | None:
    """Give the newest incident of an alert that isn't closed; what the second notes is said in it."""
    found, _ = tables.incidents.page(IncidentFilter(alert=alert), Page(limit=_LOOKED_THROUGH))
    open_one = next((one for one in found if one.status is not IncidentStatus.CLOSED), None)
    if open_one is not None and new.notes.strip():
        must_have_room(tables, open_one.id)
        tell(tables, open_one, EntryKind.COMMENTED, by=by, at=now, note=new.notes)
    return open_one


def _incident(
    grant: Grant[ReportIncidents],
    tables: Tables,
    new: NewIncident,
    incident_id: IncidentId,
    now: Instant,
) -> Incident:
    alert = None if new.alert is None else found_alert(tables, new.alert)
    sensor_id = new.sensor or (alert.sensor if alert is not None else None)
    sensor = None if sensor_id is None else tables.sensors.get(sensor_id)
    if new.sensor is not None and sensor is None:
        raise Invalid(
            field="sensor_id",
            problem=saying("no_sensor", "there is no sensor {name}", name=new.sensor),
        )
    place = alert.position if alert is not None else None
    return Incident(
        id=incident_id,
        municipality=grant.municipality,
        title=new.title.strip(),
        description=new.description,
        incident_type=new.incident_type,
        severity=new.severity,
        status=IncidentStatus.OPEN,
        notes=new.notes,
        alert=new.alert,
        sensor=sensor_id,
        position=new.position or place or (sensor.position if sensor is not None else None),
        reported_by=grant.actor.user,
        created_at=now,
        updated_at=now,
    )


def must_have_room(tables: Tables, incident: IncidentId) -> None:
    """Raise TooMany where nothing more can be told of an incident."""
    if tables.incidents.last_entry(incident) >= MOST_ENTRIES:
        raise TooMany(
            what=saying(
                "too_many_entries",
                "this incident has {most:,} entries already; report another",
                most=MOST_ENTRIES,
            )
        )


def _changed(
    tables: Tables, incident: Incident, changes: Mapping[str, Any], now: Instant
) -> Incident:
    wanted = replace(incident, **changes)
    if wanted == incident:
        return incident
    _must_be_known(tables, wanted, changes)
    ended = wanted.status in {IncidentStatus.RESOLVED, IncidentStatus.CLOSED}
    return replace(
        wanted,
        updated_at=now,
        resolved_at=(incident.resolved_at or now) if ended else None,
        version=incident.version + 1,
    )


def _must_be_known(tables: Tables, incident: Incident, changes: Mapping[str, Any]) -> None:
    if not incident.title.strip() or len(incident.title) > LONGEST_TITLE:
        raise Invalid(
            field="title",
            problem=saying("characters", "1 to {most} characters", most=LONGEST_TITLE),
        )
    if changes.get("sensor") is not None and tables.sensors.get(changes["sensor"]) is None:
        raise Invalid(
            field="sensor_id",
            problem=saying("no_sensor", "there is no sensor {name}", name=changes["sensor"]),
        )
    if changes.get("assigned_to") is not None and tables.users.get(changes["assigned_to"]) is None:
        raise Invalid(
            field="assigned_to",
            problem=saying("no_person", "there is no person {name}", name=changes["assigned_to"]),
        )


def _replace(tables: Tables, present: Incident, changed: Incident) -> None:
    if not tables.incidents.put(changed, was=present.version):
        raise Conflict(
            what=saying("changed_meanwhile", "somebody else has changed this incident meanwhile")
        )


def _tell_change(tables: Tables, before: Incident, after: Incident, by: UserId) -> None:
    at = after.updated_at
    if before.status is not after.status:
        moved = EntryKind.MOVED
        said = after.notes if after.notes != before.notes else ""
        tell(
            tables, after, moved, by=by, at=at, note=said, before=before.status, after=after.status
        )
    names = [n for n in _TOLD if getattr(before, n) != getattr(after, n)]
    if names:
        tell(tables, after, EntryKind.CHANGED, by=by, at=at, note=", ".join(names))
