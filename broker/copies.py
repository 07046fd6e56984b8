"""Copies of readings and alerts for MQTT subscribers: queued, bounded, fanned out in small turns."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import MunicipalityId
from broker.engine.hub import Hub
from broker.engine.record import Ticket
from broker.topics import Walls

_TURN: Final = 0.005
"""Seconds after which everything else gets its turn."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What subscribers of one municipality may hear."""

    municipality: MunicipalityId
    topic: str
    payload: bytes
    qos: int
    retain: bool


Then = Callable[[Ticket], None]
"""Called in the turn in which a copy was fanned out: what lasts of it is on disk with the ticket."""


def _nothing_then(_: Ticket) -> None:
    """Do nothing."""


class Copies:
    """The queue before the engine. Full drops the oldest copy and counts it."""

    def __init__(self, hub: Hub, most: int) -> None:
        self._hub = hub
        self._most = most
        self._waiting: deque[tuple[Copy, Ticket, Then]] = deque()
        self._some = asyncio.Event()

    def wants(self, municipality: MunicipalityId) -> bool:
        """Say whether anybody of this municipality is subscribed at all."""
        return self._hub.somebody_listens and self._hub.is_heard(Walls(municipality).prefix)

    def offer(self, copy: Copy, then: Then = _nothing_then) -> None:
        """Take a copy; what is to be retained is retained at once, whoever listens."""
        before = self._hub.record.noted
        if copy.retain:
            inside = Walls(copy.municipality).inside(copy.topic)
            self._hub.retain(inside, copy.payload, copy.qos)
        ticket = self._hub.record.since(before)
        if not self.wants(copy.municipality):
            then(ticket)
            return
        if len(self._waiting) >= self._most:
            _, earlier, its_then = self._waiting.popleft()
            self._hub.losses.queue_full += 1
            its_then(earlier)
        self._waiting.append((copy, ticket, then))
        self._some.set()

    async def run(self) -> None:
        """Fan out what waits, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            until = loop.time() + _TURN
            while self._waiting and loop.time() < until:
                self._fan_out(*self._waiting.popleft())
                if self._hub.record.is_full:
                    await self._hub.record.room()
            if not self._waiting:
                self._some.clear()
            await asyncio.sleep(0)

    def _fan_out(self, copy: Copy, ticket: Ticket, then: Then) -> None:
        before = self._hub.record.noted
        inside = Walls(copy.municipality).inside(copy.topic)
        self._hub.fan_out(inside, copy.payload, copy.qos)
        then(self._hub.record.since(before) or ticket)
