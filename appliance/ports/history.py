"""History: readings by sensor and time. Derived from the journal, rebuilt when lost."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.domain.ids import MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import Floats, Ints, Readings, StoredBatch

Booleans = NDArray[np.bool_]
NOTHING: Final = Sequence(0)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One sensor's values in time buckets, SI; every array has shape (m,), m ≤ points asked for.

    Empty buckets are left out; `starts` are within the range. `minima` and `maxima` keep every
    peak.
    """

    starts: Ints
    minima: Floats
    means: Floats
    maxima: Floats
    counts: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rollup:
    """Several sensors' values in steps of equal width, SI; every array has shape (m,).

    Ordered by sensor and start; steps without readings are left out.
    """

    sensors: Ints
    starts: Ints
    counts: Ints
    minima: Floats
    means: Floats
    maxima: Floats
    lasts: Floats
    """The value of the newest reading of the step."""
    last_times: Ints
    """Its time."""


@dataclass(frozen=True, slots=True, eq=False)
class Latest:
    """The newest reading of each sensor, ordered by sensor; every array has shape (m,)."""

    sensors: Ints
    times: Ints
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Readings with the journal's sequence of each, shape (n,)."""

    readings: Readings
    sequences: Ints


@dataclass(frozen=True, slots=True)
class Limits:
    """Nothing before these instants is kept. A roll-up's step is kept or deleted as a whole."""

    readings: Instant
    minutes: Instant
    hours: Instant
    days: Instant


@dataclass(frozen=True, slots=True, eq=False)
class Keep:
    """What retention leaves of one municipality; every array has shape (n,)."""

    sensors: Ints
    """Those with limits of their own."""
    readings: Ints
    minutes: Ints
    hours: Ints
    days: Ints
    """Limits of these sensors, each a midnight (UTC)."""
    others: Limits
    """Those of all other sensors, midnights too."""


class MunicipalHistory(Protocol):
    """One municipality's readings. No query here can reach another's."""

    async def newest(
        self,
        sensor: SensorId,
        *,
        since: Instant,
        until: Instant,
        limit: int,
        offset: int = 0,
    ) -> Readings:
        """Give readings with since ≤ time < until, newest first."""
        ...

    async def count(self, sensor: SensorId, *, since: Instant, until: Instant) -> int:
        """Count readings with since ≤ time < until."""
        ...

    async def series(
        self, sensor: SensorId, *, since: Instant, until: Instant, points: int
    ) -> Series:
        """Give the range in at most `points` buckets that keep every peak.

        They are divided by `appliance.domain.buckets`: all of one width, but that the first one
        may begin with the range.
        """
        ...

    async def rollup(
        self, sensors: Ints | None, *, since: Instant, until: Instant, step: int
    ) -> Rollup:
        """Give these sensors (None: all) in steps of `step`, one of `buckets.STEPS`.

        `since` and `until` are whole multiples of it. It costs by what is given, not by how many
        readings there are.
        """
        ...

    async def latest(self) -> Latest:
        """Give the newest reading of every sensor that has one, without looking at all readings."""
        ...

    async def placed(self, sensors: Ints | None, *, since: Instant, until: Instant) -> Placed:
        """Give readings of these sensors (None: all) with since ≤ arrived < until, by sequence.

        For replay and learning: within a sequence in the order in which they came.
        """
        ...

    async def find(self, sensor: SensorId, time: Instant) -> Placed:
        """Give the one reading of this sensor and time, or none."""
        ...

    async def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        """Count readings for each UTC day (its first instant) in the range."""
        ...

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> "Chunks":
        """Give all readings of the range ordered by sensor and time, a chunk at a time."""
        ...


class Chunks(Protocol):
    """An async iterator of readings."""

    def __aiter__(self) -> "Chunks":
        """Give itself."""
        ...

    async def __anext__(self) -> Readings:
        """Give the next chunk; StopAsyncIteration at the end."""
        ...


class OpenHistory(Protocol):
    """What who asks for readings needs of history: to open it, and to know how far it has come."""

    def of(self, municipality: MunicipalityId) -> MunicipalHistory:
        """Open one municipality's history."""
        ...

    async def settled(self, sequence: Sequence) -> None:
        """Wait until everything up to this place can be queried, at most 2 s."""
        ...

    @property
    def applied(self) -> Sequence:
        """The cursor: the last batch that is in."""
        ...


class History(OpenHistory, Protocol):
    """All municipalities' readings, one municipality at a time."""

    async def apply(self, batches: tuple[StoredBatch, ...]) -> None:
        """Add the trusted readings of consecutive batches and move the cursor, atomically.

        Batches at or before the cursor are passed over, so applying twice changes nothing.
        Raises StorageFailed, and nothing is applied, when a batch is missing between.
        """
        ...

    async def known(self, sensors: Ints, times: Ints) -> Booleans:
        """Say for each (sensor, time) whether it is here; same shape.

        Sensor ids are unique over all municipalities, so that intake asks once for all.
        """
        ...

    @property
    def applied_at(self) -> Instant:
        """When the journal stored that batch, 0 before the first: tells one journal from another."""
        ...

    async def begin_again(self, after: Sequence = NOTHING) -> None:
        """Follow another journal, from behind this place: forget what is not sealed.

        Sealed readings stay. One that the other journal brings again is left out.
        """
        ...

    async def tidy(self, now: Instant) -> None:
        """Seal closed days (UTC) and roll them up, where enough has come; no answer changes.

        Reading and applying go on meanwhile. To be called every few minutes. Raises StorageFailed,
        and what was not finished stays to be done.
        """
        ...

    async def secured(self) -> Sequence:
        """Say up to where everything is sealed: the journal is not needed for it any more."""
        ...

    async def begin_after(self, batch: StoredBatch) -> None:
        """Note durably that a history made anew goes on behind this batch.

        It must not lie behind `secured`. Then the journal may forget what is before it.
        """
        ...

    async def expire(self, municipality: MunicipalityId, keep: Keep) -> int:
        """Delete what is too old, for good, and give the bytes that came back.

        Readings that go are rolled up before, as far as the roll-up is kept longer. What is not
        sealed yet stays until it is. A crash in between leaves some of it for the next time.
        """
        ...
