"""Alert changes: what a finding or a person does to an alert. Runs inside the caller's transaction.

Each function writes the change, its live event and the deliveries owed for it together, and gives
the events back: announce them after the commit.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from appliance.domain import instant
from appliance.domain.alerts import (
    ACTIVE,
    REOPEN_WITHIN,
    Alert,
    AlertChange,
    AlertStatus,
    ChangeKind,
    must_move,
)
from appliance.domain.errors import Conflict
from appliance.domain.findings import Edge, Evidence, Finding
from appliance.domain.ids import AlertId, Sequence, UserId
from appliance.domain.incidents import Incident
from appliance.domain.instant import Instant
from appliance.domain.rules import Rule
from appliance.domain.sensors import Position, Sensor
from appliance.domain.telling import Channel, Cursor, Delivery, DeliveryState, LiveEvent, LiveType
from appliance.domain.titles import title_of, titled
from appliance.ports.tables import Tables

STILL_HOLDS_AFTER: Final = 15 * instant.MINUTE
"""A cause that still holds this long after its alert was resolved or closed is raised again."""

TOLD: Final = (ChangeKind.OPENED, ChangeKind.REOPENED)
"""The changes of which a notification channel is told that names none."""

Events = tuple[LiveEvent, ...]


def apply_finding(
    tables: Tables,
    finding: Finding,
    rule: Rule,
    sensor: Sensor,
    now: Instant,
    new_id: Callable[[], int],
) -> Events:
    """Open, reopen, count on or clear the alert of this cause (rules: `domain/alerts.py`)."""
    alert = tables.alerts.latest_of_cause(finding.rule, finding.sensor)
    match finding.edge:
        case Edge.RAISED:
            return _raise(tables, alert, finding, rule, sensor, now, new_id)
        case Edge.REPEATED:
            return _repeat(tables, alert, finding, rule, sensor, now, new_id)
        case Edge.CLEARED:
            return _clear(tables, alert, finding, rule, now)


def _raise(  # noqa: PLR0913, PLR0917
    tables: Tables,
    alert: Alert | None,
    finding: Finding,
    rule: Rule,
    sensor: Sensor,
    now: Instant,
    new_id: Callable[[], int],
) -> Events:
    if alert is not None and alert.status in ACTIVE:
        return _come_back(tables, alert, finding, ChangeKind.RETURNED, now)
    if (
        alert is not None
        and alert.status is AlertStatus.RESOLVED
        and abs(now - (alert.resolved_at or now)) <= REOPEN_WITHIN
    ):
        return _come_back(tables, alert, finding, ChangeKind.REOPENED, now)
    return _open(tables, finding, rule, sensor, now, AlertId(new_id()))


def _repeat(  # noqa: PLR0913, PLR0917
    tables: Tables,
    alert: Alert | None,
    finding: Finding,
    rule: Rule,
    sensor: Sensor,
    now: Instant,
    new_id: Callable[[], int],
) -> Events:
    if alert is None:
        return _open(tables, finding, rule, sensor, now, AlertId(new_id()))
    if alert.status in ACTIVE:
        tables.alerts.count_repeats(alert.id, finding.times, finding.at)
        return ()
    ended = alert.closed_at or alert.resolved_at or now
    if abs(now - ended) < STILL_HOLDS_AFTER:  # the clock may have been set back since
        tables.alerts.count_repeats(alert.id, finding.times, finding.at)
        return ()
    if alert.status is AlertStatus.RESOLVED:
        return _come_back(tables, alert, finding, ChangeKind.REOPENED, now)
    return _open(tables, finding, rule, sensor, now, AlertId(new_id()))


def _clear(
    tables: Tables, alert: Alert | None, finding: Finding, rule: Rule | None, now: Instant
) -> Events:
    if alert is None or not alert.condition_active:
        return ()
    cleared = replace(alert, condition_active=False, last_seen_at=finding.at)
    cleared, events = _record(
        tables, alert, cleared, ChangeKind.CLEARED, now, evidence=finding.evidence
    )
    by_itself = rule is not None and rule.resolve_when_cleared
    if by_itself and alert.status in {AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED}:
        _, more = move(
            tables, cleared, AlertStatus.RESOLVED, by=None, note=finding.evidence.words, now=now
        )
        return events + more
    return events


def clear_orphan(tables: Tables, finding: Finding, now: Instant) -> Events:
    """Clear the alert of a cause whose rule or sensor was removed; a person resolves it."""
    alert = tables.alerts.latest_of_cause(finding.rule, finding.sensor)
    return _clear(tables, alert, finding, None, now)


def _open(
    tables: Tables, finding: Finding, rule: Rule, sensor: Sensor, now: Instant, alert_id: AlertId
) -> Events:
    alert = Alert(
        id=alert_id,
        municipality=sensor.municipality,
        rule=rule.id,
        sensor=sensor.id,
        pipeline=sensor.pipeline,
        position=sensor.position,
        alert_type=rule.alert_type,
        severity=rule.severity,
        status=AlertStatus.OPEN,
        title=title_of(rule.name, sensor.name),
        description=finding.evidence.words,
        evidence=finding.evidence,
        condition_active=True,
        occurrences=finding.times,
        raised_at=finding.at,
        created_at=now,
        last_seen_at=finding.at,
    )
    change = AlertChange(
        alert=alert.id,
        municipality=alert.municipality,
        number=1,
        kind=ChangeKind.OPENED,
        before=None,
        after=AlertStatus.OPEN,
        at=now,
        by=None,
        evidence=finding.evidence,
    )
    tables.alerts.add(alert, change)
    _owe(tables, alert, change, now)
    return (tables.events.add(alert_event(alert, change)),)


def _come_back(
    tables: Tables, alert: Alert, finding: Finding, kind: ChangeKind, now: Instant
) -> Events:
    again = replace(
        alert,
        status=AlertStatus.OPEN if kind is ChangeKind.REOPENED else alert.status,
        resolved_at=None if kind is ChangeKind.REOPENED else alert.resolved_at,
        condition_active=True,
        occurrences=alert.occurrences + finding.times,
        description=finding.evidence.words,
        evidence=finding.evidence,
        last_seen_at=finding.at,
    )
    _, events = _record(tables, alert, again, kind, now, evidence=finding.evidence)
    return events


def move(
    tables: Tables,
    alert: Alert,
    after: AlertStatus,
    *,
    by: UserId | None,
    note: str,
    now: Instant,
) -> tuple[Alert, Events]:
    """Move an alert to another status; TransitionRefused where that can't be.

    Conflict when somebody else changed the alert meanwhile: nothing is written then.
    """
    must_move(alert.status, after)
    moved = replace(
        alert,
        status=after,
        acknowledged_at=_first(alert.acknowledged_at, now, after is AlertStatus.ACKNOWLEDGED),
        acknowledged_by=_first(alert.acknowledged_by, by, after is AlertStatus.ACKNOWLEDGED),
        resolved_at=now if after is AlertStatus.RESOLVED else alert.resolved_at,
        closed_at=now if after is AlertStatus.CLOSED else alert.closed_at,
    )
    return _record(tables, alert, moved, ChangeKind.MOVED, now, by=by, note=note)


def assign(
    tables: Tables,
    alert: Alert,
    to: UserId | None,
    *,
    by: UserId,
    note: str,
    now: Instant,
) -> tuple[Alert, Events]:
    """Say who shall deal with an alert; None takes it from whoever it was."""
    assigned = replace(alert, assigned_to=to)
    return _record(tables, alert, assigned, ChangeKind.ASSIGNED, now, by=by, note=note)


def comment(
    tables: Tables, alert: Alert, *, by: UserId, note: str, now: Instant
) -> tuple[Alert, Events]:
    """Add a comment to an alert."""
    return _record(tables, alert, alert, ChangeKind.COMMENTED, now, by=by, note=note)


def _record(  # noqa: PLR0913
    tables: Tables,
    was: Alert,
    becomes: Alert,
    kind: ChangeKind,
    now: Instant,
    *,
    by: UserId | None = None,
    note: str = "",
    evidence: Evidence | None = None,
) -> tuple[Alert, Events]:
    alert = replace(becomes, version=was.version + 1)
    change = AlertChange(
        alert=alert.id,
        municipality=alert.municipality,
        number=alert.version,
        kind=kind,
        before=was.status,
        after=alert.status,
        at=now,
        by=by,
        note=note,
        evidence=evidence,
    )
    if not tables.alerts.apply(alert, change, was=was.version):
        raise Conflict(what="somebody else has changed this alert meanwhile; look at it again")
    _owe(tables, alert, change, now)
    return alert, (tables.events.add(alert_event(alert, change)),)


def shelve(
    tables: Tables,
    alert: Alert,
    *,
    until: Instant | None,
    by: UserId | None,
    note: str,
    now: Instant,
) -> tuple[Alert, Events]:
    """Put an alert aside until then, with the reason; None takes it back (ISA-18.2, 11.3).

    Nobody is told of it meanwhile. When it comes back and still is as bad, channels are told again.
    """
    kind = ChangeKind.UNSHELVED if until is None else ChangeKind.SHELVED
    return _record(tables, alert, replace(alert, shelved_until=until), kind, now, by=by, note=note)


def _is_told(channel: Channel, alert: Alert, change: AlertChange, now: Instant) -> bool:
    if not channel.enabled or channel.least_severity.rank > alert.severity.rank:
        return False
    if channel.events:
        return change.kind in channel.events
    if alert.shelved_until is not None and alert.shelved_until > now:
        return False
    if change.kind is ChangeKind.UNSHELVED:
        return alert.condition_active and alert.status is AlertStatus.OPEN
    return change.kind in TOLD


def _owe(tables: Tables, alert: Alert, change: AlertChange, now: Instant) -> None:
    tables.outbox.owe(
        [
            Delivery(
                key=f"{alert.id}:{change.number}:{channel.id}",
                municipality=alert.municipality,
                channel=channel.id,
                alert=alert.id,
                change_number=change.number,
                state=DeliveryState.WAITING,
                attempts=0,
                due_at=now,
                created_at=now,
            )
            for channel in tables.channels.all()
            if _is_told(channel, alert, change, now)
        ]
    )


def alert_event(alert: Alert, change: AlertChange) -> LiveEvent:
    """Say an alert's change the way live clients read it (`clients.md`, "Live")."""
    data: dict[str, object] = {
        "id": alert.id,
        "alert_type": alert.alert_type,
        "severity": alert.severity.value,
        "status": alert.status.value,
        "title": alert.title,
        "description": alert.description,
        "sensor_id": alert.sensor,
        "location": point(alert.position),
        "created_at": instant.text(alert.created_at),
        "municipality_id": alert.municipality,
        "condition_active": alert.condition_active,
        **_standing(alert),
        "change": change.kind.value,
        "changed_at": instant.text(change.at),
        "changed_by": change.by,
    }
    return LiveEvent(alert.municipality, "alert", data, Cursor(Sequence(0), 0))


