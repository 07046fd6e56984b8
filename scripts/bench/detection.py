"""Measures how fast the watch goes through readings, and how fast it is saved and loaded.

Six rules on every sensor: out of range, no data, stuck, unusual, fast change, limit. Processor time.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.detection.patterns import BINS, Pattern
from appliance.detection.watch import RuleBook, Watch
from appliance.domain.ids import RuleId, SensorId
from appliance.domain.instant import MINUTE, SECOND, Instant, parse
from appliance.domain.quantities import Quantity
from appliance.domain.readings import Readings
from appliance.domain.rules import RateOfChange, Threshold
from appliance.domain.sensors import Limits
from scripts.bench.town import a_sensor, first_rules

START = parse("2026-05-04T00:00:00Z")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=2_000, help="sensors in a batch (2,000)")
    parser.add_argument("--series", type=int, default=100_000, help="readings of one (100,000)")
    parser.add_argument("--saved", type=int, default=10_000, help="sensors saved (10,000)")
    parser.add_argument("--rounds", type=int, default=50, help="batches measured (50)")
    options = parser.parse_args()
    one_reading_each(options.sensors, options.rounds)
    many_of_one(options.series)
    saved_and_loaded(options.saved)


def one_reading_each(sensors: int, rounds: int) -> None:
    """Observe batches with one reading of each sensor."""
    watch = Watch(book(sensors), None, START)
    chance = np.random.default_rng(1)
    taken = []
    for number in range(rounds + 20):
        times = np.full(sensors, START + number * 5 * MINUTE)
        batch = table(np.arange(1, sensors + 1), times, 3e5 + 1e3 * chance.standard_normal(sensors))
        taken.append(seconds(lambda batch=batch: watch.observe(batch)))
    taken = sorted(taken[20:])
    worst = taken[int(0.95 * len(taken))]
    print(
        f"{sensors:,} sensors, one reading each: median {1e3 * statistics.median(taken):.1f} ms,"
        f" 95 % {1e3 * worst:.1f} ms a batch"
    )
    later = Instant(START + (rounds + 20) * 5 * MINUTE)
    print(f"advance over them: {1e3 * seconds(lambda: watch.advance(later)):.2f} ms")


def many_of_one(readings: int) -> None:
    """Observe a long series of one sensor."""
    watch = Watch(book(1), None, START)
    times = START + np.arange(readings) * MINUTE
    values = 3e5 + 1e3 * np.random.default_rng(1).standard_normal(readings)
    taken = seconds(lambda: watch.observe(table(np.ones(readings, np.int64), times, values)))
    print(f"one sensor, {readings:,} readings: {readings / taken:,.0f} readings/s")


def saved_and_loaded(sensors: int) -> None:
    """Make, save and load a large watch, and change its book."""
    full = book(sensors)
    watch = Watch(full, None, START)
    began = time.process_time()
    saved = watch.save()
    save = time.process_time() - began
    size = sum(map(len, saved.values())) / 1e6
    load = seconds(lambda: Watch(full, saved, START))
    change = seconds(lambda: watch.change(full, START))
    print(
        f"{sensors:,} sensors, {len(full.rules)} rules: save {1e3 * save:.0f} ms ({size:.1f} MB),"
        f" load {1e3 * load:.0f} ms, change of the book {1e3 * change:.0f} ms"
    )


def book(sensors: int) -> RuleBook:
    """Give a book with a pattern for each sensor."""
    town = tuple(
        a_sensor(n, f"P{n}", Quantity.PRESSURE, "bar", Limits(2e5, 8e5))
        for n in range(1, sensors + 1)
    )
    table_of = np.full(BINS, 3e5, np.float32)
    pattern = Pattern(Instant(0), table_of, np.full(BINS, 2e3, np.float32), 2.9e5, 3.1e5)
    first = [rule for rule in first_rules() if rule.sensor_type in (None, "pressure")]
    change, limit = RateOfChange(change=1.0), Threshold(operator=">", value=6.0, for_seconds=60)
    more = [
        replace(first[0], id=RuleId(100 + n), condition=condition)
        for n, condition in enumerate((change, limit))
    ]
    return RuleBook((*first, *more), town, {SensorId(s.id): (pattern,) for s in town})


def table(sensors: np.ndarray, times: np.ndarray, values: np.ndarray) -> Readings:
    """Give readings that arrive a second after their time."""
    quality, marks = np.full(len(times), np.nan), np.zeros(len(times), np.uint8)
    return Readings(sensors, times, times + SECOND, values, quality, marks)


def seconds(work: Callable[[], object]) -> float:
    """Give the processor time it takes, so that a busy machine does not matter."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
