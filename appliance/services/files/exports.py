"""Exports: readings in a file for other programs."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.domain import instant
from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.errors import Invalid
from appliance.domain.instant import EARLIEST, LATEST, Instant
from appliance.domain.readings import Readings
from appliance.domain.sensors import Sensor
from appliance.domain.work import Progress, Report, ShowProgress
from appliance.ports.exporting import ExportedReadings, Exporter, ExportFormat, ReadingsFile
from appliance.services.audit.recording import record
from appliance.services.files.imports import all_sensors
from appliance.services.files.new_file import partial_of, publish
from appliance.services.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which readings, with since ≤ time < until, and where to."""

    since: Instant
    until: Instant
    output: Path
    form: ExportFormat


def format_of(output: Path) -> ExportFormat:
    """Give the format that a file's ending asks for, or raise Invalid."""
    try:
        return ExportFormat(output.suffix.lower().removeprefix("."))
    except ValueError:
        raise Invalid(field="output", problem="the file must end in .csv or .parquet") from None


async def export_readings(
    grant: Grant[ViewNetwork],
    world: World,
    exporter: Exporter,
    wanted: Wanted,
    show: ShowProgress,
) -> Report:
    """Write readings by sensor and time, each in its sensor's unit.

    The file appears whole or not at all, in place of one that was there. It is a line of the audit log
    before anything is read. Readings of sensors that have been removed have no device and no unit any
    more: they are left out and counted.
    """
    if wanted.since >= wanted.until:
        raise Invalid(field="from", problem="it must be before the end")
    await _note(grant, world, wanted)
    sensors = await world.operations.read(grant.municipality, all_sensors)
    labels = Labels(sensors)
    partial = partial_of(wanted.output)
    await asyncio.to_thread(partial.unlink, missing_ok=True)
    written = await asyncio.to_thread(exporter.create, partial, wanted.form)
    try:
        figures = await _write(grant, world, written, labels, wanted, show)
        await asyncio.to_thread(written.close)
    except BaseException:
        written.abandon()
        raise
    await asyncio.to_thread(publish, partial, wanted.output)
    return Report(f"{figures['readings']:,} readings{_span(wanted)}", figures)


async def _note(grant: Grant[ViewNetwork], world: World, wanted: Wanted) -> None:
    details = {"from": instant.text(wanted.since), "to": instant.text(wanted.until)}
    await record(
        world.operations,
        Action.READINGS_EXPORTED,
        Thing("readings"),
        municipality=grant.municipality,
        details={**details, "form": wanted.form.value},
    )


def _span(wanted: Wanted) -> str:
    since = "" if wanted.since == EARLIEST else f" from {instant.text(wanted.since)}"
    until = "" if wanted.until == LATEST else f" until {instant.text(wanted.until)}"
    return since + until


class Labels:
    """The device and unit of each sensor, for whole columns at once."""

    def __init__(self, sensors: list[Sensor]) -> None:
        chosen = sorted(sensors, key=lambda sensor: sensor.id)
        self._ids = np.array([sensor.id for sensor in chosen], np.int64)
        self._devices = np.array([str(sensor.device_id) for sensor in chosen], np.object_)
        self._units = np.array([sensor.unit.symbol for sensor in chosen], np.object_)
        self._factors = np.array([sensor.unit.factor for sensor in chosen], np.float64)
        self._offsets = np.array([sensor.unit.offset for sensor in chosen], np.float64)

    def of(self, readings: Readings) -> ExportedReadings:
        """Give the readings of known sensors with device and unit, in that unit, in order."""
        places = np.searchsorted(self._ids, readings.sensors)
        known = places < len(self._ids)
        known[known] = self._ids[places[known]] == readings.sensors[known]
        at = places[known]
        values = (readings.values[known] - self._offsets[at]) / self._factors[at]
        return ExportedReadings(
            device_ids=self._devices[at],
            times=readings.times[known],
            values=np.array([float(f"{value:.12g}") for value in values.tolist()], np.float64),
            units=self._units[at],
            quality=readings.quality[known],
        )


async def _write(
    grant: Grant[ViewNetwork],
    world: World,
    written: ReadingsFile,
    labels: Labels,
    wanted: Wanted,
    show: ShowProgress,
) -> dict[str, int]:
    figures = {"readings": 0, "of removed sensors": 0}
    history = world.history.of(grant.municipality)
    async for chunk in history.export(since=wanted.since, until=wanted.until):
        rows = await asyncio.to_thread(_add, written, labels, chunk)
        figures["readings"] += rows
        figures["of removed sensors"] += len(chunk) - rows
        show(Progress("readings", figures["readings"]))
    return figures


def _add(written: ReadingsFile, labels: Labels, chunk: Readings) -> int:
    rows = labels.of(chunk)
    written.add(rows)
    return len(rows)
