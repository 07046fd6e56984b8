"""Incidents: what happened in the network, what people do about it, and the story of both."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.ids import (
    AlertId,
    AttachmentId,
    IncidentId,
    MunicipalityId,
    SensorId,
    UserId,
)
from appliance.domain.instant import Instant
from appliance.domain.rules import Severity
from appliance.domain.sensors import Position


class IncidentStatus(StrEnum):
    """How far an incident is."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened in the network and that somebody deals with."""

    id: IncidentId
    municipality: MunicipalityId
    title: str
    description: str
    incident_type: str
    severity: Severity
    status: IncidentStatus
    notes: str
    alert: AlertId | None
    """The alert it was made from."""
    sensor: SensorId | None
    position: Position | None
    reported_by: UserId
    created_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None
    version: int = 1
    assigned_to: UserId | None = None


class EntryKind(StrEnum):
    """What happened to an incident."""

    REPORTED = "reported"
    COMMENTED = "commented"
    MOVED = "moved"
    """Its status was changed."""
    CHANGED = "changed"
    """What it says was changed; the note names the fields."""
    ALERT_LINKED = "alert_linked"
    ALERT_UNLINKED = "alert_unlinked"
    ATTACHED = "attached"
    """A file was added."""
    DETACHED = "detached"
    """A file was removed."""
    ITEM_ADDED = "item_added"
    """Something was put on its checklist; the note says what, here and in the next four."""
    ITEM_CHANGED = "item_changed"
    ITEM_REMOVED = "item_removed"
    ITEM_DONE = "item_done"
    ITEM_UNDONE = "item_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """One step in the story of an incident; never changed, goes with the incident."""

    incident: IncidentId
    municipality: MunicipalityId
    number: int
    """1, 2, 3 … within the incident."""
    kind: EntryKind
    at: Instant
    by: UserId | None
    note: str = ""
    before: IncidentStatus | None = None
    after: IncidentStatus | None = None
    alert: AlertId | None = None
    attachment: AttachmentId | None = None
