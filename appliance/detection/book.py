"""What a municipality wants watched: its rules, sensors and patterns, at one moment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.detection.patterns import Pattern
from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from appliance.domain.readings import Ints
from appliance.domain.rules import Rule
from appliance.domain.sensors import Sensor, SensorStatus

_UNWATCHED: Final = (SensorStatus.INACTIVE, SensorStatus.MAINTENANCE)

LocalTime = Callable[[Ints], Ints]
"""Gives the seconds since Monday 00:00 on the municipality's wall clock; same shape."""


def utc_seconds_of_week(times: Ints) -> Ints:
    """Give the seconds since Monday 00:00 UTC: the local time of those who name no zone."""
    return (times // 1_000_000 + 3 * 86_400) % 604_800


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of one municipality, and all they need to be applied. Never changes; is replaced."""

    rules: tuple[Rule, ...]
    sensors: tuple[Sensor, ...]
    patterns: Mapping[SensorId, tuple[Pattern, ...]] = field(default_factory=dict)
    """Each sensor's patterns, oldest first; a reading is held against the newest that was in force
    when it arrived."""
    local_time: LocalTime = utc_seconds_of_week
    born: Mapping[SensorId, Instant] = field(default_factory=dict)
    """When sensors came to be that a watch over the past does not find there at its beginning."""

    def causes(self) -> Iterator[tuple[Rule, list[Sensor]]]:
        """Give every enabled rule with the sensors it is for.

        Sensors that are inactive, or out of service for maintenance (ISA-18.2, 11.7), have none.
        """
        watched = [s for s in self.sensors if s.status not in _UNWATCHED]
        by_id = {sensor.id: sensor for sensor in watched}
        for rule in self.rules:
            if not rule.enabled:
                continue
            of = [by_id[rule.sensor]] if rule.sensor in by_id else []
            chosen = watched if rule.sensor is None else of
            if rule.sensor_type is not None:
                chosen = [s for s in chosen if s.type.code == rule.sensor_type]
            yield rule, chosen
