"""Readings a second from a device's PUBLISH until they can be asked for: Weir and its peers, in turns.

Every chain gets the same payloads from the same generator: QoS 1, each device a connection that
keeps a window of publishes unacknowledged. The clock runs from the first publish until the chain,
asked for the number of readings and for the newest of every device, answers both rightly. Then
every reading has been published, stored and can be asked for. Each round starts each chain empty.

weir             Weir; an ack means that the readings are on the disk
node-red         Mosquitto, Node-RED that writes 5,000 points or what came in 0.25 s, InfluxDB 1.x
node-red-plain   the same, but one write for each message, as the node's own example has it; only if
                 asked for, as under load most readings are missing half a minute later
paho             Mosquitto, a small paho consumer that writes 10,000 or 0.25 s, VictoriaMetrics
"""

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.bench import servers
from scripts.bench.chains import Chain, NodeRed, Paho, Weir, prepared_weir, versions
from scripts.bench.generator import Generator, Load, Outcome

CHAINS = ("weir", "node-red", "node-red-plain", "paho")
NEEDS = {"node-red": {"node_red", "influxdb"}, "node-red-plain": {"node_red", "influxdb"}}
NEEDS |= {"weir": set(), "paho": {"victoria_metrics"}}
STEP_MS = 1_000
LOOK_EVERY_S = 0.1
PATIENCE_S = 30.0
"""For a chain that makes no progress."""
LITTLE = 1e-6
"""Of a bar: what may be lost in conversions between units."""


@dataclass(frozen=True)
class Round:
    """What one chain did in one round."""

    rate: float
    """Readings a second, until all could be asked for."""
    acked: float
    """Readings a second, until all were acknowledged."""
    lost: float = 0
    """Readings that could not be asked for after half a minute without any progress."""


class Lost(Exception):
    """So many readings did not arrive."""

    def __init__(self, count: int) -> None:
        self.count = count


