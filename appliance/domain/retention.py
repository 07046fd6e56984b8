"""How long what is kept: readings and their roll-ups by sensor type, and what is noted about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.buckets import floor
from appliance.domain.errors import Invalid
from appliance.domain.instant import DAY, Instant

LONGEST_DAYS: Final = 36_500
_YEAR: Final = 366


@dataclass(frozen=True, slots=True)
class Spans:
    """Whole days (UTC). A coarser roll-up is kept at least as long as what is finer."""

    readings_days: int = 5 * _YEAR
    minutes_days: int = 6 * _YEAR
    hours_days: int = 10 * _YEAR
    days_days: int = LONGEST_DAYS

    def check(self) -> None:
        """Raise Invalid where a span is too short or long, or shorter than that of finer data."""
        finer = 1
        for name in ("readings_days", "minutes_days", "hours_days", "days_days"):
            days = getattr(self, name)
            if not 1 <= days <= LONGEST_DAYS:
                raise Invalid(field=name, problem=f"say 1 to {LONGEST_DAYS:,} days")
            if days < finer:
                raise Invalid(
                    field=name, problem="what is coarser must be kept as long as what is finer"
                )
            finer = days


@dataclass(frozen=True, slots=True)
class Retention:
    """One municipality's settings."""

    default: Spans = field(default_factory=Spans)
    by_sensor_type: Mapping[str, Spans] = field(default_factory=dict)
    """By the code of the sensor type; instead of the default."""
    records_days: int = 2 * _YEAR
    """Anomalies, the ledger, deliveries that are done: what is noted about readings and alerts."""

    def check(self) -> None:
        """Raise Invalid where a span makes no sense."""
        for spans in (self.default, *self.by_sensor_type.values()):
            spans.check()
        if not 1 <= self.records_days <= LONGEST_DAYS:
            raise Invalid(field="records_days", problem=f"say 1 to {LONGEST_DAYS:,} days")

    def of(self, sensor_type: str) -> Spans:
        """Give the spans of a sensor type."""
        return self.by_sensor_type.get(sensor_type, self.default)


def limit(now: Instant, days: int) -> Instant:
    """Give the midnight (UTC) before which nothing is kept: today and `days` whole days before stay."""
    return Instant(max(0, floor(now, DAY) - days * DAY))
