"""The audit log: who did what to what, each line tied to the one before it.

Every municipality has a chain of its own, and what belongs to none is in the chain of NOBODY. A line is
hashed as the text that `canonical` gives, which holds the `link` of the line before, and the hash is
signed. So whoever has the public key can tell a line that was removed, changed or moved.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from appliance.domain.audit_actions import Action
from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.domain.instant import Instant

VERSION: Final = "weir-audit-1"
BEGINNING: Final = bytes(32)
"""What stands for the line before the first."""
LONGEST_NAME: Final = 300
LONGEST_DETAILS: Final = 32 * 1024
"""Characters; details that are longer are left out, and the line says how long they were."""


class AuthorKind(StrEnum):
    """What kind of somebody did it."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - not a secret
    DEVICE = "device"
    SYSTEM = "system"
    """Weir itself, or whoever sits at the computer and gives it commands."""
    NOBODY = "nobody"
    """Somebody who has not signed in."""


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something, from where, and what they asked for."""

    kind: AuthorKind
    id: int = 0
    name: str = ""
    address: str = ""
    looks_in: bool = False
    """Whether they belong to no municipality, so that each look into one is noted there."""
    asked: str = ""
    """What they asked for: `GET /api/v1/sensors`, or the name of a command."""


WEIR: Final = Author(AuthorKind.SYSTEM, 0, "weir")


@dataclass(frozen=True, slots=True)
class Thing:
    """What it was done to. `id` is text because not everything has a number."""

    kind: str = ""
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A line that shall be written: all that is known before it has its place in the chain."""

    action: Action
    on: Thing = Thing()
    municipality: MunicipalityId = NOBODY
    outcome: Outcome = Outcome.DONE
    details: dict[str, object] = field(default_factory=dict)
    """Never a secret: see audit_details."""
    who: Author = WEIR


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A line of the log as it is kept."""

    municipality: MunicipalityId
    number: int
    """1, 2, 3 … without gaps within the chain: the order, whatever the clock said."""
    at: Instant
    who_kind: str
    who: int
    who_name: str
    address: str
    action: str
    kind: str
    thing: str
    thing_name: str
    outcome: str
    details: str
    """A JSON object as text; hashed as it is."""
    previous: bytes
    """`link` of the line before."""
    hash: bytes
    """SHA-256 of `canonical`."""
    signature: bytes
    """Ed25519 over `hash`."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line of a chain at some time."""

    municipality: MunicipalityId
    number: int
    hash: bytes


def canonical(line: AuditLine) -> bytes:
    """Give the text that is hashed: a JSON array as RFC 8785 writes it, in UTF-8.

    It has only strings and whole numbers, in the order of the fields, after VERSION; no spaces; only
    quotation marks, backslashes and control characters are escaped.
    """
    return json.dumps(
        [
            VERSION,
            line.municipality,
            line.number,
            line.at,
            line.who_kind,
            line.who,
            line.who_name,
            line.address,
            line.action,
            line.kind,
            line.thing,
            line.thing_name,
            line.outcome,
            line.details,
            line.previous.hex(),
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "surrogatepass")


def hash_of(line: AuditLine) -> bytes:
    """Give the hash that the line must have."""
    return sha256(canonical(line)).digest()


def link(line: AuditLine) -> bytes:
    """Give what ties the next line to this one: SHA-256 of its hash and its signature."""
    return sha256(line.hash + line.signature).digest()


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Give a text that every store and every reader takes: no half characters, not endless."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"
