"""Looks into the files of a stopped server and says what must be true of them."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.alerts import Alert, AlertChange, ChangeKind
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import EARLIEST, LATEST, Instant, text
from appliance.domain.readings import Counts, Readings
from appliance.domain.telling import Delivery, LiveEvent
from appliance.flow.faults import Faults
from appliance.flow.legible import LegibleJournal
from appliance.machine.clock import SystemClock
from appliance.machine.folder import DataFolder
from appliance.ports.pages import AlertFilter, Page
from appliance.ports.tables import Tables
from storage.history.history import DuckHistory
from storage.journal.journal import FileJournal
from storage.operations.database import SqliteOperations

EVERYTHING = Page(limit=100_000)


@dataclass
class Findings:
    """What the files of one municipality say."""

    journalled: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(device, time) of every reading in the journal."""
    in_history: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same in history, which may not have caught up when the server stopped."""
    counted: Counts = field(default_factory=Counts)
    """The sum of what the journal says became of messages."""
    ledger: Counts = field(default_factory=Counts)
    alerts: list[Alert] = field(default_factory=list)
    changes: dict[int, list[AlertChange]] = field(default_factory=dict)
    events: list[LiveEvent] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    devices: dict[int, str] = field(default_factory=dict)

    def must_agree(self) -> None:
        """Check what holds whatever was done to the server."""
        twice = [reading for reading, times in self.journalled.items() if times > 1]
        assert not twice, f"stored twice: {twice[:5]}"
        assert self.in_history <= self.journalled, "history has nothing else, and nothing twice"
        assert self.ledger == self.counted, "the ledger is the sum of the journal"
        kept = self.counted.stored + self.counted.late
        assert kept == len(self.journalled), "each reading is counted once"
        causes = Counter((alert.rule, alert.sensor) for alert in self.alerts)
        assert all(alerts == 1 for alerts in causes.values()), "one alert per cause"
        for alert in self.alerts:
            self._must_be_whole(alert)
        numbers = [event.cursor.event for event in self.events]
        assert numbers == list(range(1, len(numbers) + 1)), "events have no gaps"
        assert len(numbers) == sum(len(changes) for changes in self.changes.values())
        owed = {(d.alert, d.change_number) for d in self.deliveries}
        told = {
            (change.alert, change.number)
            for changes in self.changes.values()
            for change in changes
            if change.kind is ChangeKind.OPENED
        }
        assert owed == told
        assert len(self.deliveries) == len(told), "each news is owed once"

    def _must_be_whole(self, alert: Alert) -> None:
        changes = self.changes[alert.id]
        numbers = [change.number for change in changes]
        assert numbers == list(range(1, alert.version + 1)), "changes have no gaps"
        assert [c.kind for c in changes].count(ChangeKind.OPENED) == 1
        device = self.devices[alert.sensor or 0]
        seen = sum(1 for name, _ in self.journalled if name == device)
        assert alert.occurrences == seen, f"{device}: every reading was watched once"

    def comments(self) -> Counter[tuple[int, str]]:
        """Give (alert, words) of what people said."""
        return Counter(
            (change.alert, change.note)
            for changes in self.changes.values()
            for change in changes
            if change.kind is ChangeKind.COMMENTED
        )


def look_into(folder: Path, municipality: int) -> Findings:
    """Read the files of a server that has stopped."""
    return asyncio.run(_look(DataFolder(folder), MunicipalityId(municipality)))


async def _look(folder: DataFolder, municipality: MunicipalityId) -> Findings:
    clock, key = SystemClock(), folder.key()
    operations = SqliteOperations(folder.operations, key, clock)
    journal = FileJournal(folder.journal, key, clock)
    await operations.start()
    await journal.start()
    try:
        found = await operations.read(municipality, _recorded)
        await _read_the_journal(LegibleJournal(journal, Faults(clock)), municipality, found)
        await _read_history(
            DuckHistory(folder.history, clock, sealed=folder.sealed), municipality, found
        )
        return found
    finally:
        await journal.stop()
        await operations.stop()


def _recorded(tables: Tables) -> Findings:
    alerts, _ = tables.alerts.page(AlertFilter(), EVERYTHING)
    return Findings(
        ledger=tables.ledger.sum(since=EARLIEST, until=LATEST),
        alerts=alerts,
        changes={alert.id: tables.alerts.changes(alert.id) for alert in alerts},
        events=tables.events.after(0, 100_000),
        deliveries=tables.outbox.page(EVERYTHING)[0],
        devices={sensor.id: sensor.device_id for sensor in tables.sensors.everything()},
    )


async def _read_the_journal(
    journal: LegibleJournal, municipality: MunicipalityId, found: Findings
) -> None:
    after = Sequence(0)
    while batches := await journal.read(after):
        for batch in batches:
            after = batch.sequence
            if batch.municipality != municipality:
                continue
            found.counted.add(batch.counts)
            _count(batch.readings, found.devices, found.journalled)


async def _read_history(
    history: DuckHistory, municipality: MunicipalityId, found: Findings
) -> None:
    await history.start()
    try:
        placed = await history.of(municipality).placed(None, since=EARLIEST, until=LATEST)
        _count(placed.readings, found.devices, found.in_history)
    finally:
        await history.stop()


def _count(readings: Readings, devices: dict[int, str], counter: Counter[tuple[str, str]]) -> None:
    for sensor, time in zip(readings.sensors.tolist(), readings.times.tolist(), strict=True):
        counter[devices[sensor], text(Instant(time))] += 1
