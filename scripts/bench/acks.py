"""Acks a second of Weir and of Mosquitto, in turns, from the same generator in one run.

Every connection is a device with its own key; it keeps a window of publishes unacknowledged and
sends the next when an ack comes, or, with --rate, publishes when its time has come, whatever the
broker does. Every message is a new reading of about 110 bytes. Mosquitto runs with its defaults
but anonymous access, unlimited in-flight, and no subscriber, as Weir has none. Every round ends
by waiting for all acks: one that is missing or made up ends the benchmark.
"""

import argparse
import itertools
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.bench import servers
from scripts.bench.generator import Generator, Load, Outcome
from scripts.bench.latency import import_sensors
from tests.running import found, start

SHAPES = ((4, 500), (50, 10), (20, 1))
"""(connections, window): the shapes whose bars are promised."""
PACED = 50
"""Connections when a rate is asked for and no number."""
FIRST = 1_790_000_000_000
APART = 2_000_000
"""Milliseconds: more than a device publishes readings in a round."""


@dataclass(frozen=True)
class Shape:
    """Connections, and either a window or a rate."""

    connections: int
    window: int
    rate: float

    def __str__(self) -> str:
        if self.rate:
            return f"{self.connections} at {self.rate:,.0f}/s"
        return f"{self.connections} x {self.window}"


def main() -> None:
    """Measure, and print each side and the ratio."""
    asked = arguments()
    with servers.scratch() as folder:
        generator = Generator(folder)
        about = {
            "weir": servers.version("git", "describe", "--always", "--dirty"),
            "mosquitto": servers.version(servers.program("mosquitto"), "-h"),
            "generator": generator.name,
        }
        if not asked.json:
            print(", ".join(f"{name} {value}" for name, value in about.items()))
        figures = measure(folder, generator, shapes(asked), asked)
    if asked.json:
        print(json.dumps({"versions": about, "figures": figures}))
        return
    print(
        f"{'':18}{'Weir/s':>10}{'p50':>8}{'p99 ms':>8}{'Mosq./s':>10}{'p50':>8}{'p99 ms':>8}",
        end="",
    )
    print(f"{'ratio':>8}{'generator':>11}")
    for one in figures:
        print(
            f"{one['shape']:18}{one['weir']:10,.0f}{one['weir_p50_ms']:8.1f}{one['weir_p99_ms']:8.1f}"
            f"{one['mosquitto']:10,.0f}{one['mosquitto_p50_ms']:8.1f}{one['mosquitto_p99_ms']:8.1f}"
            f"{one['ratio']:8.2f}{one['generator_busy']:11.0%}"
        )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, help="with --window or --rate: only this shape")
    parser.add_argument("--window", type=int, help="unacknowledged publishes of each connection")
    parser.add_argument("--rate", type=float, default=0, help="publishes a second, evenly paced")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def shapes(asked: argparse.Namespace) -> list[Shape]:
    """Give what was asked for, or the shapes of the bars."""
    if asked.rate:
        return [Shape(asked.connections or PACED, 0, asked.rate)]
    if asked.connections or asked.window:
        return [Shape(asked.connections or 4, asked.window or 10, 0)]
    return [Shape(connections, window, 0) for connections, window in SHAPES]


def measure(
    folder: Path, generator: Generator, wanted: list[Shape], asked: argparse.Namespace
) -> list[dict[str, float | str]]:
    """Give one row for each shape; medians over the rounds, ratios pair by pair."""
    data = folder / "data"
    keys = import_sensors(data, found(data), max(s.connections for s in wanted))
    weir = start(data)
    ours = int(weir.mqtt.rsplit(":", 1)[1])
    try:
        mosquitto = servers.mosquitto(folder / "mosquitto")
        try:
            firsts = itertools.count(FIRST, APART)
            return [
                row(shape, pairs(generator, shape, keys, (ours, mosquitto.port), firsts, asked))
                for shape in wanted
            ]
        finally:
            mosquitto.stop()
    finally:
        weir.stop(within=60)


def pairs(
    generator: Generator,
    shape: Shape,
    keys: list[tuple[str, str]],
    ports: tuple[int, int],
    firsts: Iterator[int],
    asked: argparse.Namespace,
) -> list[list[Outcome]]:
    """Run both in turns; who begins changes from round to round."""
    rounds = []
    for n in range(asked.rounds):
        first = next(firsts)
        outcomes = {}
        for port in ports if n % 2 == 0 else ports[::-1]:
            outcomes[port] = generator.run(
                Load(
                    port,
                    keys[: shape.connections],
                    window=shape.window,
                    rate=shape.rate,
                    seconds=asked.seconds,
                    warmup=min(1.0, asked.seconds / 4),
                    first=first,
                )
            )
        rounds.append([outcomes[port] for port in ports])
    return rounds


def row(shape: Shape, rounds: list[list[Outcome]]) -> dict[str, float | str]:
    """Give the medians of both sides."""
    figures: dict[str, float | str] = {"shape": str(shape)}
    for name, side in zip(("weir", "mosquitto"), zip(*rounds, strict=True), strict=True):
        figures[name] = statistics.median(o.rate for o in side)
        figures[f"{name}_p50_ms"] = statistics.median(o.p50_ms for o in side)
        figures[f"{name}_p99_ms"] = statistics.median(o.p99_ms for o in side)
    figures["ratio"] = statistics.median(ours.rate / theirs.rate for ours, theirs in rounds)
    figures["generator_busy"] = max(o.busy for pair in rounds for o in pair)
    return figures


if __name__ == "__main__":
    main()
