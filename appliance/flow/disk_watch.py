"""Watches the disk fill up, and does about it what each level asks for.

    80 %  warns         health/disk_space.py tells it
    90 %  gives up      what is derived gives its room back; history is put in order no more
    95 %  refuses       QoS 0 readings (counted), uploads and imports
    97 %  withholds     no ack leaves: intake.py waits for `open`; the ballast is released

All of it ends by itself when there is room again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence as Several
from typing import Final

from appliance.domain.disk import (
    MIB,
    Pressure,
    Usage,
    Watermarks,
    books_need,
    percent_used,
    usual_ballast,
)
from appliance.domain.errors import StorageFailed
from appliance.ports.clock import Clock
from appliance.ports.disk import Derived, Volume

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0
"""Seconds between looks."""
FRESH: Final = 0.02
"""Seconds for which a look is good enough for a round of the walk: who fills the disk at once is
noticed before the next write, not a second later."""
BALLAST_AFTER: Final = 10.0
"""Seconds after the start: a command that is done in a moment makes none."""
GIVE_UP_EVERY: Final = 600.0
"""Seconds until what is derived is asked again for room, while it stays short."""

_SAYS: Final = {
    Pressure.NONE: "there is room again",
    Pressure.WARNS: "make room soon",
    Pressure.GIVES_UP_DERIVED: "what can be made again gives its room back",
    Pressure.REFUSES: "QoS 0 readings, uploads and imports are refused",
    Pressure.WITHHOLDS: "nothing is acknowledged: devices keep their data until there is room",
}


class DiskWatch:
    """Implements DiskState. `start` looks once; both `run…` go on until cancelled."""

    def __init__(
        self,
        volume: Volume,
        clock: Clock,
        marks: Watermarks,
        *,
        ballast: int | None = None,
        derived: Several[Derived] = (),
    ) -> None:
        self._volume = volume
        self._clock = clock
        self.marks = marks
        self._wanted_ballast = ballast
        self._derived = tuple(derived)
        self._level = Pressure.NONE
        self._usage = Usage(0, 0)
        self._looked = float("-inf")
        self._gave_up = float("-inf")
        self._books_fit = True
        self._open, self._books = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._books.set()
        self._problem = ""

    # What is asked

    @property
    def level(self) -> Pressure:
        return self._level

    @property
    def usage(self) -> Usage:
        return self._usage

    @property
    def lacking(self) -> int:
        return self.marks.lacking(self._level, self._usage) if self._level else 0

    @property
    def refuses_uploads(self) -> bool:
        return self._level >= Pressure.REFUSES

    @property
    def withholds_acks(self) -> bool:
        return self._level >= Pressure.WITHHOLDS

    @property
    def books_fit(self) -> bool:
        """Whether there is room for what Weir itself must note, and to open its stores."""
        return self._books_fit

    async def open(self) -> None:
        if self._clock.monotonic() - self._looked > FRESH:
            self.look()
        await self._open.wait()

    async def room_for_books(self) -> None:
        if self._clock.monotonic() - self._looked > FRESH:
            self.look()
        await self._books.wait()

    # Looking

    async def start(self) -> None:
        """Look before anything is opened."""
        self.look()

    async def run(self) -> None:
        """Look every second, and make the ballast when there is room for it."""
        ballast_from = self._clock.monotonic() + BALLAST_AFTER
        while True:
            self.look()
            if self._clock.monotonic() >= ballast_from:
                await self._keep_ballast()
            await asyncio.sleep(LOOK_EVERY)

    async def run_giving_up(self) -> None:
        """Have what is derived give its room back while it is short; needs the stores open."""
        while True:
            await self._give_up()
            await asyncio.sleep(LOOK_EVERY)

    def look(self) -> None:
        """Look now: the level, the gates and the ballast's release follow at once."""
        self._looked = self._clock.monotonic()
        try:
            usage, ballast = self._volume.usage(), self._volume.ballast()
            self._usage = Usage(usage.total, usage.free + ballast)
            self._enter(self.marks.level(self._usage, self._level))
            if ballast and self.withholds_acks:
                self._volume.release_ballast()
                usage = self._usage
        except OSError as error:
            self._note(f"it can't be asked how full it is ({error.strerror})")
            return
        self._note("")
        self._books_fit = self._fit(usage)
        _put(self._open, is_set=not self.withholds_acks)
        _put(self._books, is_set=self._books_fit)

    def _fit(self, usage: Usage) -> bool:
        needed = books_need(usage.total)
        return usage.free >= (needed if self._books_fit else needed * 3 // 2)

    def _enter(self, level: Pressure) -> None:
        before, self._level = self._level, level
        if level == before:
            return
        say = _log.warning if level > before else _log.info
        say(
            "the disk is %.1f %% full, %d MiB are left: %s",
            percent_used(self._usage),
            self._usage.free // MIB,
            _SAYS[level],
        )
        if level < Pressure.GIVES_UP_DERIVED:
            self._gave_up = float("-inf")

    def _note(self, problem: str) -> None:
        """Report a change of what can't be done, once."""
        if problem and problem != self._problem:
            _log.warning("the disk: %s", problem)
        self._problem = problem

    # Acting

    async def _keep_ballast(self) -> None:
        wanted = self._wanted_ballast
        size = usual_ballast(self._usage.total) if wanted is None else wanted
        if not size:
            self._volume.release_ballast()
        if self._level >= Pressure.REFUSES or self._volume.ballast() >= size:
            return
        # It must leave more room than the level above which it is released.
        if self._usage.free < size + self.marks.needed(Pressure.REFUSES, self._usage.total):
            return
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._volume.make_ballast, size)

    async def _give_up(self) -> None:
        now = self._clock.monotonic()
        if self._level < Pressure.GIVES_UP_DERIVED or now - self._gave_up < GIVE_UP_EVERY:
            return
        self._gave_up = now
        free = self._usage.free
        for derived in self._derived:
            try:
                await derived.give_room_back()
            except (StorageFailed, OSError) as error:
                _log.warning("something derived did not give its room back: %s", error)
        self.look()
        _log.info("what is derived gave back %d MiB", max(0, self._usage.free - free) // MIB)


def _put(event: asyncio.Event, *, is_set: bool) -> None:
    if is_set:
        event.set()
    else:
        event.clear()
