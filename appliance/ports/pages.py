"""Which rows of a list are wanted."""

from dataclasses import dataclass

from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True)
class Page:
    """A window on a list."""

    limit: int = 1000
    offset: int = 0
    order: tuple[str, ...] = ()
    """Names of what is sorted by, with `-` before one that falls; empty: the usual order."""
    after: tuple[object, ...] = ()
    """What the row before the page has in this order, then its id; empty: from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFilter:
    """Which sensors; None is all."""

    status: str | None = None
    sensor_type: str | None = None
    search: str | None = None
    device: str | None = None
    zone: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; empty is all."""

    statuses: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    sensor: int | None = None
    search: str | None = None
    """In title, description or type, case ignored."""
    shelved: bool | None = None
    zone: int | None = None
    alert_type: str | None = None
    assigned_to: int | None = None
    since: Instant | None = None
    """Of `created_at`; before `until`."""
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents; None is all."""

    status: str | None = None
    severity: str | None = None
    assigned_to: int | None = None
    sensor: int | None = None
    alert: int | None = None
    """Those to which this alert belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilter:
    """Which maintenance; None is all."""

    status: str | None = None
    sensor: int | None = None
    asset: int | None = None
    incident: int | None = None
    assigned_to: int | None = None
    due_before: int | None = None
    """Only what is not done yet and was to be before."""
    search: str | None = None
    """In the work or the notes, case ignored."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in degrees, WGS 84; west ≤ east and south ≤ north."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Near:
    """Within so many metres of a point, nearest first."""

    longitude: float
    latitude: float
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilter:
    """Which assets; empty or None is all."""

    kinds: tuple[str, ...] = ()
    box: Box | None = None
    near: Near | None = None
    search: str | None = None
    """In the code or the name, case ignored."""
