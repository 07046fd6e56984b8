"""What detection says: something about a sensor is not as usual, and why one should believe it."""

from dataclasses import dataclass, field
from enum import StrEnum

from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why, for a person and for a program.

    `words` is one sentence with its units ("6.8 bar, usual 2.9–3.4 bar at this hour").
    `numbers` are SI, named by what they are (`value`, `usual_low`, `limit`, `seconds` …).
    """

    words: str
    numbers: dict[str, float] = field(default_factory=dict)


class Edge(StrEnum):
    """Which way a condition went."""

    RAISED = "raised"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's condition on one sensor: it began to hold, still holds, or has ended.

    Findings of one (rule, sensor) alternate RAISED … CLEARED, with any number REPEATED between.
    """

    rule: RuleId
    sensor: SensorId
    edge: Edge
    at: Instant
    """The device's time of the reading that decided it, or when the timer ran out."""
    evidence: Evidence
    times: int = 1
    """For REPEATED: how many readings said so."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One reading that a method calls unusual; marks the reading `is_anomaly`."""

    sensor: SensorId
    time: Instant
    method: str
    score: float
    """How unusual: distance from usual in robust standard deviations, or in limits exceeded."""
    evidence: Evidence
