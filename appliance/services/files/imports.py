"""Imports: a network, and readings of the past (sensors: sensor_import.py). Every refused line is told."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Several
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.ids import DeviceId
from appliance.domain.instant import Instant
from appliance.domain.network import NetworkModel
from appliance.domain.readings import (
    CheckedBatch,
    Counts,
    Door,
    Mark,
    Readings,
    Rejection,
    StoredBatch,
)
from appliance.domain.sensors import Sensor
from appliance.domain.spreadsheets import guarded
from appliance.domain.work import Progress, Report, ShowProgress
from appliance.ports.pages import Page, SensorFilter
from appliance.ports.tables import Tables
from appliance.services.audit.recording import record
from appliance.services.files.csv_rows import Block, CsvFile
from appliance.services.files.reading_rows import (
    OPTIONAL,
    REQUIRED,
    Judged,
    ReadingRows,
    RefusedRow,
    slices,
)
from appliance.services.tally import Tally
from appliance.services.world import World, must_take_files

ASSETS: Final = 5_000
"""Links or nodes in one transaction."""
READINGS: Final = 10_000
"""Readings in one batch of the journal."""
_PAGE: Final = 5_000
SHOWN_REJECTIONS: Final = 50
"""Rejections in one batch that the ledger keeps to look at; the counts have them all."""


class TakeChecked(Protocol):
    """The walk's way in for readings that need no door."""

    async def take_checked(self, batches: Several[CheckedBatch]) -> tuple[StoredBatch, ...]:
        """Put them on disk, without duplicates; the counts say how many were there already."""
        ...


async def import_network(
    grant: Grant[EditNetwork], world: World, model: NetworkModel, show: ShowProgress
) -> Report:
    """Add what is new, replace what has the same code, remove nothing; importing twice is once.

    Goes in transactions of 5,000 nodes or links: when one fails, those before it stay.
    """
    added = replaced = done = 0
    total = len(model.nodes) + len(model.links)
    for part in _parts(model):
        must_take_files(world)

        def merge(tables: Tables, part: NetworkModel = part) -> tuple[int, int]:
            return tables.network.merge(part, world.ids.new_id)

        new, old = await world.operations.write(grant.municipality, merge)
        added, replaced = added + new, replaced + old
        done += len(part.nodes) + len(part.links)
        show(Progress("network", done, total))
    figures = {
        "nodes": len(model.nodes),
        "links": len(model.links),
        "added": added,
        "replaced": replaced,
        "skipped": sum(model.skipped.values()),
    }
    left_out = "".join(f"; left out: {n} × {reason}" for reason, n in model.skipped.items())
    summary = (
        f"{model.source}: {len(model.links)} links and {len(model.nodes)} nodes from "
        f"{model.source_crs}; {added} added, {replaced} replaced{left_out}"
    )
    return Report(summary, figures)


def _parts(model: NetworkModel) -> Iterator[NetworkModel]:
    for start in range(0, len(model.nodes), ASSETS):
        yield replace(model, nodes=model.nodes[start : start + ASSETS], links=())
    for start in range(0, len(model.links), ASSETS):
        yield replace(model, nodes=(), links=model.links[start : start + ASSETS])


async def import_readings(
    grant: Grant[EditNetwork], world: World, walk: TakeChecked, source: Path, show: ShowProgress
) -> Report:
    """Put the readings of a CSV file into the journal, 10,000 at a time; importing twice is once.

    Columns: device_id, timestamp, value and perhaps unit (else the sensor's) and quality. Memory
    stays constant. Refused lines are counted in the ledger too; readings that were there already
    are counted as duplicates. When storing fails, what was stored before stays.
    """
    must_take_files(world)
    await _note(grant, world, source, {"state": "began"})
    sensors = await world.operations.read(grant.municipality, all_sensors)
    file = await asyncio.to_thread(CsvFile, source, REQUIRED, OPTIONAL)
    tally = Tally()
    rows = ReadingRows(_by_name(sensors), file.layout, world.clock.now())
    blocks = file.blocks()
    try:
        while (read := await asyncio.to_thread(_next, blocks, rows)) is not None:
            block, judged = read
            for readings, refused in slices(judged, READINGS):
                must_take_files(world)
                batch = _batch(grant, readings, refused, world.clock.now())
                for stored in await walk.take_checked([batch]):
                    _count(tally, stored.counts)
            tally.figures["lines"] += judged.lines
            for row in judged.refused:
                tally.refuse(row.line, row.advice, row.excerpt)
                tally.figures[f"refused: {row.reason.value}"] += 1
            show(Progress("bytes of readings", block.bytes_done, file.bytes_total))
    finally:
        file.close()
    await _note(grant, world, source, {"state": "done", **tally.figures})
    return tally.report(_summary(source, tally))


async def _note(
    grant: Grant[EditNetwork], world: World, source: Path, details: dict[str, object]
) -> None:
    await record(
        world.operations,
        Action.READINGS_IMPORTED,
        Thing("readings", "", source.name),
        municipality=grant.municipality,
        details=details,
    )


def _by_name(sensors: list[Sensor]) -> dict[str, Sensor]:
    """Give them by what a file may call them: also guarded, as in one that Weir wrote."""
    plain: dict[str, Sensor] = {sensor.device_id: sensor for sensor in sensors}
    return plain | {guarded(name): sensor for name, sensor in plain.items()}


def all_sensors(tables: Tables) -> list[Sensor]:
    """Give every sensor of a municipality."""
    found: list[Sensor] = []
    total = 1
    while len(found) < total:
        page, total = tables.sensors.page(SensorFilter(), Page(_PAGE, len(found)))
        if not page:
            break
        found.extend(page)
    return found


def _next(blocks: Iterator[Block], rows: ReadingRows) -> tuple[Block, Judged] | None:
    block = next(blocks, None)
    return None if block is None else (block, rows.judge(block))


def _batch(
    grant: Grant[EditNetwork], readings: Readings, refused: list[RefusedRow], now: Instant
) -> CheckedBatch:
    quarantined = int(((readings.marks & Mark.IMPLAUSIBLE) != 0).sum())
    reasons = Counter(row.reason.value for row in refused)
    rejections = tuple(
        Rejection(
            grant.municipality,
            DeviceId(row.device_id),
            now,
            Door.IMPORT,
            row.reason,
            f"line {row.line}: {row.advice}",
            row.excerpt,
        )
        for row in refused[:SHOWN_REJECTIONS]
    )
    return CheckedBatch(
        municipality=grant.municipality,
        door=Door.IMPORT,
        readings=readings,
        contacts=(),
        rejections=rejections,
        per_message=(
            Counts(
                stored=len(readings) - quarantined, quarantined=quarantined, rejected=dict(reasons)
            ),
        ),
        checked_at=now,
    )


def _count(tally: Tally, counts: Counts) -> None:
    tally.figures["stored"] += counts.stored + counts.late
    tally.figures["duplicate"] += counts.duplicate
    tally.figures["quarantined"] += counts.quarantined


def _summary(source: Path, tally: Tally) -> str:
    figures = tally.figures
    return (
        f"{source.name}: {figures['stored']:,} of {figures['lines']:,} readings stored, "
        f"{figures['duplicate']:,} were there already, "
        f"{figures['quarantined']:,} quarantined as implausible, {figures['refused']:,} refused"
    )
