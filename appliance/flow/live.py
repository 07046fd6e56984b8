"""Live: tells every screen what has been committed, in order, and lets it resume without gaps.

A cursor is (place in the journal, number in the event log). Readings move the first, what people
and rules do to alerts and incidents the second; the hub sends each municipality's events in one
order in which both only grow, so one cursor says exactly what a screen has.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, groupby, repeat
from typing import Final

from appliance.domain.enclave import enclave_of
from appliance.domain.errors import TooMany
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.telling import Cursor, LiveEvent
from appliance.flow.horizon import Horizon

REMEMBERED: Final = 2_000
"""Events kept per municipality for replay and resume."""
MOST_WAITING: Final = 4_000
"""Events a screen may lag behind; beyond that it is cut off and resumes from its cursor."""
MOST_HELD_BACK: Final = 1_000


Relay = Callable[[tuple[LiveEvent, ...]], None]

Horizons = Callable[[MunicipalityId], Horizon]


def _nowhere(_: MunicipalityId) -> Horizon:
    """See nothing: for a hub that knows of no zones."""
    return Horizon(frozenset(), frozenset(), ())


_NOWHERE: Final = Cursor(Sequence(0), 0)


@dataclass(slots=True)
class _Channel:
    """One municipality's events.

    An event's cursor is what its screen has once it has this event. Readings of one place in the
    journal are one thing, so all but the last of them carry the place before: a screen that saw
    only some gets all of them again, never a gap.
    """

    recent: deque[tuple[Sequence, LiveEvent]] = field(default_factory=deque)
    """With each event's own place in the journal."""
    floor: Cursor = _NOWHERE
    """Everything after this is in `recent`."""
    head: Cursor = _NOWHERE
    held_back: dict[int, LiveEvent] = field(default_factory=dict)
    """Logged events whose predecessors are committed but not yet announced."""

    def admit_batch(self, readings: list[LiveEvent]) -> list[LiveEvent]:
        """Give the readings of one batch as they are sent."""
        place, before = readings[0].cursor.sequence, self.head
        self.head = Cursor(Sequence(max(place, before.sequence)), before.event)
        cursors = chain(repeat(before, len(readings) - 1), (self.head,))
        sent = [_with(one, cursor) for one, cursor in zip(readings, cursors, strict=True)]
        self._remember(place, sent)
        return sent

    def admit_logged(self, events: list[LiveEvent]) -> list[LiveEvent]:
        """Give what may be sent now of events that have a number, in order."""
        for event in events:
            if event.cursor.event > self.head.event:
                self.held_back[event.cursor.event] = event
        return self._release()

    def _release(self) -> list[LiveEvent]:
        ready: list[LiveEvent] = []
        while self.held_back:
            following = self.head.event + 1
            if following not in self.held_back:
                if len(self.held_back) <= MOST_HELD_BACK:
                    break
                following = min(self.held_back)
            self.head = Cursor(self.head.sequence, following)
            sent = _with(self.held_back.pop(following), self.head)
            self._remember(self.head.sequence, [sent])
            ready.append(sent)
        return ready

    def _remember(self, place: Sequence, sent: list[LiveEvent]) -> None:
        self.recent.extend((place, event) for event in sent)
        gone: tuple[Sequence, LiveEvent] | None = None
        while len(self.recent) > REMEMBERED:
            gone = self.recent.popleft()
        if gone is not None:
            reached = max(gone[0], self.floor.sequence)
            self.floor = Cursor(Sequence(reached), gone[1].cursor.event)

    def since(self, cursor: Cursor, replay: int) -> tuple[list[LiveEvent], bool]:
        """Give what came after a cursor, and whether that is all of it.

        A cursor that lies ahead is of another time, before a backup was put back: for such a
        screen the newest events are replayed, and it must fetch afresh.
        """
        if cursor.sequence > self.head.sequence or cursor.event > self.head.event:
            newest = [event for _, event in self.recent]
            return newest[max(0, len(newest) - replay) :], False
        complete = cursor.sequence >= self.floor.sequence and cursor.event >= self.floor.event
        missed = [
            event
            for place, event in self.recent
            if (
                place > cursor.sequence
                if event.type == "sensor_reading"
                else event.cursor.event > cursor.event
            )
        ]
        return missed, complete


def _with(event: LiveEvent, cursor: Cursor) -> LiveEvent:
    return LiveEvent(event.municipality, event.type, event.data, cursor)


def _kin(event: LiveEvent) -> tuple[MunicipalityId, Sequence | None]:
    """Tell readings of different batches apart, and from events that have a number."""
    is_reading = event.type == "sensor_reading"
    return event.municipality, event.cursor.sequence if is_reading else None


