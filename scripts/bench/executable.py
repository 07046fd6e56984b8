"""Times the start of the executable: from exec to the `ready` line, on a folder that is set up."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_DOORS = [f"--{door}=127.0.0.1:0" for door in ("http", "mqtt", "tcp")]
_PATIENCE = 60.0


@dataclass(frozen=True)
class Start:
    """One start: seconds until `ready`, those of a processor among them, and the memory then held in MB."""

    took: float
    worked: float
    held: float


def measure(program: Path, data: Path) -> Start:
    """Start once; what others do on the computer makes it longer, but hardly the time of the processor."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [program, "serve", "--data", str(data), "--disk-ballast", "0", *_DOORS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={},
    )
    try:
        return _until_ready(process, began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)
        if process.stdout:
            process.stdout.close()


def _until_ready(process: subprocess.Popen[str], began: float) -> Start:
    for line in process.stdout or ():
        if line.startswith("ready "):
            took = time.perf_counter() - began
            own = psutil.Process(process.pid)
            family = [own, *own.children(recursive=True)]
            worked = sum(sum(one.cpu_times()[:2]) for one in family)
            return Start(took, worked, sum(one.memory_info().rss for one in family) / 1e6)
    raise SystemExit(f"it ended with {process.wait()} before it was ready")


def size(place: Path) -> float:
    """Give the megabytes of a file or of all files in a folder."""
    files = [place] if place.is_file() else [f for f in place.rglob("*") if not f.is_symlink()]
    return sum(f.stat().st_size for f in files if f.is_file()) / 1e6


def main(dist: str, rounds: str) -> int:
    """Measure both builds and print a table."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    sys.stdout.write(f"load of the last minutes: {load}, on {os.cpu_count()} cores\n")
    sys.stdout.write("build        MB     first s   median s  worst s   CPU s   RSS MB\n")
    for name, place in (("one-folder", "weir"), ("one-file", "weir-onefile")):
        program = Path(dist) / place / "weir"
        with tempfile.TemporaryDirectory() as folder:
            runs = [measure(program, Path(folder)) for _ in range(int(rounds) + 1)]
        first, times = runs[0].took, [run.took for run in runs[1:]]
        worked = statistics.median(run.worked for run in runs[1:])
        large = size(program.parent if place == "weir" else program)
        sys.stdout.write(
            f"{name:<12} {large:<6.0f} {first:<9.2f} {statistics.median(times):<9.2f} {max(times):<9.2f}"
            f" {worked:<7.2f} {max(run.held for run in runs):.0f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