def main() -> None:
    """Measure, and print a table or JSON."""
    asked = arguments()
    names = [n for n in asked.chains if not NEEDS[n] & set(asked.missing.split())]
    about = versions(names)
    if not asked.json:
        print(", ".join(f"{name} {value}" for name, value in about.items()))
    figures = []
    with servers.scratch() as folder:
        generator = Generator(folder)
        devices = prepared_weir(folder / "prepared", asked.devices)
        for array, readings in ((1, asked.readings), (asked.array, asked.array_readings)):
            load = Load(
                0, devices, window=asked.window if array == 1 else 4, array=array, step=STEP_MS,
                messages=readings // array,
            )  # fmt: skip
            if load.messages:
                figures.append(workload(folder, generator, load, names, asked))
    if asked.json:
        print(json.dumps({"versions": about, "figures": figures}))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chains", nargs="+", choices=CHAINS, default=["weir", "node-red", "paho"])
    parser.add_argument("--readings", type=int, default=100_000, help="sent one by one; 0: none")
    parser.add_argument("--array-readings", type=int, default=2_000_000, help="sent in arrays")
    parser.add_argument("--array", type=int, default=1_000, help="readings in an array")
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--window", type=int, default=100, help="of each device; 4 with arrays")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--without-missing", action="store_true", help="go on without a peer")
    parser.add_argument("--missing", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def workload(
    folder: Path, generator: Generator, load: Load, names: list[str], asked: argparse.Namespace
) -> dict[str, object]:
    """Run all chains in turns, and give the medians and our ratios, round by round."""
    rounds: dict[str, list[Round]] = {name: [] for name in names}
    for n in range(asked.rounds):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            rounds[name].append(once(folder, generator, load, name))
    readings = load.messages * load.array
    row: dict[str, object] = {
        "readings": readings,
        "array": load.array,
        **{name: vars(medians(done)) for name, done in rounds.items()},
        "ratios": {name: ratio(rounds["weir"], rounds[name]) for name in names if name != "weir"}
        if "weir" in names
        else {},
    }
    if not asked.json:
        show(row, rounds)
    return row


def once(folder: Path, generator: Generator, load: Load, name: str) -> Round:
    """Start a chain empty, warm it up with a reading of each device, and measure."""
    here = folder / "chain"
    chain = CHAINS_BY_NAME[name](here, folder / "prepared")
    acked = 0.0
    try:
        each = load.messages * load.array // len(load.devices) + load.array + 2
        first = int(time.clock_gettime(time.CLOCK_REALTIME)) * 1000 - each * STEP_MS
        warm = replace(load, port=chain.port, first=first, messages=len(load.devices), array=1)
        until_queryable(chain, generator.run(warm), len(load.devices), first)
        outcome = generator.run(replace(load, port=chain.port, first=first + STEP_MS))
        readings = load.messages * load.array
        acked = readings / outcome.took_s
        took = until_queryable(chain, outcome, readings + len(load.devices), first)
    except Lost as lost:
        say(f"{name}: {lost.count:,} readings can't be asked for, and no more come")
        return Round(0.0, acked, lost.count)
    finally:
        chain.stop()
        shutil.rmtree(here)
    return Round(readings / took, acked)


def say(what: str) -> None:
    """Tell somebody who waits."""
    print(what, file=sys.stderr, flush=True)


def until_queryable(chain: Chain, outcome: Outcome, count: int, first_ms: int) -> float:
    """Ask until everything is there; give the seconds since the first publish."""
    last_ms = max(moment for moment, _ in outcome.last)
    seen, newest = chain.look(first_ms, last_ms)
    moved = time.monotonic()
    while seen != count:
        if time.monotonic() > moved + PATIENCE_S:
            raise Lost(count - seen)
        time.sleep(LOOK_EVERY_S)
        before = seen
        seen, newest = chain.look(first_ms, last_ms)
        moved = time.monotonic() if seen > before else moved
    took = time.monotonic() - outcome.began_s
    right(newest, outcome)
    return took


def right(newest: dict[str, tuple[int, float]], outcome: Outcome) -> None:
    """End the benchmark unless every device's newest reading is the one that was sent last."""
    found = sorted((moment, value) for moment, value in newest.values())
    sent = sorted((moment, millibar / 1000) for moment, millibar in outcome.last)
    if len(found) != len(sent) or not all(
        ours[0] == theirs[0] and abs(ours[1] - theirs[1]) < LITTLE
        for ours, theirs in zip(found, sent, strict=True)
    ):
        raise SystemExit(f"other newest readings than were sent: {found[:3]} … {sent[:3]} …")


def medians(rounds: list[Round]) -> Round:
    """Give the median of each figure."""
    return Round(
        statistics.median(r.rate for r in rounds),
        statistics.median(r.acked for r in rounds),
        max(r.lost for r in rounds),
    )


def ratio(ours: list[Round], theirs: list[Round]) -> float:
    """Give the median of the rounds' ratios."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(a.rate / b.rate if b.rate else float("inf") for a, b in pairs)


def show(row: dict[str, object], rounds: dict[str, list[Round]]) -> None:
    """Print a table."""
    how = "one by one" if row["array"] == 1 else f"in arrays of {row['array']:,}"
    print(f"\n{row['readings']:,} readings {how}")
    print(f"{'':16}{'queryable/s':>14}{'acked/s':>12}{'ratio':>9}{'lost':>12}")
    for name, done in rounds.items():
        median = medians(done)
        against = f"{ratio(rounds['weir'], done):9.2f}" if "weir" in rounds else ""
        print(f"{name:16}{median.rate:14,.0f}{median.acked:12,.0f}{against}{median.lost:12,.0f}")


CHAINS_BY_NAME: dict[str, Callable[[Path, Path], Chain]] = {
    "weir": Weir,
    "node-red": lambda folder, _: NodeRed(folder, "node-red-flow.json"),
    "node-red-plain": lambda folder, _: NodeRed(folder, "node-red-flow-plain.json"),
    "paho": lambda folder, _: Paho(folder),
}

if __name__ == "__main__":
    main()
