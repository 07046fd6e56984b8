"""One connection's HTTP/1.1, and nothing else that Hypercorn would speak on it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import h11
import msgspec
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.events import Closed, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WebsocketBuffer, WSStream
from hypercorn.typing import (
    AppWrapper,
    ASGIReceiveEvent,
    ASGISendEvent,
    ConnectionState,
    Event,
    Scope,
)
from hypercorn.utils import parse_socket_addr

from appliance.domain.forwarded import Contradiction
from web.http.callers import CALLERS, Callers
from web.http.inflow import BEGINNING, Inflow, Turnstile

MOST_HEADERS: Final = 100
LARGEST_HEAD: Final = 16 * 1024
LONGEST_TARGET: Final = 8 * 1024
"""Bytes of path and query."""
_VERSIONS: Final = (b"1.0", b"1.1")
_BAD, _FORBIDDEN, _TARGET_TOO_LONG, _HEADERS_TOO_LARGE, _VERSION = 400, 403, 414, 431, 505
AHEAD_AT_ONCE: Final = 2
"""Requests that may come before the answer to the one before, until such are held back."""
Send = Callable[[ASGISendEvent | None], Awaitable[None]]
_DEFLATE: Final = b"sec-websocket-extensions"


class Idleness:
    """Ends a connection on which nothing has been under way for too long, or when Weir stops.

    In the place of Hypercorn's task, of which it makes two and cancels two for each request: one
    for as long as the connection lasts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float, stopping: Event) -> None:
        self._loop = loop
        self._patience = patience
        self._stopping = stopping
        self._idle_since: float | None = None
        self._watching: asyncio.Task[None] | None = None

    def begin(self, group: TaskGroup, end: Callable[[], Awaitable[None]]) -> None:
        """Watch from now on; `end` is called at most once."""
        self._idle_since = self._loop.time()
        self._watching = group._task_group.create_task(self._watch(end))  # noqa: SLF001

    async def restart(self, *_: object) -> None:
        """Nothing is under way any more."""
        self._idle_since = self._loop.time()

    async def stop(self) -> None:
        """Something is under way."""
        self._idle_since = None

    def over(self) -> None:
        """The connection has ended."""
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self, end: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set() and not self._is_due():
            since = self._loop.time() if self._idle_since is None else self._idle_since
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(since + self._patience):
                    await self._stopping.wait()
        if self._idle_since is not None:  # else the end of what is under way ends the connection
            await asyncio.shield(end())

    def _is_due(self) -> bool:
        since = self._idle_since
        return since is not None and self._loop.time() >= since + self._patience


class Message(WebsocketBuffer):
    """Says once that a message is too long, and passes over what else comes of it.

    It comes in sips. Hypercorn's says so for each, and stops looking for the peer's closing frame.
    """

    def extend(self, event: Any) -> None:  # noqa: ANN401 - as Hypercorn types it
        """Add a part of the message; raises FrameTooLargeError."""
        if self.length <= self.max_length:
            super().extend(event)


