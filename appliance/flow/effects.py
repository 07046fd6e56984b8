"""What one round of watching writes, all in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from appliance.detection.watched import Watched
from appliance.domain import instant
from appliance.domain.findings import Edge, Finding
from appliance.domain.ids import NOBODY, MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from appliance.domain.telling import LiveEvent
from appliance.flow.alerting import apply_finding, clear_orphan
from appliance.flow.watches import Book, Found
from appliance.ports.operations import SystemTables
from appliance.ports.tables import LedgerTable, Tables

NewId = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Round:
    """Some consecutive batches (or none), and what watching found in them and in the timers."""

    batches: tuple[StoredBatch, ...]
    watched: tuple[Found, ...]
    book: Book
    sequence: Sequence
    until: Instant
    now: Instant

    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        return not self.batches and not self.watched

    def unusual(self) -> set[tuple[SensorId, Instant]]:
        """Give the readings that a method called unusual."""
        return {(a.sensor, a.time) for _, watched in self.watched for a in watched.anomalies}


def write_effects(tables: SystemTables, work: Round, new_id: NewId) -> tuple[LiveEvent, ...]:
    """Write ledger, anomalies, alert changes, what is owed for them, and the mark."""
    for batch in work.batches:
        _write_ledger(_ledger_of(tables, batch.municipality), batch)
    events: list[LiveEvent] = []
    for municipality, watched in work.watched:
        own = tables.of(municipality)
        own.anomalies.add(watched.anomalies)
        events += _write_findings(own, watched, work, new_id)
    tables.watch.move(work.sequence, work.until)
    if work.batches:
        tables.watch.add_pass(
            work.batches[0].sequence, work.batches[-1].sequence, {"watched": work.now}
        )
    return tuple(events)


def _ledger_of(tables: SystemTables, municipality: MunicipalityId) -> LedgerTable:
    return (tables.nobody() if municipality == NOBODY else tables.of(municipality)).ledger


def _write_ledger(ledger: LedgerTable, batch: StoredBatch) -> None:
    minute = Instant(batch.checked_at - batch.checked_at % instant.MINUTE)
    ledger.count(minute, batch.door, batch.counts)
    if batch.rejections:
        ledger.reject(batch.rejections)


def _write_findings(
    own: Tables, watched: Watched, work: Round, new_id: NewId
) -> Iterator[LiveEvent]:
    for finding in watched.findings:
        yield from _write_finding(own, finding, work, new_id)


def _write_finding(
    own: Tables, finding: Finding, work: Round, new_id: NewId
) -> tuple[LiveEvent, ...]:
    rule, sensor = work.book.rules.get(finding.rule), work.book.sensors.get(finding.sensor)
    if rule is not None and sensor is not None:
        return apply_finding(own, finding, rule, sensor, work.now, new_id)
    if finding.edge is Edge.CLEARED:
        return clear_orphan(own, finding, work.now)
    return ()
