"""Adds the sensors of a CSV file, and hands out the keys of their devices."""

import asyncio
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.devices import key_digest
from appliance.domain.ids import MunicipalityId
from appliance.domain.sensors import Sensor
from appliance.domain.work import Progress, RefusedLine, Report, ShowProgress
from appliance.ports.tables import Tables
from appliance.services.files.csv_rows import BadLine, CsvFile, excerpt
from appliance.services.files.new_file import KeyFile
from appliance.services.files.sensor_rows import OPTIONAL, REQUIRED, SensorRows
from appliance.services.tally import Tally
from appliance.services.world import World, must_take_files

SENSORS: Final = 1_000
"""Sensors in one transaction."""

_Lines = list[tuple[int, str]]


async def import_sensors(
    grant: Grant[EditNetwork], world: World, source: Path, output: Path, show: ShowProgress
) -> Report:
    """Add the sensors of a CSV file, and write its accepted rows with an `api_key` column.

    Columns: device_id, name, sensor_type, unit, latitude, longitude and perhaps pipeline_id. A
    device that is there already is refused and keeps its key. Goes in transactions of 1,000. The
    keys are on disk before their transaction commits, so that none is ever lost: when something
    fails they are in `<output>.partial`, whose last thousand rows may not have been added.
    Admission knows the new devices when the call returns.
    """
    must_take_files(world)
    file = await asyncio.to_thread(CsvFile, source, REQUIRED, OPTIONAL)
    try:
        keys = await asyncio.to_thread(KeyFile, output)
        work = _Work(grant.municipality, world, file, keys)
        try:
            await _add_all(work, show)
        except BaseException:
            keys.keep_partial()
            raise
        await asyncio.to_thread(keys.publish)
    finally:
        file.close()
        await world.directory.start()
        world.watching.poke()
    figures = work.tally.figures
    return work.tally.report(
        f"{source.name}: {figures['added']:,} sensors added, {figures['refused']:,} lines refused"
    )


@dataclass(slots=True)
class _Work:
    """What the transactions of one import share."""

    municipality: MunicipalityId
    world: World
    file: CsvFile
    keys: KeyFile
    tally: Tally = field(default_factory=Tally)
    seen: dict[str, int] = field(default_factory=dict)

    def add(self, tables: Tables, lines: _Lines) -> tuple[int, list[RefusedLine]]:
        """Add the sensors of these lines and put their keys on disk; gives how many, and the rest."""
        rows = SensorRows(
            tables=tables,
            municipality=self.municipality,
            layout=self.file.layout,
            seen=self.seen,
            new_id=self.world.ids.new_id,
            now=self.world.clock.now(),
        )
        good: list[tuple[Sensor, bytes]] = []
        refused: list[RefusedLine] = []
        text: list[list[str]] = []
        for number, line in lines:
            try:
                fields = self.file.layout.fields(line)
                sensor = rows.sensor(number, fields)
            except BadLine as bad:
                refused.append(RefusedLine(number, str(bad), excerpt(line)))
                continue
            key = self.world.ids.new_secret()
            good.append((sensor, key_digest(key)))
            text.append([*fields, key])
        tables.sensors.add(good)
        self.write(text)
        return len(good), refused

    def write(self, rows: list[list[str]]) -> None:
        """Put rows into the file of keys."""
        written = io.StringIO()
        separator = self.file.layout.separator
        csv.writer(written, delimiter=separator, lineterminator="\n").writerows(rows)
        self.keys.add(written.getvalue())


async def _add_all(work: _Work, show: ShowProgress) -> None:
    await asyncio.to_thread(work.write, [[*work.file.header, "api_key"]])
    chunks = _chunks(work.file)
    while (lines := await asyncio.to_thread(next, chunks, None)) is not None:

        def change(tables: Tables, lines: _Lines = lines) -> tuple[int, list[RefusedLine]]:
            return work.add(tables, lines)

        added, refused = await work.world.operations.write(work.municipality, change)
        work.tally.figures["lines"] += len(lines)
        work.tally.figures["added"] += added
        for row in refused:
            work.tally.refuse(row.line, row.reason, row.excerpt)
        show(Progress("lines of sensors", work.tally.figures["lines"]))


def _chunks(file: CsvFile) -> Iterator[_Lines]:
    waiting: _Lines = []
    for block in file.blocks():
        for numbered in block.numbered():
            waiting.append(numbered)
            if len(waiting) == SENSORS:
                yield waiting
                waiting = []
    if waiting:
        yield waiting
