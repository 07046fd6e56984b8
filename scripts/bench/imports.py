"""How long imports and an export take by command, without a running server, and how much memory.

The files are made here: sensors in a grid, pipes with four points each, a reading of every sensor
in turn. Each command is a process of its own; its time includes starting and stopping Weir.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.running import ROOT, environment, found

START = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000, help="(1,000,000)")
    parser.add_argument("--pipes", type=int, default=50_000, help="(50,000)")
    parser.add_argument("--sensors", type=int, default=10_000, help="(10,000)")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch), asked.readings, asked.pipes, asked.sensors)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, (seconds, memory) in figures.items():
            print(f"{name:36} {seconds:8.1f} s {memory:8.0f} MiB")


def measure(scratch: Path, readings: int, pipes: int, sensors: int) -> dict[str, list[float]]:
    """Give seconds and the most memory, in MiB, of each command."""
    folder = scratch / "data"
    found(folder)
    network, plan, past = (scratch / name for name in ("mains.geojson", "sensors.csv", "past.csv"))
    write(network, features(pipes))
    write(plan, sensor_lines(sensors))
    write(past, reading_lines(readings, sensors))
    keys = f"--output={scratch / 'keys.csv'}"
    return {
        f"import network, {pipes:,} pipes": run(folder, "import", "network", str(network)),
        "the same again": run(folder, "import", "network", str(network)),
        f"import sensors, {sensors:,}": run(folder, "import", "sensors", str(plan), keys),
        f"import readings, {readings:,}": run(folder, "import", "readings", str(past)),
        "the same again (all duplicates)": run(folder, "import", "readings", str(past)),
        "export readings to CSV": run(
            folder, "export", "readings", f"--output={scratch / 'all.csv'}"
        ),
        "export readings to Parquet": run(
            folder, "export", "readings", f"--output={scratch / 'all.parquet'}"
        ),
    }


def write(file: Path, lines: Iterator[str]) -> None:
    """Write a file."""
    with file.open("w", encoding="utf-8") as out:
        out.writelines(lines)


def features(count: int) -> Iterator[str]:
    """Give a GeoJSON network."""
    yield '{"type": "FeatureCollection", "features": [\n'
    for n in range(count):
        x, y = 13 + (n % 250) * 1e-3, 52 + (n // 250) * 1e-3
        path = [[x, y], [x + 3e-4, y], [x + 6e-4, y + 1e-4], [x + 9e-4, y]]
        said = {"code": f"P{n}", "material": "PE 100", "diameter_mm": 160, "length_m": 95}
        line = {"type": "LineString", "coordinates": path}
        feature = {"type": "Feature", "properties": said, "geometry": line}
        yield json.dumps(feature) + (",\n" if n + 1 < count else "\n]}\n")


def sensor_lines(count: int) -> Iterator[str]:
    """Give a CSV of sensors."""
    yield "device_id,name,sensor_type,unit,latitude,longitude\n"
    for n in range(count):
        yield f"PS-{n},Sensor {n},pressure,bar,{52 + n // 100 * 1e-3:.3f},{13 + n % 100 * 1e-3:.3f}\n"


def reading_lines(count: int, sensors: int) -> Iterator[str]:
    """Give a CSV of readings, every sensor in turn, 5 minutes apart."""
    yield "device_id,timestamp,value,unit,quality\n"
    for n in range(count):
        time_of = START + timedelta(minutes=5 * (n // sensors))
        yield f"PS-{n % sensors},{time_of:%Y-%m-%dT%H:%M:%SZ},{3 + n % 97 / 100:.2f},bar,\n"


def run(folder: Path, *arguments: str) -> list[float]:
    """Run a command, and give its seconds and its most memory."""
    command = [sys.executable, "-m", "appliance", *arguments, "--data", str(folder)]
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with status {process.returncode}")
    return [round(time.monotonic() - began, 2), used.ru_maxrss / 1024]


if __name__ == "__main__":
    main()
