"""Answers kept for requests that come again under the same Idempotency-Key."""

from dataclasses import dataclass
from typing import Protocol

from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True)
class KeyOfRequest:
    """Whose key it is, and where: nobody can meet another's."""

    actor: int
    """A person or an API token."""
    municipality: int
    """0 where none was named."""
    digest: bytes
    """Of the key, which itself is kept nowhere."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known of the request that came under a key."""

    fingerprint: bytes
    answer: bytes | None
    """Encrypted; None where the request was done but its answer was never kept."""


class AnswerTable(Protocol):
    """Answers by key; rows are the actor's own."""

    def get(self, key: KeyOfRequest, since: Instant) -> KeptAnswer | None:
        """Give what came under a key since then."""
        ...

    def begin(self, key: KeyOfRequest, fingerprint: bytes, at: Instant) -> None:
        """Note that the request is done by this transaction; Conflict when the key is there."""
        ...

    def finish(self, key: KeyOfRequest, answer: bytes) -> None:
        """Keep the answer."""
        ...

    def forget(self, actor: int, before: Instant) -> None:
        """Delete what an actor's keys before this brought."""
        ...

    def count(self, actor: int) -> int:
        """Count an actor's keys."""
        ...

    def size(self, actor: int) -> int:
        """Give the bytes of all that is kept for an actor."""
        ...
