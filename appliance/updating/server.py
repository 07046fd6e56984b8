"""The server that runs meanwhile: stopped, started as it had been, and asked how it is."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import psutil

from appliance.control.client import Ear, ask, ear
from appliance.domain.errors import Failed

STOP_WITHIN: Final = 30.0
"""Seconds; it needs 10 at most."""
START_WITHIN: Final = 300.0
"""Seconds for a start that migrates and reads what there is."""
_LOOK_EVERY: Final = 0.1
_ANSWERS_WITHIN: Final = 10.0
_CGROUP: Final = "/proc/{pid}/cgroup"


class ServerStuck(Failed):
    """The server {problem}."""


class Starter(Protocol):
    """How the server is stopped and started on this computer."""

    def stop(self) -> None:
        """Have it stop cleanly; return when it has."""
        ...

    def start(self, program: Path) -> "int | None":
        """Start it; give its process id where that is known."""
        ...


@dataclass(frozen=True, slots=True)
class Unit:
    """A service of systemd, which starts what its unit names."""

    name: str

    def stop(self) -> None:
        _run("systemctl", "stop", self.name)

    def start(self, program: Path) -> int | None:
        del program
        _run("systemctl", "reset-failed", self.name, may_fail=True)
        _run("systemctl", "start", self.name, may_fail=True)  # whether it lives is asked later
        return None


@dataclass(slots=True)
class Process:
    """A process that somebody started; the next one is started like it, and in the background."""

    pid: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    output: Path
    """Where what it prints goes from now on."""
    child: "subprocess.Popen[bytes] | None" = None

    def stop(self) -> None:
        child = self.child
        if child is not None:
            child.terminate()
            try:
                child.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            return
        try:
            process = psutil.Process(self.pid)
            process.terminate()
            deadline = time.monotonic() + STOP_WITHIN
            # A zombie has ended, also when whoever started it has not looked yet.
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                if time.monotonic() > deadline:
                    raise ServerStuck(problem=f"did not stop within {STOP_WITHIN:.0f} s")
                time.sleep(_LOOK_EVERY)
        except psutil.NoSuchProcess:
            return
        except psutil.AccessDenied:
            raise ServerStuck(problem="belongs to another user, who must run this") from None

    def start(self, program: Path) -> int | None:
        try:
            with self.output.open("ab") as output:
                self.child = subprocess.Popen(  # noqa: S603 the program that was verified
                    [str(program), *self.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self.folder,
                    env=dict(self.environment),
                    start_new_session=True,
                )
        except OSError as error:
            raise ServerStuck(problem=f"can't be started ({error})") from error
        self.pid = self.child.pid
        return self.pid

    @property
    def has_ended(self) -> bool:
        """Whether the one that was started here has ended."""
        return self.child is not None and self.child.poll() is not None


class Server:
    """The server of one data folder."""

    def __init__(self, control: Path, starter: Starter) -> None:
        self._control = control
        self._starter = starter

    def stop(self) -> None:
        """Return when it has stopped."""
        self._starter.stop()
        self._control.unlink(missing_ok=True)  # of one that was killed

    def start(self, program: Path, within: float = START_WITHIN) -> Ear:
        """Start it, and return when every door is open; ServerStuck says why it is not."""
        self._starter.start(program)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = ear(self._control)
            if found is not None and ask(found, "status", _ANSWERS_WITHIN) is not None:
                return found
            if isinstance(self._starter, Process) and self._starter.has_ended:
                raise ServerStuck(problem="ended while it started")
            time.sleep(_LOOK_EVERY)
        raise ServerStuck(problem=f"did not get ready within {within:.0f} s")

    def health(self, since: Ear) -> "Health":
        """Say how the one is that was started."""
        now = ear(self._control)
        if now is None or now.pid != since.pid or now.token != since.token:
            return Health(alive=False)
        said = ask(now, "status", _ANSWERS_WITHIN)
        if said is None or not _answers(now.http):
            return Health(alive=_lives(now.pid))
        return Health(alive=True, answers=True, problems=_grave(said))


@dataclass(frozen=True, slots=True)
class Health:
    """How a server is."""

    alive: bool
    answers: bool = False
    problems: Mapping[str, str] | None = None
    """What is critical, by code."""


def running(control: Path, output: Path, environment: Mapping[str, str]) -> Server | None:
    """Give the server that runs on a folder; None when none does."""
    found = ear(control)
    if found is None or ask(found, "status", _ANSWERS_WITHIN) is None:
        return None
    unit = _unit_of(found.pid)
    if unit is not None:
        return Server(control, Unit(unit))
    process = psutil.Process(found.pid)
    try:
        folder, its = process.cwd(), process.environ()
    except psutil.Error:
        folder, its = "/", dict(environment)
    starter = Process(found.pid, found.arguments, _outside(its), folder, output)
    return Server(control, starter)


def problems_of(control: Path) -> Mapping[str, str]:
    """Give what is critical with the server that runs."""
    found = ear(control)
    said = None if found is None else ask(found, "status", _ANSWERS_WITHIN)
    return {} if said is None else _grave(said)


def _outside(environment: Mapping[str, str]) -> dict[str, str]:
    """Take away what PyInstaller put into the environment of the one that ran: it is of its version."""
    kept = {n: v for n, v in environment.items() if not n.startswith(("_PYI", "_MEIPASS"))}
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        before = kept.pop(f"{name}_ORIG", None)
        if before is not None:
            kept[name] = before
    return kept | {"PYINSTALLER_RESET_ENVIRONMENT": "1"}


def _unit_of(pid: int) -> str | None:
    """Name the unit of systemd that a process belongs to; None for one of a person's session."""
    try:
        text = Path(_CGROUP.format(pid=pid)).read_text(encoding="utf-8")
    except OSError:
        return None
    name = text.strip().rpartition("/")[2]
    of_a_service = name.endswith(".service") and not name.startswith("user@")
    return name if of_a_service and shutil.which("systemctl") else None


def _run(*command: str, may_fail: bool = False) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not may_fail:
        said = done.stderr.strip().splitlines()
        raise ServerStuck(
            problem=f"did not obey systemctl ({said[-1] if said else done.returncode})"
        )


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _answers(http: str) -> bool:
    host, _, port = http.rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{here}:{port}/healthz", timeout=_ANSWERS_WITHIN) as a:
            return bool(a.status == 200)  # noqa: PLR2004
    except (OSError, urllib.error.URLError):
        return False


def _grave(said: Mapping[str, Any]) -> dict[str, str]:
    return {p["code"]: p["what"] for p in said.get("problems", []) if p["severity"] == "critical"}
