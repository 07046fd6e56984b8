"""Follows a page as a reader would: types its `sh` blocks into a shell, beside a real server.

Blocks are run in order in one folder. A line `scripts/serve …` at the beginning of a block starts a
server with those options on free ports; the addresses that the page names stand for its addresses.
A `text` block right after a block says what that one prints; `…` stands for anything, and where it
begins with `weir: `, the command fails as it should.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.running import ROOT, Running, environment, start

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DONE = "-- done --"
PATIENCE = 60.0
"""Seconds for one block."""


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    language: str
    text: str
    line: int
    follows: int
    """How many lines of other text stand before it, since the block before."""


def blocks(page: Path) -> list[Block]:
    """Give the blocks of a page."""
    text, found, end = page.read_text(encoding="utf-8"), [], 0
    for match in FENCE.finditer(text):
        between = [line for line in text[end : match.start()].splitlines() if line.strip()]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match[1], match[2], line, len(between)))
        end = match.end()
    return found


class Terminal:
    """A shell in a folder that looks like a checkout, and the servers it has started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "share" / "weir"
        self.server: Running | None = None
        self.usual: dict[str, str] = {}
        """Where a page has its listeners, by option; here they get free ports."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.free_port: int = listening.getsockname()[1]
        self._make_weir_command()
        self._shell = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment() | {"XDG_DATA_HOME": str(folder / "share"), "PYTHONPATH": str(ROOT)},
        )

    def _make_weir_command(self) -> None:
        weir = self.folder / ".venv" / "bin" / "weir"
        weir.parent.mkdir(parents=True)
        weir.write_text(f'#!/bin/sh\nexec {sys.executable} -m appliance "$@"\n')
        weir.chmod(0o755)
        (weir.parent / "python").symlink_to(sys.executable)

    def follow(self, block: Block, *, may_fail: bool = False) -> str:
        """Do what a block says, and give what it prints."""
        first, _, rest = block.text.partition("\n")
        command, *options = first.split()
        if command == "scripts/serve":
            printed = self._serve(options)
            return printed + (self._type(self._placed(rest), may_fail=may_fail) if rest else "")
        if command == "scripts/test":
            assert os.access(ROOT / command, os.X_OK), "the build runs it; here it would not end"
            return ""
        return self._type(self._placed(block.text), may_fail=may_fail)

    def _serve(self, options: list[str]) -> str:
        self.stop_server()
        self.usual = {
            name.removeprefix("--"): place
            for name, place in pairwise(options)
            if place.startswith("127.0.0.1:")
        }
        free = ["127.0.0.1:0" if o in self.usual.values() else o for o in options]
        self.server = start(self.data, *free)
        return self.server.output

    def _placed(self, text: str) -> str:
        if self.server is None:
            return text
        places = {"127.0.0.1:8000": self.server.http, "127.0.0.1:1883": self.server.mqtt}
        places["127.0.0.1:9999"] = self.server.tcp
        text = text.replace("8080", str(self.free_port))
        for name, usual in self.usual.items():
            text = _at_port(text, usual, self.server.further[name])
        for usual, place in places.items():
            host, port = place.rsplit(":", 1)
            number = usual.rsplit(":", 1)[1]
            text = text.replace(usual, place)
            text = text.replace(f"-h 127.0.0.1 -p {number}", f"-h {host} -p {port}")
            text = text.replace(f"/dev/tcp/127.0.0.1/{number}", f"/dev/tcp/{host}/{port}")
        return text

    def _type(self, text: str, *, may_fail: bool) -> str:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        block = self.folder / ".block"
        block.write_text(text)
        # Its own input is the rest of what is typed: a command must not read that.
        anyway = " || true" if may_fail else ""
        self._shell.stdin.write(
            f". ./{block.name} </dev/null{anyway}\nprintf '\\n%s\\n' '{DONE}'\n"
        )
        self._shell.stdin.flush()
        patience = threading.Timer(PATIENCE, self._shell.kill)
        patience.start()
        lines: list[str] = []
        try:
            for line in self._shell.stdout:
                if line.rstrip() == DONE:
                    return "".join(lines)
                lines.append(line)
        finally:
            patience.cancel()
        raise AssertionError(f"the shell ended, or took over {PATIENCE} s:\n{''.join(lines)}")

    def stop_server(self) -> None:
        """Stop the server, as Ctrl-C does."""
        if self.server is not None and self.server.process.poll() is None:
            self.server.stop()

    def close(self) -> None:
        """End everything."""
        self.stop_server()
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        self._shell.kill()
        self._shell.wait(10)
        assert self._shell.stdout is not None
        self._shell.stdout.close()


def _at_port(text: str, usual: str, place: str) -> str:
    written, real = usual.rpartition(":")[2], place.rpartition(":")[2]
    return text.replace(f"localhost:{written}", f"localhost:{real}").replace(
        f"-h localhost -p {written}", f"-h localhost -p {real}"
    )


@contextlib.contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """A terminal for one page."""
    one = Terminal(folder)
    try:
        yield one
    finally:
        one.close()


def follow(page: Path, at: Terminal) -> int:
    """Follow a whole page; give how many blocks were run."""
    found = blocks(page)
    followed = 0
    nothing = Block("", "", 0, 1)
    for block, following in pairwise([*found, nothing]):
        if block.language != "sh":
            continue
        says = following.text if following.language == "text" and not following.follows else None
        printed = at.follow(block, may_fail=(says or "").startswith("weir: "))
        followed += 1
        if says is not None:
            assert looks_like(following.text, printed), f"{page}:{following.line}:\n{printed}"
    return followed


def looks_like(expected: str, printed: str) -> bool:
    """Say whether this was printed, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
