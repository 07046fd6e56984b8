"""A check: looks at one thing, and says what is wrong with it and what to do."""

from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Several
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.domain.instant import Instant
from appliance.domain.people import Municipality
from appliance.flow.faults import Fault
from appliance.ports.journal import Journal
from appliance.ports.operations import SystemTables
from appliance.ports.scrub import Flaw
from appliance.services.world import World

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that is wrong; gone when its check no longer gives it."""

    code: str
    severity: Severity
    what: str
    hint: str


def _none() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What checks look at."""

    world: World
    folder: Path
    listens_beyond_loopback: bool
    mail_server: str
    watched: Callable[[], int]
    """The place in the journal up to which detection has come."""
    watched_until: Callable[[], int] = int
    """How far the timers of rules have run; this time only goes forward."""
    faults: Callable[[], list[Fault]] = list
    """Weir's own faults that were passed over."""
    flaws: Callable[[], Several[Flaw]] = tuple
    """Damage that a start or the scrub has found."""
    audit_wrongs: Callable[[], Several[str]] = tuple
    """What the last proof of the audit log has found."""

    backups_in: Path | None = None
    """Where backups are made every night; None where none are."""
    newest_backup: Callable[[], Instant | None] = _none
    """When the newest of them was made; reads a folder."""

    @property
    def journal(self) -> Journal:
        """The journal."""
        return self.world.journal


Check = Callable[[Surroundings], Awaitable[list[Issue]]]


def in_earnest(tables: SystemTables) -> list[Municipality]:
    """Give the municipalities that are no demo: what is missing in a demo is nobody's trouble."""
    return [municipality for municipality in tables.municipalities() if not municipality.demo]
