"""One municipality's history in DuckDB. Every query names the municipality."""

import duckdb
import numpy as np

from appliance.domain.buckets import ceiling, divide, floor
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Ints, Readings
from appliance.ports.history import Latest, Placed, Rollup, Series
from storage.history import questions, rolled_up
from storage.history.columns import Columns, readings_of
from storage.history.export import Export
from storage.history.threads import Threads

Values = int | list[int]


class DuckMunicipalHistory:
    """MunicipalHistory over DuckDB; reads run beside the event loop and beside the writer."""

    def __init__(self, municipality: MunicipalityId, threads: Threads) -> None:
        self._municipality = municipality
        self._threads = threads

    async def newest(
        self, sensor: SensorId, *, since: Instant, until: Instant, limit: int, offset: int = 0
    ) -> Readings:
        rows = await self._ask(
            questions.NEWEST, sensor=sensor, since=since, until=until, limit=limit, offset=offset
        )
        return readings_of(rows)

    async def count(self, sensor: SensorId, *, since: Instant, until: Instant) -> int:
        rows = await self._ask(questions.COUNT, sensor=sensor, since=since, until=until)
        return int(rows["n"][0])

    async def series(
        self, sensor: SensorId, *, since: Instant, until: Instant, points: int
    ) -> Series:
        division = divide(since, until, points)
        given = {
            "sensor": sensor,
            "since": since,
            "until": until,
            "first": division.first,
            "width": division.width,
        }
        if division.step is None:
            rows = await self._ask(questions.SERIES, **given)
        else:
            rows = await self._ask(
                rolled_up.SERIES_FROM[division.step],
                **given,
                **_inside(since, until, division.step),
            )
        starts = np.maximum(since, division.first + rows["bucket"] * division.width)
        return Series(starts, rows["low"], rows["mean"], rows["high"], rows["n"])

    async def rollup(
        self, sensors: Ints | None, *, since: Instant, until: Instant, step: int
    ) -> Rollup:
        question = rolled_up.ROLLUP_FROM[step]
        if sensors is None:
            rows = await self._ask(question.format(these=""), since=since, until=until)
        else:
            rows = await self._ask(
                question.format(these=rolled_up.OF_THESE),
                since=since,
                until=until,
                sensors=sensors.tolist(),
            )
        names = ("sensor", "start", "n", "low", "mean", "high", "last", "last_time")
        return Rollup(*(rows[name] for name in names))

    async def latest(self) -> Latest:
        rows = await self._ask(rolled_up.LATEST)
        return Latest(rows["sensor"], rows["time"], rows["value"])

    async def placed(self, sensors: Ints | None, *, since: Instant, until: Instant) -> Placed:
        if sensors is None:
            rows = await self._ask(questions.PLACED, since=since, until=until)
        else:
            rows = await self._ask(
                questions.PLACED_OF_THESE, since=since, until=until, sensors=sensors.tolist()
            )
        return Placed(readings_of(rows), rows["sequence"])

    async def find(self, sensor: SensorId, time: Instant) -> Placed:
        rows = await self._ask(questions.FIND, sensor=sensor, time=time)
        return Placed(readings_of(rows), rows["sequence"])

    async def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        rows = await self._ask(
            questions.DAILY_COUNTS, since=since, until=until, day=DAY, **_inside(since, until, DAY)
        )
        return dict(zip(rows["first"].tolist(), rows["n"].tolist(), strict=True))

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> Export:
        return Export(self._threads, self._municipality, since, until, chunk)

    async def _ask(self, question: str, **given: Values) -> Columns:
        values: dict[str, Values] = {"municipality": self._municipality, **given}

        def work(cursor: duckdb.DuckDBPyConnection) -> Columns:
            return cursor.execute(question, values).fetchnumpy()

        return await self._threads.read(work)


def _inside(since: Instant, until: Instant, step: int) -> dict[str, int]:
    """Give the whole steps of a range, from `inner` to `outer`; none where it has none."""
    inner = min(ceiling(since, step), until)
    return {"inner": inner, "outer": max(inner, floor(until, step))}
