"""What is sealed: which Parquet files hold which readings, and their roll-ups.

A `Sealed` makes one promise, on which everything else rests: its files hold every reading of its
municipality with since ≤ time < until from batches up to `through`, and no other. So whether a
reading of the journal is sealed can be told from the reading alone, and a crash at any moment
leaves nothing to guess: what is covered is left out of DuckDB, everything else is in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant, to_datetime


class Kind(StrEnum):
    """What is in a file."""

    READINGS = "readings"
    DOUBTFUL = "doubtful"
    """Quarantined readings: no question sees them, but they were acknowledged, so they are kept."""
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


NEVER: Final = Instant(0)
NOTHING: Final = Sequence(0)
STEP_OF: Final = {Kind.MINUTES: MINUTE, Kind.HOURS: HOUR, Kind.DAYS: DAY}
KIND_OF: Final = {step: kind for kind, step in STEP_OF.items()}


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One Parquet file, which never changes."""

    name: str
    kind: Kind
    rows: int
    size: int
    sha256: str
    first: Instant
    """The earliest time (of a roll-up: start) in it."""
    last: Instant
    """The latest."""
    arrived_first: Instant = NEVER
    """The earliest arrival of a reading in it; 0 in a roll-up."""
    arrived_last: Instant = NEVER

    @property
    def place(self) -> str:
        """Say what it is about: its name without its kind and its hash."""
        return self.name.split(".", 1)[1].rsplit(".", 2)[0]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One municipality's readings of whole days; see above for what it promises.

    Readings that retention has deleted are gone from the files: those before `cut`, of some sensors
    or of all. What they came to is in the roll-ups as long as these are kept.
    """

    municipality: MunicipalityId
    since: Instant
    until: Instant
    epoch: int
    """Which journal `through` is a place of: they are counted."""
    through: Sequence
    files: tuple[SealedFile, ...]
    cut: Instant = NEVER
    damaged: tuple[SealedFile, ...] = ()
    """Files that were part of it and can't be used any more."""

    def file(self, kind: Kind) -> SealedFile | None:
        """Give its file of this kind, if it has one."""
        return next((file for file in self.files if file.kind is kind), None)

    def without(self, names: frozenset[str]) -> "Sealed":
        """Give it without these damaged files, which it remembers."""
        bad = tuple(file for file in self.files if file.name in names)
        if not bad:
            return self
        kept = tuple(file for file in self.files if file.name not in names)
        return replace(self, files=kept, damaged=(*self.damaged, *bad))

    def with_again(self, found: SealedFile) -> "Sealed":
        """Give it with a damaged file that has been put back, as long as it has not changed since."""
        if self.file(found.kind) or found not in self.damaged or found.place != self.place:
            return self
        left = tuple(file for file in self.damaged if file != found)
        return replace(self, files=(*self.files, found), damaged=left)

    @property
    def place(self) -> str:
        """Say what its files are about, as their names do."""
        since, until = (to_datetime(at).strftime("%Y%m%d") for at in (self.since, self.until))
        return f"{self.municipality:012x}.{since}-{until}.{self.epoch}-{self.through}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is sealed, as of one edition. The entries of a municipality never overlap."""

    edition: int = 0
    epoch: int = 1
    resume: Sequence = NOTHING
    """Where a history that is made anew begins: everything up to here is sealed."""
    resume_at: Instant = NEVER
    """When the journal stored that batch."""
    entries: tuple[Sealed, ...] = ()

    def within(
        self, municipality: MunicipalityId, since: Instant, until: Instant
    ) -> tuple[Sealed, ...]:
        """Give what overlaps the range."""
        return tuple(
            sealed
            for sealed in self.entries
            if sealed.municipality == municipality and sealed.since < until and sealed.until > since
        )

    def replacing(self, old: tuple[Sealed, ...], new: tuple[Sealed, ...]) -> "Catalogue":
        """Give the next edition."""
        kept = tuple(sealed for sealed in self.entries if sealed not in old)
        return replace(self, edition=self.edition + 1, entries=(*kept, *new))

    def files(self) -> Iterator[SealedFile]:
        """Give every file."""
        for sealed in self.entries:
            yield from sealed.files

    @property
    def damaged(self) -> tuple[SealedFile, ...]:
        """Give what can't be used."""
        return tuple(file for sealed in self.entries for file in sealed.damaged)
