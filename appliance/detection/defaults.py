"""The rules that every municipality begins with."""

from collections.abc import Callable
from typing import Final

from appliance.domain.ids import MunicipalityId, RuleId
from appliance.domain.instant import Instant
from appliance.domain.rules import (
    Anomalous,
    Condition,
    Flatline,
    NoData,
    OutOfRange,
    Rule,
    Severity,
)
from appliance.domain.titles import BUILT_IN

_HALF_A_DAY: Final = 12 * 3600.0

DEFAULT_RULES: Final[tuple[tuple[str, str, Condition, Severity, str | None], ...]] = (
    (BUILT_IN["outside_limits"], "out_of_range", OutOfRange(), Severity.HIGH, None),
    (BUILT_IN["no_data"], "no_data", NoData(), Severity.MEDIUM, None),
    (
        BUILT_IN["stuck_pressure"],
        "flatline",
        Flatline(for_seconds=_HALF_A_DAY),
        Severity.LOW,
        "pressure",
    ),
    (BUILT_IN["stuck_level"], "flatline", Flatline(for_seconds=_HALF_A_DAY), Severity.LOW, "level"),
    (BUILT_IN["unusual_pressure"], "anomaly", Anomalous(), Severity.HIGH, "pressure"),
    (BUILT_IN["unusual_flow"], "anomaly", Anomalous(), Severity.HIGH, "flow"),
)
"""Name, alert type, condition, severity, code of the sensor type (None: all).

All are silent for a sensor that has sent a handful of readings: limits are open until somebody sets
them, the usual interval needs a quarter of an hour, the pattern two weeks. A flow may be 0 for days
(a pump that rests, a valve that is shut), so a flat flow is no sign of a stuck meter.
"""

_RESOLVED_BY_ITSELF: Final = frozenset({"no_data", "flatline"})


def default_rules(
    municipality: MunicipalityId, new_id: Callable[[], int], now: Instant
) -> list[Rule]:
    """Give a municipality's first rules; they may be changed and switched off like any other."""
    return [
        Rule(
            id=RuleId(new_id()),
            municipality=municipality,
            name=name,
            sensor=None,
            sensor_type=sensor_type,
            condition=condition,
            severity=severity,
            alert_type=alert_type,
            resolve_when_cleared=condition.type in _RESOLVED_BY_ITSELF,
            built_in=True,
            created_at=now,
            updated_at=now,
        )
        for name, alert_type, condition, severity, sensor_type in DEFAULT_RULES
    ]
