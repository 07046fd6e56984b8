"""Peers of HTTP that mean no good, each a coroutine that goes on until it is cancelled."""

import asyncio
import base64
import contextlib
import multiprocessing as mp
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

Act = Callable[["Hostile", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Hostile:
    """So many connections that all do the same, over and over, to the same server."""

    host: str
    port: int
    act: Act
    count: int = 100
    token: str = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Flood from a process of its own while the block runs."""
        process = mp.get_context("spawn").Process(target=self.begin, daemon=True)
        process.start()
        try:
            yield
        finally:
            process.kill()
            process.join(10)
            process.close()

    def begin(self) -> None:
        """Flood until killed."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.count):
                group.create_task(self._one())

    async def _one(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(self.host, self.port)
                try:
                    await self.act(self, reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.1)

    def head(self, line: str, *fields: str) -> bytes:
        return "\r\n".join((f"{line} HTTP/1.1", "Host: weir", *fields, "", "")).encode()

    async def upgraded(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Become a WebSocket; gives the answer's head."""
        key = base64.b64encode(b"0123456789abcdef").decode()
        writer.write(
            self.head(
                f"GET /ws/global?token={self.token}",
                "Upgrade: websocket",
                "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Extensions: permessage-deflate",
            )
        )
        return await reader.readuntil(b"\r\n\r\n")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, packed: bool = False) -> bytes:
    """Mask with zeros, which changes nothing (RFC 6455, 5.3)."""
    first = (0x80 if fin else 0) | (0x40 if packed else 0) | opcode
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([first]) + length + bytes(4) + payload


async def _for_ever(writer: asyncio.StreamWriter, said: bytes, pause: float = 0.0) -> None:
    while True:
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(pause)


async def slow_heads(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET / HTTP/1.1\r\nHost: weir\r\n")
    await _for_ever(writer, b"X-A: b\r\n", 1.0)


async def slow_bodies(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = "POST /api/v1/sensors/PS-1/readings"
    writer.write(self.head(line, "X-API-Key: none", "Content-Length: 900000") + b" " * 400_000)
    await _for_ever(writer, b" ", 0.5)


async def endless_chunks(
    self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    line = "POST /api/v1/sensors/PS-1/readings"
    writer.write(self.head(line, "X-API-Key: none", "Transfer-Encoding: chunked"))
    await _for_ever(writer, b"1\r\n \r\n" * 5_000)


async def huge_bodies(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    login = "POST /api/v1/auth/login"
    writer.write(self.head(login, "Content-Length: 4000000000"))
    await _for_ever(writer, bytes(65_536))


async def pipelining(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _for_ever(writer, self.head("GET /healthz") * 500)


async def deaf(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask for much and read nothing."""
    await _for_ever(writer, self.head("GET /api/v1/openapi.json") * 20, 0.5)


async def pings(self: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await self.upgraded(reader, writer)
    await _for_ever(writer, frame(9) * 5_000)


async def fragments(
    self: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Begin a message that never ends, in frames of nothing."""
    await self.upgraded(reader, writer)
    writer.write(frame(1, b"x", fin=False))
    await _for_ever(writer, frame(0, fin=False) * 5_000)


async def huge_frames(
    self: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await self.upgraded(reader, writer)
    writer.write(frame(2, bytes(1_000_000))[:14])
    await _for_ever(writer, bytes(65_536))


async def bombs(self: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send what becomes a thousand times as much when it is unpacked."""
    await self.upgraded(reader, writer)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(60_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
    await _for_ever(writer, frame(2, bomb[:-4], packed=True))


async def nothing(self: Hostile, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


FLOODS: tuple[tuple[Act, int], ...] = (
    (nothing, 1),
    (slow_heads, 300),
    (slow_bodies, 100),
    (endless_chunks, 50),
    (huge_bodies, 50),
    (pipelining, 50),
    (deaf, 50),
    (pings, 30),
    (fragments, 30),
    (huge_frames, 30),
    (bombs, 5),
)
