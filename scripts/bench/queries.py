"""A year of readings in Weir's history, InfluxDB 1.x, VictoriaMetrics and PostgreSQL: questions, room.

All get the same readings: every sensor at an even pace, a daily wave with noise, quantised as an
instrument does (see history.py). First each is loaded and tidied; then they are asked in turns,
round by round, while all run. Their answers must agree, or the benchmark ends.

    latest   the latest value of every sensor
    year     one sensor's whole time as at most 1,000 points, least and greatest of each
    hourly   hourly means of half of the sensors (at most 1,000) over 30 days
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.bench import servers
from scripts.bench.databases import InfluxDB, PostgreSQL, VictoriaMetrics, room
from scripts.bench.history import Plan
from scripts.bench.stores import Answer, Influx, Postgres, Questions, Store, Victoria, Weir

STORES: dict[str, Callable[[Path, Questions], Store]] = {
    "weir": Weir,
    "influxdb": Influx,
    "victoria-metrics": Victoria,
    "postgresql": Postgres,
}
VERSIONS = {
    "influxdb": InfluxDB.version,
    "victoria-metrics": VictoriaMetrics.version,
    "postgresql": PostgreSQL.version,
}
ROUGHLY = 1e-3
"""How far answers may differ: buckets of a peer end, not begin, at whole hours."""
BYTES_A_READING = 250
"""On the disk for all stores together, while loading: an estimate with room to spare."""
QUESTIONS = ("latest", "year", "hourly")
FIGURES = {"load": "readings/s loaded", "finish_s": "s to tidy all", "bytes": "bytes a reading"}
FIGURES |= {"latest": "ms latest", "year": "ms year", "hourly": "ms hourly"}


def main() -> None:
    """Measure, and print a table or JSON."""
    asked = arguments()
    names = [n for n in asked.stores if n.replace("-", "_") not in asked.missing.split()]
    plan = Plan(asked.readings, asked.sensors, asked.days, imported=False)
    about = {n: VERSIONS[n]() for n in names if n in VERSIONS}
    with servers.scratch() as folder:
        enough_room(folder, plan)
        figures = asyncio.run(measure(folder, plan, names, asked.rounds))
    if asked.json:
        print(json.dumps({"versions": about, "readings": plan.readings, "figures": figures}))
        return
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    show(figures)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readings", type=int, default=5_000_000)
    parser.add_argument("--sensors", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--without-missing", action="store_true", help="go on without a peer")
    parser.add_argument("--missing", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def enough_room(folder: Path, plan: Plan) -> None:
    """End the benchmark before the disk is full."""
    free, needed = shutil.disk_usage(folder).free, plan.readings * BYTES_A_READING
    if free < needed:
        raise SystemExit(
            f"{needed >> 30} GiB are needed on the disk of {folder}; {free >> 30} free"
        )


async def measure(
    folder: Path, plan: Plan, names: list[str], rounds: int
) -> dict[str, dict[str, float]]:
    """Give the figures of each store."""
    chance = np.random.default_rng(9)
    area = np.sort(chance.choice(plan.ids, min(1_000, plan.sensors // 2), replace=False))
    questions = Questions(plan, area)
    sensors = chance.choice(plan.ids, rounds + 1).tolist()
    async with contextlib.AsyncExitStack() as running:
        stores: dict[str, Store] = {}
        figures = {}
        for name in names:
            store = STORES[name](folder / name, questions)
            if isinstance(store, Weir):
                await store.start()
            running.push_async_callback(store.stop)
            stores[name] = store
            figures[name] = await loaded(store, plan)
            print_progress(name, figures[name])
        answers = await in_turns(stores, sensors)
    for name, of_store in answers.items():
        for question, found in of_store.items():
            figures[name][question] = statistics.median(answer.ms for answer in found)
        figures[name]["bytes"] = room(folder / name) / plan.readings
    return figures


def print_progress(name: str, figures: dict[str, float]) -> None:
    """Tell people who wait that something is happening."""
    said = f"{name}: {figures['load']:,.0f} readings/s loaded, {figures['finish_s']:,.0f} s to tidy"
    print(said, flush=True, file=sys.stderr)


async def loaded(store: Store, plan: Plan) -> dict[str, float]:
    """Load everything, then tidy."""
    loading = 0.0
    for chunk in plan.chunks():
        began = time.perf_counter()
        await store.load(chunk)
        loading += time.perf_counter() - began
    began = time.perf_counter()
    await store.finish()
    return {"load": plan.readings / loading, "finish_s": time.perf_counter() - began}


async def in_turns(
    stores: dict[str, Store], sensors: list[int]
) -> dict[str, dict[str, list[Answer]]]:
    """Ask everyone every question in every round; the first round warms up and is not counted."""
    answers: dict[str, dict[str, list[Answer]]] = {n: {q: [] for q in QUESTIONS} for n in stores}
    for sensor in sensors:
        for question in QUESTIONS:
            found = {name: await ask(store, question, sensor) for name, store in stores.items()}
            agree(question, found)
            for name, answer in found.items():
                answers[name][question].append(answer)
    return {n: {q: found[1:] for q, found in of.items()} for n, of in answers.items()}


async def ask(store: Store, question: str, sensor: int) -> Answer:
    """Ask one question."""
    if question == "latest":
        return await store.latest()
    return await (store.year(sensor) if question == "year" else store.hourly())


def agree(question: str, found: dict[str, Answer]) -> None:
    """End the benchmark unless all have given the same answer."""
    first = next(iter(found.values()))
    for name, one in found.items():
        enough = abs(one.values - first.values) <= 0.01 * first.values + 2
        if not enough or abs(one.agreed - first.agreed) > ROUGHLY * abs(first.agreed):
            raise SystemExit(f"{question}: {name} answers differently: {found}")


def show(figures: dict[str, dict[str, float]]) -> None:
    """Print a table: a column for each store, and ours against the best peer."""
    names = list(figures)
    print(f"{'':20}" + "".join(f"{name:>18}" for name in names) + f"{'best peer / weir':>18}")
    for key, what in FIGURES.items():
        values = "".join(f"{figures[name][key]:18,.2f}" for name in names)
        print(f"{what:20}{values}{against_best(key, figures):>18}")


def against_best(key: str, figures: dict[str, dict[str, float]]) -> str:
    """Give how many times better than the best peer we are; below 1, worse."""
    peers = [one[key] for name, one in figures.items() if name != "weir"]
    if "weir" not in figures or not peers or key == "finish_s":
        return ""
    ours = figures["weir"][key]
    return f"{ours / max(peers) if key == 'load' else min(peers) / ours:.2f}"


if __name__ == "__main__":
    main()
