"""Copies of readings and alerts for MQTT subscribers: queued, bounded, fanned out in small turns."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import MunicipalityId
from broker.engine.hub import Hub
from broker.topics import Walls

_TURN: Final = 100
"""Copies after which everything else gets its turn."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What subscribers of one municipality may hear."""

    municipality: MunicipalityId
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Copies:
    """The queue before the engine. Full drops the oldest copy and counts it."""

    def __init__(self, hub: Hub, most: int) -> None:
        self._hub = hub
        self._most = most
        self._waiting: deque[Copy] = deque()
        self._some = asyncio.Event()

    def wants(self, municipality: MunicipalityId) -> bool:
        """Say whether anybody of this municipality is subscribed at all."""
        return self._hub.somebody_listens and self._hub.is_heard(Walls(municipality).prefix)

    def offer(self, copy: Copy) -> None:
        """Take a copy; what is to be retained is retained at once, whoever listens."""
        if copy.retain:
            inside = Walls(copy.municipality).inside(copy.topic)
            self._hub.retain(inside, copy.payload, copy.qos)
        if not self.wants(copy.municipality):
            return
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            self._hub.losses.queue_full += 1
        self._waiting.append(copy)
        self._some.set()

    async def run(self) -> None:
        """Fan out what waits, until cancelled."""
        while True:
            await self._some.wait()
            for _ in range(min(_TURN, len(self._waiting))):
                copy = self._waiting.popleft()
                inside = Walls(copy.municipality).inside(copy.topic)
                self._hub.fan_out(inside, copy.payload, copy.qos)
            if not self._waiting:
                self._some.clear()
            await asyncio.sleep(0)
