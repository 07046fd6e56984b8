"""After a start: what live clients and duplicate detection must know of the time before."""

from collections import deque
from collections.abc import AsyncIterator, Collection
from typing import Final

from appliance.domain.alerts import AlertStatus
from appliance.domain.ids import MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import Door, StoredBatch
from appliance.domain.telling import LiveEvent
from appliance.flow.alerting import alert_event
from appliance.flow.live import LiveHub
from appliance.flow.reading_events import reading_events
from appliance.flow.seen import Seen
from appliance.flow.watcher import Watcher
from appliance.flow.watches import Book
from appliance.ports.history import History
from appliance.ports.journal import Journal
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.pages import AlertFilter, Page

BATCHES: Final = 200
MOST_READINGS: Final = 5_000
EVENTS: Final = 200
MOST_RETAINED: Final = 5_000


async def caught_up(journal: Journal, history: History) -> None:
    """Wait until history has everything that is in the journal."""
    while history.applied < journal.last:
        await history.settled(journal.last)


async def remember_readings(journal: Journal, watcher: Watcher, seen: Seen) -> None:
    """Wait until everything has been watched, and know each sensor's newest reading."""
    last = journal.last
    while watcher.sequence < last:
        await watcher.settled(last)
    recent = [b async for b in _between(journal, Sequence(max(0, last - BATCHES)), last)]
    seen.begin({c.sensor: c.time for c in watcher.contacts.values() if c.time is not None}, recent)


async def remember_events(
    journal: Journal, operations: Operations, watcher: Watcher, hub: LiveHub
) -> None:
    """Fill the hub with the newest events, so that screens resume over a restart."""
    start = Sequence(max(0, watcher.sequence - BATCHES))
    book = watcher.book
    done: deque[StoredBatch] = deque()
    readings = 0
    async for batch in _between(journal, start, watcher.sequence):
        if not _is_live(batch, book):
            continue
        done.append(batch)
        readings += len(batch.readings)
        while readings > MOST_READINGS:
            start = done[0].sequence
            readings -= len(done.popleft().readings)
    numbers, logged, unusual = await operations.read_system(lambda t: _recall(t, book, done))
    told = [event for batch in done for event in reading_events((batch,), book, unusual)]
    hub.begin(start, numbers, [*told, *logged], watcher.sequence)


async def _between(journal: Journal, start: Sequence, end: Sequence) -> AsyncIterator[StoredBatch]:
    while start < end:
        for batch in await journal.read(start, limit=end - start):
            yield batch
            start = batch.sequence


def _is_live(batch: StoredBatch, book: Book) -> bool:
    return batch.door is not Door.IMPORT and batch.municipality in book.municipalities


async def active_alerts(operations: Operations) -> tuple[LiveEvent, ...]:
    """Give every alert that is not closed, as it was last told: a crash may have come between."""
    return await operations.read_system(_active_alerts)


def _active_alerts(tables: SystemTables) -> tuple[LiveEvent, ...]:
    statuses = tuple(s.value for s in AlertStatus if s is not AlertStatus.CLOSED)
    found: list[LiveEvent] = []
    for municipality in tables.municipalities():
        alerts = tables.of(municipality.id).alerts
        page, _ = alerts.page(AlertFilter(statuses=statuses), Page(MOST_RETAINED))
        found += [alert_event(alert, alerts.changes(alert.id)[-1]) for alert in page]
    return tuple(found)


Recalled = tuple[dict[MunicipalityId, int], list[LiveEvent], set[tuple[SensorId, Instant]]]


def _recall(tables: SystemTables, book: Book, batches: Collection[StoredBatch]) -> Recalled:
    numbers: dict[MunicipalityId, int] = {}
    logged: list[LiveEvent] = []
    for municipality in book.municipalities:
        newest = tables.of(municipality).events.newest(EVENTS)
        logged += newest
        last = tables.of(municipality).events.last_number()
        numbers[municipality] = newest[0].cursor.event - 1 if newest else last
    return numbers, logged, _unusual(tables, batches)


def _unusual(
    tables: SystemTables, batches: Collection[StoredBatch]
) -> set[tuple[SensorId, Instant]]:
    found: set[tuple[SensorId, Instant]] = set()
    for batch in batches:
        readings = batch.trusted()
        if not len(readings):
            continue
        since, until = Instant(int(readings.times.min())), Instant(int(readings.times.max()) + 1)
        anomalies = tables.of(batch.municipality).anomalies
        for sensor in set(readings.sensors.tolist()):
            between = anomalies.between(SensorId(sensor), since=since, until=until)
            found.update((anomaly.sensor, anomaly.time) for anomaly in between)
    return found
