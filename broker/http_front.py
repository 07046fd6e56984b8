"""HTTP's listener: whoever has not said a whole request costs a few bytes, no conversation."""

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Final, cast

from appliance.ports.listening import Welcome
from broker.ending import cut_off
from broker.errands import Errands
from broker.lobby import Lobby
from broker.options import HttpOptions
from broker.porch import Porch, Rules, holding
from broker.turns import Turns
from broker.ways import Entrance, Way

_OPENING: Final = 0.000_5
"""Seconds of one round of the loop in which conversations begin: each is work for many rounds."""
_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")
_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r?\n", re.IGNORECASE)
_ASKS_FIRST: Final = re.compile(rb"\nexpect:", re.IGNORECASE)
"""Sends its body when told to go on (RFC 9110, 10.1.1)."""
_FIRST_LETTER: Final = 0x21
"""No request begins with less: it may be TLS, and is answered at once."""
_PROBES: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)


class HttpFront:
    """One listener of HTTP; several share a lobby. Implements Front."""

    def __init__(self, way: Way, lobby: Lobby, options: HttpOptions) -> None:
        self._lobby = lobby
        self._options = options
        self._turns = Turns(_OPENING)
        self._errands = Errands()
        self._entrance = entrance = Entrance(way, lobby, options.handshake_within)
        self._welcome: Welcome
        self._porch = Porch(
            *(lambda: entrance(self._caller()), lobby, self._errands),
            Rules(
                speaks_within=options.request_within,
                refuses=entrance.refuses,
                tune=self._tune,
                full=_FULL if way.tls is None else b"",
            ),
        )

    async def bind(self, host: str, port: int) -> int:
        """Bind, and give the port; OSError when it is taken."""
        return await self._porch.bind(host, port)

    async def run(self, welcome: Welcome) -> None:
        """Let callers in until cancelled; conversations go on, all others end."""
        self._welcome = welcome
        try:
            await self._porch.serve()
            await self._errands.run()
        finally:
            self.close()
            self._errands.drop()
            for visitor in self._lobby:
                visitor.go()

    def serves(self, address: str) -> bool:
        """Say whether requests from this address are answered here."""
        return self._entrance.serves(address)

    def close(self) -> None:
        """Accept nobody more."""
        self._porch.close()

    def _caller(self) -> "Caller":
        return Caller(self._lobby, self._welcome, self._turns, self._options)

    def _tune(self, listening: socket.socket) -> None:
        """Bound what waits, and have the system notice peers that vanished."""
        holding(self._options.unread_by_system)(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._options.untaken_by_system)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if hasattr(socket, name):
                listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Caller(asyncio.Protocol):
    """One connection: a stranger until it has signed in; a conversation from its first request on.

    At most `largest_head` and one read's worth of a request is kept here.
    """

    def __init__(self, lobby: Lobby, welcome: Welcome, turns: Turns, options: HttpOptions) -> None:
        self._lobby = lobby
        self._welcome = welcome
        self._turns = turns
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._said = Request(options.largest_head)
        self._talk: asyncio.Protocol | None = None
        self._has_asked = self._is_over = False
        self._timer: asyncio.TimerHandle | None = None
        """Ends first a slow request, and later a peer that reads nothing."""

    # From the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time that a request may take."""
        self._transport = cast(asyncio.Transport, transport)  # what a stream server makes
        if not self._lobby.enter(self):
            transport.close()
            return
        self._timer = self._loop.call_later(self._options.request_within, self._send_away)

    def data_received(self, data: bytes) -> None:
        """Hand on, or keep until there is a request."""
        if self._talk is not None:
            self._talk.data_received(data)
            return
        self._said.add(data)
        if self._said.is_enough and not self._has_asked:
            self._has_asked = True
            self._stop_timer()
            self._transport.pause_reading()
            self._turns.ask(self._begin, is_new=True)

    def eof_received(self) -> bool | None:
        """Hand on; who has not said a whole request gets no answer."""
        return self._has_asked if self._talk is None else self._talk.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._is_over = True
        self._stop_timer()
        self._lobby.leave(self)
        if self._talk is not None:
            self._talk.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hold the answer back, and give the peer some time to read."""
        if self._talk is not None:
            self._talk.pause_writing()
        self._timer = self._loop.call_later(self._options.unread_for, self.abort)

    def resume_writing(self) -> None:
        """Go on: the peer has read."""
        self._stop_timer()
        if self._talk is not None:
            self._talk.resume_writing()

    # For the lobby

    @property
    def address(self) -> str:
        """Where it comes from."""
        name = self._transport.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "unknown"

    def go(self) -> None:
        """End, unless there is a conversation: who has it ends it."""
        if self._talk is None:
            self.abort()

    def abort(self) -> None:
        """End at once."""
        cut_off(self._transport)

    def read_no_more(self) -> None:
        self._transport.pause_reading()

    # Within

    def _begin(self) -> None:
        if self._is_over or self._transport.is_closing():
            return
        talk = self._talk = self._welcome(lambda who: self._lobby.recognise(self, who))
        talk.connection_made(self._transport)
        self._transport.resume_reading()  # first: what the conversation is given may hold back more
        talk.data_received(self._said.take())

    def _send_away(self) -> None:
        self._transport.write(_TOO_SLOW)
        self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Request:
    """What a caller has said: only looked at to see whether it is a whole request."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._said = bytearray()
        self._wanted: int | None = None
        """Bytes of head and body, once the head is here."""

    def add(self, data: bytes) -> None:
        """Take what comes next."""
        begin = max(len(self._said) - 2, 0)
        self._said += data
        if self._wanted is None and (end := _END_OF_HEAD.search(self._said, begin)):
            self._wanted = end.end() + _body(self._said[: end.end()])

    def take(self) -> bytes:
        """Give what was said, and keep nothing of it."""
        said, self._said = bytes(self._said), bytearray()
        return said

    @property
    def is_enough(self) -> bool:
        """Say whether it is whole, or no request, or more than is waited for here."""
        said, wanted = self._said, self._wanted
        return (
            said[0] < _FIRST_LETTER
            or len(said) >= self._most
            or (wanted is not None and (len(said) >= wanted or wanted > self._most))
        )


def _body(head: bytearray) -> int:
    """Say how much of the body to wait for: all of it, unless the peer waits to be asked."""
    length = None if _ASKS_FIRST.search(head) else _LENGTH.search(head)
    return 0 if length is None else int(length.group(1))


def fronts(options: HttpOptions) -> Callable[[Way], HttpFront]:
    """Give what makes the listeners of HTTP, which share their places."""
    lobby = Lobby(*("HTTP", options.max_connections, options.max_strangers, options.most_of_one))
    return lambda way: HttpFront(way, lobby, options)
