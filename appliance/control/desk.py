"""What a command line's command is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from appliance.domain.access import Actor, Role
from appliance.domain.ids import Sequence, UserId
from appliance.domain.readings import CheckedBatch, StoredBatch
from appliance.domain.work import ShowProgress
from appliance.ports.backups import Backups
from appliance.ports.exporting import Exporter
from appliance.ports.network_files import ReadNetwork
from appliance.services.scrub import Scrub
from appliance.services.world import World

CONSOLE: Final = Actor(UserId(0), "console", Role.SUPER_ADMIN, None)
"""Whoever can read the data folder. The folder belongs to its owner alone."""


class TakeChecked(Protocol):
    """The walk's way in for readings that need no door."""

    async def take_checked(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        """Put them on disk, without duplicates."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that commands work with; made by bootstrap."""

    world: World
    walk: TakeChecked
    read_network: ReadNetwork
    exporter: Exporter
    problems: Callable[[], Awaitable[list["Problem"]]]
    acknowledged_at: Callable[[Sequence], int | None]
    told_at: Callable[[Sequence], int | None]
    scrub: Scrub
    backups: Backups
    scratch: Path
    """Where a command may put files while it works."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with the appliance, and what to do about it."""

    code: str
    severity: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class Order:
    """One command to carry out."""

    command: str
    arguments: Mapping[str, str]
    files: tuple[Path, ...]
    output: Path
    """Where to write what the caller gets as a file."""
    show: ShowProgress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: `text` for a person, `figures` for a program."""

    text: str = ""
    figures: dict[str, object] = field(default_factory=dict)
    notes: str = ""
    """For a person too, beside a `text` that is a file's content."""
    failed: bool = False


Command = Callable[[Desk, Order], Awaitable[Outcome]]
