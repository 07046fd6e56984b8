"""Whom the requests on a connection come from, and who is not answered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from appliance.domain.forwarded import Origin, Proxies

CALLERS: Final = "weir.callers"
"""Where a connection's state has them."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Of one listener: which proxies are believed there, and which addresses are served."""

    proxies: Proxies
    serves: Callable[[str], bool]

    def may_differ(self, peer: str) -> bool:
        """Say whether this peer may speak for others."""
        return bool(self.proxies.networks) and self.proxies.trusts(peer)

    def met(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> Origin | None:
        """Say whom a request comes from, None where they are not served; or raise Contradiction."""
        fields = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        origin = self.proxies.origin(peer, fields)
        return origin if self.serves(origin.address) else None
