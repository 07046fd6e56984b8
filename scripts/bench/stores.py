"""Stores of a year of readings, all asked the same three questions: Weir's history and its peers.

A peer is set up as somebody would who knows it: a tag for the 1,000 sensors that are asked for
together (they are one area), hourly roll-ups where it can keep them, statistics and compaction
done. Each answers over its own protocol; a time runs until the whole answer has been read, and
taking it apart is not counted. Weir's history answers within the process, as it does for its API.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from appliance.domain.buckets import divide
from appliance.domain.ids import SensorId
from appliance.domain.instant import DAY, HOUR, SECOND, Instant
from appliance.domain.readings import Ints, Readings
from scripts.bench import servers
from scripts.bench.databases import InfluxDB, PostgreSQL, VictoriaMetrics, newest_postgresql, room
from scripts.bench.history import START, Plan
from scripts.bench.history import Weir as History

POINTS = 1_000
QUIET_S = 10.0
"""Without a change on the disk: then compaction is over."""


@dataclass(frozen=True)
class Answer:
    """How long it took, how many values it has, and one number that all stores must agree on."""

    ms: float
    values: int
    agreed: float


@dataclass(frozen=True)
class Questions:
    """What is asked, about which sensors and times."""

    plan: Plan
    area: Ints
    """The sensors that are asked for together."""

    @property
    def month(self) -> tuple[Instant, Instant]:
        """Thirty days two months before the end, or all there is."""
        since = Instant(self.plan.end - min(60, self.plan.days) * DAY)
        return since, Instant(min(since + 30 * DAY, self.plan.end))

    @property
    def width_s(self) -> int:
        """Of the buckets of a year in at most 1,000 points, as Weir divides it."""
        return divide(START, self.plan.end, POINTS).width // SECOND

    @property
    def fits_hours(self) -> bool:
        """Whether hourly roll-ups answer for these buckets as readings do."""
        return self.width_s % 3_600 == 0


class Store(Protocol):
    """One of them, running."""

    async def load(self, readings: Readings) -> None:
        """Keep them."""
        ...

    async def finish(self) -> None:
        """Roll up, sort, merge, compact: what it does when nobody is looking."""
        ...

    async def latest(self) -> Answer:
        """Ask for the latest value of every sensor; peers may look at the last day only."""
        ...

    async def year(self, sensor: int) -> Answer:
        """Ask for one sensor's whole time as at most 1,000 buckets: least and greatest of each."""
        ...

    async def hourly(self) -> Answer:
        """Ask for the hourly means of the area over a month."""
        ...

    async def stop(self) -> None:
        """Close, with everything on the disk."""
        ...


