"""Kills a server again and again while devices report, in whatever phase chance or order has it."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.fleet import Fleet, Reporter
from tests.faults.town import AS_USUAL, HERE_DEVICES, THERE_DEVICE, TOO_HIGH, Town
from tests.running import ROOT, WEIR, environment, start

MINUTE_MS: Final = 60_000
DAY_MS: Final = 1_440 * MINUTE_MS
BUSY: Final = [sys.executable, "-m", "tests.faults.busy"]
PATIENCE: Final = 120.0
"""Seconds after which a server that should serve again does not; how long it took is reported."""


@dataclass(frozen=True)
class Phase:
    """When a kill comes: by chance, or at an operation on a file (kill_at.c) of this range."""

    name: str
    order: str = ""
    up_to: int = 1
    program: tuple[str, ...] = tuple(WEIR)


PHASES: Final = (
    Phase("intake"),
    Phase("start-up"),
    Phase("group commit, writing", "write:journal", 60),
    Phase("group commit, syncing", "sync:journal", 40),
    Phase("group commit, synced", "synced:journal", 40),
    Phase("applying to history", "write:history.duckdb.wal", 40),
    Phase("applied to history", "synced:history.duckdb.wal", 10),
    Phase("watcher commit", "write:operations.db-wal$", 80),
    Phase("watcher committed", "synced:operations.db-wal$", 8),
    Phase("checkpoint of operations", "write:operations.db$", 60),
    Phase("checkpoint of history", "write:history.duckdb$", 12),
    Phase("sealing, jobs", "", 1, tuple(BUSY)),
    Phase("sealing, history", "write:/history/", 80, tuple(BUSY)),
    Phase("sealing, writing", "write:/sealed/", 12, tuple(BUSY)),
    Phase("sealing, synced", "synced:/sealed/", 6, tuple(BUSY)),
    Phase("sealing, renaming", "rename:/sealed/", 4, tuple(BUSY)),
    Phase("start-up, opening history", "write:/history/", 3),
    Phase("start-up, opening operations", "write:operations.db", 3),
)


@dataclass
class Campaign:
    """What was done and found; times in seconds."""

    kills: Counter[str] = field(default_factory=Counter)
    by_order: Counter[str] = field(default_factory=Counter)
    """Kills that came at the very operation that was ordered."""
    serving_again: list[float] = field(default_factory=list)
    """From each kill until the next ack."""


class Killer:
    """Runs one server on a town's folder, on a port that stays."""

    def __init__(self, town: Town, shim: Path | None, chance: random.Random) -> None:
        self.town = town
        self.port = free_port()
        self.done = Campaign()
        self._shim = shim
        self._chance = chance
        self._killed_at = 0.0

    def reporters(self) -> list[Reporter]:
        """Give the devices of two towns: three with too high values, one that catches up."""
        now = int(time.time() * 1_000)
        shapes = ((1, 100, 400), (20, 20, 60), (50, 20, 30))
        here = [
            Reporter(
                name,
                self.town.keys[name],
                TOO_HIGH,
                now - 40 * MINUTE_MS,
                together=together,
                window=window,
                a_second=a_second,
            )
            for name, (together, window, a_second) in zip(HERE_DEVICES, shapes, strict=True)
        ]
        key = self.town.keys[THERE_DEVICE]
        begin = now - 40 * DAY_MS
        there = Reporter(
            THERE_DEVICE, key, AS_USUAL, begin, together=50, step=2_000, window=20, a_second=30
        )
        return [*here, there]

    def start(self, phase: Phase = PHASES[0]) -> None:
        """Start, with an order to die where the phase has one."""
        extra = {}
        if phase.order and self._shim is not None:
            order = f"{phase.order}:{self._chance.randint(1, phase.up_to)}"
            extra = {"LD_PRELOAD": str(self._shim), "KILL_AT": order}
        try:
            self.town.weir = start(
                self.town.folder,
                *self._options,
                within=PATIENCE,
                program=phase.program,
                extra=extra,
            )
        except AssertionError:
            if not extra:
                raise
            self._note_kill(phase)  # it died while it started, as ordered
            self.start()

    def kill_while_starting(self) -> None:
        """Start, and kill at some moment of that."""
        program = [*WEIR, "serve", "--data", str(self.town.folder), *self._options]
        with subprocess.Popen(
            [*program, "--http=127.0.0.1:0", "--tcp=127.0.0.1:0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment(),
        ) as process:
            time.sleep(self._chance.uniform(0.2, 1.6))
            process.kill()

    def cycle(self, phase: Phase, fleet: Fleet, most: int) -> None:
        """Start, serve, let some messages be acknowledged, and be killed in this phase."""
        if phase.name == "start-up":
            self.kill_while_starting()
            self.done.kills[phase.name] += 1
        self.start(phase)
        self._serve(fleet)
        self._await_acks(fleet, self._chance.randint(1, most))
        self.kill(phase)

    def kill(self, phase: Phase) -> None:
        """Have it dead, if it is not yet."""
        weir = self.town.weir
        assert weir is not None
        if weir.process.poll() is None:
            time.sleep(self._chance.random() * 0.05)  # any moment will do
        by_order = weir.process.poll() is not None
        if by_order:
            assert weir.process.returncode == -signal.SIGKILL, weir.log
        weir.kill()
        self._note_kill(phase, by_order=by_order)

    def _note_kill(self, phase: Phase, *, by_order: bool = True) -> None:
        self.done.kills[phase.name] += 1
        self.done.by_order[phase.name] += by_order and bool(phase.order)
        self._killed_at = time.monotonic()

    def _serve(self, fleet: Fleet) -> None:
        """Wait for the first ack, and note how long there was none."""
        self._await_acks(fleet, 1)
        if self._killed_at and self._is_alive:
            self.done.serving_again.append(time.monotonic() - self._killed_at)

    def _await_acks(self, fleet: Fleet, more: int) -> None:
        wanted = fleet.messages() + more
        deadline = time.monotonic() + PATIENCE
        while fleet.messages() < wanted and self._is_alive:
            assert time.monotonic() < deadline, "no device gets its acks"
            time.sleep(0.01)  # other processes work meanwhile; there is nothing to be woken by

    @property
    def _is_alive(self) -> bool:
        return self.town.weir is not None and self.town.weir.process.poll() is None

    @property
    def _options(self) -> tuple[str, ...]:
        return ("--mqtt", f"127.0.0.1:{self.port}")


def compiled(folder: Path) -> Path:
    """Give kill_at.c as a library to preload."""
    library = folder / "kill_at.so"
    source = Path(__file__).with_name("kill_at.c")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"],
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    return library


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
