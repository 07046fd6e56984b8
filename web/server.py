"""Hypercorn, as Weir runs it: bound before it serves, quiet, and stopped within a deadline."""

import asyncio
import logging
import socket
import sys
from typing import Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

BACKLOG: Final = 512
STOP_WITHIN: Final = 2.0
LARGEST_SOCKET_MESSAGE: Final = 64 * 1024


class WebServer:
    """Serves an application on one address."""

    def __init__(self, app: Quart, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._serving = False
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()

    async def start(self) -> int:
        """Listen, and give the port; OSError when it is taken. Callers wait until `run` serves."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _keep_alive(listening)
            listening.bind((self._host, self._port))
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        return int(listening.getsockname()[1])

    async def run(self) -> None:
        """Serve until `stop` is called."""
        if self._socket is None:
            raise RuntimeError("start() comes first")
        config = _config(self._socket.detach())
        self._serving = True
        try:
            await serve(self._app, config, shutdown_trigger=self._stop.wait)
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Stop serving: sockets of screens are closed, requests under way get STOP_WITHIN."""
        self._stop.set()
        if not self._serving:
            if self._socket is not None:
                self._socket.close()
            return
        if "live" in self._app.extensions:
            self._app.extensions["live"].stop()
        await asyncio.wait_for(self._stopped.wait(), STOP_WITHIN + 0.5)


def _keep_alive(listening: socket.socket) -> None:
    """Have the system notice peers that vanished; accepted sockets inherit it.

    Hypercorn's WebSocket pings would do the same, but each leaves a sleeping task behind that
    delays the end of its connection, and so of the server, by up to an interval.
    """
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _config(descriptor: int) -> Config:
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.backlog = BACKLOG
    config.accesslog = None
    config.errorlog = _quiet_log()
    config.alpn_protocols = ["http/1.1"]
    config.graceful_timeout = STOP_WITHIN
    config.shutdown_timeout = STOP_WITHIN
    config.include_server_header = False
    config.keep_alive_max_requests = 1_000_000
    config.keep_alive_timeout = 30
    config.websocket_max_message_size = LARGEST_SOCKET_MESSAGE
    config.h11_max_incomplete_size = 16 * 1024
    return config


def _quiet_log() -> logging.Logger:
    """Give a log that takes warnings and errors only: Hypercorn tells of every start and stop."""
    log = logging.getLogger("weir.web.hypercorn")
    log.setLevel(logging.WARNING)
    return log
