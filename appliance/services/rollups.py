"""Roll-ups of many sensors at once: what charts of a whole network and reports are made of."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.buckets import ceiling, floor
from appliance.domain.errors import Invalid
from appliance.domain.ids import SensorId
from appliance.domain.sensors import Sensor
from appliance.ports.history import Rollup
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.readings import Span
from appliance.services.sensors import found
from appliance.services.world import World

MOST_STEPS: Final = 100_000
"""Of all sensors together; an answer has at most so many rows."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sensors: those named, else those of a type, else all."""

    sensors: tuple[SensorId, ...] = ()
    sensor_type: str | None = None


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The chosen sensors by id, what they measured, SI, and the whole steps that were meant."""

    sensors: dict[SensorId, Sensor]
    rollup: Rollup
    span: Span


class Rollups:
    """Gives roll-ups; whatever was acknowledged before the call is in them."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def of(
        self, grant: Grant[ViewNetwork], chosen: Chosen, span: Span, step: int
    ) -> RolledUp:
        """Give the steps (one of `buckets.STEPS`) that the span touches, whole.

        NotFound when a sensor that is named is not there, Invalid when it would be too much.
        """
        whole = Span(floor(span.since, step), ceiling(span.until, step))
        sensors = await self._world.operations.read(
            grant.municipality, lambda tables: _sensors(tables, chosen)
        )
        _must_be_bounded(len(sensors), whole, step)
        await self._freshness.history()
        rollup = await self._world.history.of(grant.municipality).rollup(
            np.array([sensor.id for sensor in sensors], np.int64),
            since=whole.since,
            until=whole.until,
            step=step,
        )
        return RolledUp({sensor.id: sensor for sensor in sensors}, rollup, whole)


def _sensors(tables: Tables, chosen: Chosen) -> list[Sensor]:
    if chosen.sensors:
        return [found(tables, sensor) for sensor in dict.fromkeys(chosen.sensors)]
    everything = tables.sensors.everything()
    if chosen.sensor_type is None:
        return everything
    return [sensor for sensor in everything if sensor.type.code == chosen.sensor_type]


def _must_be_bounded(sensors: int, span: Span, step: int) -> None:
    steps = sensors * ((span.until - span.since) // step)
    if steps > MOST_STEPS:
        raise Invalid(
            field="step",
            problem=f"{sensors} sensors have {steps:,} such steps in that time, {MOST_STEPS:,} are"
            " given at most: ask for fewer sensors, less time or a wider step",
        )
