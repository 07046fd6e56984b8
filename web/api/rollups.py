"""Roll-ups: many sensors by minutes, hours or days."""

from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.ids import SensorId
from appliance.domain.instant import SECOND
from appliance.domain.readings import Floats, Ints
from appliance.services.readings import Span
from appliance.services.rollups import Chosen, RolledUp
from web.api.readings import span_of
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Id, Time, TimeIn, time


class RollupQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which sensors (`sensor_ids` by comma or repeated, else those of a type, else all), when."""

    sensor_ids: tuple[Id, ...] = ()
    sensor_type: str | None = None
    since: TimeIn | None = None
    until: TimeIn | None = None
    hours: Annotated[float, Meta(gt=0, le=876_600)] = 24.0
    step: Literal[60, 3_600, 86_400] = 3_600
    """Seconds; steps begin at whole minutes, hours or days, UTC."""


class SensorRollup(Struct, frozen=True):
    """One sensor in steps, in its unit; steps without readings are left out."""

    sensor_id: int
    unit: str
    timestamps: list[Time]
    count: list[int]
    min: list[float]
    mean: list[float]
    max: list[float]
    last: list[float]
    """The newest value of each step."""
    last_timestamps: list[Time]


class RollupOut(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """The whole steps that the time asked for touches; sensors without readings are left out."""

    since: Time
    until: Time
    step: int
    sensors: list[SensorRollup]


async def get_rollup(ask: Ask[ViewNetwork]) -> RollupOut:
    """Give a roll-up, over all municipalities for a super admin who names none."""
    query: RollupQuery = ask.query
    span = span_of(ask, query.since, query.until, query.hours)
    chosen = Chosen(tuple(SensorId(s) for s in query.sensor_ids), query.sensor_type)
    rolled = await _rolled_up(ask, chosen, span, query.step * SECOND)
    whole = rolled[0].span if rolled else span
    sensors = [sensor for found in rolled for sensor in _by_sensor(found)]
    return RollupOut(time(whole.since), time(whole.until), query.step, sensors)


async def _rolled_up(
    ask: Ask[ViewNetwork], chosen: Chosen, span: Span, step: int
) -> list[RolledUp]:
    async def within(grant: Grant[ViewNetwork]) -> RolledUp:
        return await ask.services.rollups.of(grant, chosen, span, step)

    if chosen.sensors:
        return [await ask.found(within)]
    return [await within(grant) for grant in await ask.every()]


def _by_sensor(found: RolledUp) -> list[SensorRollup]:
    sensors, begins, lengths = np.unique(
        found.rollup.sensors, return_index=True, return_counts=True
    )
    return [
        _one(found, SensorId(sensor), slice(begin, begin + length))
        for sensor, begin, length in zip(
            sensors.tolist(), begins.tolist(), lengths.tolist(), strict=True
        )
    ]


def _one(found: RolledUp, sensor: SensorId, rows: slice) -> SensorRollup:
    unit, rollup = found.sensors[sensor].unit, found.rollup

    def values(column: Floats) -> list[float]:
        return [unit.from_si(value) for value in column[rows].tolist()]

    return SensorRollup(
        sensor_id=sensor,
        unit=unit.symbol,
        timestamps=_times(rollup.starts[rows]),
        count=rollup.counts[rows].tolist(),
        min=values(rollup.minima),
        mean=values(rollup.means),
        max=values(rollup.maxima),
        last=values(rollup.lasts),
        last_timestamps=_times(rollup.last_times[rows]),
    )


def _times(column: Ints) -> list[Time]:
    """Write a column at once: to the second where every one of them is whole."""
    written = np.datetime_as_string(
        column.astype("datetime64[us]"),
        unit="us" if (column % SECOND).any() else "s",
        timezone="UTC",
    )
    return [str(text) for text in written]


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/readings/rollup",
        access=ViewNetwork,
        handler=get_rollup,
        query=RollupQuery,
        answer=RollupOut,
        summary="Many sensors by minutes, hours or days: count, min, mean, max and last",
    ),
)
