"""The watches of all municipalities: one Watch each, so that none can see another's readings."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from appliance.detection.book import RuleBook
from appliance.detection.watch import Watch
from appliance.detection.watched import Watched
from appliance.domain.ids import MunicipalityId, RuleId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.people import Municipality
from appliance.domain.readings import Readings, StoredBatch
from appliance.domain.rules import Rule
from appliance.domain.sensors import Sensor
from appliance.flow.learning import load_patterns, local_seconds_of_week
from appliance.ports.operations import Operations, SystemTables

_log = logging.getLogger(__name__)

_NAME: Final = "{}/"


@dataclass(frozen=True, slots=True)
class Book:
    """What is watched, over all municipalities."""

    municipalities: dict[MunicipalityId, Municipality] = field(default_factory=dict)
    rules: dict[RuleId, Rule] = field(default_factory=dict)
    sensors: dict[SensorId, Sensor] = field(default_factory=dict)
    books: dict[MunicipalityId, RuleBook] = field(default_factory=dict)


Found = tuple[MunicipalityId, Watched]


class Watches:
    """Holds each municipality's Watch, and gives it new rules when they change."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._watches: dict[MunicipalityId, Watch] = {}
        self.book = Book()
        self.stale = False
        """Set when rules, sensors or patterns may have changed."""

    async def start(self, saved: dict[str, bytes], now: Instant) -> tuple[Found, ...]:
        """Begin from a saved state, and give what ends because its rule or sensor is gone."""
        self.book = await self._operations.read_system(_read)
        return await asyncio.to_thread(self._begin, saved, now)

    def _begin(self, saved: dict[str, bytes], now: Instant) -> tuple[Found, ...]:
        dropped: list[Found] = []
        self._watches = {}
        for municipality, book in self.book.books.items():
            watch = Watch(book, _part(saved, municipality), now=now)
            self._watches[municipality] = watch
            dropped.append((municipality, watch.dropped))
            if watch.started_fresh:
                _log.warning(
                    "municipality=%s detection starts afresh: %s was unreadable",
                    municipality,
                    ", ".join(watch.started_fresh),
                )
        return _worth_telling(dropped)

    async def refresh(self, now: Instant) -> tuple[Found, ...]:
        """Read rules, sensors and patterns again, and give what that ended.

        In threads, since it takes 200 ms for 10,000 sensors: nothing else may be asked meanwhile.
        """
        self.stale = False
        book = await self._operations.read_system(_read)
        found = await asyncio.to_thread(self._change, book, now)
        self.book = book
        return found

    def _change(self, whole: Book, now: Instant) -> tuple[Found, ...]:
        found: list[Found] = []
        for municipality, book in whole.books.items():
            watch = self._watches.get(municipality)
            if watch is None:
                self._watches[municipality] = Watch(book, None, now=now)
            else:
                found.append((municipality, watch.change(book, now=now)))
        for gone in self._watches.keys() - whole.books.keys():
            del self._watches[gone]
        return _worth_telling(found)

    def observe(self, batches: tuple[StoredBatch, ...]) -> tuple[Found, ...]:
        """Watch the trusted readings of these batches, in order."""
        parts: dict[MunicipalityId, list[Readings]] = {}
        for batch in batches:
            parts.setdefault(batch.municipality, []).append(batch.trusted())
        found = (
            (municipality, self._watches[municipality].observe(Readings.joined(several)))
            for municipality, several in parts.items()
            if municipality in self._watches
        )
        return _worth_telling(found)

    def advance(self, until: Instant) -> tuple[Found, ...]:
        """Let the timers run until this moment."""
        found = ((m, watch.advance(until)) for m, watch in self._watches.items())
        return _worth_telling(found)

    def resume(self, stopped: Instant, resumed: Instant) -> tuple[Found, ...]:
        """Tell the timers that nobody was watching between these; gives what was due before."""
        found = ((m, watch.resume(stopped, resumed)) for m, watch in self._watches.items())
        return _worth_telling(found)

    def take_faults(self) -> list[tuple[str, Exception]]:
        """Give which method raised what since the last call; it was passed over."""
        found = []
        for watch in self._watches.values():
            found += watch.faults
            watch.faults = []
        return found

    def save(self) -> dict[str, bytes]:
        """Give the state of all, to be given back to `start`."""
        return {
            _NAME.format(municipality) + name: blob
            for municipality, watch in self._watches.items()
            for name, blob in watch.save().items()
        }


def _worth_telling(found: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(one for one in found if one[1].findings or one[1].anomalies)


def _part(saved: dict[str, bytes], municipality: MunicipalityId) -> dict[str, bytes] | None:
    prefix = _NAME.format(municipality)
    part = {name.removeprefix(prefix): b for name, b in saved.items() if name.startswith(prefix)}
    return part or None


def _read(tables: SystemTables) -> Book:
    book = Book()
    for municipality in tables.municipalities():
        own = tables.of(municipality.id)
        rules, sensors = own.rules.all(), own.sensors.everything()
        book.municipalities[municipality.id] = municipality
        book.rules.update({rule.id: rule for rule in rules})
        book.sensors.update({sensor.id: sensor for sensor in sensors})
        book.books[municipality.id] = RuleBook(
            rules=tuple(rules),
            sensors=tuple(sensors),
            patterns=load_patterns(own),
            local_time=partial(local_seconds_of_week, zone_name=municipality.time_zone),
        )
    return book
