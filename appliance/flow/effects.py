"""What one round of watching writes, all in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from appliance.domain import instant
from appliance.domain.errors import StorageFailed
from appliance.domain.findings import Edge, Finding
from appliance.domain.ids import NOBODY, MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from appliance.domain.telling import LiveEvent
from appliance.flow.alerting import apply_finding, clear_orphan
from appliance.flow.faults import Faults
from appliance.flow.watches import Book, Found
from appliance.ports.operations import SystemTables
from appliance.ports.tables import LedgerTable, Tables

NewId = Callable[[], int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Round:
    """Some consecutive batches (or none), and what watching found in them and in the timers."""

    batches: tuple[StoredBatch, ...]
    watched: tuple[Found, ...]
    book: Book
    sequence: Sequence
    until: Instant
    now: Instant
    unwatched: tuple[Instant, Instant] | None = None
    """From when to when nobody can have been watching."""

    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        return not self.batches and not self.watched and self.unwatched is None

    def unusual(self) -> set[tuple[SensorId, Instant]]:
        """Give the readings that a method called unusual."""
        return {(a.sensor, a.time) for _, watched in self.watched for a in watched.anomalies}


def write_effects(
    tables: SystemTables, work: Round, new_id: NewId, faults: Faults
) -> tuple[LiveEvent, ...]:
    """Write ledger, anomalies, alert changes, what is owed for them, and the mark.

    What can't be written for one batch or one cause is passed over and noted: the mark must move
    on, or nobody would ever be alarmed again. Raises StorageFailed when the database does.
    """
    careful = _Careful(tables, faults)
    for batch in work.batches:
        careful.do("counting a batch", partial(_write_ledger, tables, batch))
    events: list[LiveEvent] = []
    for municipality, watched in work.watched:
        own = careful.do("finding a municipality", partial(tables.of, municipality))
        if own is None:
            continue
        careful.do("keeping anomalies", partial(own.anomalies.add, watched.anomalies))
        for finding in watched.findings:
            write = partial(_write_finding, own, finding, work, new_id)
            events += careful.do("changing an alert", write) or ()
    tables.watch.move(work.sequence, work.until)
    if work.unwatched is not None:
        tables.watch.add_gap(*work.unwatched)
    if work.batches:
        tables.watch.add_pass(
            work.batches[0].sequence, work.batches[-1].sequence, {"watched": work.now}
        )
    return tuple(events)


class _Careful:
    """Does parts of the transaction, each wholly or, where it raises, not at all."""

    def __init__(self, tables: SystemTables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    def do(self, what: str, part: Callable[[], T]) -> T | None:
        """Do one part; None when it was passed over."""
        try:
            return self._tables.attempt(part)
        except StorageFailed:
            raise
        except Exception as error:  # noqa: BLE001 the boundary of faults: see faults.py
            self._faults.note(what, error)
            return None


def _write_ledger(tables: SystemTables, batch: StoredBatch) -> None:
    ledger = _ledger_of(tables, batch.municipality)
    minute = Instant(batch.checked_at - batch.checked_at % instant.MINUTE)
    ledger.count(minute, batch.door, batch.counts)
    if batch.rejections:
        ledger.reject(batch.rejections)


def _ledger_of(tables: SystemTables, municipality: MunicipalityId) -> LedgerTable:
    return (tables.nobody() if municipality == NOBODY else tables.of(municipality)).ledger


def _write_finding(
    own: Tables, finding: Finding, work: Round, new_id: NewId
) -> tuple[LiveEvent, ...]:
    rule, sensor = work.book.rules.get(finding.rule), work.book.sensors.get(finding.sensor)
    if rule is not None and sensor is not None:
        return apply_finding(own, finding, rule, sensor, work.now, new_id)
    if finding.edge is Edge.CLEARED:
        return clear_orphan(own, finding, work.now)
    return ()
