"""Maintenance: work that is planned, under way or done, and sensors that are out of service for it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.domain.ids import (
    AlertId,
    AssetId,
    IncidentId,
    MaintenanceId,
    MunicipalityId,
    SensorId,
    UserId,
)
from appliance.domain.instant import DAY, EARLIEST, Instant
from appliance.domain.sensors import SensorStatus


class WorkStatus(StrEnum):
    """How far a piece of work is."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


PENDING: Final = (WorkStatus.PLANNED, WorkStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Window:
    """While since ≤ time < until, the sensor is out of service: it raises no alarm."""

    since: Instant
    until: Instant


LONGEST_WINDOW: Final = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEntry:
    """One piece of work, in the plan or in the log."""

    id: MaintenanceId
    municipality: MunicipalityId
    alert: AlertId | None
    incident: IncidentId | None
    sensor: SensorId | None
    pipeline: AssetId | None
    """The asset, where that is a link."""
    done_at: Instant | None
    work: str
    by: UserId
    created_at: Instant
    asset: AssetId | None = None
    status: WorkStatus = WorkStatus.DONE
    notes: str = ""
    """What was found and done."""
    planned_for: Instant | None = None
    due_at: Instant | None = None
    assigned_to: UserId | None = None
    window: Window | None = None
    status_before: SensorStatus | None = None
    """The sensor's status before this entry took it out of service; None while it does not."""
    repeat_days: int | None = None
    """So many days after it was due, it is due again."""
    updated_at: Instant = EARLIEST
    version: int = 1

    def holds(self, now: Instant) -> bool:
        """Say whether its sensor is to be out of service now."""
        window = self.window
        return self.status in PENDING and window is not None and window.since <= now < window.until
