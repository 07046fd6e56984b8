"""Which rows of a list are wanted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A window on a list."""

    limit: int = 1000
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFilter:
    """Which sensors; None is all."""

    status: str | None = None
    sensor_type: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; empty is all."""

    statuses: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    sensor: int | None = None
