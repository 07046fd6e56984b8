"""Hypercorn's conversations with those who were let in, without its way of listening."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import LifespanState
from hypercorn.utils import wrap_app
from quart import Quart

from appliance.ports.listening import Recognised
from web.http.callers import CALLERS, Callers
from web.http.connection import LARGEST_HEAD, Connection
from web.http.inflow import BEGINNING, Inflow, Turnstile
from web.http.recognition import KEY

STOP_WITHIN: Final = 2.0
LARGEST_SOCKET_MESSAGE: Final = 64 * 1024
_READ_AHEAD: Final = 16 * 1024
_WAITING_PARTS: Final = 2
"""Of a body, until somebody wants it; more waits in the network."""
_log: Final = logging.getLogger(__name__)


class Conversations:
    """Serves an application to connections; inside `open` only."""

    def __init__(self, app: Quart) -> None:
        self._config = _config()
        self._app = wrap_app(app, self._config.wsgi_max_body_size, "asgi")
        self._loop = asyncio.get_running_loop()
        self._state: LifespanState = {}
        self._context = WorkerContext(None)
        self._turnstile = Turnstile()
        self._beginning = Turnstile()
        self._running: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Start the application; at the end, what is under way gets STOP_WITHIN."""
        lifespan = Lifespan(self._app, self._config, self._loop, self._state)
        async with asyncio.TaskGroup() as group:
            living = group.create_task(lifespan.handle_lifespan())
            await lifespan.wait_for_startup()
            try:
                async with self._group:
                    try:
                        yield
                    finally:
                        await self._end()
            finally:
                await lifespan.wait_for_shutdown()
                living.cancel()

    def protocol(self, callers: Callers, recognised: Recognised) -> asyncio.Protocol:
        """Give the protocol of a connection that has just been let in."""
        reader = Inflow(_READ_AHEAD, self._turnstile)
        state = {**self._state, KEY: recognised, CALLERS: callers, BEGINNING: self._beginning}
        return asyncio.StreamReaderProtocol(reader, partial(self._begin, state))

    def _begin(
        self, state: LifespanState, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._context.terminated.is_set():
            writer.transport.abort()
            return
        task = self._group.create_task(self._converse(reader, writer, state))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: LifespanState
    ) -> None:
        try:
            await Connection(
                *(self._app, self._loop, self._config, self._context, state, reader, writer)
            )
        except Exception:  # noqa: BLE001 - the HTTP boundary: one peer's failure is not the others'
            _log.exception("a conversation failed")
            writer.transport.abort()

    async def _end(self) -> None:
        await self._context.terminated.set()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_WITHIN)
        for task in self._running:
            task.cancel()


def _config() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = _quiet_log()
    config.graceful_timeout = STOP_WITHIN
    config.shutdown_timeout = STOP_WITHIN
    config.include_server_header = False
    config.keep_alive_max_requests = 1_000_000
    config.keep_alive_timeout = 30
    config.websocket_max_message_size = LARGEST_SOCKET_MESSAGE
    config.max_app_queue_size = _WAITING_PARTS
    config.h11_max_incomplete_size = LARGEST_HEAD
    return config


def _quiet_log() -> logging.Logger:
    """Give a log that takes warnings and errors only: Hypercorn tells of every start and stop."""
    log = logging.getLogger("weir.web.hypercorn")
    log.setLevel(logging.WARNING)
    return log
