"""One connection's HTTP/1.1, and nothing else that Hypercorn would speak on it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import h11
import msgspec
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr

from web.inflow import Inflow

MOST_HEADERS: Final = 100
LARGEST_HEAD: Final = 16 * 1024
LONGEST_TARGET: Final = 8 * 1024
"""Bytes of path and query."""
_VERSIONS: Final = (b"1.0", b"1.1")
_BAD, _TARGET_TOO_LONG, _HEADERS_TOO_LARGE, _VERSION = 400, 414, 431, 505
AHEAD_AT_ONCE: Final = 2
"""Requests that may come before the answer to the one before, until such are held back."""
_DEFLATE: Final = b"sec-websocket-extensions"


class Connection(TCPServer):
    """Hypercorn's, without HTTP/2: no upgrade to it and no preface leads around the bounds."""

    async def run(self) -> None:
        """Converse until either side ends it."""
        socket = self.writer.get_extra_info("socket")
        try:
            client = parse_socket_addr(socket.family, socket.getpeername())
            server = parse_socket_addr(socket.family, socket.getsockname())
            async with TaskGroup(self.loop) as group:
                self._task_group = group
                self.protocol = Http11(  # type: ignore[assignment]
                    *(self.app, self.config, self.context, group, ConnectionState(self.state)),
                    *(self.writer.get_extra_info("ssl_object") is not None, client, server),
                    self.protocol_send,
                )
                self.protocol.is_over = self.writer.is_closing  # type: ignore[attr-defined]
                self.protocol.inflow = self.reader  # type: ignore[attr-defined] # see web.conversations
                await self.idle_task.restart(group, self._idle_timeout)
                await self._read_data()
        except OSError:
            pass
        finally:
            await self._close()


class Http11(H11Protocol):
    """Refuses what two readers could understand differently, and what has no end."""

    inflow: Inflow
    is_over: Callable[[], bool]
    _ahead = 0
    """How many requests lately came before the answer to the one before."""
    _head = b""
    """Of an answer that is being written: it leaves with what follows it."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1: an offer of another protocol may be passed over (RFC 9110, 7.8)."""

    async def _create_stream(self, request: h11.Request) -> None:
        if self._ahead > AHEAD_AT_ONCE:
            await self.inflow.pipeline()
            if self.is_over():
                return  # nobody is there who could read the answer
        status = refusal_of(request)
        if status:
            await self._send_error_response(status)
            await self.send(Closed())
            return
        await super()._create_stream(_without_compression(request))
        if not isinstance(self.connection, h11.Connection):
            self.inflow.listen_little()

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