class Mailbox:
    """What a peer has said, until the application takes it: bounded, then the peer waits.

    The end never waits, and when the application is done nobody waits: Hypercorn's queue is then
    never emptied again, and whoever puts something into it would stay there for ever.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._events: deque[ASGIReceiveEvent] = deque()
        self._some, self._room = asyncio.Event(), asyncio.Event()
        self._is_over = False

    async def put(self, event: ASGIReceiveEvent) -> None:
        """Add an event as soon as there is room."""
        is_last = event["type"].endswith(".disconnect")
        while len(self._events) >= self._most and not is_last and not self._is_over:
            self._room.clear()
            await self._room.wait()
        if not self._is_over:
            self._events.append(event)
            self._some.set()

    async def get(self) -> ASGIReceiveEvent:
        """Take the oldest event as soon as there is one."""
        while not self._events:
            self._some.clear()
            await self._some.wait()
        self._room.set()
        return self._events.popleft()

    def over(self) -> None:
        """Nobody takes anything any more."""
        self._is_over = True
        self._events.clear()
        self._room.set()


class Conversation(TaskGroup):
    """Hypercorn's tasks of one connection, with a mailbox in which nobody gets stuck."""

    def __init__(self, loop: asyncio.AbstractEventLoop, beginning: Turnstile) -> None:
        super().__init__(loop)
        self._beginning = beginning

    async def spawn_app(
        self, app: AppWrapper, config: Config, scope: Scope, send: Send
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Begin a request or a stream, and give where its peer's events go."""
        mailbox = Mailbox(config.max_app_queue_size)
        self.spawn(self._run, app, config, scope, mailbox, send)
        return mailbox.put

    async def _run(
        self, app: AppWrapper, config: Config, scope: Scope, mailbox: Mailbox, send: Send
    ) -> None:
        in_thread = partial(self._loop.run_in_executor, None)
        try:
            await self._beginning.turn()
            await app(scope, mailbox.get, send, in_thread, _no_threads)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - the HTTP boundary: one request's failure is not the others'
            await config.log.exception("a request failed")
        finally:
            mailbox.over()
            await send(None)


def _no_threads(*_: object) -> None:
    """Stand for what only WSGI applications call."""
    raise NotImplementedError


class Connection(TCPServer):
    """Hypercorn's, without HTTP/2: no upgrade to it and no preface leads around the bounds."""

    idle_task: Idleness  # type: ignore[assignment]

    async def run(self) -> None:
        """Converse until either side ends it."""
        socket = self.writer.get_extra_info("socket")
        try:
            client = parse_socket_addr(socket.family, socket.getpeername())
            server = parse_socket_addr(socket.family, socket.getsockname())
            async with Conversation(self.loop, self.state[BEGINNING]) as group:
                self._task_group = group
                self.protocol = Http11(  # type: ignore[assignment]
                    *(self.app, self.config, self.context, group, ConnectionState(self.state)),
                    *(self.writer.get_extra_info("ssl_object") is not None, client, server),
                    self.protocol_send,
                )
                self.protocol.is_over = self.writer.is_closing  # type: ignore[attr-defined]
                self.protocol.callers = self.state[CALLERS]  # type: ignore[attr-defined]
                self.protocol.inflow = self.reader  # type: ignore[attr-defined] # see web.http.conversations
                self.idle_task = Idleness(
                    self.loop, self.config.keep_alive_timeout, self.context.terminated
                )
                self.idle_task.begin(group, self._initiate_server_close)
                await self._read_data()
                self.idle_task.over()
        except OSError:
            pass
        finally:
            await self._close()

    async def _close(self) -> None:
        """End it, and the watch on whether it is idle."""
        try:
            await super()._close()
        finally:
            if isinstance(self.idle_task, Idleness):
                self.idle_task.over()


class Http11(H11Protocol):
    """Refuses what two readers could understand differently, and what has no end."""

    callers: Callers
    inflow: Inflow
    is_over: Callable[[], bool]
    _ahead = 0
    """How many requests lately came before the answer to the one before."""
    _peer: tuple[Any, bool] | None = None
    """Who is at the other end of the connection, and whether under TLS, whomever it speaks for."""
    _head = b""
    """Of an answer that is being written: it leaves with what follows it."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1: an offer of another protocol may be passed over (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        if self._ahead > AHEAD_AT_ONCE:
            await self.inflow.pipeline()
            if self.is_over():
                return  # nobody is there who could read the answer
        status = refusal_of(request) or self._meet(request)
        if status:
            await self._send_error_response(status)
            await self.send(Closed())
            return
        await super()._create_stream(_without_compression(request))
        if isinstance(self.stream, WSStream):
            self.stream.buffer = Message(self.config.websocket_max_message_size)
            self.inflow.listen_little()

    def _meet(self, request: h11.Request) -> int:
        """Learn whom the request comes from; give the status with which they are refused, 0 for none."""
        if self._peer is None:
            self._peer = (self.client, self.ssl)
        client, self.ssl = self._peer
        if client is None or not self.callers.may_differ(client[0]):
            return 0
        try:
            origin = self.callers.met(client[0], request.headers)
        except Contradiction:
            return _BAD
        if origin is None:
            return _FORBIDDEN
        self.client = (origin.address, client[1])
        self.ssl = self.ssl if origin.is_secure is None else origin.is_secure
        return 0

    async def _maybe_recycle(self) -> None:
        """Notice, where an answer has ended, whether the next request was there before it."""
        is_ahead = self.connection.their_state is h11.DONE and self.connection.trailing_data[0]
        self._ahead = self._ahead + 1 if is_ahead else max(0, self._ahead - 1)
        await super()._maybe_recycle()

    async def _send_h11_event(self, event: Any) -> None:  # noqa: ANN401 - as Hypercorn types it
        """Write head and body together: one call of the system, and one packet."""
        if isinstance(event, h11.Response) and self.connection.their_state is h11.SEND_BODY:
            event = _the_last(event)
        try:
            data = self.connection.send(event) or b""
        except h11.LocalProtocolError:
            if self.connection.their_state is not h11.ERROR:
                raise
            return
        if isinstance(event, h11.Response):
            self._head = data
            return
        whole, self._head = self._head + data, b""
        if whole:
            await self.send(RawData(data=whole))

    async def _send_error_response(self, status_code: int) -> None:
        """Answer what is no request of HTTP as every refusal is answered."""
        phrase = HTTPStatus(status_code)
        body = msgspec.json.encode({"detail": phrase.phrase, "code": phrase.name.lower()})
        headers = [
            *((b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")),
            *((b"content-length", b"%d" % len(body)), (b"connection", b"close")),
        ]
        headers += self.config.response_headers("h11")
        await self._send_h11_event(h11.Response(status_code=status_code, headers=headers))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())


def refusal_of(request: h11.Request) -> int:
    """Give the status with which a head is refused; 0 for none."""
    names = [name for name, _ in request.headers]
    if request.http_version not in _VERSIONS:
        return _VERSION
    if len(request.target) > LONGEST_TARGET:
        return _TARGET_TOO_LONG
    if len(names) > MOST_HEADERS or _size(request) > LARGEST_HEAD:
        return _HEADERS_TOO_LARGE
    if b"transfer-encoding" in names and (
        b"content-length" in names or request.http_version == _VERSIONS[0]
    ):
        return _BAD  # somebody smuggles a request past a proxy (RFC 9112, 6.1)
    return 0


def _the_last(response: h11.Response) -> h11.Response:
    """Say that the connection ends with an answer that came before the body it is about.

    What still comes of the body could not be told from a next request; a client that is not told
    sends that one into a connection which is gone (RFC 9112, 9.6).
    """
    headers = [field for field in response.headers.raw_items() if field[0].lower() != b"connection"]
    return h11.Response(
        status_code=response.status_code, headers=[*headers, (b"connection", b"close")]
    )


def _size(request: h11.Request) -> int:
    return len(request.target) + sum(len(name) + len(value) for name, value in request.headers)


def _without_compression(request: h11.Request) -> h11.Request:
    """Leave out the offer to compress a WebSocket: 64 KiB of it can become 64 MiB at once."""
    left = [
        (name, value) for name, value in request.headers.raw_items() if name.lower() != _DEFLATE
    ]
    if len(left) == len(request.headers):
        return request
    fields: dict[str, Any] = {"method": request.method, "target": request.target}
    return h11.Request(**fields, headers=left, http_version=request.http_version)
