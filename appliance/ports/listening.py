"""What is served to whoever connects with TLS, and what stands before a listener."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain.instant import Instant

Entrance = Callable[[asyncio.Protocol], asyncio.Protocol]
"""Puts before a connection's protocol what its listener asks for: allowed networks, TLS."""


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
