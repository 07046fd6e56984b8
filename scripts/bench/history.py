"""History under a year of readings: load, room on disk, and the questions that screens ask.

Every sensor reports at an even pace with a phase of its own, its value a daily wave with noise, to
a tenth of a metre of water. Readings come in the order of their time, each up to 3 s after it (or,
with --imported, at its own time, as an import has it). Each store gets the same readings and the
same questions; a question is asked five times for different sensors, and the median is told.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from appliance.domain.ids import MunicipalityId, SensorId, Sequence
from appliance.domain.instant import DAY, HOUR, SECOND, Instant, parse
from appliance.domain.readings import Counts, Door, Ints, Readings, StoredBatch
from storage.history.history import DuckHistory
from tests.fakes import FixedClock

START = parse("2025-01-01T00:00:00Z")
TOWN = MunicipalityId(7)
AT_ONCE = 50_000
MESSAGE = 1_000
ROUNDS = 5


@dataclass(frozen=True)
class Plan:
    """How many readings of how many sensors over how long."""

    readings: int
    sensors: int
    days: int
    imported: bool

    @property
    def end(self) -> Instant:
        """When the last reading is past."""
        return Instant(START + self.days * DAY)

    @property
    def ids(self) -> Ints:
        """The sensors, random 48-bit numbers in order."""
        return np.sort(np.random.default_rng(5).integers(1, 2**48, self.sensors))

    def chunks(self) -> Iterator[Readings]:
        """Give the readings in the order in which they come."""
        chance = np.random.default_rng(1)
        ids, rounds = self.ids, self.readings // self.sensors
        every = self.days * DAY // rounds // SECOND * SECOND
        phase = np.sort(chance.integers(0, every // SECOND, self.sensors)) * SECOND
        order = chance.permutation(self.sensors)
        level = 3e5 + 1e5 * chance.standard_normal(self.sensors)
        at_once = max(1, AT_ONCE // self.sensors)
        for first in range(0, rounds, at_once):
            steps = np.arange(first, min(first + at_once, rounds))[:, None]
            times = START + steps * every + phase
            wave = level + 2e4 * np.sin(times / DAY * 2 * np.pi)
            values = np.round(wave + 2e3 * chance.standard_normal(times.shape), -2)
            yield self._readings(np.tile(ids[order], len(steps)), times.ravel(), values, chance)

    def _readings(
        self, sensors: Ints, times: Ints, values: np.ndarray, chance: np.random.Generator
    ) -> Readings:
        n = len(times)
        delay = 0 if self.imported else chance.integers(SECOND // 20, 3 * SECOND, n)
        none = np.full(n, np.nan)
        return Readings(sensors, times, times + delay, values.ravel(), none, np.zeros(n, np.uint8))


class Store(Protocol):
    """Something that keeps readings; a peer is one more class of this shape."""

    name: str

    async def start(self, folder: Path) -> None:
        """Be ready to load, empty."""
        ...

    async def load(self, readings: Readings) -> None:
        """Keep them."""
        ...

    async def finish(self) -> None:
        """Do what the store does by itself when nobody is looking: sort, merge, compact."""
        ...

    async def latest(self) -> int:
        """Ask for the latest value of every sensor; give how many there are."""
        ...

    async def year(self, sensor: int, since: Instant, until: Instant) -> int:
        """Ask for one sensor's range as 1,000 points with their extremes; give how many."""
        ...

    async def hourly(self, sensors: Ints, since: Instant, until: Instant) -> int:
        """Ask for hourly means of these sensors; give how many there are."""
        ...

    async def stop(self) -> None:
        """Close, with everything on the disk."""
        ...


class Weir:
    """Our history, alone: no journal, no doors."""

    name = "weir"

    async def start(self, folder: Path) -> None:
        self._history = DuckHistory(folder, FixedClock())
        await self._history.start()
        self._town = self._history.of(TOWN)
        self._longest_tidy = 0.0

    async def load(self, readings: Readings) -> None:
        batches = []
        for first in range(0, len(readings), MESSAGE):
            rows = readings.take(np.arange(first, min(first + MESSAGE, len(readings))))
            place = Sequence(self._history.applied + len(batches) + 1)
            at = Instant(int(rows.arrived[-1]))
            counts = Counts(stored=len(rows))
            batches.append(
                StoredBatch(place, TOWN, Door.MQTT, rows, (), (), counts, at, Instant(at + 1))
            )
        await self._history.apply(tuple(batches))
        self._now = at

    async def tidy(self) -> None:
        """Do what the job does every ten minutes."""
        await self._history.tidy(self._now)

    async def finish(self) -> None:
        await self._history.tidy(Instant(self._now + 32 * DAY))

    async def latest(self) -> int:
        return len((await self._town.latest()).sensors)

    async def year(self, sensor: int, since: Instant, until: Instant) -> int:
        sensor_id = SensorId(sensor)
        series = await self._town.series(sensor_id, since=since, until=until, points=1_000)
        return len(series.starts)

    async def hourly(self, sensors: Ints, since: Instant, until: Instant) -> int:
        found = await self._town.rollup(sensors, since=since, until=until, step=HOUR)
        return len(found.starts)

    async def stop(self) -> None:
        await self._history.stop()


