"""Files as answers: sent as they are read, saved rather than shown, and never run."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

BLOCK: Final = 256 * 1024
NEVER_RUN: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Whatever is in a file: a browser takes it for what we say, saves it, and runs nothing of it."""


def saved_as(name: str) -> str:
    """Give the Content-Disposition under which a file is saved (RFC 6266, 4.3; RFC 8187)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def blocks(opening: Callable[[], Awaitable[BinaryIO]]) -> AsyncIterator[bytes]:
    """Give a file block by block; it is opened with the first, and closed after the last."""
    file = await opening()
    try:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
    finally:
        file.close()


async def blocks_of_scratch(path: Path) -> AsyncIterator[bytes]:
    """Give a file in a scratch folder block by block, then remove the folder."""

    async def opening() -> BinaryIO:
        return await asyncio.to_thread(path.open, "rb")

    try:
        async for block in blocks(opening):
            yield block
    finally:
        await asyncio.to_thread(shutil.rmtree, path.parent, ignore_errors=True)
