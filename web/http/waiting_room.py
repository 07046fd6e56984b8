"""The page of a Weir that has no room on its disk to open its stores: it says so, and nothing else.

Needs no file, no store and no thread.
"""

import asyncio
import contextlib
from typing import Final

import msgspec

HEAD_WITHIN: Final = 5.0
"""Seconds for a request to arrive."""
LARGEST_HEAD: Final = 16 * 1024
RETRY_AFTER: Final = 5
"""Seconds."""
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Weir waits for room</title><body style="font:1.1rem sans-serif;margin:3rem;max-width:40rem">
<h1>The disk is full</h1><p>{detail}</p><p>{hint}</p></body></html>
"""
DETAIL: Final = "Weir takes nothing: the disk with its data folder is full. Nothing is lost."
HINT: Final = "Make room on the disk. Weir goes on by itself; devices keep their data until then."


class WaitingRoom:
    """Answers every request with 507 and the reason. `start`, then `stop`."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and give the port; OSError when it is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=LARGEST_HEAD)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            try:
                async with asyncio.timeout(HEAD_WITHIN):
                    head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head))
                await writer.drain()
            finally:
                writer.close()


def _answer(head: bytes) -> bytes:
    wants_page = b"text/html" in head.lower() and b" /api/" not in head.partition(b"\r\n")[0]
    if wants_page:
        kind, body = "text/html; charset=utf-8", _PAGE.format(detail=DETAIL, hint=HINT).encode()
    else:
        kind, body = "application/json", msgspec.json.encode({"detail": DETAIL, "hint": HINT})
    lines = (
        "HTTP/1.1 507 Insufficient Storage",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        f"Retry-After: {RETRY_AFTER}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body
