"""`weir audit`."""

import asyncio
from functools import partial

from appliance.control.commands.people import chosen_municipality
from appliance.control.desk import CONSOLE, Desk, Order, Outcome
from appliance.domain.access import AdministerSystem, ViewAudit, authorise, authorise_system
from appliance.domain.audit_proof import Proof
from appliance.domain.errors import Invalid
from appliance.domain.ids import NOBODY
from appliance.services.audit.log import Audit, Taken, said

HASH_DIGITS = 64


class Auditors:
    """The commands about the audit log."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def verify(self, desk: Desk, order: Order) -> Outcome:
        """Verify every chain, and that heads noted elsewhere are in one of them."""
        heads = [_hash(text) for text in order.arguments.get("heads", "").split(",") if text]
        proofs = await self._audit.prove_all(heads)
        named = await desk.world.operations.read_system(
            lambda t: {m.id: m.name for m in t.municipalities()}
        )
        names = {**named, NOBODY: "the system"}
        problem = self._audit.problem()
        lines = [line for proof in proofs for line in _lines(proof, names.get(proof.municipality))]
        if problem:
            lines.append(f"audit.heads: {problem}")
        figures: dict[str, object] = {
            "public_key": self._audit.public_key.hex(),
            "chains": [_plain(proof) for proof in proofs],
            "heads": problem,
        }
        wrong = bool(problem) or any(proof.findings for proof in proofs)
        return Outcome("\n".join(lines), figures, failed=wrong)

    async def accept(self, desk: Desk, order: Order) -> Outcome:
        """Take notice of what does not add up: notes of heads begin anew, and the log says so."""
        del desk, order
        found = await self._audit.accept(authorise_system(CONSOLE, AdministerSystem))
        lines = [f"taken notice: {said(finding)}" for finding in found]
        return Outcome("\n".join(lines) or "there was nothing wrong", {"findings": len(found)})

    async def export(self, desk: Desk, order: Order) -> Outcome:
        """Write a chain to a file, oldest line first."""
        form = order.arguments["format"]
        if "system" in order.arguments:
            grant = authorise_system(CONSOLE, AdministerSystem)
            take = partial(self._audit.take_of_system, grant)
        else:
            municipality = await chosen_municipality(desk, order)
            take = partial(self._audit.take, authorise(CONSOLE, ViewAudit, municipality))
        total, after = 0, 0
        first = True
        while True:
            taken: Taken = await take(after, form)
            await asyncio.to_thread(_write, order, taken.text, first)
            total += taken.lines
            if taken.last is None:
                break
            after, first = taken.last, False
        if "to_text" in order.arguments:
            text = await asyncio.to_thread(order.output.read_text, "utf-8")
            await asyncio.to_thread(order.output.unlink)
            return Outcome(text, {"lines": total}, notes=f"{total:,} lines")
        return Outcome(f"{total:,} lines", {"lines": total})


def _write(order: Order, text: str, first: bool) -> None:  # noqa: FBT001
    with order.output.open("w" if first else "a", encoding="utf-8", newline="") as file:
        file.write(text)


def _hash(text: str) -> str:
    """Give the hash of a head, which may come with its chain and number before it."""
    found = text.strip().rpartition(":")[2].lower()
    if len(found) != HASH_DIGITS or not set(found) <= set("0123456789abcdef"):
        raise Invalid(field="--head", problem=f"{text!r} is no hash of {HASH_DIGITS} hex digits")
    return found


def _lines(proof: Proof, name: str | None) -> list[str]:
    who = f"{name or 'a municipality that is not there'}"
    chain = f"{who} ({proof.municipality})" if proof.municipality != NOBODY else who
    state = "every line is what was written" if not proof.findings else "NOT what was written"
    lines = [f"{chain}: {proof.lines:,} lines, {state}"]
    lines += [f"  {said(finding)}" for finding in proof.findings]
    if proof.head is not None:
        lines.append(f"  head {proof.head.number}:{proof.head.hash.hex()}")
    return lines


def _plain(proof: Proof) -> dict[str, object]:
    head = proof.head
    return {
        "municipality_id": None if proof.municipality == NOBODY else proof.municipality,
        "lines": proof.lines,
        "sound": not proof.findings,
        "head": None if head is None else {"number": head.number, "hash": head.hash.hex()},
        "findings": [
            {"wrong": f.wrong.value, "first": f.first, "last": f.last, "words": said(f)}
            for f in proof.findings
        ],
    }
