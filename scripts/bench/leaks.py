"""Replays a town's year under the first rules, and holds the alarms against what was repaired.

PARQUET has a column `ts` and one of each sensor: pressures in metres (named n…), flows in m³/h
(p… and PUMP_…), levels in metres (T…). REPAIRS is a CSV of pipe and repaired_at. Patterns are
learned each week from the eight before, as the appliance does; nothing of the future is known.

A leak counts as noticed when an "anomaly" alarm is raised in the days before its repair; when it
began is not known, so this flatters. All other alarms count as false, also those of leaks that
nobody found and of repairs themselves.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from appliance.detection.book import RuleBook, utc_seconds_of_week
from appliance.detection.patterns import Pattern, learn
from appliance.detection.replay import replay
from appliance.domain.findings import Edge, Finding
from appliance.domain.ids import SensorId
from appliance.domain.instant import DAY, Instant, parse
from appliance.domain.quantities import Quantity
from appliance.domain.readings import Readings
from appliance.domain.rules import Anomalous
from appliance.domain.sensors import Limits, Sensor
from scripts.bench.town import a_sensor, first_rules

WEEK = 7 * DAY


@dataclass(frozen=True)
class Year:
    """All sensors' values in SI on common times."""

    sensors: tuple[Sensor, ...]
    times: np.ndarray
    values: dict[SensorId, np.ndarray]

    @property
    def sensor_months(self) -> float:
        """How long was watched, without the two weeks of which nothing is known."""
        watched = int(self.times[-1] - self.times[0]) - 2 * WEEK
        return len(self.sensors) * watched / (30.44 * DAY)


def main() -> None:
    """Replay and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parquet", type=Path)
    parser.add_argument("repairs", type=Path)
    parser.add_argument("--days", type=int, nargs="+", default=[1, 3, 7, 14], metavar="N")
    parser.add_argument("--seen", action="store_true", help="print every alarm")
    options = parser.parse_args()
    year = read(options.parquet)
    repairs = read_repairs(options.repairs)
    alarms = list(raised(year))
    names = {sensor.id: sensor.name for sensor in year.sensors}
    if options.seen:
        for alarm in alarms:
            print(np.datetime64(alarm.at, "us"), names[alarm.sensor], alarm.evidence.words)
    print(f"{len(year.sensors)} sensors, {year.sensor_months:.0f} sensor-months watched")
    for name, count in Counter(names[alarm.sensor] for alarm in alarms).most_common():
        print(f"  {name}: {count} alarms")
    for days in options.days:
        report(days, alarms, repairs, year)


def report(days: int, alarms: list[Finding], repairs: dict[str, Instant], year: Year) -> None:
    """Print what was noticed within so many days before each repair, and how often chance would."""
    windows = [(pipe, at - days * DAY, at) for pipe, at in repairs.items()]
    noticed = [pipe for pipe, low, high in windows if any(low <= a.at < high for a in alarms)]
    others = [a for a in alarms if not any(low <= a.at < high for _, low, high in windows)]
    starts = [
        start
        for start in range(int(year.times[0]) + 2 * WEEK, int(year.times[-1]) - days * DAY, DAY)
        if not any(low < start + days * DAY and start < high for _, low, high in windows)
    ]
    chance = sum(any(s <= a.at < s + days * DAY for a in others) for s in starts)
    print(
        f"within {days:2} days before repair: {len(noticed)} of {len(repairs)}"
        f" ({', '.join(noticed)}); an alarm in {chance} of {len(starts)} other such spans;"
        f" {len(others) / year.sensor_months:.2f} other alarms a sensor-month"
    )


def raised(year: Year) -> Iterable[Finding]:
    """Give the anomaly alarms of the year."""
    rules = tuple(rule for rule in first_rules() if isinstance(rule.condition, Anomalous))
    local = utc_seconds_of_week(year.times)
    patterns = {s.id: tuple(versions(year.times, year.values[s.id], local)) for s in year.sensors}
    rows = flat(year)
    since, until = Instant(int(year.times[0])), Instant(int(year.times[-1]) + 1)
    book = RuleBook(rules, year.sensors, patterns)
    watched = replay(book, rows, np.arange(len(rows)), [], since=since, until=until)
    return (f for f in watched.findings if f.edge is Edge.RAISED)


def versions(times: np.ndarray, values: np.ndarray, local: np.ndarray) -> Iterable[Pattern]:
    """Learn once a week from the eight weeks before."""
    for now in range(int(times[0]) + 2 * WEEK, int(times[-1]), WEEK):
        of = (times >= now - 8 * WEEK - DAY) & (times <= now)
        pattern = learn(times[of], values[of], local[of], in_force=Instant(now))
        if isinstance(pattern, Pattern):
            yield pattern


def flat(year: Year) -> Readings:
    """Give all readings in the order of time."""
    n, m = len(year.times), len(year.sensors)
    times = np.repeat(year.times, m)
    sensors = np.tile(np.array([s.id for s in year.sensors], np.int64), n)
    values = np.stack([year.values[s.id] for s in year.sensors], axis=1).ravel()
    return Readings(
        sensors, times, times, values, np.full(n * m, np.nan), np.zeros(n * m, np.uint8)
    )


def read(path: Path) -> Year:
    """Read the year."""
    with duckdb.connect() as connection:
        columns = connection.read_parquet(str(path)).order("ts").fetchnumpy()
    times = np.asarray(columns.pop("ts"), "datetime64[us]").astype(np.int64)
    values, sensors = {}, []
    for number, (name, column) in enumerate(sorted(columns.items()), 1):
        kind = kind_of(name)
        if kind is not None:
            sensor = a_sensor(number, name, *kind, Limits())
            sensors.append(sensor)
            values[sensor.id] = np.asarray(column, np.float64) * sensor.unit.factor
    return Year(tuple(sensors), times, values)


def kind_of(name: str) -> tuple[Quantity, str] | None:
    """Tell from its name what a column measures; levels have no such rule."""
    if name.startswith("n"):
        return Quantity.PRESSURE, "m"
    if name.startswith(("p", "PUMP")):
        return Quantity.FLOW, "m³/h"
    return None


def read_repairs(path: Path) -> dict[str, Instant]:
    """Read when which pipe was repaired."""
    with path.open(newline="") as file:
        return {
            line["pipe"]: parse(line["repaired_at"], assume_utc=True)
            for line in csv.DictReader(file)
        }


if __name__ == "__main__":
    main()
