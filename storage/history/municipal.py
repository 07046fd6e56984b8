"""One municipality's history in DuckDB. Every question names the municipality."""

from collections.abc import Callable

import duckdb
import numpy as np

from appliance.domain.buckets import divide
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.readings import Ints, Readings
from appliance.ports.history import Latest, Placed, Rollup, Series
from storage.history import questions, rolled_up
from storage.history.columns import Columns, readings_of
from storage.history.export import Export
from storage.history.sight import Sight, View

Values = int | list[int]


class DuckMunicipalHistory:
    """MunicipalHistory over DuckDB; reads run beside the event loop and beside the writer."""

    def __init__(self, municipality: MunicipalityId, sight: Sight) -> None:
        self._municipality = municipality
        self._sight = sight

    async def newest(
        self, sensor: SensorId, *, since: Instant, until: Instant, limit: int, offset: int = 0
    ) -> Readings:
        rows = await self._ask_readings(
            questions.NEWEST, since, until, sensor=sensor, limit=limit, offset=offset
        )
        return readings_of(rows)

    async def count(self, sensor: SensorId, *, since: Instant, until: Instant) -> int:
        rows = await self._ask_readings(questions.COUNT, since, until, sensor=sensor)
        return int(rows["n"][0])

    async def series(
        self, sensor: SensorId, *, since: Instant, until: Instant, points: int
    ) -> Series:
        division = divide(since, until, points)
        rows = await self._ask(
            lambda view: rolled_up.series_of(view, self._municipality, since, until, division),
            sensor=sensor,
        )
        starts = np.maximum(since, division.first + rows["bucket"] * division.width)
        return Series(starts, rows["low"], rows["mean"], rows["high"], rows["n"])

    async def rollup(
        self, sensors: Ints | None, *, since: Instant, until: Instant, step: int
    ) -> Rollup:
        these = "" if sensors is None else rolled_up.OF_THESE
        given: dict[str, Values] = {} if sensors is None else {"sensors": sensors.tolist()}
        rows = await self._ask(
            lambda view: rolled_up.rollup_of(view, self._municipality, since, until, step, these),
            **given,
        )
        names = ("sensor", "start", "n", "low", "mean", "high", "last", "last_time")
        return Rollup(*(rows[name] for name in names))

    async def latest(self) -> Latest:
        rows = await self._ask(lambda _: questions.LATEST)
        return Latest(rows["sensor"], rows["time"], rows["value"])

    async def placed(self, sensors: Ints | None, *, since: Instant, until: Instant) -> Placed:
        question = questions.PLACED if sensors is None else questions.PLACED_OF_THESE
        given: dict[str, Values] = {} if sensors is None else {"sensors": sensors.tolist()}
        rows = await self._ask(
            lambda view: question.format(
                readings=view.readings(self._municipality, since, until, arrived=True)
            ),
            since=since,
            until=until,
            **given,
        )
        return Placed(readings_of(rows), rows["sequence"])

    async def find(self, sensor: SensorId, time: Instant) -> Placed:
        rows = await self._ask(
            lambda view: questions.FIND.format(
                readings=view.readings(self._municipality, time, Instant(time + 1))
            ),
            sensor=sensor,
            time=time,
        )
        return Placed(readings_of(rows), rows["sequence"])

    async def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        rows = await self._ask(
            lambda view: rolled_up.daily_counts_of(view, self._municipality, since, until)
        )
        return dict(zip(rows["first"].tolist(), rows["n"].tolist(), strict=True))

    def export(self, *, since: Instant, until: Instant, chunk: int = 100_000) -> Export:
        return Export(self._sight, self._municipality, since, until, chunk)

    async def _ask_readings(
        self, question: str, since: Instant, until: Instant, **given: Values
    ) -> Columns:
        return await self._ask(
            lambda view: question.format(readings=view.readings(self._municipality, since, until)),
            since=since,
            until=until,
            **given,
        )

    async def _ask(self, question: Callable[[View], str], **given: Values) -> Columns:
        values: dict[str, Values] = {"municipality": self._municipality, **given}

        def work(cursor: duckdb.DuckDBPyConnection, view: View) -> Columns:
            return cursor.execute(question(view), values).fetchnumpy()

        return await self._sight.ask(work)
