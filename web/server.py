"""Hypercorn, as Weir runs it: bound before it serves, quiet, and stopped within a deadline.

Hypercorn has the conversations; who may connect, and under TLS, is decided before it hears of a
connection: by the entrance of each address.
"""

import asyncio
import contextlib
import socket
import sys
from dataclasses import dataclass
from typing import Final

from quart import Quart

from appliance.ports.listening import Entrance
from web.conversations import STOP_WITHIN, Conversations

BACKLOG: Final = 512


def straight_in(protocol: asyncio.Protocol) -> asyncio.Protocol:
    """Let everybody in as they are."""
    return protocol


@dataclass(frozen=True, slots=True)
class _Bound:
    socket: socket.socket
    entrance: Entrance

    async def serve(self, talks: Conversations) -> asyncio.Server:
        """Accept whoever has waited, and whoever comes."""
        return await asyncio.get_running_loop().create_server(
            lambda: self.entrance(talks.protocol()), sock=self.socket, backlog=BACKLOG
        )


class WebServer:
    """Serves an application on one or several addresses."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._bound: list[_Bound] = []
        self._serving = False
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()

    async def listen(self, host: str, port: int, entrance: Entrance = straight_in) -> int:
        """Bind, and give the port; OSError when it is taken. Callers wait until `run` serves."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _keep_alive(listening)
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
        listening.setblocking(False)  # noqa: FBT003 - the socket's own way
        self._bound.append(_Bound(listening, entrance))
        return int(listening.getsockname()[1])

    async def run(self) -> None:
        """Serve until `stop` is called."""
        if not self._bound:
            raise RuntimeError("listen() comes first")
        self._serving = True
        talks = Conversations(self._app)
        try:
            async with talks.open(), contextlib.AsyncExitStack() as listeners:
                for bound in self._bound:
                    listeners.callback((await bound.serve(talks)).close)
                await self._stop.wait()
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Stop serving: sockets of screens are closed, requests under way get STOP_WITHIN."""
        self._stop.set()
        if not self._serving:
            for bound in self._bound:
                bound.socket.close()
            return
        if "live" in self._app.extensions:
            self._app.extensions["live"].stop()
        async with asyncio.timeout(STOP_WITHIN + 0.5):
            await self._stopped.wait()


def _keep_alive(listening: socket.socket) -> None:
    """Have the system notice peers that vanished; accepted sockets inherit it.

    Hypercorn's WebSocket pings would do the same, but each leaves a sleeping task behind that
    delays the end of its connection, and so of the server, by up to an interval.
    """
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
