"""What is served to whoever connects with TLS, and what stands before a listener."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.instant import Instant

Recognised = Callable[[str], None]
"""Called with who a peer has shown to be: nobody else takes its place from then on."""
Welcome = Callable[[Recognised], asyncio.Protocol]
"""Gives the protocol of a connection whose peer has said enough to be listened to."""


class Front(Protocol):
    """A listener: who may connect, under TLS or not, and who gives way when there are too many."""

    async def bind(self, host: str, port: int) -> int:
        """Bind, and give the port; OSError when it is taken. Callers wait until `run`."""
        ...

    async def run(self, welcome: Welcome) -> None:
        """Let callers in until cancelled; then nobody new comes, and conversations go on."""
        ...

    def serves(self, address: str) -> bool:
        """Say whether requests from this address are answered: it may stand behind a proxy."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedCertificate:
    """The certificate that is served now, in the words of those who must trust or watch it."""

    own: bool
    """Whether the appliance's own authority made it, and renews it."""
    names: tuple[str, ...]
    """The host names and addresses that it is for."""
    valid_from: Instant
    valid_until: Instant
    pin: str
    """The SHA-256 of its public key (SubjectPublicKeyInfo), base 64; it outlives renewals."""
    root_pin: str = ""
    """The same of the authority's own key; empty for the utility's own certificate."""
    unmatched: tuple[str, ...] = ()
    """Names under which people reach this server, for which it is not."""
    problem: str = ""
    """Why changed files or a renewal could not be taken; what was served before still is."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the world may know of the appliance's TLS."""

    served: ServedCertificate | None = None
    root: bytes = b""
    """The certificate of the appliance's own authority, PEM."""
