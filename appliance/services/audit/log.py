"""The audit log: looking into it, proving that it is whole, taking it out."""

import asyncio
import csv
import io
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from appliance.domain import instant
from appliance.domain.access import AdministerSystem, Grant, SystemGrant, ViewAudit
from appliance.domain.audit import AuditLine, Author, Head, Thing, canonical
from appliance.domain.audit_actions import Action
from appliance.domain.audit_proof import Chain, Finding, Proof, Wrong, name_wrongs
from appliance.domain.errors import NotFound
from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.ports.audit import AuditFilter
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.audit.recording import note
from appliance.services.world import World

_log: Final = logging.getLogger(__name__)

AT_A_TIME: Final = 2_000
"""Lines that are read and verified at a time, so that others have their turn."""
MOST_EXPORTED: Final = 50_000
"""Lines in one answer of an export; it says where the next begins."""
COLUMNS: Final = (
    "municipality", "number", "time", "who_kind", "who", "who_name", "address", "action", "kind",
    "thing", "thing_name", "outcome", "details", "previous", "hash", "signature",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a chain as it was taken out."""

    text: str
    lines: int
    last: int | None
    """The number of the last line, when there are more after it."""


class Audit:
    """Gives the lines of a chain, and proves it; each municipality sees its own alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._one_proof = asyncio.Lock()
        self._heads = world.audit.heads
        self._problem = ""
        self._last: tuple[Proof, ...] = ()

    @property
    def public_key(self) -> bytes:
        """With which anybody can check the signatures."""
        return self._world.audit.seal.public_key

    def refused(self, who: Author, named: str, status: int) -> None:
        """Have the refusal of a person or program noted; many alike are counted together.

        `named` is the user name that was given: it is kept only if there is such a user.
        """
        self._world.audit.refused(who, named, status)

    async def page(
        self, grant: Grant[ViewAudit], chosen: AuditFilter, limit: int
    ) -> tuple[list[AuditLine], int]:
        """Give the newest lines of a municipality that are meant, newest first, and how many there are."""
        return await self._world.operations.read(
            grant.municipality, lambda t: (t.audit.page(chosen, limit), t.audit.count(chosen))
        )

    async def page_of_system(
        self, grant: SystemGrant[AdministerSystem], chosen: AuditFilter, limit: int
    ) -> tuple[list[AuditLine], int]:
        """Give the newest lines of what belongs to no municipality."""
        del grant

        def query(system: SystemTables) -> tuple[list[AuditLine], int]:
            audit = system.nobody().audit
            return audit.page(chosen, limit), audit.count(chosen)

        return await self._world.operations.read_system(query)

    async def take(self, grant: Grant[ViewAudit], after: int, form: str) -> Taken:
        """Take lines of a municipality out, oldest first, as `csv` or `jsonl`; that itself is noted."""
        return await self._take(grant.municipality, after, form)

    async def take_of_system(
        self, grant: SystemGrant[AdministerSystem], after: int, form: str
    ) -> Taken:
        """Take lines of what belongs to no municipality out."""
        del grant
        return await self._take(NOBODY, after, form)

    async def _take(self, municipality: MunicipalityId, after: int, form: str) -> Taken:
        def change(system: SystemTables) -> list[AuditLine]:
            tables = _chain(system, municipality)
            found = tables.audit.after(after, MOST_EXPORTED + 1)
            details = {"after": after, "lines": min(len(found), MOST_EXPORTED), "form": form}
            note(tables, Action.AUDIT_EXPORTED, Thing("audit"), details=details)
            return found

        found = await self._world.operations.write_system(change)
        lines = found[:MOST_EXPORTED]
        write = as_jsonl if form == "jsonl" else as_csv
        text = await asyncio.to_thread(write, lines, header=after == 0)
        return Taken(text, len(lines), lines[-1].number if len(found) > len(lines) else None)

    async def prove(self, grant: Grant[ViewAudit]) -> Proof:
        """Verify the chain of a municipality."""
        async with self._one_proof:
            return (await self._prove((grant.municipality,), frozenset()))[0]

    async def prove_system(self, grant: SystemGrant[AdministerSystem]) -> Proof:
        """Verify the chain of what belongs to no municipality."""
        del grant
        async with self._one_proof:
            return (await self._prove((NOBODY,), frozenset()))[0]

    async def prove_all(self, wanted: Iterable[str] = ()) -> tuple[Proof, ...]:
        """Verify every chain, and that heads noted elsewhere (hashes in hex) are in one of them.

        Names every line that was removed, changed, moved or put in.
        """
        hashes = frozenset(bytes.fromhex(text) for text in wanted)
        async with self._one_proof:
            noted = await asyncio.to_thread(self._heads.known)
            known = {head.municipality for head in noted}
            there = await self._world.operations.read_system(
                lambda t: {m.id for m in t.municipalities()}
            )
            proofs = await self._prove(sorted(known | there | {NOBODY}), hashes)
        self._last = proofs
        self._problem = await asyncio.to_thread(self._heads.problem)
        sound = not any(proof.findings for proof in proofs) and not self._problem
        await asyncio.to_thread(self._heads.thin, sound=sound)
        for proof in proofs:
            _say(proof)
        return proofs

    def log_heads(self) -> None:
        """Log the heads that the last proof found, so that they are wherever the log goes."""
        for head in (proof.head for proof in self._last if proof.head is not None):
            said_hash = head.hash.hex()
            _log.info(
                "audit: chain=%s number=%d head=%s", head.municipality, head.number, said_hash
            )

    def findings(self) -> tuple[Finding, ...]:
        """Give what the last proof of all chains has found."""
        return tuple(finding for proof in self._last for finding in proof.findings)

    def wrongs(self) -> tuple[str, ...]:
        """Say what the last proof of all chains has found, and why it may have missed something."""
        found = tuple(f"chain {f.municipality}, {said(f)}" for f in self.findings())
        return (*found, self.problem()) if self.problem() else found

    def problem(self) -> str:
        """Say why a lost end might go unnoticed; empty when it would not."""
        return self._problem

    async def accept(self, grant: SystemGrant[AdministerSystem]) -> tuple[Finding, ...]:
        """Take notice of what does not add up: the heads are noted anew, and the log says so.

        What was changed in the chains themselves stays to be seen by every later proof.
        """
        del grant
        found = [finding for proof in await self.prove_all() for finding in proof.findings]
        details = {"findings": [f"{f.municipality}: {said(f)}" for f in found]}
        problem = self._problem

        def change(system: SystemTables) -> None:
            note(
                system, Action.AUDIT_ACCEPTED, Thing("audit"), details={**details, "notes": problem}
            )

        heads = [proof.head for proof in self._last if proof.head is not None]
        await asyncio.to_thread(self._heads.begin_anew, heads)
        self._problem = await asyncio.to_thread(self._heads.problem)
        await self._world.operations.write_system(change)
        return tuple(found)

    async def _prove(
        self, chains: Iterable[MunicipalityId], wanted: frozenset[bytes]
    ) -> tuple[Proof, ...]:
        # Before reading: a head is noted after its commit.
        noted = await asyncio.to_thread(self._heads.known)
        proofs, met = [], set[bytes]()
        for municipality in chains:
            chain = Chain(municipality, noted, wanted)
            while lines := await self._lines(municipality, chain):
                await asyncio.to_thread(chain.feed, lines)
            met |= chain.met_wanted
            proofs.append(await self._judged(chain, noted))
        missing = [f"no line has the hash {one.hex()}" for one in sorted(wanted - met)]
        if missing:
            unknown = (Finding(NOBODY, Wrong.NOT_KNOWN, 0, 0, words) for words in missing)
            first = proofs[0]
            proofs[0] = Proof(
                first.municipality, first.lines, first.head, (*first.findings, *unknown)
            )
        return tuple(proofs)

    async def _lines(self, municipality: MunicipalityId, chain: Chain) -> list[AuditLine]:
        return await self._after(municipality, 0 if chain.head is None else chain.head.number)

    async def _after(self, municipality: MunicipalityId, number: int) -> list[AuditLine]:
        def query(system: SystemTables) -> list[AuditLine]:
            try:
                return _chain(system, municipality).audit.after(number, AT_A_TIME)
            except NotFound:
                return []  # of a municipality that is only known from the heads

        return await self._world.operations.read_system(query)

    async def _judged(self, chain: Chain, noted: tuple[Head, ...]) -> Proof:
        is_signed = self._world.audit.seal.is_signed
        if await asyncio.to_thread(chain.is_sound, is_signed):
            return Proof(chain.municipality, chain.lines, chain.head, ())
        everything: list[AuditLine] = []
        while lines := await self._after(
            chain.municipality, everything[-1].number if everything else 0
        ):
            everything += lines
        found = await asyncio.to_thread(
            name_wrongs, chain.municipality, everything, noted, is_signed
        )
        return Proof(chain.municipality, chain.lines, chain.head, found)


def _chain(system: SystemTables, municipality: MunicipalityId) -> Tables:
    return system.nobody() if municipality == NOBODY else system.of(municipality)


def _say(proof: Proof) -> None:
    for finding in proof.findings:
        _log.error("audit: chain=%s %s", proof.municipality, said(finding))


def said(finding: Finding) -> str:
    """Say a finding to a person."""
    if finding.wrong is Wrong.NOT_KNOWN:
        return finding.words
    several = finding.last > finding.first
    which = f"lines {finding.first} to {finding.last}" if several else f"line {finding.first}"
    return f"{which}: {finding.words}"


def as_csv(lines: Iterable[AuditLine], *, header: bool) -> str:
    """Write lines as CSV (RFC 4180).

    A cell that a spreadsheet would take for a formula, or that begins with an apostrophe, gets an
    apostrophe before it; whoever verifies takes one leading apostrophe away.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    if header:
        writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(value) for value in _values(line)])
    return written.getvalue()


def as_jsonl(lines: Iterable[AuditLine], *, header: bool) -> str:
    """Write lines as JSON Lines: of each its canonical text, hash and signature."""
    del header
    return "".join(
        json.dumps(
            {
                "line": canonical(line).decode(),
                "hash": line.hash.hex(),
                "signature": line.signature.hex(),
            },
            ensure_ascii=False,
        )
        + "\n"
        for line in lines
    )


def _values(line: AuditLine) -> list[object]:
    values = [getattr(line, name) for name in AuditLine.__slots__]
    values[2] = instant.text(line.at)
    return [value.hex() if isinstance(value, bytes) else value for value in values]


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
