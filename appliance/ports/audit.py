"""The audit log as it is kept, the seal that nobody without the key can make, and the heads beside it."""

from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import Protocol

from appliance.domain.audit import AuditLine, Author, Head
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines; None or empty is all."""

    since: Instant | None = None
    until: Instant | None = None
    who: str = ""
    """A name, or an id in digits."""
    action: str = ""
    """A whole name (`rule.added`), or what it begins with (`rule.`)."""
    kind: str = ""
    thing: str = ""
    outcome: str = ""
    text: str = ""
    """Somewhere in the names, the address or the details; case of ASCII letters ignored."""
    below: int | None = None
    """Only lines of a smaller number: the cursor of the next page."""


class AuditTable(Protocol):
    """One chain of the audit log. Lines are added at its end and never changed."""

    def last(self) -> AuditLine | None:
        """Give the newest line; None for an empty chain."""
        ...

    def add(self, lines: Several[AuditLine]) -> None:
        """Add lines at the end."""
        ...

    def count(self, chosen: AuditFilter) -> int:
        """Count all lines that are meant, wherever the page begins."""
        ...

    def page(self, chosen: AuditFilter, limit: int) -> list[AuditLine]:
        """Give the newest lines that are meant, newest first."""
        ...

    def after(self, number: int, limit: int) -> list[AuditLine]:
        """Give lines after this number in the order of their numbers, just as they are kept."""
        ...


class Seal(Protocol):
    """Signs lines, with a key that is not in the database."""

    @property
    def public_key(self) -> bytes:
        """32 bytes with which anybody can check a signature (Ed25519, RFC 8032)."""
        ...

    def sign(self, content: bytes) -> bytes:
        """Give the signature of this."""
        ...

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Say whether this seal has signed this."""
        ...


class Heads(Protocol):
    """Notes outside of the database how far each chain has come, so that a lost end is noticed."""

    def keep(self, heads: Iterable[Head]) -> None:
        """Note the newest lines of chains, once they are on the disk. Never raises."""
        ...

    def known(self) -> tuple[Head, ...]:
        """Give what was noted, oldest first; several of each chain."""
        ...

    def problem(self) -> str:
        """Say why less is known than should be; empty when all is well."""
        ...

    def begin(self, heads: Iterable[Head]) -> None:
        """Bring the notes up to what the database holds when it is opened."""
        ...

    def begin_anew(self, heads: Iterable[Head]) -> None:
        """Forget all notes but these: somebody has taken notice of what did not add up."""
        ...

    def thin(self, *, sound: bool) -> None:
        """Leave only what is needed, if there is much; `sound`: all of it has just been verified."""
        ...


class NoSeal:
    """Signs nothing: for parts that are tried alone."""

    public_key = bytes(32)

    def sign(self, content: bytes) -> bytes:
        """Give an empty signature."""
        del content
        return b""

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Nothing is signed."""
        del content, signature
        return False


class NoHeads:
    """Notes nothing: for parts that are tried alone."""

    def keep(self, heads: Iterable[Head]) -> None:
        """Forget them."""
        del heads

    def known(self) -> tuple[Head, ...]:
        """Nothing is known."""
        return ()

    def problem(self) -> str:
        """Nothing is wrong with nothing."""
        return ""

    def begin(self, heads: Iterable[Head]) -> None:
        """Forget them."""
        del heads

    def begin_anew(self, heads: Iterable[Head]) -> None:
        """Forget them."""
        del heads

    def thin(self, *, sound: bool) -> None:
        """There is nothing to thin."""
        del sound


async def _look_nowhere(who: Author, into: Iterable[MunicipalityId]) -> None:
    del who, into


def _refuse_nobody(who: Author, named: str, status: int) -> None:
    del who, named, status


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditKeeping:
    """How the audit log is kept; by itself it keeps nothing, for parts that are tried alone."""

    seal: Seal = field(default_factory=NoSeal)
    heads: Heads = field(default_factory=NoHeads)
    refused: Callable[[Author, str, int], None] = _refuse_nobody
    """Have a refusal noted: of whom, which user name was given, and with which status."""
    looked: Callable[[Author, Iterable[MunicipalityId]], Awaitable[None]] = _look_nowhere
    """Have a look into municipalities noted that reads no table (a live stream)."""
