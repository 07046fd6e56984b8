"""An alert is a sequence of changes, each with who, when and why.

    open ──▶ acknowledged ──▶ in_progress ──▶ resolved ──▶ closed
      └───────────┴────────────────┴────────────▶ │
      ▲                                           │ the cause returns within REOPEN_WITHIN
      └───────────────────────────────────────────┘

One alert per cause: a cause is one rule on one sensor. While its alert is not resolved, further
readings that show the cause are counted on it. When the cause returns within REOPEN_WITHIN of
`resolved`, the alert is reopened; later, or after `closed`, a new one is made.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from appliance.domain.errors import TransitionRefused
from appliance.domain.findings import Evidence
from appliance.domain.ids import (
    AlertId,
    AssetId,
    MunicipalityId,
    RuleId,
    SensorId,
    UserId,
)
from appliance.domain.instant import HOUR, Instant
from appliance.domain.rules import Severity
from appliance.domain.sensors import Position

REOPEN_WITHIN: Final = 1 * HOUR


class AlertStatus(StrEnum):
    """How far people are with an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


ACTIVE: Final = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.IN_PROGRESS)

_NEXT: Final[dict[AlertStatus, tuple[AlertStatus, ...]]] = {
    AlertStatus.OPEN: (
        AlertStatus.ACKNOWLEDGED,
        AlertStatus.IN_PROGRESS,
        AlertStatus.RESOLVED,
    ),
    AlertStatus.ACKNOWLEDGED: (AlertStatus.IN_PROGRESS, AlertStatus.RESOLVED),
    AlertStatus.IN_PROGRESS: (AlertStatus.RESOLVED,),
    AlertStatus.RESOLVED: (AlertStatus.OPEN, AlertStatus.CLOSED),
    AlertStatus.CLOSED: (),
}


class ChangeKind(StrEnum):
    """What happened to an alert."""

    OPENED = "opened"
    """A cause without an alert that is still dealt with: a new one is made."""
    REOPENED = "reopened"
    """The cause is back soon after the alert was resolved."""
    CLEARED = "cleared"
    """The condition no longer holds (ISA-18.2 return to normal); the status stays."""
    RETURNED = "returned"
    """The condition holds again while the alert is still active."""
    MOVED = "moved"
    """A person, or resolve_when_cleared, changed the status."""
    ASSIGNED = "assigned"
    """Somebody was made responsible for it, or nobody any more."""
    COMMENTED = "commented"
    """A person wrote something on it."""
    SHELVED = "shelved"
    """A person put it aside for a while, and said why (ISA-18.2, 11.3)."""
    UNSHELVED = "unshelved"
    """It is back: its time is over, or a person took it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The present state of one alert: the sum of its changes."""

    id: AlertId
    municipality: MunicipalityId
    rule: RuleId | None
    sensor: SensorId | None
    pipeline: AssetId | None
    position: Position | None
    alert_type: str
    severity: Severity
    status: AlertStatus
    title: str
    description: str
    evidence: Evidence
    """Of the latest raise."""
    condition_active: bool
    occurrences: int
    """Readings and timers that have shown the cause, the first included."""
    raised_at: Instant
    """The device's time of the cause; `created_at` is when Weir knew."""
    created_at: Instant
    last_seen_at: Instant
    acknowledged_at: Instant | None = None
    acknowledged_by: UserId | None = None
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    shelved_until: Instant | None = None
    """Until then nobody is told of it; None when it is not shelved."""
    assigned_to: UserId | None = None
    """Who shall deal with it."""
    version: int = 1
    """Grows by one with each change; changes are compare-and-set on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """One step in an alert's life. `by` is None when Weir itself did it."""

    alert: AlertId
    municipality: MunicipalityId
    number: int
    """1, 2, 3 … within the alert."""
    kind: ChangeKind
    before: AlertStatus | None
    after: AlertStatus
    at: Instant
    by: UserId | None
    note: str = ""
    evidence: Evidence | None = None


def must_move(before: AlertStatus, after: AlertStatus) -> None:
    """Raise TransitionRefused unless a person may move an alert this way."""
    if after not in _NEXT[before]:
        raise TransitionRefused(status=before.value, wanted=after.value)
