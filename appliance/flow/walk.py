"""The walk of a reading: the page to read first.

    device ── door ──▶ intake ─▶ sift ─▶ drop duplicates ─▶ JOURNAL ─▶ ack
                                                               │
                                       history (follow.py) ◀───┴───▶ watcher.py: detect ─▶ rules
                                                                     ─▶ alerts ─▶ live, outbox

Everything before the ack is here. What comes after reads on from the journal, each with its own
cursor, so a crash delays it and loses nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence as Several
from dataclasses import replace
from typing import Protocol

from appliance.domain.errors import StorageFailed, TooMany
from appliance.domain.ids import NOBODY, MunicipalityId, Sequence
from appliance.domain.instant import EARLIEST, Instant
from appliance.domain.readings import (
    CheckedBatch,
    Counts,
    Door,
    Mark,
    RawBatch,
    Readings,
    Rejection,
    StoredBatch,
    all_clear,
)
from appliance.flow.checking import Bounds
from appliance.flow.counting import Count, count
from appliance.flow.describing import Describing
from appliance.flow.faults import Faults
from appliance.flow.intake import BoundedIntake, OnSettled, Waiting
from appliance.flow.lanes import LanesOfDevices
from appliance.flow.seen import Seen
from appliance.flow.sifting import Origins, Sifted, by_origin, sift
from appliance.ports.clock import Clock
from appliance.ports.doors import Settled
from appliance.ports.history import Booleans
from appliance.ports.journal import Journal

View = Callable[[tuple[StoredBatch, ...]], None]
"""Told of what has become durable; must not wait."""


class Lateness(Protocol):
    """Knows from which age on a municipality's readings count as late."""

    def lateness_of(self, municipality: MunicipalityId) -> int:
        """Give it in microseconds."""
        ...


