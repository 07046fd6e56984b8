r"""How a command travels to the running program: one JSON line, then the files it brings.

→ {"token", "command", "arguments", "files": [{"name", "size"}]}\n  bytes of the files
← {"progress": {…}}\n …  {"text", "figures", "failed", "output": size}\n  bytes of the output
← {"error", "hint"}\\n
"""

import asyncio
from pathlib import Path
from typing import Final

import msgspec

CHUNK: Final = 1 << 20
GIVEN_BY: Final = "_given_by"
"""The argument of every command that names the user of the operating system who gave it."""
LONGEST_LINE: Final = 64 << 20
"""An answer's figures may list 10,000 refused lines."""


class Attached(msgspec.Struct):
    """A file that follows the line."""

    name: str
    size: int


class Call(msgspec.Struct):
    """What a caller wants."""

    token: str
    command: str
    arguments: dict[str, str] = {}
    files: list[Attached] = []


class Advance(msgspec.Struct):
    """How far a command is."""

    what: str
    done: int
    total: int | None = None


class Answer(msgspec.Struct, omit_defaults=True):
    """One line back."""

    progress: Advance | None = None
    text: str | None = None
    figures: dict[str, object] = {}
    notes: str = ""
    failed: bool = False
    output: int = 0
    error: str | None = None
    misused: bool = False
    """The error is the caller's: exit status 2."""
    hint: str = ""


async def send_line(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    """Send one message as a line."""
    writer.write(msgspec.json.encode(message) + b"\n")
    await writer.drain()


async def send_file(writer: asyncio.StreamWriter, file: Path) -> None:
    """Send a file's bytes."""
    with file.open("rb") as source:
        while chunk := await asyncio.to_thread(source.read, CHUNK):
            writer.write(chunk)
            await writer.drain()


async def receive_file(reader: asyncio.StreamReader, file: Path, size: int) -> None:
    """Receive that many bytes into a file; IncompleteReadError when the peer leaves before."""
    with file.open("wb") as target:
        left = size
        while left:
            chunk = await reader.read(min(CHUNK, left))
            if not chunk:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(chunk)
            await asyncio.to_thread(target.write, chunk)