class Weir:
    """Our history, alone: no journal, no doors."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Remember what will be asked; `start` opens it."""
        self._folder, self._questions = folder, questions
        self._history = History()
        self._today = 0

    async def start(self) -> None:
        """Open it, empty."""
        self._folder.mkdir()
        await self._history.start(self._folder)

    async def load(self, readings: Readings) -> None:
        await self._history.load(readings)
        if (today := int(readings.times[-1]) // DAY) > self._today:
            self._today = today
            await self._history.tidy()

    async def finish(self) -> None:
        await self._history.finish()

    async def latest(self) -> Answer:
        began = time.perf_counter()
        found = await self._history._town.latest()  # noqa: SLF001
        return Answer(since(began), len(found.sensors), float(found.values.sum()))

    async def year(self, sensor: int) -> Answer:
        plan, began = self._questions.plan, time.perf_counter()
        found = await self._history._town.series(  # noqa: SLF001
            SensorId(sensor), since=START, until=plan.end, points=POINTS
        )
        extremes = float(found.minima.min() + found.maxima.max())
        return Answer(since(began), len(found.starts), extremes)

    async def hourly(self) -> Answer:
        (first, until), began = self._questions.month, time.perf_counter()
        found = await self._history._town.rollup(  # noqa: SLF001
            self._questions.area, since=first, until=until, step=HOUR
        )
        return Answer(since(began), len(found.starts), float(found.means.mean()))

    async def stop(self) -> None:
        await self._history.stop()


class Lines:
    """Readings in InfluxDB's line protocol, which VictoriaMetrics takes too."""

    def __init__(self, questions: Questions) -> None:
        """Make the beginning of each sensor's lines."""
        self._ids = questions.plan.ids
        area = set(questions.area.tolist())
        self._heads = np.array(
            [
                f"reading,sensor=s{sensor},area={'a' if sensor in area else 'b'} value="
                for sensor in self._ids.tolist()
            ],
            dtype=object,
        )

    def of(self, readings: Readings) -> bytes:
        """Write them, times in seconds."""
        heads = self._heads[np.searchsorted(self._ids, readings.sensors)].tolist()
        times = (readings.times // SECOND).tolist()
        rows = zip(heads, readings.values.astype(int).tolist(), times, strict=True)
        return "\n".join([f"{head}{value} {moment}" for head, value, moment in rows]).encode()


class Influx:
    """InfluxDB 1.x, asked both of the readings and of hourly roll-ups; the better one counts."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Start it."""
        self._server, self._questions = InfluxDB(folder, "15s"), questions
        self._lines = Lines(questions)

    async def load(self, readings: Readings) -> None:
        self._server.write(self._lines.of(readings), "s")

    async def finish(self) -> None:
        for day in range(0, self._questions.plan.days, 10):
            begin, end = START // SECOND + day * 86_400, START // SECOND + (day + 10) * 86_400
            self._server.ask(
                "SELECT min(value) AS low, max(value) AS high, mean(value) AS mean INTO hour "  # noqa: S608
                f"FROM reading WHERE time >= {begin}s AND time < {end}s GROUP BY time(1h), * fill(none)"
            )
        wait_for_quiet(self._server.folder)

    async def latest(self) -> Answer:
        day = f"time >= {self._questions.plan.end // SECOND - 86_400}s"
        query = f"SELECT last(value) FROM reading WHERE {day} GROUP BY sensor"  # noqa: S608
        return self._best([query], lambda values: sum(row[1] for row in values))

    async def year(self, sensor: int) -> Answer:
        begin, end = START // SECOND, self._questions.plan.end // SECOND
        where = f"WHERE sensor = 's{sensor}' AND time >= {begin}s AND time < {end}s"
        by = f"GROUP BY time({self._questions.width_s}s) fill(none)"
        queries = [f"SELECT min(value), max(value) FROM reading {where} {by}"]  # noqa: S608
        if self._questions.fits_hours:
            queries.append(f"SELECT min(low), max(high) FROM hour {where} {by}")  # noqa: S608
        return self._best(
            queries,
            lambda values: min(row[1] for row in values) + max(row[2] for row in values),
        )

    async def hourly(self) -> Answer:
        begin, end = (moment // SECOND for moment in self._questions.month)
        where = f"WHERE area = 'a' AND time >= {begin}s AND time < {end}s"
        by = "GROUP BY time(1h), sensor fill(none)"
        return self._best(
            [
                f"SELECT mean(value) FROM reading {where} {by}",  # noqa: S608
                f"SELECT mean FROM hour {where} GROUP BY sensor",  # noqa: S608
            ],
            lambda values: float(np.mean([row[1] for row in values])),
        )

    def _best(self, queries: list[str], agreed: Callable[[list[Any]], float]) -> Answer:
        answers = []
        for query in queries:
            began = time.perf_counter()
            answer = self._server.read(query)
            took = since(began)
            values = [row for one in self._server.series(answer) for row in one["values"]]
            answers.append(Answer(took, len(values), agreed(values)))
        return min(answers, key=lambda answer: answer.ms)

    async def stop(self) -> None:
        self._server.stop()


class Victoria:
    """VictoriaMetrics."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Start it; it may read as many points for an answer as the questions need."""
        self._server, self._questions = VictoriaMetrics(folder), questions
        self._lines = Lines(questions)

    async def load(self, readings: Readings) -> None:
        self._server.write_lines(self._lines.of(readings))

    async def finish(self) -> None:
        self._server.flush()
        self._server.merge()
        wait_for_quiet(self._server.folder)

    async def latest(self) -> Answer:
        end = self._questions.plan.end / SECOND
        answer = self._ask("query", query="last_over_time(reading_value[1d])", time=end)
        values = [float(one["value"][1]) for one in answer[1]]
        return Answer(answer[0], len(values), sum(values))

    async def year(self, sensor: int) -> Answer:
        width = self._questions.width_s
        took, series = self._ask(
            "query_range",
            query=f'rollup(reading_value{{sensor="s{sensor}"}}[{width}s])',
            start=START / SECOND + width,
            end=self._questions.plan.end / SECOND,
            step=f"{width}s",
        )
        values = {
            one["metric"]["rollup"]: [float(value) for _, value in one["values"]] for one in series
        }
        extremes = min(values["min"]) + max(values["max"])
        return Answer(took, len(values["max"]), extremes)

    async def hourly(self) -> Answer:
        begin, end = (moment / SECOND for moment in self._questions.month)
        took, series = self._ask(
            "query_range",
            query='avg_over_time(reading_value{area="a"}[1h])',
            start=begin + 3_600,
            end=end,
            step="1h",
        )
        values = [float(value) for one in series for _, value in one["values"]]
        return Answer(took, len(values), float(np.mean(values)))

    def _ask(self, path: str, **parameters: str | float) -> tuple[float, list[dict[str, Any]]]:
        began = time.perf_counter()
        answer = self._server.read(path, **parameters)
        took = since(began)
        return took, self._server.series(answer)

    async def stop(self) -> None:
        self._server.stop()


class Postgres:
    """PostgreSQL: a table by months, an index that has the values too, and hourly roll-ups.

    Asked by psql, whose own clock counts from the question to the last row of the answer; each
    question is asked once before, so that its session has its caches.
    """

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Start it, and make the tables."""
        self._server, self._questions = PostgreSQL(folder), questions
        tables = [
            "CREATE TABLE sensor (id int PRIMARY KEY, area text NOT NULL);",
            "CREATE TABLE reading (sensor int, time timestamptz, value float8) PARTITION BY RANGE (time);",
        ]
        for n, begin in enumerate(range(START, questions.plan.end + DAY, 30 * DAY)):
            tables.append(
                f"CREATE TABLE reading_{n} PARTITION OF reading FOR VALUES "
                f"FROM ({at(begin)}) TO ({at(begin + 30 * DAY)});"
            )
        area = set(questions.area.tolist())
        rows = ",".join(
            f"({n},'{'a' if sensor in area else 'b'}')"
            for n, sensor in enumerate(questions.plan.ids.tolist())
        )
        tables += [f"INSERT INTO sensor VALUES {rows}; ANALYZE sensor;"]  # noqa: S608
        self._run(" ".join(tables))

    async def load(self, readings: Readings) -> None:
        rows = np.empty(len(readings), BINARY_ROW)
        rows["fields"], rows["sensor_bytes"], rows["time_bytes"], rows["value_bytes"] = 3, 4, 8, 8
        rows["sensor"] = np.searchsorted(self._questions.plan.ids, readings.sensors)
        rows["time"] = readings.times - EPOCH_2000
        rows["value"] = readings.values
        self._run(
            "COPY reading FROM STDIN WITH (FORMAT binary)",
            given=b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff",
        )

    async def finish(self) -> None:
        """Index and roll up; the index is made after the load, which is the quickest way."""
        self._run("CREATE UNIQUE INDEX ON reading (sensor, time) INCLUDE (value);")
        self._run(
            "CREATE TABLE reading_hour AS SELECT sensor, date_trunc('hour', time) AS time, "
            "min(value) AS low, max(value) AS high, avg(value) AS mean, count(*) AS n "
            "FROM reading GROUP BY 1, 2 ORDER BY 1, 2;"
        )
        self._run("CREATE UNIQUE INDEX ON reading_hour (sensor, time);")
        for table in ("reading", "reading_hour"):
            self._run(f"VACUUM (ANALYZE) {table}")
        self._run("CHECKPOINT")

    async def latest(self) -> Answer:
        since_ = at(self._questions.plan.end - DAY)
        query = (
            "SELECT id, newest.time, newest.value FROM sensor CROSS JOIN LATERAL (SELECT time, "  # noqa: S608
            f"value FROM reading WHERE sensor = id AND time >= {since_} "
            "ORDER BY time DESC LIMIT 1) newest"
        )
        return self._ask([query], "count(*), sum(value)")

    async def year(self, sensor: int) -> Answer:
        number = int(np.searchsorted(self._questions.plan.ids, sensor))
        bucket = f"date_bin('{self._questions.width_s} s', time, {at(START)})"
        where = f"WHERE sensor = {number} GROUP BY 1 ORDER BY 1"
        reading = f"SELECT {bucket} AS bin, min(value) AS low, max(value) AS high FROM reading"  # noqa: S608
        hour = f"SELECT {bucket} AS bin, min(low) AS low, max(high) AS high FROM reading_hour"  # noqa: S608
        fitting = [reading, hour] if self._questions.fits_hours else [reading]
        return self._ask([f"{one} {where}" for one in fitting], "count(*), min(low) + max(high)")

    async def hourly(self) -> Answer:
        begin, end = (at(moment) for moment in self._questions.month)
        query = (
            "SELECT sensor, time, mean FROM reading_hour JOIN sensor s ON s.id = sensor "  # noqa: S608
            f"WHERE area = 'a' AND time >= {begin} AND time < {end}"
        )
        return self._ask([query], "count(*), avg(mean)")

    def _ask(self, queries: list[str], agreed: str) -> Answer:
        answers = []
        for query in queries:
            timed = self._run("\\timing on", query, query).splitlines()
            took = [line for line in timed if line.startswith("Time: ")][-1]
            counted = self._run(f"SELECT {agreed} FROM ({query}) answer", shown=True)  # noqa: S608
            values, number = counted.strip().split("|")
            answers.append(Answer(float(took.split()[1]), int(values), float(number)))
        return min(answers, key=lambda answer: answer.ms)

    def _run(self, *commands: str, given: bytes = b"", shown: bool = False) -> str:
        line = [str(newest_postgresql() / "psql"), "-X", "-q", "-A", "-t", "-h", "127.0.0.1"]
        line += ["-p", str(self._server.port), "-U", "bench", "-d", "postgres"]
        line += [] if shown else ["-o", "/dev/null"]
        for command in commands:
            line += ["-c", command]
        done = subprocess.run(line, input=given, capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(f"PostgreSQL: {done.stderr.decode()[:1000]}")
        return done.stdout.decode()

    async def stop(self) -> None:
        self._server.stop()


EPOCH_2000 = 946_684_800 * SECOND
"""From 1970 to where PostgreSQL counts from."""
BINARY_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("sensor_bytes", ">i4"),
        ("sensor", ">i4"),
        ("time_bytes", ">i4"),
        ("time", ">i8"),
        ("value_bytes", ">i4"),
        ("value", ">f8"),
    ]
)


def since(began: float) -> float:
    """Give the milliseconds since then."""
    return 1e3 * (time.perf_counter() - began)


def at(moment: int) -> str:
    """Write an instant for PostgreSQL."""
    return f"to_timestamp({moment // SECOND})"


def wait_for_quiet(folder: Path) -> None:
    """Return when nothing has changed on the disk for a while."""
    seen = [(-1, time.monotonic())]

    def quiet() -> bool:
        now = room(folder)
        if now != seen[0][0]:
            seen[0] = (now, time.monotonic())
        return time.monotonic() - seen[0][1] > QUIET_S

    servers.wait_until(quiet, "compaction", 3_600, every=1.0)
