"""A real `weir serve` in a process of its own, on free ports and a fresh folder."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "correct-horse-battery"
READY = re.compile(r"^ready http=(\S+) mqtt=(\S+) tcp=(\S+)(?: (.*))?$", re.MULTILINE)
WEIR = [sys.executable, "-m", "appliance"]
ROOT = Path(__file__).parent.parent


def environment() -> dict[str, str]:
    """Give this process's environment without any option of Weir."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}


@dataclass
class Running:
    """One running server; `output` is what it has printed so far."""

    folder: Path
    process: subprocess.Popen[str]
    output_file: Path
    log_file: Path
    http: str = ""
    mqtt: str = ""
    tcp: str = ""
    further: dict[str, str] = field(default_factory=dict)
    """Where the other listeners are, by option."""
    municipality: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """What it has printed on standard output."""
        return self.output_file.read_text()

    @property
    def log(self) -> str:
        """What it has printed on standard error."""
        return self.log_file.read_text()

    @property
    def url(self) -> str:
        """Where the API and the page are."""
        return f"http://{self.http}"

    def wait_until_ready(self, within: float = 30.0) -> None:
        """Wait for the `ready` line of a server that waited for something, and learn its ports."""
        deadline = time.monotonic() + within
        while not (found := READY.search(self.output)):
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.01)  # a process of its own: there is nothing to be woken by
        self.http, self.mqtt, self.tcp, others = found.groups()
        self.further = dict(each.split("=", 1) for each in (others or "").split())

    def stop(self, *, within: float = 30.0) -> int:
        """Send SIGTERM and give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self.process.kill()
        self.process.wait(10)


def start(
    folder: Path,
    *options: str,
    within: float = 90.0,
    program: Sequence[str] = WEIR,
    extra: Mapping[str, str] | None = None,
    line: re.Pattern[str] = READY,
) -> Running:
    """Start a server and wait for its `ready` line; it raises with the log when none comes.

    `program` may be another that ends in Weir's command line, `extra` adds to its environment,
    `line` is another line to wait for; its last group has further listeners.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.parent.glob("*.out")))
    output = folder.parent / f"{folder.name}-{number}.out"
    log = folder.parent / f"{folder.name}-{number}.log"
    with output.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(
            [
                *program,
                "serve",
                "--data",
                str(folder),
                "--http",
                "127.0.0.1:0",
                "--mqtt",
                "127.0.0.1:0",
                "--tcp",
                "127.0.0.1:0",
                "--disk-ballast",
                "0",  # folders of tests are copied
                *options,
            ],
            stdout=out,
            stderr=err,
            text=True,
            cwd=ROOT,
            env={**environment(), **(extra or {})},
        )
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.poll() is None:
        found = line.search(output.read_text())
        if found:
            *first, others = found.groups()
            further = dict(each.split("=", 1) for each in (others or "").split())
            return Running(folder, process, output, log, *first, further=further)
        time.sleep(0.01)  # a process of its own: there is nothing to be woken by
    process.kill()
    process.wait()
    raise AssertionError(f"no ready line:\n{output.read_text()}\n{log.read_text()}")


def command(folder: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Run a command on a folder, running server or not, and give its figures."""
    done = subprocess.run(
        [*WEIR, *arguments, "--data", str(folder), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert done.returncode == status, f"{arguments}: {done.stdout}\n{done.stderr}"
    figures: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return figures


def found(folder: Path, name: str = "Brookfield", admin: str = "ada") -> int:
    """Make the super admin and a municipality; give the municipality's id."""
    password = folder.parent / "password"
    password.write_text(PASSWORD + "\n")
    figures = command(
        folder, "init", "--municipality", name, "--admin", admin, "--password-file", str(password)
    )
    return int(figures["municipality_id"])


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Run a server that has been set up; it is stopped at the end of the block."""
    municipality = 0
    if not (folder / "operations.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        municipality = found(folder)
    weir = start(folder, *options)
    weir.municipality = municipality
    try:
        yield weir
    finally:
        if weir.process.poll() is None:
            weir.stop()
