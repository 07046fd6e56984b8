"""The beginning of the walk: a bounded queue in which messages wait for the next group commit."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.readings import Door, RawMessage, RawMessages, Reason, Refusal, Rejection
from appliance.flow.describing import Describing
from appliance.flow.knocks import Knocks
from appliance.ports.disk import DiskState, Roomy
from appliance.ports.doors import Settled

MOST_MESSAGES: Final = 20_000
MOST_BYTES: Final = 64 * 1024 * 1024
ROUND_MESSAGES: Final = 4_096
ROUND_BYTES: Final = 512 * 1024
"""What is judged in one go, in some 10 ms: everything else waits meanwhile."""
MOST_REFUSALS: Final = 10_000
GATHER: Final = 0.05
"""Seconds for which refusals wait for others: who is refused waits for nothing, and a flood of them
must not make as many writes."""
EXCERPT: Final = 200
PATIENCE: Final = 2.0
"""Seconds."""

OnSettled = Callable[[Several[Settled]], None]
Origin = tuple[MunicipalityId, Door, Reason]


@dataclass(slots=True)
class Waiting:
    """What one round of the walk takes along, oldest first."""

    parts: list[RawMessages] = field(default_factory=list)
    callbacks: list[OnSettled] = field(default_factory=list)
    """One for each part."""
    refusals: list[Rejection] = field(default_factory=list)
    undescribed: Counter[Origin] = field(default_factory=Counter)
    """Refusals beyond MOST_REFUSALS in this round, or too many of their kind: only counted."""
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when this round is on disk."""


class BoundedIntake:
    """Keeps messages until the walk fetches them.

    Full means MOST_MESSAGES or MOST_BYTES: `take` then answers False and the door stops reading
    from its peer, so that the devices wait and not this program's memory.
    """

    def __init__(self, disk: DiskState | None = None, knocks: Knocks | None = None) -> None:
        self._knocks = knocks
        self._disk: DiskState = disk or Roomy()
        self._parts: deque[tuple[RawMessages, int, OnSettled]] = deque()
        """With the size in bytes."""
        self._messages = 0
        self._bytes = 0
        self._refusals: list[Rejection] = []
        self._undescribed: Counter[Origin] = Counter()
        self._describing = Describing()
        self._something = asyncio.Event()
        self._next, self._last = asyncio.Event(), asyncio.Event()
        self._last.set()
        self._room = asyncio.Event()
        self._room.set()

    def take(self, message: RawMessage, settled: Callable[[Settled], None]) -> bool:
        """Put one message on the way; False asks the door to read no more until `room`."""
        return self.take_several(message.alone(), lambda answers: settled(answers[0]))

    def take_several(self, messages: RawMessages, settled: OnSettled) -> bool:
        """Put several on the way; False asks the door to read no more until `room`."""
        size = sum(map(len, messages.payloads))
        self._parts.append((messages, size, settled))
        self._messages += len(messages)
        self._bytes += size
        self._something.set()
        if self._messages >= MOST_MESSAGES or self._bytes >= MOST_BYTES:
            self._room.clear()
            return False
        return True

    async def room(self) -> None:
        """Wait until there is room again."""
        await self._room.wait()

    def refuse(
        self, door: Door, refusal: Refusal, *, at: Instant, detail: str, excerpt: str = ""
    ) -> None:
        """Have a refusal counted for whose device it is, or for nobody; remember who knocked."""
        if refusal.reason is Reason.UNKNOWN_DEVICE and self._knocks is not None:
            self._knocks.note(door, refusal, at, excerpt)
        for municipality in refusal.municipalities or (NOBODY,):
            may = self._describing.may(at, municipality, refusal.device_id)
            if not may or len(self._refusals) >= MOST_REFUSALS:
                self._undescribed[municipality, door, refusal.reason] += 1
                continue
            self._refusals.append(
                Rejection(
                    municipality,
                    refusal.device_id,
                    at,
                    door,
                    refusal.reason,
                    detail,
                    excerpt[:EXCERPT],
                )
            )
        asyncio.get_running_loop().call_later(GATHER, self._something.set)

    async def refusals_kept(self) -> None:
        """Wait until every refusal of before this call is on disk, at most PATIENCE."""
        kept = self._next if self._refusals or self._undescribed else self._last
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await kept.wait()

    async def waiting(self) -> Waiting:
        """Wait for something, then give about ROUND_MESSAGES or ROUND_BYTES of what waits."""
        while not (self._something.is_set() and self.depth):
            self._something.clear()
            await self._something.wait()
        await self._disk.open()  # while acks are withheld, everything stays where it is
        found = Waiting(refusals=self._refusals, undescribed=self._undescribed, kept=self._next)
        self._refusals, self._undescribed = [], Counter()
        self._last, self._next = self._next, asyncio.Event()
        self._fill(found)
        if not self._parts:
            self._something.clear()
        if self._messages < MOST_MESSAGES // 2 and self._bytes < MOST_BYTES // 2:
            self._room.set()
        return found

    def _fill(self, found: Waiting) -> None:
        messages, size = 0, 0
        while self._parts and messages < ROUND_MESSAGES and size < ROUND_BYTES:
            part, part_size, settled = self._parts.popleft()
            messages += len(part)
            size += part_size
            found.parts.append(part)
            found.callbacks.append(settled)
        self._messages -= messages
        self._bytes -= size

    @property
    def refuses_unacknowledged(self) -> bool:
        """Whether a message for whose ack nobody waits (QoS 0) is refused: the disk is filling."""
        return self._disk.refuses_uploads

    @property
    def is_held(self) -> bool:
        """Whether nothing leaves here until there is room on the disk."""
        return self._disk.withholds_acks

    @property
    def oldest(self) -> Instant | None:
        """When the message came that waits for longest."""
        return self._parts[0][0].arrived if self._parts else None

    @property
    def depth(self) -> int:
        """How many messages and refusals wait."""
        return self._messages + len(self._refusals) + self._undescribed.total()
