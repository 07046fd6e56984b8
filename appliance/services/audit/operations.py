"""The operations database for people: every change with its line, every look across with its own."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from appliance.domain.audit import (
    BEGINNING,
    AuditLine,
    Author,
    AuthorKind,
    Draft,
    Head,
    Outcome,
    Thing,
    clean,
    hash_of,
    link,
)
from appliance.domain.audit import LONGEST_DETAILS as LONGEST
from appliance.domain.audit_actions import Action
from appliance.domain.audit_details import details_text
from appliance.domain.errors import NotFound, StorageFailed
from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.domain.instant import Instant
from appliance.ports.audit import Heads, Seal
from appliance.ports.clock import Clock
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.tables import Tables
from appliance.services.audit.counted_lines import CountedLines
from appliance.services.audit.recording import author
from appliance.services.audit.tables import Book, RecordedSystem, Watched

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)

LOOKS_TOGETHER: Final = 600.0
"""Seconds in which looks of one person at one kind of thing of one municipality are one line, or two:
the first look, and how many there were."""
MOST_LOOKS: Final = 2_000
REFUSALS_TOGETHER: Final = 60.0
MOST_REFUSED: Final = 20
"""Sorts of refusals (by address and person) in a minute that have lines of their own."""
LOOK_EVERY: Final = 1.0
WAITING: Final = 200
"""Lines that may wait to be written; more are dropped, and the log says so."""


class RecordedOperations:
    """The port's Operations, over another; also writes what is counted (`refused`, looks)."""

    def __init__(self, operations: Operations, seal: Seal, heads: Heads, clock: Clock) -> None:
        self._operations = operations
        self._seal = seal
        self._heads = heads
        self._clock = clock
        others = Draft(action=Action.LOOKED, on=Thing("others"))
        self._looks = CountedLines(clock, LOOKS_TOGETHER, MOST_LOOKS, others)
        refused = Draft(
            action=Action.REFUSED,
            outcome=Outcome.REFUSED,
            who=Author(AuthorKind.NOBODY, 0, "", "(several)"),
        )
        self._refusals = CountedLines(clock, REFUSALS_TOGETHER, MOST_REFUSED, refused)
        self._waiting: list[Draft] = []
        self._noting = asyncio.Lock()

    async def read(self, municipality: MunicipalityId, query: Callable[[Tables], T]) -> T:
        return await self.read_system(lambda system: query(system.of(municipality)))

    async def write(self, municipality: MunicipalityId, change: Callable[[Tables], T]) -> T:
        return await self.write_system(lambda system: change(system.of(municipality)))

    async def read_system(self, query: Callable[[SystemTables], T]) -> T:
        who = author()
        if not who.looks_in:
            return await self._operations.read_system(query)
        looked_into: set[MunicipalityId] = set()

        def watched(system: SystemTables) -> T:
            return query(cast("SystemTables", Watched(system, looked_into)))

        result = await self._operations.read_system(watched)
        await self.looked(who, looked_into)
        return result

    async def write_system(self, change: Callable[[SystemTables], T]) -> T:
        who = author()
        heads: list[Head] = []

        def recorded(system: SystemTables) -> T:
            book = Book(who)
            result = change(cast("SystemTables", RecordedSystem(system, book)))
            heads[:] = self._append(system, book.drafts)
            return result

        result = await self._operations.write_system(recorded)
        await self._note(heads)
        return result

    async def version(self) -> int:
        return await self._operations.version()

    async def setup_version(self) -> int:
        return await self._operations.setup_version()

    def _append(self, system: SystemTables, drafts: Iterable[Draft]) -> list[Head]:
        """Write lines at the ends of their chains, in this transaction."""
        chains: dict[MunicipalityId, list[Draft]] = {}
        for draft in drafts:
            chains.setdefault(draft.municipality, []).append(draft)
        now = self._clock.now()
        heads = []
        for municipality, several in chains.items():
            tables = system.nobody() if municipality == NOBODY else system.of(municipality)
            last = tables.audit.last()
            lines = []
            for draft in several:
                last = sealed(draft, last, now, self._seal)
                lines.append(last)
            tables.audit.add(lines)
            if last is not None:
                heads.append(Head(municipality, last.number, last.hash))
        return heads

    async def _note(self, heads: list[Head]) -> None:
        """Note how far the chains have come, in the order of the commits; not on the loop."""
        if heads:
            async with self._noting:
                await asyncio.to_thread(self._heads.keep, heads)

    async def looked(self, who: Author, looked_into: Iterable[MunicipalityId]) -> None:
        """Have a look noted; on disk when this returns, if it is the first of its sort for a while.

        When the disk takes nothing the look goes on all the same, and is noted as soon as it does:
        a full disk is when somebody must be able to look.
        """
        kind = _kind_asked(who)
        first = []
        for municipality in {MunicipalityId(int(into)) for into in looked_into}:
            draft = Draft(
                action=Action.LOOKED,
                on=Thing(kind),
                municipality=municipality,
                details={"asked": clean(who.asked)},
                who=who,
            )
            told = self._looks.add((who.kind, who.id, municipality, kind), draft)
            if told is not None:
                first.append(told)
        if first and not await self._written(first):
            self._wait(first)

    def refused(self, who: Author, named: str, status: int) -> None:
        """Have a refusal (401, 403) noted, within a second or so; more of its sort in a minute are
        counted together. `named` is the user name that was given: it is kept if there is such a user.
        """
        draft = Draft(
            action=Action.REFUSED,
            on=Thing("request", "", clean(who.asked)),
            outcome=Outcome.REFUSED,
            details={"status": status, "named": clean(named)},
            who=who,
        )
        first = self._refusals.add((who.address, who.kind, who.id, named[:64], status), draft)
        if first is not None:
            self._wait([first])

    def _wait(self, drafts: list[Draft]) -> None:
        room = WAITING - len(self._waiting)
        self._waiting += drafts[: max(room, 0)]
        if len(drafts) > room:
            _log.warning("audit: %d lines dropped: the disk takes none", len(drafts) - room)

    async def flush(self, *, all_of_them: bool = False) -> None:
        """Write what waits, and the counts of what is over."""
        self._wait(self._looks.over(all_of_them=all_of_them))
        self._wait(self._refusals.over(all_of_them=all_of_them))
        drafts, self._waiting = self._waiting, []
        if drafts and not await self._written(drafts):
            self._wait(drafts)

    async def run(self) -> None:
        """Write what was counted, every LOOK_EVERY seconds."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.flush()

    async def stop(self) -> None:
        """Write what has been counted so far."""
        await self.flush(all_of_them=True)

    async def _written(self, drafts: list[Draft]) -> bool:
        heads: list[Head] = []

        def write(system: SystemTables) -> None:
            placed = (_placed(system, draft) for draft in drafts)
            heads[:] = self._append(system, [draft for draft in placed if draft is not None])

        try:
            await self._operations.write_system(write)
        except StorageFailed as failure:
            _log.warning("audit: %d lines wait: %s", len(drafts), failure)
            return False
        await self._note(heads)
        return True


def _placed(system: SystemTables, draft: Draft) -> Draft | None:
    """Put a refusal into the chain of whom it concerns; an unknown name may be a password, so forget it."""
    named = draft.details.get("named")
    if draft.action is not Action.REFUSED:
        return draft if _is_there(system, draft.municipality) else None
    user = system.user_named(str(named)) if named else None
    details: dict[str, Any] = {k: v for k, v in draft.details.items() if k != "named"}
    if user is not None:
        on = Thing("user", str(user.id), user.username)
        details["asked"] = draft.on.name
        whose = user.municipality or NOBODY
        return replace(draft, on=on, municipality=whose, details=details)
    return replace(draft, municipality=_home(system, draft.who), details=details)


def _is_there(system: SystemTables, municipality: MunicipalityId) -> bool:
    if municipality == NOBODY:
        return True
    try:
        system.of(municipality)
    except NotFound:
        return False
    return True


def _home(system: SystemTables, who: Author) -> MunicipalityId:
    """Give the municipality of somebody who is signed in; the system's chain for everybody else."""
    if who.kind is AuthorKind.TOKEN:
        found = next((t for t in system.api_tokens() if t.id == who.id), None)
        return NOBODY if found is None else found.municipality
    user = next((u for u in system.users() if u.id == who.id), None) if who.id else None
    return NOBODY if user is None else user.municipality or NOBODY


def _kind_asked(who: Author) -> str:
    """Give the kind of thing that was asked for: the part of the path after the version."""
    _, _, path = who.asked.partition("/api/v1/")
    return path.partition("/")[0].partition("?")[0] or who.asked.rpartition("/")[2] or "data"


def sealed(draft: Draft, before: AuditLine | None, now: Instant, seal: Seal) -> AuditLine:
    """Make the line that follows another."""
    who = draft.who
    unsigned = AuditLine(
        municipality=draft.municipality,
        number=1 if before is None else before.number + 1,
        at=now,
        who_kind=who.kind.value,
        who=who.id,
        who_name=clean(who.name),
        address=clean(who.address),
        action=draft.action.value,
        kind=clean(draft.on.kind),
        thing=clean(draft.on.id),
        thing_name=clean(draft.on.name),
        outcome=draft.outcome.value,
        details=details_text(draft.details, LONGEST),
        previous=BEGINNING if before is None else link(before),
        hash=b"",
        signature=b"",
    )
    found = hash_of(unsigned)
    return replace(unsigned, hash=found, signature=seal.sign(found))
