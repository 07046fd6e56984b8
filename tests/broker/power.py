"""Doors that are stopped in good order or lose their power, and go on with what was kept."""

import contextlib
from dataclasses import dataclass, field
from typing import Self

from broker.options import DoorOptions
from storage.memory.sessions import MemorySessions
from tests.broker.doors import Doors, FakeIntake
from tests.fakes import FixedClock

FREE = DoorOptions(free_topics=("notes/#", "other/#"))


@dataclass
class Power:
    """One machine. `doors` are those that are open now."""

    options: DoorOptions = FREE
    intake: FakeIntake = field(default_factory=FakeIntake)
    store: MemorySessions = field(default_factory=MemorySessions)
    clock: FixedClock = field(default_factory=FixedClock)
    doors: Doors = field(init=False)
    _open: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> Self:
        await self.on()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._open.aclose()

    async def on(self) -> None:
        """Start with what the disk has."""
        self.doors = Doors(self.options, intake=self.intake, clock=self.clock, store=self.store)
        await self._open.enter_async_context(self.doors.open())

    async def restart(self) -> None:
        """Stop in good order, and start."""
        await self._open.aclose()
        await self.on()

    async def cut(self) -> None:
        """Lose whatever is not on disk at this moment, and start."""
        left = self.store.after_a_power_cut()
        self.store.may_write.set()  # what is written from now on, nobody will see
        await self._open.aclose()
        self.store = left
        await self.on()

    @property
    def is_written(self) -> bool:
        inside = self.doors.door._inside
        assert inside is not None
        return inside.record.written == inside.record.noted
