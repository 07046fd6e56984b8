"""The listener before a door: who says nothing costs a socket and a place in the lobby, no more.

asyncio's own server makes a task, a transport and a protocol for every connection that it accepts,
200 µs or so of work; ten thousand that only connect would keep a device waiting for seconds. Here
they cost a tenth, and a transport is made with the first byte that a peer says.
"""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broker.errands import Errands
from broker.lobby import Lobby

_BACKLOG: Final = 4_096
"""Connections that the system keeps for us; it takes fewer where it is set so."""
_ACCEPTED_AT_ONCE: Final = 100
"""Then everything else gets its turn."""
_REST: Final = 0.5
"""Seconds without accepting when the system has no descriptor left."""
_log: Final = logging.getLogger(__name__)

Welcome = Callable[[], asyncio.Protocol]
Tune = Callable[[socket.socket], None]
"""Sets options of a listening socket, which those that it accepts inherit."""


def holding(unread: int) -> Tune:
    """Have the system hold no more than about so much that a peer leaves unread.

    Left to itself it takes megabytes for each, and whoever stalls is found out minutes later.
    """
    return lambda listening: listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, unread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for whoever has said nothing."""

    speaks_within: float
    """Seconds until the first byte."""
    refuses: Callable[[str], bool]
    """Whether nobody at this address may so much as speak."""
    tune: Tune
    full: bytes = b""
    """What is said to whom there is no place for."""


class Porch:
    """Accepts connections and hands those that speak to the door; nobody waits here for long."""

    def __init__(
        self,
        welcome: Welcome,
        lobby: Lobby,
        errands: Errands,
        rules: Rules,
    ) -> None:
        self._welcome = welcome
        self._lobby = lobby
        self._errands = errands
        self._rules = rules
        self._loop = asyncio.get_running_loop()
        self._listening: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._silent: dict[_Silent, float] = {}
        """Who has said nothing, and until when it may; the oldest first."""
        self._sweep: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen, and give the port; raises OSError where that is not possible."""
        bound = await self.bind(host, port)
        await self.serve()
        return bound

    async def bind(self, host: str, port: int) -> int:
        """Have the system keep those who come until `serve`; OSError as `open`."""
        try:
            for listening in await _sockets(host, port):
                self._listening.append(listening)
                self._rules.tune(listening)
                listening.listen(_BACKLOG)
        except BaseException:
            self.close()
            raise
        return int(self._listening[0].getsockname()[1])

    async def serve(self) -> None:
        """Begin to accept."""
        try:
            for listening in self._listening:
                await self._serve(listening)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Accept nobody more; who is here stays."""
        for server in self._servers:
            server.close()
        for listening in self._listening:
            with contextlib.suppress(NotImplementedError, ValueError):
                self._loop.remove_reader(listening)
            listening.close()
        self._listening.clear()

    async def _serve(self, listening: socket.socket) -> None:
        try:
            self._loop.add_reader(listening, self._accept, listening)
        except NotImplementedError:  # Windows
            made = await self._loop.create_server(self._welcome, sock=listening, backlog=_BACKLOG)
            self._servers.append(made)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                self._pause(listening, problem)
                return
            connection.settimeout(0)
            self._receive(connection, str(address[0]), int(address[1]))

    def _receive(self, connection: socket.socket, host: str, port: int) -> None:
        visitor = _Silent(self, connection, f"{host}:{port}")
        if self._rules.refuses(host):
            connection.close()
        elif self._lobby.enter(visitor):
            now = self._loop.time()
            self._silent[visitor] = now + self._rules.speaks_within
            self._loop.add_reader(connection, visitor.speaks)
            if self._sweep is None:
                self._sweep = self._loop.call_at(now + self._rules.speaks_within, self._send_away)
        else:
            with contextlib.suppress(OSError):
                connection.send(self._rules.full)
            connection.close()

    def _pause(self, listening: socket.socket, problem: OSError) -> None:
        """Wait until connections have gone: the system has no descriptor or no memory for more."""
        _log.error("no connection can be accepted for a moment: %s", problem)
        self._loop.remove_reader(listening)
        self._loop.call_later(_REST, self._go_on, listening)

    def _go_on(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._loop.add_reader(listening, self._accept, listening)

    def _send_away(self) -> None:
        """Close who has been silent for too long."""
        now, self._sweep = self._loop.time(), None
        while self._silent:
            visitor, until = next(iter(self._silent.items()))
            if until > now:
                self._sweep = self._loop.call_at(until, self._send_away)
                return
            visitor.abort()

    # For those who wait here

    def forget(self, visitor: "_Silent") -> None:
        """Drop one that speaks or has gone."""
        self._silent.pop(visitor, None)
        self._lobby.leave(visitor)

    async def hand_over(self, visitor: "_Silent", connection: socket.socket) -> None:
        """Give a connection that speaks to the door."""
        if visitor not in self._silent:
            return
        self.forget(visitor)
        with contextlib.suppress(OSError):  # it has gone meanwhile
            await self._loop.connect_accepted_socket(self._welcome, connection)

    def start(self, visitor: "_Silent", connection: socket.socket) -> None:
        """Begin to hand over."""
        self._errands.start(self.hand_over(visitor, connection))


class _Silent:
    """A connection that has said nothing yet; a Visitor of the lobby."""

    __slots__ = ("_connection", "_porch", "address")

    def __init__(self, porch: Porch, connection: socket.socket, address: str) -> None:
        self._porch = porch
        self._connection = connection
        self.address = address

    def speaks(self) -> None:
        """Hand the connection over, or drop it where it ended without a word."""
        try:
            word = self._connection.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            word = b""
        if word:
            asyncio.get_running_loop().remove_reader(self._connection)
            self._porch.start(self, self._connection)
        else:
            self.abort()

    def go(self) -> None:
        """End: the door stops."""
        self.abort()

    def abort(self) -> None:
        """End."""
        if self._connection.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._connection)
            self._connection.close()
        self._porch.forget(self)

    def read_no_more(self) -> None:
        """Nothing is read here."""


async def _sockets(host: str, port: int) -> list[socket.socket]:
    """Make sockets that are bound to each address of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound = socket.socket(family, kind, protocol)
            made.append(bound)
            bound.settimeout(0)
            if sys.platform != "win32":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind(address)
    except BaseException:
        for each in made:
            each.close()
        raise
    return made
