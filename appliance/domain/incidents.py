"""Incidents and maintenance: what people do about it."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.ids import (
    AlertId,
    AssetId,
    IncidentId,
    MaintenanceId,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEntry:
    """One line of the maintenance log."""

    id: MaintenanceId
    municipality: MunicipalityId
    alert: AlertId | None
    incident: IncidentId | None
    sensor: SensorId | None
    pipeline: AssetId | None
    done_at: Instant
    work: str
    by: UserId
    created_at: Instant