def _standing(alert: Alert) -> dict[str, object]:
    """Say the rest of what the API says of an alert, so that no screen must ask for it."""
    evidence = alert.evidence
    title = titled(alert.title)
    return {
        "title_code": title.code,
        "title_about": title.about,
        "evidence": {"words": evidence.words, "numbers": dict(evidence.numbers)},
        "occurrences": alert.occurrences,
        "rule_id": alert.rule,
        "pipeline_id": alert.pipeline,
        "raised_at": instant.text(alert.raised_at),
        "last_seen_at": instant.text(alert.last_seen_at),
        "acknowledged_at": _text_or_none(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
        "assigned_to": alert.assigned_to,
        "resolved_at": _text_or_none(alert.resolved_at),
        "closed_at": _text_or_none(alert.closed_at),
        "shelved_until": _text_or_none(alert.shelved_until),
        "version": alert.version,
    }


def _text_or_none(at: Instant | None) -> str | None:
    return None if at is None else instant.text(at)


def incident_event(tables: Tables, incident: Incident, kind: LiveType = "incident") -> LiveEvent:
    """Write an incident's event; announce it after the commit."""
    return tables.events.add(
        LiveEvent(incident.municipality, kind, incident_data(incident), Cursor(Sequence(0), 0))
    )


def incident_data(incident: Incident) -> dict[str, object]:
    """Say an incident the way live clients read it."""
    title = titled(incident.title)
    return {
        "id": incident.id,
        "title": incident.title,
        "title_code": title.code,
        "title_about": title.about,
        "description": incident.description,
        "incident_type": incident.incident_type,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "alert_id": incident.alert,
        "sensor_id": incident.sensor,
        "location": point(incident.position),
        "created_at": instant.text(incident.created_at),
        "municipality_id": incident.municipality,
        "reported_by": incident.reported_by,
    }


def point(position: Position | None) -> dict[str, object] | None:
    """Write a position as a GeoJSON Point."""
    if position is None:
        return None
    return {"type": "Point", "coordinates": [position.longitude, position.latitude]}


T = TypeVar("T")


def _first(known: T | None, now: T | None, applies: bool) -> T | None:  # noqa: FBT001
    return now if applies and known is None else known
