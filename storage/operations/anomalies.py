"""Readings that a method called unusual."""

import math
from collections.abc import Sequence

from appliance.domain.findings import Anomaly
from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from storage.operations.columns import evidence, evidence_text
from storage.operations.statements import OwnStatements

_ADD = (
    "INSERT INTO anomaly VALUES (:mine, :sensor, :time, :method, :score, :evidence)"
    " ON CONFLICT DO NOTHING"
)
_BETWEEN = (
    "SELECT sensor, time, method, score, evidence FROM anomaly WHERE municipality = :mine"
    " AND sensor = :sensor AND time >= :since AND time < :until ORDER BY time, method"
)


class AnomalyRows:
    """The port's AnomalyTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def add(self, anomalies: Sequence[Anomaly]) -> None:
        for anomaly in anomalies:  # int and float: these come from arrays
            self._run.change(
                _ADD,
                sensor=int(anomaly.sensor),
                time=int(anomaly.time),
                method=anomaly.method,
                score=_score(anomaly.score),
                evidence=evidence_text(anomaly.evidence),
            )

    def between(self, sensor: SensorId, *, since: Instant, until: Instant) -> list[Anomaly]:
        rows = self._run.rows(_BETWEEN, sensor=sensor, since=since, until=until)
        return [
            Anomaly(sensor, Instant(time), method, score, evidence(text))
            for sensor, time, method, score, text in rows
        ]


def _score(score: float) -> float:
    """Give a plain number: SQLite keeps NaN as NULL, and no such row may hold up the watch."""
    return 0.0 if math.isnan(score) else float(score)
