"""The ways into a door: from which networks, under TLS or not, over WebSocket or not."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.forwarded import Network, Proxies, is_in
from broker.layer import Hall
from broker.lobby import Lobby
from broker.tls import TlsLayer
from broker.turns import Turns
from broker.websocket import Pages, WebSocketLayer

_MOST_NAMED: Final = 100
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One listener of a door. As it is made: from everywhere, plain."""

    name: str = ""
    """The option that opened it."""
    networks: tuple[Network, ...] = ()
    """Who may connect, by the address of the socket itself; none is everybody."""
    proxies: Proxies = field(default_factory=Proxies)
    """Who may connect from wherever it is, because whom it speaks for is looked at with each request."""
    tls: Callable[[], ssl.SSLContext] | None = None
    """Gives what is served now: it changes when a certificate is renewed."""
    pages: Pages | None = None
    """MQTT over WebSocket, and which pages may."""


class Entrance:
    """Puts before each connection of a door what its way asks for."""

    def __init__(self, way: Way, lobby: Lobby, handshake_within: float) -> None:
        self._way = way
        self._hall = Hall(lobby, Turns(), handshake_within)
        self._named: set[str] = set()

    def __call__(self, inner: asyncio.Protocol) -> asyncio.Protocol:
        """Give the protocol that meets the socket."""
        way, outer = self._way, inner
        if way.pages is not None:
            outer = WebSocketLayer(outer, self._hall, way.pages)
        if way.tls is not None:
            outer = TlsLayer(outer, self._hall, way.tls())
        return _Gate(outer, self) if way.networks else outer

    def refuses(self, address: str) -> bool:
        """Whether nobody at this address may so much as speak."""
        return bool(self._way.networks) and not self.lets_in(address)

    def lets_in(self, address: str) -> bool:
        """Whether somebody at this address may connect: in a listed network, or a trusted proxy."""
        return self._way.proxies.trusts(address) or self.serves(address)

    def serves(self, address: str) -> bool:
        """Whether the address is in a network that may connect, or all may."""
        if not self._way.networks or is_in(address, self._way.networks):
            return True
        if address not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(address)
            _log.warning("%s: refused %s, it is in no listed network", self._way.name, address)
        return False


class _Gate(asyncio.Protocol):
    """Hangs up on strangers before a byte is read; steps aside for everybody else."""

    def __init__(self, inner: asyncio.Protocol, entrance: Entrance) -> None:
        self._inner = inner
        self._entrance = entrance

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple) and self._entrance.lets_in(str(peer[0])):
            transport.set_protocol(self._inner)
            self._inner.connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.abort()
