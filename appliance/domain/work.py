"""Long work: how far it is, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is."""

    what: str
    done: int
    total: int | None = None


ShowProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a file that was not taken, and what to do about it."""

    line: int
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a long piece of work.

    `figures` are counts by name; `refused` holds at most the first 10,000 lines, `figures` counts
    them all.
    """

    summary: str
    figures: dict[str, int] = field(default_factory=dict)
    refused: tuple[RefusedLine, ...] = ()
