"""Asking the running program something from a program that has no event loop."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.control.wire import LONGEST_LINE


@dataclass(frozen=True, slots=True)
class Ear:
    """Where a running program listens for commands, and what it says of itself there."""

    port: int
    token: str
    pid: int
    arguments: tuple[str, ...]
    http: str


def ear(control: Path) -> Ear | None:
    """Read where the program listens; None when none runs, or one that is too old to say."""
    try:
        said = json.loads(control.read_text(encoding="utf-8"))
        arguments = tuple(str(each) for each in said["arguments"])
        return Ear(said["port"], said["token"], int(said["pid"]), arguments, str(said["http"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(at: Ear, command: str, within: float) -> dict[str, Any] | None:
    """Have a command without files carried out, and give its figures; None when nobody answers."""
    line = json.dumps({"token": at.token, "command": command, "arguments": {}, "files": []})
    try:
        with socket.create_connection(("127.0.0.1", at.port), timeout=within) as connection:
            connection.sendall(line.encode() + b"\n")
            with connection.makefile("rb") as answers:
                while found := answers.readline(LONGEST_LINE):
                    said = json.loads(found)
                    if "progress" not in said:
                        figures: dict[str, Any] | None = said.get("figures", {})
                        return None if "error" in said else figures
    except (OSError, ValueError):
        return None
    return None