STORES: dict[str, Callable[[], Store]] = {"weir": Weir}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=10_000_000)
    parser.add_argument("--sensors", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--imported", action="store_true", help="they arrive at their own time")
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    plan = Plan(asked.readings, asked.sensors, asked.days, asked.imported)
    for name in asked.stores:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            figures = asyncio.run(measure(STORES[name](), plan, Path(folder)))
        if asked.json:
            print(json.dumps({"store": name, **figures}))
        else:
            for what, value in figures.items():
                print(f"{name:12} {what:44} {value:14,.1f}")


async def measure(store: Store, plan: Plan, folder: Path) -> dict[str, float]:
    """Load one store and ask it; figures by name."""
    await store.start(folder)
    figures = await loaded(store, plan)
    figures |= await answers(store, plan)
    await store.stop()
    await store.start(folder)  # what a restart leaves on the disk
    figures |= {f"{what}, after a restart": value for what, value in (await first(store)).items()}
    await store.stop()
    figures["bytes a reading on disk"] = room(folder) / plan.readings
    if isinstance(store, Weir):
        figures["s to start without history.duckdb"] = await begun_anew(store, folder)
    return figures


async def begun_anew(store: Weir, folder: Path) -> float:
    """Lose what DuckDB has; what is sealed stays. Give how long it takes until it is there again."""
    (folder / "history.duckdb").unlink()
    began = await seconds(store.start(folder))
    if not await store.latest():
        raise SystemExit("nothing was made anew: nothing was measured")
    await store.stop()
    return began


def room(folder: Path) -> int:
    """Give the bytes of everything in the folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def loaded(store: Store, plan: Plan) -> dict[str, float]:
    """Load everything; a store that tidies does so once a day of the plan's time."""
    loading = tidying = 0.0
    longest, day = 0.0, 0
    for chunk in plan.chunks():
        loading += await seconds(store.load(chunk))
        if isinstance(store, Weir) and (today := int(chunk.times[-1]) // DAY) > day:
            took = await seconds(store.tidy())
            tidying, longest, day = tidying + took, max(longest, took), today
    finishing = await seconds(store.finish())
    return {
        "readings/s loaded": plan.readings / loading,
        "s tidying, all": tidying + finishing,
        "s tidying, longest": max(longest, finishing),
    }


async def answers(store: Store, plan: Plan) -> dict[str, float]:
    """Ask the three questions, ms."""
    chance = np.random.default_rng(9)
    some = chance.choice(plan.ids, min(1_000, plan.sensors), replace=False)
    month = Instant(plan.end - min(60, plan.days) * DAY)
    until = Instant(month + 30 * DAY)
    return {
        "ms latest of all sensors": await median(lambda _: store.latest()),
        "ms one sensor's whole time as 1,000 points": await median(
            lambda n: store.year(int(some[n]), START, plan.end)
        ),
        "ms one sensor's month as 1,000 points": await median(
            lambda n: store.year(int(some[n]), month, until)
        ),
        "ms hourly means of 1,000 sensors, 30 days": await median(
            lambda _: store.hourly(some, month, until)
        ),
    }


async def first(store: Store) -> dict[str, float]:
    """Ask right after a start, ms."""
    return {"ms latest of all sensors": 1e3 * await seconds(store.latest())}


async def median(ask: Callable[[int], Awaitable[int]]) -> float:
    """Give the median of some rounds, ms; every one must have an answer."""
    took = []
    for n in range(ROUNDS):
        began = time.perf_counter()
        answers = await ask(n)
        took.append(1e3 * (time.perf_counter() - began))
        if not answers:
            raise SystemExit("a question has found nothing: nothing was measured")
    return statistics.median(took)


async def seconds(work: Awaitable[object]) -> float:
    """Do it, and give how long it took."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
