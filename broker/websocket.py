"""MQTT over WebSocket (MQTT 3.1.1, section 6): frames in, the bytes of MQTT out, and back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from broker.layer import Hall, Layer

SUBPROTOCOL: Final = "mqtt"
PATHS: Final = frozenset({"/", "/mqtt"})
LARGEST_HANDSHAKE: Final = 8 * 1024
"""Bytes that a peer may send until the WebSocket is open."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Which pages in a browser may open a WebSocket; programs name no origin, and may."""

    origins: tuple[str, ...] = ()

    def may(self, origin: str | None, host: str) -> bool:
        """Whether it is no page, one of this very address, or a listed one."""
        if origin is None:
            return True
        own = origin.casefold().partition("://")[2]
        return own == host.casefold() != "" or any(_matches(o, origin) for o in self.origins)


def _matches(listed: str, origin: str) -> bool:
    return origin.startswith(listed) if listed.endswith("://") else origin == listed


class WebSocketLayer(Layer):
    """The server's side of a WebSocket that carries MQTT.

    Packets may span frames or share one [MQTT-6.0.0-2], so payload is passed on as it comes: a
    frame that never ends is never kept. A frame of text ends the connection [MQTT-6.0.0-1].
    Nothing is compressed. MQTT's own keep-alive finds out who has gone; pings are answered.
    """

    slice = 1024
    """A turn's worth: 170 of the smallest frames, 2 ms or so."""

    def __init__(self, above: asyncio.Protocol, hall: Hall, pages: Pages) -> None:
        super().__init__(above, hall)
        self._pages = pages
        self._ws = WSConnection(ConnectionType.SERVER)
        self._received = 0
        self._payload: list[bytes | bytearray] = []
        self._acts: dict[type[Event], Callable[..., None]] = {
            Request: self._answer,
            BytesMessage: self._collect,
            TextMessage: self._refuse_text,
            Ping: self._pong,
            CloseConnection: self._closed,
        }

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send as one binary frame [MQTT-6.0.0-1]."""
        if not self._is_closing and not self._is_over and data:
            self._send(BytesMessage(data=bytes(data)))

    def _take(self, data: bytes) -> None:
        if not self._is_up:
            self._received += len(data)
            if self._received > LARGEST_HANDSHAKE:
                self._reject(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
        try:
            self._ws.receive_data(data)
            for event in self._ws.events():
                self._act(event)
        except (RemoteProtocolError, UnicodeError):  # some headers must be ASCII; wsproto decodes
            self._reject(HTTPStatus.BAD_REQUEST)
        except LocalProtocolError:  # it goes on after its own goodbye
            self._below.close()
        self._give()

    def _act(self, event: Event) -> None:
        act = self._acts.get(type(event))
        if act is not None:
            act(event)

    def _give(self) -> None:
        payload, self._payload = b"".join(self._payload), []
        if payload and not self._is_closing and not self._is_over:
            self._above.data_received(payload)

    # The handshake

    def _answer(self, request: Request) -> None:
        origin = next((v for n, v in request.extra_headers if n.lower() == b"origin"), None)
        said = None if origin is None else origin.decode(errors="replace")
        if request.target.partition("?")[0] not in PATHS:
            self._reject(HTTPStatus.NOT_FOUND)
        elif not self._pages.may(said, request.host):
            self._reject(HTTPStatus.FORBIDDEN)
        elif SUBPROTOCOL not in request.subprotocols:  # [MQTT-6.0.0-3]
            self._reject(HTTPStatus.BAD_REQUEST)
        else:
            self._send(AcceptConnection(subprotocol=SUBPROTOCOL))  # [MQTT-6.0.0-4]
            self._open()

    def _reject(self, status: HTTPStatus) -> None:
        if self._ws.state is ConnectionState.CONNECTING:
            self._send(RejectConnection(status_code=status, headers=[(b"connection", b"close")]))
        self._is_closing = True
        self._below.close()

    # An open WebSocket

    def _collect(self, message: BytesMessage) -> None:
        self._payload.append(message.data)

    def _refuse_text(self, _: TextMessage) -> None:
        self._give()  # what came before it in good order
        self._end(CloseReason.UNSUPPORTED_DATA)

    def _pong(self, ping: Ping) -> None:
        if not self._is_closing:
            self._send(ping.response())

    def _closed(self, event: CloseConnection) -> None:
        """The peer's goodbye, or a frame that is none: wsproto says both so."""
        self._give()
        if self._ws.state is ConnectionState.REMOTE_CLOSING:
            self._send(event.response())
        elif self._ws.state is ConnectionState.OPEN:
            self._end(event.code)
        self._is_closing = True
        self._below.close()

    def _end(self, code: int) -> None:
        if self._ws.state is ConnectionState.OPEN:
            self._send(CloseConnection(code=code))
        self._is_closing = True
        self._below.close()

    def _say_goodbye(self) -> None:
        """Send a closing frame; whoever reads it knows that all is said (RFC 6455, 5.5.1)."""
        if self._ws.state is ConnectionState.OPEN:
            self._send(CloseConnection(code=CloseReason.NORMAL_CLOSURE))

    def _send(self, event: Event) -> None:
        self._below.write(self._ws.send(event))
