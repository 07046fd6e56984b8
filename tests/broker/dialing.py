"""Ways to reach a door: plain, TLS, WebSocket, and WebSocket over TLS.

The WebSocket of the client's side is the `websockets` library's: it and the door's know nothing of
each other.
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from broker.ways import Way
from broker.websocket import Pages
from tests.broker.doors import Dial, dial_plain
from tests.outbound.certificate import server_and_client

WAYS = ("tcp", "tls", "ws", "wss")


class WebSocketWire:
    """Both ends of a stream, as asyncio has them, through a WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        uri = parse_uri("ws://localhost/mqtt")
        self.protocol = ClientProtocol(uri, subprotocols=[Subprotocol("mqtt")])
        self.frames: list[Frame] = []

    async def open(self) -> None:
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        while self.protocol.handshake_exc is None and self.protocol.state.name == "CONNECTING":
            if not await self._listen():
                break
        if self.protocol.handshake_exc is not None:
            raise self.protocol.handshake_exc

    async def read(self, _: int) -> bytes:
        """What came in binary frames; nothing at the end."""
        while True:
            payload = b"".join(
                f.data for f in self.frames if f.opcode in {Opcode.BINARY, Opcode.CONT}
            )
            self.frames.clear()
            if payload or not await self._listen():
                return payload

    def write(self, data: bytes) -> None:
        self.protocol.send_binary(data)
        self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self._writer.write(data)

    @property
    def transport(self) -> Any:
        return self._writer.transport

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    async def wait_closed(self) -> None:
        await self._writer.wait_closed()

    async def _listen(self) -> bool:
        data = await self._reader.read(65_536)
        if not data:
            return False
        self.protocol.receive_data(data)
        self.flush()
        self.frames += [e for e in self.protocol.events_received() if isinstance(e, Frame)]
        return True


@dataclass
class Reach:
    """A way and how to take it."""

    way: Way
    dial: Dial


def reach(name: str, folder: Path) -> Reach:
    """Give one of WAYS, with a certificate that its client alone trusts."""
    pages = Pages() if name in {"ws", "wss"} else None
    if name in {"tcp", "ws"}:
        return Reach(Way(name=name, pages=pages), dial_websocket(None) if pages else dial_plain)
    server, client = server_and_client(folder)
    dial = dial_websocket(client) if pages else dial_tls(client)
    return Reach(Way(name=name, tls=lambda: server, pages=pages), dial)


def dial_tls(context: ssl.SSLContext) -> Dial:
    async def dial(port: int) -> tuple[Any, Any]:
        return await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )

    return dial


def dial_websocket(context: ssl.SSLContext | None) -> Dial:
    under = dial_plain if context is None else dial_tls(context)

    async def dial(port: int) -> tuple[Any, Any]:
        reader, writer = await under(port)
        wire = WebSocketWire(reader, writer)
        await wire.open()
        return wire, wire

    return dial
