"""A real HTTP server on a free port that says what a test wants, byte by byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec


@dataclass
class Received:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.body)


@dataclass
class HookServer:
    """Keeps each request, answers with `answer`, or not at all where that is None."""

    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _listening: asyncio.Server | None = None
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=weir"

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._released.set()
        if self._listening:
            self._listening.close()
            await self._listening.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.received.append(await _request(reader))
            if self.answer is None:
                await self._released.wait()
            else:
                writer.write(self.answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    return Received(line, headers, await reader.readexactly(int(headers["content-length"])))


def an_answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Write an HTTP answer."""
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def a_hook_server(
    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n", tls: ssl.SSLContext | None = None
) -> AsyncIterator[HookServer]:
    """A listening server."""
    server = HookServer(answer)
    await server.start(tls)
    try:
        yield server
    finally:
        await server.stop()
