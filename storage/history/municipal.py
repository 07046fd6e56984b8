"""One municipality's history in DuckDB. Every query names the municipality."""

import duckdb

from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Ints, Readings
from appliance.ports.history import Placed, Series
from storage.history import questions
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
        width = max(1, -((since - until) // max(1, points)))  # rounded up
        rows = await self._ask(
            questions.SERIES, sensor=sensor, since=since, until=until, width=width
        )
        starts = since + rows["bucket"] * width
        return Series(starts, rows["low"], rows["mean"], rows["high"], rows["n"])

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
        rows = await self._ask(questions.DAILY_COUNTS, since=since, until=until, day=DAY)
        return dict(zip(rows["first"].tolist(), rows["n"].tolist(), strict=True))

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> Export:
        return Export(self._threads, self._municipality, since, until, chunk)

    async def _ask(self, question: str, **given: Values) -> Columns:
        values: dict[str, Values] = {"municipality": self._municipality, **given}

        def work(cursor: duckdb.DuckDBPyConnection) -> Columns:
            return cursor.execute(question, values).fetchnumpy()

        return await self._threads.read(work)
