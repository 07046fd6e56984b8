"""The load generator: compiled with gcc where there is one, else the same in Python, which says so.

Each run is a process of its own. Devices publish new readings with QoS 1; every ack is looked up
by its packet id, so `missing` and `strange` tell whether each message had exactly one.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE_S = 600.0
"""For what a run may take beside its own time."""


@dataclass(frozen=True)
class Load:
    """What the generator shall do."""

    port: int
    devices: Sequence[tuple[str, str]]
    """Names and keys; each is a connection."""
    window: int = 100
    """Publishes that each device keeps unacknowledged (without a rate)."""
    rate: float = 0
    """Publishes a second of all devices, at an even pace; delays count from when each was due."""
    seconds: float = 5
    warmup: float = 1
    messages: int = 0
    """Of all devices, instead of a time."""
    array: int = 1
    """Readings in a message."""
    first: int = 1_790_000_000_000
    """Timestamp of each device's first reading, in milliseconds."""
    step: int = 1
    """Milliseconds from one reading of a device to the next."""

    def options(self) -> list[str]:
        """Write it for the command line."""
        names = (
            "port",
            "window",
            "rate",
            "seconds",
            "warmup",
            "messages",
            "array",
            "first",
            "step",
        )
        return [part for name in names for part in (f"--{name}", str(getattr(self, name)))]


@dataclass(frozen=True)
class Outcome:
    """What became of it."""

    began_s: float
    """When the first message was sent, by time.monotonic."""
    messages: int
    acks: int
    missing: int
    strange: int
    took_s: float
    """From the first publish to the last ack."""
    rate: float
    """Acks a second, after the warm-up and before the end."""
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    busy: float
    """Processor time of the generator a second: near 1, it and not the broker was the limit."""
    last: tuple[tuple[int, int], ...]
    """Each device's newest reading: milliseconds since 1970, and millibar."""

    def checked(self) -> "Outcome":
        """Give it, or end the benchmark when a message was not acknowledged exactly once."""
        if self.missing or self.strange:
            raise SystemExit(f"{self.missing} acks are missing, {self.strange} make no sense")
        return self


class Generator:
    """Ready to run as often as wanted."""

    def __init__(self, folder: Path) -> None:
        """Compile it into this folder."""
        self._program = [sys.executable, str(HERE / "generator_in_python.py")]
        self.name = "Python (no gcc: it is the limit above some 50,000 acks/s)"
        compiler = shutil.which("gcc")
        if compiler is None:
            print(f"generator: {self.name}", file=sys.stderr)
            return
        program = folder / "generator"
        subprocess.run(  # noqa: S603
            [compiler, "-O2", "-o", str(program), str(HERE / "generator.c")], check=True
        )
        self._program, self.name = [str(program)], "C"

    def run(self, load: Load) -> Outcome:
        """Give the outcome; every message has been acknowledged, or the benchmark ends here."""
        done = subprocess.run(  # noqa: S603
            [*self._program, *load.options()],
            input="\n".join(f"{name} {key}" for name, key in load.devices),
            stdout=subprocess.PIPE,
            text=True,
            timeout=load.seconds + load.warmup + PATIENCE_S,
            check=False,
        )
        if done.returncode:
            raise SystemExit("the generator failed; the line above says why")
        figures = json.loads(done.stdout)
        figures["last"] = tuple((when, value) for when, value in figures["last"])
        return Outcome(**figures).checked()
