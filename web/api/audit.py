"""The audit log: who did what, proof that it is whole, and taking it out."""

import json
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from appliance.domain.access import ViewAudit
from appliance.domain.audit import AuditLine
from appliance.domain.audit_proof import Proof, Wrong
from appliance.domain.ids import NOBODY
from appliance.ports.audit import AuditFilter
from appliance.services.audit.log import said
from web.asking import Ask, Reply
from web.routes import PREFIX, Route
from web.shapes import Time, TimeIn, moment_of, time

Words = Annotated[str, Meta(max_length=300)]


class AuditQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which lines: `from` ≤ time < `to`; what is left out is all."""

    since: TimeIn | None = None
    until: TimeIn | None = None
    actor: Words = ""
    """The name or id of who did it."""
    action: Words = ""
    """`rule.added`, or `rule.` for all that begins so."""
    kind: Words = ""
    object_id: Words = ""
    outcome: Literal["", "done", "refused", "failed"] = ""
    text: Words = ""
    """Somewhere in the names, the address or the details."""
    cursor: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    """Only lines of a smaller number."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class ExportQuery(Struct, frozen=True):
    """From which line on, oldest first; at most 50,000 come at once."""

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    form: Literal["csv", "jsonl"] = "csv"


class Who(Struct, frozen=True):
    """Who did it: a `user`, a `token`, a `device`, the `system`, or `nobody` who has signed in."""

    kind: str
    id: int | None
    name: str
    address: str


class Object(Struct, frozen=True):
    """What it was done to."""

    kind: str
    id: str
    name: str


class LineOut(Struct, frozen=True):
    """A line of the audit log; it never changes."""

    number: int
    at: Time
    who: Who
    action: str
    object: Object
    outcome: str
    details: dict[str, Any]
    municipality_id: int | None
    """Null in the chain of what belongs to no municipality."""
    previous: str
    """What ties it to the line before: SHA-256 of that line's hash and signature, in hex."""
    hash: str
    signature: str


class FindingOut(Struct, frozen=True):
    """Lines that are not what was written."""

    wrong: Wrong
    first: int
    last: int
    words: str


class ProofOut(Struct, frozen=True):
    """Whether a chain is whole."""

    sound: bool
    lines: int
    head: str | None
    """The hash of the newest line: note it elsewhere, and compare it later."""
    findings: list[FindingOut]
    public_key: str
    """Ed25519, in hex: with it anybody can check the signatures."""


async def lines(ask: Ask[ViewAudit]) -> Reply:
    """Give the newest lines."""
    query: AuditQuery = ask.query
    chosen = _chosen(query)
    if ask.is_everywhere():
        found, total = await ask.services.audit.page_of_system(
            ask.beyond(), chosen, query.limit + 1
        )
    else:
        found, total = await ask.services.audit.page(await ask.one(), chosen, query.limit + 1)
    headers = {"X-Total-Count": str(total)}
    if len(found) > query.limit:
        last = found[query.limit - 1].number
        headers |= {
            "Link": f'<{_further(ask, "cursor", last)}>; rel="next"',
            "X-Next-Cursor": str(last),
        }
    return Reply([_line(line) for line in found[: query.limit]], headers=headers)


async def export(ask: Ask[ViewAudit]) -> Reply:
    """Give lines as a file, oldest first."""
    query: ExportQuery = ask.query
    if ask.is_everywhere():
        taken = await ask.services.audit.take_of_system(ask.beyond(), query.after, query.form)
    else:
        taken = await ask.services.audit.take(await ask.one(), query.after, query.form)
    kind = "text/csv; charset=utf-8" if query.form == "csv" else "application/x-ndjson"
    headers = {
        "Content-Type": kind,
        "Content-Disposition": f'attachment; filename="audit.{query.form}"',
    }
    if taken.last is not None:
        headers["Link"] = f'<{_further(ask, "after", taken.last)}>; rel="next"'
    return Reply(taken.text.encode(), headers=headers)


async def proof(ask: Ask[ViewAudit]) -> ProofOut:
    """Verify every line of the chain."""
    if ask.is_everywhere():
        found = await ask.services.audit.prove_system(ask.beyond())
    else:
        found = await ask.services.audit.prove(await ask.one())
    return _proof(found, ask.services.audit.public_key)


def _chosen(query: AuditQuery) -> AuditFilter:
    return AuditFilter(
        since=None if query.since is None else moment_of(query.since),
        until=None if query.until is None else moment_of(query.until),
        who=query.actor,
        action=query.action,
        kind=query.kind,
        thing=query.object_id,
        outcome=query.outcome,
        text=query.text,
        below=query.cursor,
    )


def _further(ask: Ask[ViewAudit], name: str, value: int) -> str:
    path, _, query = ask.url.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    return f"{path}?{'&'.join([*kept, f'{name}={value}'])}"


def _line(line: AuditLine) -> LineOut:
    return LineOut(
        number=line.number,
        at=time(line.at),
        who=Who(line.who_kind, line.who or None, line.who_name, line.address),
        action=line.action,
        object=Object(line.kind, line.thing, line.thing_name),
        outcome=line.outcome,
        details=_details(line.details),
        municipality_id=None if line.municipality == NOBODY else line.municipality,
        previous=line.previous.hex(),
        hash=line.hash.hex(),
        signature=line.signature.hex(),
    )


def _details(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:  # somebody has changed it in the database
        return {"unreadable": text}
    return found if isinstance(found, dict) else {"unreadable": text}


def _proof(found: Proof, public_key: bytes) -> ProofOut:
    return ProofOut(
        sound=not found.findings,
        lines=found.lines,
        head=None if found.head is None else found.head.hash.hex(),
        findings=[FindingOut(f.wrong, f.first, f.last, said(f)) for f in found.findings],
        public_key=public_key.hex(),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/audit",
        access=ViewAudit,
        handler=lines,
        query=AuditQuery,
        answer=list[LineOut],
        summary="The audit log, newest first; a super admin who names no municipality: the system's",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/audit/export",
        access=ViewAudit,
        handler=export,
        query=ExportQuery,
        gives_file=("text/csv", "application/x-ndjson"),
        on_full_disk=False,
        summary="The audit log as CSV or JSON Lines, oldest first, with hashes and signatures",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/audit/proof",
        access=ViewAudit,
        handler=proof,
        answer=ProofOut,
        summary="Whether every line of the audit log is what was written, and which are not",
    ),
)
