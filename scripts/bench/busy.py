"""How long a device waits for its ack while people use the server: single readings at a given rate.

Weir has a month of readings and a network. 50 devices publish at an even pace with QoS 1, whatever
the server does; a delay counts from when a message was due. The phases come in turns, round by
round: nobody else; a browser that looks at overview, map and charts all the time with the live
stream open; exports of all readings; hourly means of all
sensors over as much of the month as one answer may have (20 days of 200 sensors); all at once.
"""

import argparse
import collections
import contextlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.services.rollups import MOST_STEPS
from scripts.bench import servers
from scripts.bench.generator import Generator, Load, Outcome
from scripts.bench.imports import features, write
from scripts.bench.latency import import_sensors
from tests.running import ROOT, Running, command, environment, found, start

PHASES = {
    "idle": (),
    "browser": ("browser",),
    "export": ("export",),
    "query": ("query",),
    "all": ("browser", "export", "query"),
}
BAR_MS = 50.0
"""For the 99th percentile at 10,000/s."""
DAYS = 30
WARM_UP_S = 2.0
APART_MS = 2_000_000


def main() -> None:
    """Measure, and print a table or JSON."""
    asked = arguments()
    with servers.scratch() as folder:
        generator = Generator(folder)
        figures = measure(folder, generator, asked)
    if asked.json:
        print(json.dumps(figures))
        return
    print(
        f"{'':18}{'acks/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'p99.9':>9}{'max ms':>9}  finished by company"
    )
    for one in figures:
        print(
            f"{one['rate']:>8,.0f}/s {one['phase']:9}{one['acks']:9,.0f}{one['p50_ms']:9.1f}"
            f"{one['p99_ms']:9.1f}{one['p999_ms']:9.1f}{one['max_ms']:9.1f}  {one['company']}"
        )
    print(f"promised: p99 at most {BAR_MS:.0f} ms at 10,000/s")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[10_000, 500])
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each phase in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sensors", type=int, default=200)
    parser.add_argument("--history", type=int, default=1_000_000, help="readings of a month")
    parser.add_argument("--pipes", type=int, default=5_000)
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=list(PHASES))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measure(
    folder: Path, generator: Generator, asked: argparse.Namespace
) -> list[dict[str, float | str]]:
    """Give a row for each rate and phase, medians over the rounds (the longest of all as max)."""
    keys = prepare(folder, asked)
    weir = start(folder / "data")
    firsts = itertools.count(1_790_000_000_000, APART_MS)
    done = collections.defaultdict(list)
    try:
        load = Load(
            int(weir.mqtt.rsplit(":", 1)[1]),
            keys[: asked.connections],
            seconds=asked.seconds,
            warmup=WARM_UP_S,
        )
        for _, rate, phase in itertools.product(range(asked.rounds), asked.rates, asked.phases):
            with company(folder, weir, PHASES[phase], len(keys)) as finished:
                outcome = generator.run(replace(load, rate=rate, first=next(firsts)))
            done[rate, phase].append((outcome, finished))
    finally:
        weir.stop(within=60)
    return [row(rate, phase, rounds) for (rate, phase), rounds in done.items()]


def prepare(folder: Path, asked: argparse.Namespace) -> list[tuple[str, str]]:
    """Make sensors, a network and a month of readings; give the devices' ids and keys."""
    data, network, past = folder / "data", folder / "mains.geojson", folder / "past.csv"
    keys = import_sensors(data, found(data), max(asked.sensors, asked.connections))
    write(network, features(asked.pipes))
    command(data, "import", "network", str(network))
    write(past, month(asked.history, [name for name, _ in keys]))
    imported = [sys.executable, "-m", "appliance", "import", "readings", str(past)]
    subprocess.run(  # noqa: S603
        [*imported, "--data", str(data)],
        cwd=ROOT,
        env=environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return keys


def month(count: int, devices: list[str]) -> Iterator[str]:
    """Give a CSV of readings of the last month, every sensor in turn."""
    yield "device_id,timestamp,value,unit,quality\n"
    rounds = max(1, count // len(devices))
    begin = datetime.fromtimestamp(int(time.clock_gettime(time.CLOCK_REALTIME)), UTC)
    begin -= timedelta(days=DAYS)
    for n in range(rounds):
        moment = begin + timedelta(seconds=n * DAYS * 86_400 // rounds)
        for number, device in enumerate(devices):
            value = 3 + (n * 31 + number * 17) % 97 / 1000
            yield f"{device},{moment:%Y-%m-%dT%H:%M:%SZ},{value:.3f},bar,\n"


@contextlib.contextmanager
def company(
    folder: Path, weir: Running, kinds: tuple[str, ...], sensors: int
) -> Iterator[collections.Counter[str]]:
    """Keep it company; afterwards the counter tells what was finished meanwhile."""
    finished: collections.Counter[str] = collections.Counter()
    processes = [join(folder, weir, kind, sensors) for kind in kinds]
    try:
        for kind in kinds:
            ready = lambda kind=kind: kind == "export" or (folder / kind).stat().st_size > 0  # noqa: E731
            servers.wait_until(ready, f"the {kind} begins")
        yield finished
        early = [process.args for process in processes if process.poll() is not None]
        if early:
            raise SystemExit(f"ended too early: {early}")
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for kind in kinds:
            finished.update((folder / kind).read_text().splitlines())


def join(folder: Path, weir: Running, kind: str, sensors: int) -> subprocess.Popen[bytes]:
    """Start one of them, in a process group of its own so that its children end with it."""
    given = {
        "browser": (weir.url, "-"),
        "query": (weir.url, str(min(DAYS, MOST_STEPS // (24 * sensors) - 1))),
        "export": (str(weir.folder), str(folder / "export.csv")),
    }[kind]
    with (folder / kind).open("wb") as out:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "scripts.bench.company", kind, *given],
            cwd=ROOT,
            stdout=out,
            env=environment(),
            start_new_session=True,
        )


def row(
    rate: float, phase: str, rounds: list[tuple[Outcome, collections.Counter[str]]]
) -> dict[str, float | str]:
    """Give the medians."""
    outcomes = [outcome for outcome, _ in rounds]
    finished = sum((counter for _, counter in rounds), collections.Counter[str]())
    return {
        "rate": rate,
        "phase": phase,
        "acks": statistics.median(o.rate for o in outcomes),
        "p50_ms": statistics.median(o.p50_ms for o in outcomes),
        "p99_ms": statistics.median(o.p99_ms for o in outcomes),
        "p999_ms": statistics.median(o.p999_ms for o in outcomes),
        "max_ms": max(o.max_ms for o in outcomes),
        "company": ", ".join(f"{count} {what}" for what, count in sorted(finished.items())),
    }


if __name__ == "__main__":
    main()
