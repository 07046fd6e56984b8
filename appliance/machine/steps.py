"""Steps that change this computer: each is told before it's done, and may be only told."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.domain.errors import StartRefused


class Step(Protocol):
    """One change."""

    def __str__(self) -> str:
        """Say it as a command that a person could give."""
        ...

    def do(self) -> None:
        """Do it; StartRefused says what stands in the way."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """A file with this content, whatever was there."""

    file: Path
    content: bytes

    def __str__(self) -> str:
        return f"write {self.file}"

    def do(self) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(self.content)
        except OSError as error:
            raise StartRefused(
                problem=f"{self.file} can't be written ({error.strerror})",
                remedy="run this as an administrator (sudo), or with --user",
            ) from None


@dataclass(frozen=True, slots=True)
class Remove:
    """No such file from now on."""

    file: Path

    def __str__(self) -> str:
        return f"remove {self.file}"

    def do(self) -> None:
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            raise StartRefused(
                problem=f"{self.file} can't be removed ({error.strerror})",
                remedy="run this as an administrator (sudo)",
            ) from None


@dataclass(frozen=True, slots=True)
class Run:
    """A program of the system, run to its end."""

    command: Sequence[str]
    may_fail: bool = False

    def __str__(self) -> str:
        return " ".join(f'"{w}"' if " " in w else w for w in self.command)

    def do(self) -> None:
        try:
            done = subprocess.run(self.command, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError as error:
            if not self.may_fail:
                raise StartRefused(
                    problem=f"{self.command[0]} can't be run ({error.strerror})",
                    remedy="this needs the service manager of the system",
                ) from None
            return
        if done.returncode and not self.may_fail:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise StartRefused(
                problem=f"`{self}` failed: {said[-1] if said else done.returncode}",
                remedy="correct that and run this again; what is done already does no harm",
            )


def carry_out(steps: Sequence[Step], *, dry: bool, show: Callable[[str], None]) -> None:
    """Tell each step and do it; with `dry` only tell."""
    for step in steps:
        show(("would " if dry else "") + str(step))
        if not dry:
            step.do()
