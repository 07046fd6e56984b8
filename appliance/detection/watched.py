"""From columns to findings and anomalies: what a post found, in words, in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.detection.base import EDGES, Found, Hits, Method, Outcome, Records
from appliance.domain.findings import Anomaly, Edge, Evidence, Finding
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Unit
from appliance.domain.titles import SENTENCES

NO_LONGER: Final = Evidence(SENTENCES["no_longer"])

Units = dict[int, Unit]


@dataclass(frozen=True, slots=True)
class Watched:
    """What was noticed: findings by time, rule and sensor; anomalies by time, sensor and method.

    Findings of one cause keep the order in which they came about, and their times never go back.
    """

    findings: tuple[Finding, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.findings or self.anomalies)

    @staticmethod
    def sum(parts: Iterable["Watched"]) -> "Watched":
        """Give all of several, in order; of one unusual reading the highest score of a method stays."""
        several = tuple(parts)
        findings = [finding for part in several for finding in part.findings]
        findings.sort(key=lambda f: (f.at, f.rule, f.sensor))
        unusual: dict[tuple[int, int, str], Anomaly] = {}
        for anomaly in (a for part in several for a in part.anomalies):
            key = (anomaly.time, anomaly.sensor, anomaly.method)
            if key not in unusual or unusual[key].score < anomaly.score:
                unusual[key] = anomaly
        return Watched(tuple(findings), tuple(unusual[key] for key in sorted(unusual)))


def told(method: Method, causes: Records, outcome: Outcome, units: Units) -> Watched:
    """Put an outcome into words; remembers in `causes` when each cause's last finding was."""
    findings = tuple(_findings(method, causes, outcome.found, units))
    anomalies = tuple(_anomalies(method, causes, outcome.hits, units)) if outcome.hits else ()
    return Watched(findings, anomalies)


def ended(causes: Records, now: Instant) -> Watched:
    """Clear what was raised for causes that are no longer watched."""
    raised = causes[causes["state"]["raised"] != 0]
    return Watched(
        tuple(
            Finding(
                RuleId(rule), SensorId(sensor), Edge.CLEARED, Instant(max(now, last)), NO_LONGER
            )
            for rule, sensor, last in zip(
                raised["rule"].tolist(),
                raised["sensor"].tolist(),
                raised["last_at"].tolist(),
                strict=True,
            )
        )
    )


def _findings(
    method: Method, causes: Records, found: tuple[Found, ...], units: Units
) -> Iterator[Finding]:
    for row, _, which, index in _in_order(found):
        part, cause = found[which], causes[row]
        at = max(int(part.at[index]), int(cause["last_at"]))
        cause["last_at"] = at
        edge = EDGES[part.edges[index]]
        numbers = {name: float(column[index]) for name, column in part.numbers.items()}
        sensor = SensorId(int(cause["sensor"]))
        yield Finding(
            RuleId(int(cause["rule"])),
            sensor,
            edge,
            Instant(at),
            Evidence(method.words(edge, numbers, units[sensor]), _known(numbers)),
            int(part.times[index]),
        )


def _in_order(found: tuple[Found, ...]) -> list[tuple[int, int, int, int]]:
    return sorted(
        (row, order, which, index)
        for which, part in enumerate(found)
        for index, (row, order) in enumerate(
            zip(part.rows.tolist(), part.order.tolist(), strict=True)
        )
    )


def _anomalies(method: Method, causes: Records, hits: Hits, units: Units) -> Iterator[Anomaly]:
    sensors = causes["sensor"][hits.rows].tolist()
    times, scores = hits.times.tolist(), hits.scores.tolist()
    names = list(hits.numbers)
    columns = [hits.numbers[name].tolist() for name in names]
    for index, sensor in enumerate(sensors):
        numbers = {name: column[index] for name, column in zip(names, columns, strict=True)}
        words = method.words(Edge.RAISED, numbers, units[sensor])
        evidence = Evidence(words, _known(numbers))
        yield Anomaly(SensorId(sensor), Instant(times[index]), method.name, scores[index], evidence)


def _known(numbers: dict[str, float]) -> dict[str, float]:
    return {name: number for name, number in numbers.items() if np.isfinite(number)}