class Walk:
    """Carries messages from the intake into the journal, and answers the doors."""

    def __init__(
        self,
        intake: BoundedIntake,
        journal: Journal,
        seen: Seen,
        lateness: Lateness,
        clock: Clock,
        views: Several[View],
    ) -> None:
        self._intake = intake
        self._journal = journal
        self._seen = seen
        self._lateness = lateness
        self._clock = clock
        self._views = tuple(views)
        self._latest: Callable[[], Instant] = _no_later
        self._one_at_a_time = asyncio.Lock()
        self._lanes = LanesOfDevices()
        self._is_stopping = self._is_over = False
        self._describing = Describing()
        self.faults = Faults(clock)
        self._carried: Instant | None = None
        """When the oldest message came that is under way."""
        self._acknowledged: deque[tuple[Sequence, Sequence, Instant]] = deque(maxlen=1_000)

    def mind(self, latest: Callable[[], Instant]) -> None:
        """Name who knows the latest time that it may be, though the clock say less."""
        self._latest = latest

    async def run(self) -> None:
        """Carry one round after another; the next begins when the last sync has returned."""
        try:
            while True:
                await self.carry(await self._intake.waiting())
        finally:
            self._is_over = True

    async def drain(self) -> None:
        """Wait until everything that came in is on disk and acknowledged.

        Not where `run` has ended, nor where a full disk withholds acks: devices send it again.

        Imports are refused from now on: they would never come to an end.
        """
        self._is_stopping = True
        while not (self._is_over or self._intake.is_held) and (
            self._intake.depth or self._one_at_a_time.locked()
        ):
            async with self._one_at_a_time:
                pass
            await asyncio.sleep(0)

    async def carry(self, waiting: Waiting) -> None:
        """Take what waited all the way to the disk, then acknowledge it.

        Raises StorageFailed when the journal does; every door has then been told not to
        acknowledge.
        """
        self._carried = waiting.parts[0].arrived if waiting.parts else None
        origins = by_origin(waiting.parts)
        sifted = [self._sift(door, batch) for door, batch, _ in origins]
        try:
            async with self._one_at_a_time:
                await self._seen.room()
                counted = await self._without_duplicates(sifted)
                checked = [batch for batch, _ in counted]
                stored = await self._journal.append([*checked, *self._refused(waiting)])
                self._seen.add(stored)
                waiting.kept.set()
        except StorageFailed as problem:
            self._answer_not_kept(waiting, problem)
            raise
        self._acknowledge(waiting, origins, [count for _, count in counted], stored)
        self._acknowledged.append((stored[0].sequence, stored[-1].sequence, self._clock.now()))
        self._tell_views(stored)
        self._carried = None

    def oldest(self) -> Instant | None:
        """Say when the oldest message came that is not in the journal yet."""
        return self._intake.oldest if self._carried is None else self._carried

    def acknowledged_at(self, sequence: Sequence) -> Instant | None:
        """Say when a batch's messages were acknowledged; known for the last 1,000 rounds."""
        return next(
            (at for first, last, at in self._acknowledged if first <= sequence <= last), None
        )

    async def take_checked(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        """Put readings that need no door on disk (imported history), without duplicates.

        The counts of what comes back say how many were there already. Raises TooMany while Weir
        stops.
        """
        if self._is_stopping:
            raise TooMany(what="Weir is stopping; import again: what is there is recognised")
        async with self._one_at_a_time:
            await self._seen.room()
            fresh = await self._fresh(batches)
            stored = await self._journal.append(fresh)
            self._seen.add(stored)
        self._tell_views(stored)
        return stored

    def _sift(self, door: Door, batch: RawBatch) -> Sifted:
        bounds = Bounds(self._lateness.lateness_of(batch.municipality), self._latest())
        sifted = sift(batch, door, bounds, self._lanes)
        for error in sifted.faults:
            self.faults.note("judging a message", error)
        return sifted

    def _described(self, rejections: list[Rejection]) -> tuple[Rejection, ...]:
        may = self._describing.may
        return tuple(r for r in rejections if may(r.at, r.municipality, r.device_id))

    async def _without_duplicates(self, several: list[Sifted]) -> list[tuple[CheckedBatch, Count]]:
        tables = [sifted.readings() for sifted in several]
        repeated = await self._seen.duplicates_among(tables)
        return [
            self._checked(sifted, readings, is_repeated)
            for sifted, readings, is_repeated in zip(several, tables, repeated, strict=True)
        ]

    def _checked(
        self, sifted: Sifted, readings: Readings, repeated: Booleans
    ) -> tuple[CheckedBatch, Count]:
        counted = count(sifted, readings.marks, repeated)
        batch = CheckedBatch(
            municipality=sifted.municipality,
            door=sifted.door,
            readings=readings if all_clear(repeated) else readings.take(~repeated),
            contacts=tuple(sifted.contacts.values()),
            rejections=self._described(sifted.rejections),
            per_message=(counted.total,),
            checked_at=self._clock.now(),
        )
        return batch, counted

    async def _fresh(self, batches: Several[CheckedBatch]) -> list[CheckedBatch]:
        repeated = await self._seen.duplicates_among([batch.readings for batch in batches])
        return [_without(batch, rows) for batch, rows in zip(batches, repeated, strict=True)]

    def _refused(self, waiting: Waiting) -> list[CheckedBatch]:
        """Give refusals their place in the journal, so that they are counted like everything."""
        groups: dict[tuple[MunicipalityId, Door], list[Rejection]] = {}
        counts: dict[tuple[MunicipalityId, Door], Counts] = {}
        for (municipality, door, reason), n in waiting.undescribed.items():
            groups.setdefault((municipality, door), [])
            counts.setdefault((municipality, door), Counts()).add(Counts(rejected={reason: n}))
        for refusal in waiting.refusals:
            origin = (refusal.municipality or NOBODY, refusal.door)
            groups.setdefault(origin, []).append(refusal)
            counts.setdefault(origin, Counts()).add(Counts(rejected={refusal.reason: 1}))
        return [self._account(origin, groups[origin], counts[origin]) for origin in groups]

    def _account(
        self, origin: tuple[MunicipalityId, Door], refusals: list[Rejection], counts: Counts
    ) -> CheckedBatch:
        return CheckedBatch(
            municipality=origin[0],
            door=origin[1],
            readings=Readings.none(),
            contacts=(),
            rejections=tuple(refusals),
            per_message=(counts,),
            checked_at=self._clock.now(),
        )

    def _acknowledge(
        self,
        waiting: Waiting,
        origins: Origins,
        counts: list[Count],
        stored: tuple[StoredBatch, ...],
    ) -> None:
        """Tell each door what became of its messages; those of a connection stay in order."""
        for (_, batch, places), counted, kept in zip(origins, counts, stored, strict=False):
            answers, first = counted.answers(kept.sequence), 0
            for place, part in zip(places, batch.parts, strict=True):
                beyond = first + len(part)
                self._answer(waiting.callbacks[place], answers[first:beyond])
                first = beyond

    def _answer_not_kept(self, waiting: Waiting, problem: StorageFailed) -> None:
        not_kept = Settled(Counts(), self._journal.last, problem=str(problem))
        for part, settled in zip(waiting.parts, waiting.callbacks, strict=True):
            self._answer(settled, [not_kept] * len(part))

    def _answer(self, settled: OnSettled, answers: list[Settled]) -> None:
        """Tell one door; when it fails at that, the others are told all the same."""
        try:
            settled(answers)
        except Exception as error:  # noqa: BLE001 the boundary of faults: see faults.py
            self.faults.note("answering a device", error)

    def _tell_views(self, stored: tuple[StoredBatch, ...]) -> None:
        for view in self._views:
            view(stored)


def _no_later() -> Instant:
    """Say that only the clock knows what time it is."""
    return EARLIEST


def _without(batch: CheckedBatch, repeated: Booleans) -> CheckedBatch:
    """Give a batch without the rows that are known already, and count these as duplicates."""
    counts = batch.counts()
    lost = batch.readings.take(repeated)
    quarantined = int(((lost.marks & Mark.IMPLAUSIBLE) != 0).sum())
    counts.duplicate += len(lost)
    counts.quarantined -= quarantined
    counts.stored -= len(lost) - quarantined
    return replace(batch, readings=batch.readings.take(~repeated), per_message=(counts,))