class Screen:
    """One live client; implements LiveClient."""

    def __init__(
        self, hub: "LiveHub", municipality: MunicipalityId | None, horizons: Horizons
    ) -> None:
        self._hub = hub
        self.municipality = municipality
        self._enclave = enclave_of(municipality)
        self._horizons = horizons
        self._waiting: list[LiveEvent] = []
        self._something = asyncio.Event()
        self._too_slow = False
        self.joined = None if municipality is None else hub.head(municipality)

    def seen(self, events: Iterable[LiveEvent]) -> list[LiveEvent]:
        """Give those of its municipality that lie within its zones, where it is limited to some."""
        mine = [event for event in events if event.municipality == self.municipality]
        enclave = self._enclave
        if enclave is None:
            return mine
        horizon = self._horizons(MunicipalityId(enclave))
        return [event for event in mine if horizon.shows(event, enclave)]

    def push(self, events: list[LiveEvent]) -> None:
        """Queue events; a screen that lags more than MOST_WAITING is cut off instead."""
        if len(self._waiting) + len(events) > MOST_WAITING:
            self._too_slow = True
            self._waiting.clear()
        elif not self._too_slow:
            self._waiting.extend(events)
        self._something.set()

    async def next(self) -> tuple[LiveEvent, ...]:
        """Wait for events and give all that wait; TooMany when this screen was too slow."""
        await self._something.wait()
        if self._too_slow:
            raise TooMany(what="this screen was too slow; it resumes from where it was")
        events, self._waiting = tuple(self._waiting), []
        self._something.clear()
        return events

    def close(self) -> None:
        """Leave."""
        self._hub.leave(self)


class LiveHub:
    """Implements ports.live.Live."""

    def __init__(self, horizons: Horizons = _nowhere) -> None:
        self._horizons = horizons
        self._channels: dict[MunicipalityId, _Channel] = {}
        self._screens: set[Screen] = set()
        self._start = Sequence(0)
        self._relay: Relay | None = None

    def connect(self, relay: Relay) -> None:
        """Name who else is told of every event, in the same order; it must not wait."""
        self._relay = relay

    def begin(
        self,
        start: Sequence,
        numbers: dict[MunicipalityId, int],
        recent: list[LiveEvent],
        end: Sequence,
    ) -> None:
        """Start as if these recent events had just been sent.

        `start` is the journal's place before the first of them, `numbers` each municipality's
        event number before the first of its events in `recent`, `end` the last place of which
        anything can have been sent.
        """
        self._start = start
        for municipality, number in numbers.items():
            cursor = Cursor(start, number)
            self._channels[municipality] = _Channel(floor=cursor, head=cursor)
        self._admit(tuple(recent))
        for channel in self._channels.values():
            channel.head = Cursor(max(channel.head.sequence, end), channel.head.event)

    def _channel(self, municipality: MunicipalityId) -> _Channel:
        if municipality not in self._channels:
            cursor = Cursor(self._start, 0)
            self._channels[municipality] = _Channel(floor=cursor, head=cursor)
        return self._channels[municipality]

    def announce(self, events: tuple[LiveEvent, ...]) -> None:
        """Give committed events to every screen that may see them; never blocks."""
        ready = self._admit(events)
        if not ready:
            return
        if self._relay is not None:
            self._relay(tuple(ready))
        for screen in self._screens:
            mine = ready if screen.municipality is None else screen.seen(ready)
            if mine:
                screen.push(mine)

    def _admit(self, events: tuple[LiveEvent, ...]) -> list[LiveEvent]:
        ready: list[LiveEvent] = []
        for (municipality, batch), several in groupby(events, _kin):
            channel = self._channel(municipality)
            admit = channel.admit_logged if batch is None else channel.admit_batch
            ready += admit(list(several))
        return ready

    async def join(
        self, municipality: MunicipalityId | None, *, replay: int, since: Cursor | None
    ) -> tuple[Screen, tuple[LiveEvent, ...], bool]:
        """Join one municipality (None: all), with what to replay and whether that is complete."""
        screen = Screen(self, municipality, self._horizons)
        self._screens.add(screen)  # nothing is awaited below: no event can fall in between
        channels = (
            list(self._channels.values()) if municipality is None else [self._channel(municipality)]
        )
        if since is None or municipality is None:
            # A cursor counts one municipality's events: for all of them it says too little.
            newest = [kept for channel in channels for kept in channel.recent]
            newest.sort(key=lambda kept: kept[0])
            known = [event for _, event in newest]
            known = known if municipality is None else screen.seen(known)
            return screen, tuple(known[len(known) - min(replay, len(known)) :]), since is None
        missed, complete = channels[0].since(since, replay)
        return screen, tuple(screen.seen(missed)), complete

    def leave(self, screen: Screen) -> None:
        """Forget a screen."""
        self._screens.discard(screen)

    def head(self, municipality: MunicipalityId) -> Cursor:
        """Give the cursor of a municipality's newest event."""
        return self._channel(municipality).head

    def told(self, municipality: MunicipalityId) -> int:
        """Give the number up to which a municipality's logged events have been told."""
        channel = self._channels.get(municipality)
        return channel.head.event if channel is not None else 0

    @property
    def screens(self) -> int:
        """How many are connected."""
        return len(self._screens)
