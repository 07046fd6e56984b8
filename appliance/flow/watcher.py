"""What happens to a reading after its ack: detect ─▶ rules ─▶ alert changes ─▶ live, outbox.

The watcher is a reader of the journal with a cursor of its own, the mark. Alert changes, owed
deliveries, the ledger and the mark commit together, so after a crash it goes on exactly where it
was. The state of detection is saved now and then; from there to the mark, batches are watched
again without effects, which gives the same state, because watching is pure.

A round is whole or it is not: a state is saved only between rounds, so that it never knows more or
less than the mark says.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from appliance.domain.ids import SensorId, Sequence
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Door, StoredBatch
from appliance.domain.sensors import LastContact
from appliance.domain.telling import LiveEvent
from appliance.flow.contacts import Contacts
from appliance.flow.effects import Round, write_effects
from appliance.flow.faults import Faults
from appliance.flow.handed_over import HandedOver
from appliance.flow.live import LiveHub
from appliance.flow.passing_time import PassingTime
from appliance.flow.reading_events import publish_readings, reading_events
from appliance.flow.watches import Book, Found, Watches
from appliance.ports.clock import Clock, IdSource
from appliance.ports.doors import Announcements
from appliance.ports.journal import Journal
from appliance.ports.operations import Operations, SystemTables, WatchMark

_log = logging.getLogger(__name__)

TICK: Final = 1.0
"""Seconds between looks at the timers of rules."""
SAVE_EVERY: Final = 30.0
APART: Final = 0.05
LONGEST_REST: Final = 0.2
ROUND_BATCHES: Final = 1_024
LONGEST_OFF: Final = 3_660 * DAY
BIG_ROUND: Final = 2_000
"""Rows from which on detection runs in a thread, so that doors stay quick."""


class Watcher:
    """Watches what the journal takes, and makes alerts of it."""

    def __init__(
        self,
        journal: Journal,
        operations: Operations,
        watches: Watches,
        hub: LiveHub,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._journal = journal
        self._operations = operations
        self._watches = watches
        self._hub = hub
        self._clock = clock
        self._ids = ids
        self.faults = Faults(clock)
        self._contacts = Contacts()
        self._handed = HandedOver()
        self._time = PassingTime(clock)
        self._unsettled: Callable[[], Instant | None] = _nothing
        self._one_round = asyncio.Lock()
        self._whole = True
        """False within a round, and for good after one that was cut off."""
        self._stopping = False
        self._something = asyncio.Event()
        self._moved = asyncio.Condition()
        self._sequence = Sequence(0)
        self._until = Instant(0)
        self._saved_at = 0.0
        self._told: deque[tuple[Sequence, Sequence, Instant]] = deque(maxlen=1_000)
        self._announcements: Announcements | None = None
        self._deliveries_owed: Callable[[], None] | None = None

    def connect(
        self, announcements: Announcements | None, deliveries_owed: Callable[[], None]
    ) -> None:
        """Name the two that are told after each commit: MQTT subscribers and the deliverer."""
        self._announcements = announcements
        self._deliveries_owed = deliveries_owed

    def mind(self, unsettled: Callable[[], Instant | None]) -> None:
        """Name who knows the arrival of the oldest message that is not in the journal yet."""
        self._unsettled = unsettled

    # Starting

    async def start(self) -> None:
        """Come to the state in which the last run stopped, however it stopped."""
        mark, states, contacts = await self._operations.read_system(_load)
        if mark.sequence > self._journal.last:
            _log.warning(
                "mark=%s lies after the journal's end=%s: one of the two was put back from a "
                "backup; watching goes on from the journal's end",
                mark.sequence,
                self._journal.last,
            )
            last = self._journal.last
            mark = WatchMark(last, mark.watched_until, last, mark.watched_until)
        self._contacts.begin(contacts)
        ended = await self._watches.start(states, self._clock.now())
        self._sequence, self._until = mark.snapshot, mark.snapshot_until
        await self._watch_again(mark)
        if mark.watched_until:
            await self._go_on(mark, ended)
        self._time.begin(self._until)
        self._saved_at = self._clock.monotonic()

    async def _watch_again(self, mark: WatchMark) -> None:
        while self._sequence < mark.sequence:
            batches = await self._journal.read(self._sequence, limit=ROUND_BATCHES)
            done = tuple(batch for batch in batches if batch.sequence <= mark.sequence)
            self._contacts.observe(done)
            self._watches.observe(_live_rows(done))
            self._sequence = done[-1].sequence
        self._watches.advance(mark.watched_until)
        self._until = mark.watched_until

    async def _go_on(self, mark: WatchMark, ended: tuple[Found, ...]) -> None:
        """Note that nobody has watched until now, together with the state that knows of it.

        Otherwise a second crash would have timers run out again in a time that was forgiven them.
        """
        stopped, now = mark.watched_until, self._clock.now()
        resumed = Instant(max(stopped, now))
        self._watches.resume(stopped, resumed)
        work = Round(
            batches=(),
            watched=ended,
            book=self._watches.book,
            sequence=self._sequence,
            until=resumed,
            now=now,
            unwatched=(stopped, resumed),
        )
        await self._commit(work, save=True)

    # Running

    def offer(self, batches: tuple[StoredBatch, ...]) -> None:
        """Hand over what has just become durable (a View of the walk)."""
        self._handed.offer(batches)
        self._something.set()

    def poke(self) -> None:
        """Take notice of changed rules, sensors or municipalities now."""
        self._watches.stale = True
        self._something.set()

    async def run(self) -> None:
        """Watch until stopped or cancelled.

        What comes alone is looked at at once. What comes thick and fast is looked at together, in
        rounds that begin APART seconds apart and, where they take long, rest ten times as long, at
        most LONGEST_REST: detection and its commits leave the disk and the processor to the acks.
        """
        loop, due = asyncio.get_running_loop(), 0.0
        while not self._stopping:
            if self._sequence >= self._journal.last and not self._watches.stale:
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: on Python 3.11 it may swallow a cancellation (gh-86296).
                    async with asyncio.timeout(TICK):
                        await self._something.wait()
            await asyncio.sleep(due - loop.time())
            begun = loop.time()
            self._something.clear()
            await self.watch(await self._next_batches())
            due = max(begun + APART, begun + min(10 * (loop.time() - begun), LONGEST_REST))

    async def stop(self) -> None:
        """Watch what is in the journal, at most 2 s, and save the state for the next start.

        After a round that was cut off nothing is saved: the next start goes on from the mark.
        """
        if self._whole or self._one_round.locked():
            await self.settled(self._journal.last)
        self._stopping = True
        self._something.set()
        async with self._one_round:
            if self._whole:
                await self._save()

    async def _save(self) -> None:
        states, contacts = self._snapshot()
        sequence, until = self._sequence, self._until

        def save(tables: SystemTables) -> None:
            tables.watch.move(sequence, until)
            tables.watch.save(states, sequence, until)
            tables.watch.save_contacts(contacts)

        await self._operations.write_system(save)

    async def _next_batches(self) -> tuple[StoredBatch, ...]:
        handed = self._handed.take_after(self._sequence, ROUND_BATCHES)
        return handed or await self._journal.read(self._sequence, limit=ROUND_BATCHES)

    async def watch(self, batches: tuple[StoredBatch, ...]) -> None:
        """Take some consecutive batches (or none) all the way to people."""
        async with self._one_round:
            if self._stopping:
                return
            self._whole = False
            await self._watch(batches)
            self._whole = True
        async with self._moved:
            self._moved.notify_all()

    async def _watch(self, batches: tuple[StoredBatch, ...]) -> None:
        oldest, look = self._unsettled(), self._time.look(self._until)
        refreshed = self._watches.stale
        watched: list[Found] = []
        if refreshed:
            watched += await self._watches.refresh(look.now)
        if look.unwatched is not None:
            watched += self._watches.resume(*look.unwatched)
        watched += await self._detect(batches)
        until = self._timers_until(look.until, oldest, batches)
        watched += self._watches.advance(until)
        for method, error in self._watches.take_faults():
            self.faults.note(f"detecting {method}", error)
        work = Round(
            batches=batches,
            watched=tuple(watched),
            book=self._watches.book,
            sequence=batches[-1].sequence if batches else self._sequence,
            until=until,
            now=look.now,
            unwatched=look.unwatched,
        )
        save = refreshed or look.unwatched is not None or self._is_save_due()
        events = await self._commit(work, save=save)
        await self._tell(work, events)

    async def _detect(self, batches: tuple[StoredBatch, ...]) -> tuple[Found, ...]:
        self._contacts.observe(batches)
        live = _live_rows(batches)
        if sum(len(batch.readings) for batch in live) > BIG_ROUND:
            return await asyncio.to_thread(self._watches.observe, live)
        return self._watches.observe(live)

    def _timers_until(
        self, until: Instant, oldest: Instant | None, batches: tuple[StoredBatch, ...]
    ) -> Instant:
        """Say how far the timers may run: never past a reading that still waits its turn."""
        behind = bool(self._handed) or self._journal.last > (
            batches[-1].sequence if batches else self._sequence
        )
        if behind:
            arrived = [
                int(batch.readings.arrived.max()) for batch in batches if len(batch.readings)
            ]
            return Instant(max([self._until, *arrived])) if arrived else self._until
        return Instant(max(self._until, until if oldest is None else min(until, oldest)))

    async def _commit(self, work: Round, *, save: bool) -> tuple[LiveEvent, ...]:
        if work.is_empty() and not save:
            self._until = work.until
            return ()
        snapshot = self._snapshot() if save else None

        def write(tables: SystemTables) -> tuple[LiveEvent, ...]:
            events = write_effects(tables, work, self._ids.new_id, self.faults)
            if snapshot is not None:
                tables.watch.save(snapshot[0], work.sequence, work.until)
                tables.watch.save_contacts(snapshot[1])
            return events

        events = await self._operations.write_system(write)
        self._sequence, self._until = work.sequence, work.until
        return events

    async def _tell(self, work: Round, events: tuple[LiveEvent, ...]) -> None:
        """Tell of readings, municipality by municipality, then of alerts."""
        live = _live_rows(work.batches)
        self._hub.announce(reading_events(live, work.book, work.unusual()))
        if self._announcements is not None:
            for batch in live:
                publish_readings(self._announcements, batch, work.book)
                await asyncio.sleep(0)
        self._hub.announce(events)
        if events and self._deliveries_owed is not None:
            self._deliveries_owed()
        if work.batches:
            self._told.append((work.batches[0].sequence, work.sequence, self._clock.now()))

    def _is_save_due(self) -> bool:
        return self._clock.monotonic() - self._saved_at > SAVE_EVERY

    def _snapshot(self) -> tuple[dict[str, bytes], list[LastContact]]:
        self._saved_at = self._clock.monotonic()
        return self._watches.save(), self._contacts.take_changed()

    # Asking

    async def settled(self, sequence: Sequence) -> None:
        """Wait until ledger, alerts and contacts up to this place can be read, at most 2 s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.0), self._moved:
                await self._moved.wait_for(lambda: self._sequence >= sequence)

    @property
    def contacts(self) -> Mapping[SensorId, LastContact]:
        """What is known of every sensor's device."""
        return self._contacts.known

    @property
    def book(self) -> Book:
        """What is watched now."""
        return self._watches.book

    @property
    def sequence(self) -> Sequence:
        """The last batch that has been watched."""
        return self._sequence

    @property
    def until(self) -> Instant:
        """How far the timers of rules have run; never goes back."""
        return self._until

    def latest(self) -> Instant:
        """Give the latest time that it may be, whatever the clock says.

        One that is a day behind says nothing: the computer may have been off for years.
        """
        behind = self._until > self._clock.now() + DAY
        return Instant(self._until + (LONGEST_OFF if behind else 0))

    def told_at(self, sequence: Sequence) -> Instant | None:
        """Say when screens were told of a batch; known for the last 1,000 rounds of this run."""
        for first, last, at in self._told:
            if first <= sequence <= last:
                return at
        return None

    @property
    def lag(self) -> int:
        """How many durable batches still wait to be watched."""
        return self._journal.last - self._sequence


def _nothing() -> None:
    """Say that no message is on its way."""


def _live_rows(batches: tuple[StoredBatch, ...]) -> tuple[StoredBatch, ...]:
    """Give the batches that came from the field now: imported history raises no alarm."""
    return tuple(batch for batch in batches if batch.door is not Door.IMPORT)


def _load(tables: SystemTables) -> tuple[WatchMark, dict[str, bytes], list[LastContact]]:
    return tables.watch.mark(), tables.watch.load(), tables.watch.contacts()
