"""Live: tells every screen what has been committed, in order, and lets it resume without gaps.

A cursor is (place in the journal, number in the event log). Readings move the first, what people
and rules do to alerts and incidents the second; the hub sends each municipality's events in one
order in which both only grow, so one cursor says exactly what a screen has.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from appliance.domain.errors import TooMany
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.telling import Cursor, LiveEvent

REMEMBERED: Final = 2_000
"""Events kept per municipality for replay and resume."""
MOST_WAITING: Final = 4_000
"""Events a screen may lag behind; beyond that it is cut off and resumes from its cursor."""
MOST_HELD_BACK: Final = 1_000


@dataclass(slots=True)
class _Channel:
    """One municipality's events."""

    recent: deque[LiveEvent] = field(default_factory=deque)
    floor: Cursor = Cursor(Sequence(0), 0)
    """Everything after this is in `recent`."""
    head: Cursor = Cursor(Sequence(0), 0)
    held_back: dict[int, LiveEvent] = field(default_factory=dict)
    """Logged events whose predecessors are committed but not yet announced."""

    def admit(self, event: LiveEvent) -> list[LiveEvent]:
        """Give what may be sent now, in order."""
        if event.type == "sensor_reading":
            return [self._send(replace(event, cursor=self._at(event.cursor.sequence)))]
        if event.cursor.event <= self.head.event:
            return []
        self.held_back[event.cursor.event] = event
        ready = []
        while self.held_back:
            following = self.head.event + 1
            if following not in self.held_back:
                if len(self.held_back) <= MOST_HELD_BACK:
                    break
                following = min(self.held_back)
            due = self.held_back.pop(following)
            self.head = Cursor(self.head.sequence, following)
            ready.append(self._send(replace(due, cursor=self.head)))
        return ready

    def _at(self, sequence: Sequence) -> Cursor:
        self.head = Cursor(Sequence(max(sequence, self.head.sequence)), self.head.event)
        return self.head

    def _send(self, event: LiveEvent) -> LiveEvent:
        self.recent.append(event)
        if len(self.recent) > REMEMBERED:
            self.floor = self.recent.popleft().cursor
        return event

    def since(self, cursor: Cursor) -> tuple[list[LiveEvent], bool]:
        """Give what came after a cursor, and whether that is all of it."""
        complete = cursor.sequence >= self.floor.sequence and cursor.event >= self.floor.event
        missed = [
            event
            for event in self.recent
            if event.cursor.sequence > cursor.sequence or event.cursor.event > cursor.event
        ]
        return missed, complete


class Screen:
    """One live client; implements LiveClient."""

    def __init__(self, hub: "LiveHub", municipality: MunicipalityId | None) -> None:
        self._hub = hub
        self.municipality = municipality
        self._waiting: list[LiveEvent] = []
        self._something = asyncio.Event()
        self._too_slow = False

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

    def __init__(self) -> None:
        self._channels: dict[MunicipalityId, _Channel] = {}
        self._screens: set[Screen] = set()
        self._start = Sequence(0)

    def begin(
        self, start: Sequence, numbers: dict[MunicipalityId, int], recent: list[LiveEvent]
    ) -> None:
        """Start as if these recent events had just been sent.

        `start` is the journal's place before the first of them, `numbers` each municipality's
        event number before the first of its events in `recent`.
        """
        self._start = start
        for municipality, number in numbers.items():
            cursor = Cursor(start, number)
            self._channels[municipality] = _Channel(floor=cursor, head=cursor)
        for event in recent:
            self._channel(event.municipality).admit(event)

    def _channel(self, municipality: MunicipalityId) -> _Channel:
        if municipality not in self._channels:
            cursor = Cursor(self._start, 0)
            self._channels[municipality] = _Channel(floor=cursor, head=cursor)
        return self._channels[municipality]

    def announce(self, events: tuple[LiveEvent, ...]) -> None:
        """Give committed events to every screen that may see them; never blocks."""
        ready = [
            sent for event in events for sent in self._channel(event.municipality).admit(event)
        ]
        if not ready:
            return
        for screen in self._screens:
            mine = (
                ready
                if screen.municipality is None
                else [event for event in ready if event.municipality == screen.municipality]
            )
            if mine:
                screen.push(mine)

    async def join(
        self, municipality: MunicipalityId | None, *, replay: int, since: Cursor | None
    ) -> tuple[Screen, tuple[LiveEvent, ...], bool]:
        """Join one municipality (None: all), with what to replay and whether that is complete."""
        screen = Screen(self, municipality)
        self._screens.add(screen)  # nothing is awaited below: no event can fall in between
        channels = (
            list(self._channels.values()) if municipality is None else [self._channel(municipality)]
        )
        if since is None:
            newest = [event for channel in channels for event in channel.recent]
            newest.sort(key=_order)
            return screen, tuple(newest[len(newest) - min(replay, len(newest)) :]), True
        found = [channel.since(since) for channel in channels]
        missed = sorted((event for events, _ in found for event in events), key=_order)
        return screen, tuple(missed), all(complete for _, complete in found)

    def leave(self, screen: Screen) -> None:
        """Forget a screen."""
        self._screens.discard(screen)

    def head(self, municipality: MunicipalityId) -> Cursor:
        """Give the cursor of a municipality's newest event."""
        return self._channel(municipality).head

    @property
    def screens(self) -> int:
        """How many are connected."""
        return len(self._screens)


def _order(event: LiveEvent) -> tuple[int, int]:
    return event.cursor.sequence, event.cursor.event
