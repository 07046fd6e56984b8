"""Rules: which condition on which sensors raises which alert."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from appliance.domain.ids import MunicipalityId, RuleId, SensorId
from appliance.domain.instant import Instant


class Severity(StrEnum):
    """Alert severity, mildest first; `rank` orders them."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info … 4 for critical."""
        return _RANKS[self]


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The value compared with a limit, for at least `for_seconds` without a break.

    The on-delay of ISA-18.2: the last value is held until the next reading comes, so the alarm
    comes in time from a device that reports seldom.
    """

    operator: Literal[">", ">=", "<", "<="]
    value: float
    """In `unit`, or the sensor's own unit where that is None."""
    unit: str | None = None
    for_seconds: float = 0.0
    type: Literal["threshold"] = "threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOfChange:
    """The value changes by more than `change` within `within_seconds`."""

    change: float
    unit: str | None = None
    within_seconds: float = 300.0
    direction: Literal["rise", "fall", "either"] = "either"
    type: Literal["rate_of_change"] = "rate_of_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoData:
    """Nothing has arrived for `for_seconds`, or for 4 usual intervals where that is None."""

    for_seconds: float | None = None
    type: Literal["no_data"] = "no_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatline:
    """The value has stayed within `tolerance` for `for_seconds`."""

    for_seconds: float = 6 * 3600.0
    tolerance: float = 0.0
    unit: str | None = None
    type: Literal["flatline"] = "flatline"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRange:
    """The value is outside the operating limits of the sensor or of its type."""

    for_seconds: float = 0.0
    type: Literal["out_of_range"] = "out_of_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomalous:
    """The value deviates from the sensor's own pattern by `deviations` robust deviations.

    For `for_readings` readings in a row, so that one spike is not an alarm.
    """

    deviations: float = 6.0
    for_readings: int = 3
    type: Literal["anomaly"] = "anomaly"


Condition = Threshold | RateOfChange | NoData | Flatline | OutOfRange | Anomalous


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a municipality, on one sensor, on all of a type, or (neither) on all sensors."""

    id: RuleId
    municipality: MunicipalityId
    name: str
    sensor: SensorId | None
    sensor_type: str | None
    """The type's code."""
    condition: Condition
    severity: Severity
    alert_type: str
    enabled: bool = True
    resolve_when_cleared: bool = False
    """Resolve the alert by itself when the condition ends; else a person does."""
    built_in: bool = False
    """Came with the municipality; may be changed and switched off like any other."""
    created_at: Instant
    updated_at: Instant
