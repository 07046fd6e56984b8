"""Exports of records: written whole to a scratch file from one moment of the database, then sent.

Memory stays constant: pages of rows go to the file as they are read. At most MOST_AT_ONCE are under
way. Each is a line of the audit log before the first byte leaves.
"""

import asyncio
import csv
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from appliance.domain import instant
from appliance.domain.access import ExportData, Grant
from appliance.domain.alerts import Alert
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.checklists import ChecklistItem
from appliance.domain.errors import TooMany
from appliance.domain.ids import MunicipalityId
from appliance.domain.incidents import Incident
from appliance.domain.instant import Instant
from appliance.domain.maintenance import MaintenanceEntry
from appliance.domain.sensors import Position, Sensor
from appliance.domain.spreadsheets import guarded
from appliance.ports.exporting import Exporter, ExportFormat
from appliance.ports.pages import (
    AlertFilter,
    AssetFilter,
    IncidentFilter,
    Page,
    SensorFilter,
    WorkFilter,
)
from appliance.ports.tables import Tables
from appliance.services.audit.recording import record
from appliance.services.files.asset_files import COLUMNS, feature, row
from appliance.services.files.exports import Wanted, export_readings
from appliance.services.world import World, must_take_files

MOST_AT_ONCE: Final = 2
"""One of a municipality; fewer than the database has readers, so that everybody else goes on."""
PAGE: Final = 1_000
T = TypeVar("T")
Cell = str | int | float | None
GetPage = Callable[[Page], tuple[list[T], int]]


class RecordExports:
    """Writes what there is of one municipality to a file that whoever asked sends and removes."""

    def __init__(self, world: World, exporter: Exporter | None) -> None:
        self._world = world
        self._exporter = exporter
        self._under_way: set[MunicipalityId] = set()

    async def table(self, grant: Grant[ExportData], what: str) -> Path:
        """Write `alerts`, `incidents`, `maintenance`, `sensors` or `assets` as CSV (RFC 4180)."""
        columns, rows = TABLES[what]

        def write(tables: Tables, path: Path) -> None:
            with path.open("x", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\r\n")
                writer.writerow(columns)
                writer.writerows(rows(tables))

        return await self._written(grant, what, write)

    async def features(self, grant: Grant[ExportData]) -> Path:
        """Write the assets as a GeoJSON FeatureCollection (RFC 7946)."""

        def write(tables: Tables, path: Path) -> None:
            with path.open("xb") as file:
                file.write(b'{"type":"FeatureCollection","features":[')
                for number, asset in enumerate(_all(lambda p: tables.assets.page(_ANY, p))):
                    file.write(b",\n" if number else b"\n")
                    file.write(msgspec.json.encode(feature(asset)))
                file.write(b"\n]}\n")

        return await self._written(grant, "assets", write)

    async def readings(
        self, grant: Grant[ExportData], since: Instant, until: Instant, form: ExportFormat
    ) -> Path:
        """Write readings with since ≤ time < until, by sensor and time, each in its sensor's unit."""
        if self._exporter is None:
            raise AssertionError("no exporter was given")
        must_take_files(self._world)
        async with self._place(grant.municipality) as folder:
            path = folder / f"readings.{form}"
            wanted = Wanted(since=since, until=until, output=path, form=form)
            await export_readings(grant, self._world, self._exporter, wanted, lambda _: None)
            return path

    async def _written(
        self, grant: Grant[ExportData], what: str, write: Callable[[Tables, Path], None]
    ) -> Path:
        must_take_files(self._world)
        async with self._place(grant.municipality) as folder:
            path = folder / what
            await self._world.operations.read(grant.municipality, lambda t: write(t, path))
            await record(
                self._world.operations,
                Action.DATA_EXPORTED,
                Thing("table", what, what),
                municipality=grant.municipality,
            )
            return path

    @asynccontextmanager
    async def _place(self, whose: MunicipalityId) -> AsyncIterator[Path]:
        """Give a scratch folder, which stays unless writing fails; TooMany when others write."""
        if whose in self._under_way or len(self._under_way) >= MOST_AT_ONCE:
            raise TooMany(what="other exports are being written just now", retry_after=10)
        self._under_way.add(whose)
        folder: Path | None = None
        try:
            folder = await asyncio.to_thread(self._world.files.scratch)
            yield folder
        except BaseException:
            if folder is not None:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        finally:
            self._under_way.discard(whose)


_ANY: Final = AssetFilter()


def _all(get: GetPage[T]) -> Iterator[T]:
    """Give everything, a page at a time."""
    offset, total = 0, 1
    while offset < total:
        page, total = get(Page(PAGE, offset))
        if not page:
            return
        yield from page
        offset += PAGE


def _alerts(tables: Tables) -> Iterator[list[Cell]]:
    return map(_alert, _all(lambda p: tables.alerts.page(AlertFilter(), p)))


def _alert(one: Alert) -> list[Cell]:
    return [
        one.id,
        guarded(one.alert_type),
        one.severity,
        one.status,
        guarded(one.title),
        guarded(one.description),
        *_place(one.position),
        one.sensor,
        one.pipeline,
        one.occurrences,
        *_times(one.raised_at, one.created_at, one.acknowledged_at, one.resolved_at, one.closed_at),
        one.acknowledged_by,
    ]


def _incidents(tables: Tables) -> Iterator[list[Cell]]:
    for one in _all(lambda p: tables.incidents.page(IncidentFilter(), p)):
        yield [*_incident(one), guarded(_checklist(tables.checklists.of(one.id)))]


def _checklist(items: list[ChecklistItem]) -> str:
    """Write a line for each, as people do by hand: `[x] Shut valve 7`."""
    return "\n".join(f"[{'x' if item.done else ' '}] {item.text}" for item in items)


def _incident(one: Incident) -> list[Cell]:
    return [
        one.id,
        guarded(one.title),
        guarded(one.description),
        guarded(one.incident_type),
        one.severity,
        one.status,
        guarded(one.notes),
        *_place(one.position),
        one.sensor,
        one.alert,
        one.reported_by,
        one.assigned_to,
        *_times(one.created_at, one.updated_at, one.resolved_at),
    ]


def _maintenance(tables: Tables) -> Iterator[list[Cell]]:
    return map(_work, _all(lambda p: tables.maintenance.page(WorkFilter(), p)))


def _work(one: MaintenanceEntry) -> list[Cell]:
    return [
        one.id,
        one.status,
        guarded(one.work),
        guarded(one.notes),
        one.sensor,
        one.asset,
        one.incident,
        one.alert,
        one.assigned_to,
        *_times(one.planned_for, one.due_at, one.done_at, one.created_at),
        one.by,
    ]


def _sensors(tables: Tables) -> Iterator[list[Cell]]:
    return map(_sensor, _all(lambda p: tables.sensors.page(SensorFilter(), p)))


def _sensor(one: Sensor) -> list[Cell]:
    longitude, latitude = _place(one.position)
    return [
        guarded(one.device_id),
        guarded(one.name),
        one.type.code,
        one.unit.symbol,
        latitude,
        longitude,
        one.pipeline,
        one.status,
        one.id,
    ]


def _assets(tables: Tables) -> Iterator[list[str]]:
    return map(row, _all(lambda p: tables.assets.page(_ANY, p)))


def _place(position: Position | None) -> tuple[Cell, Cell]:
    return (None, None) if position is None else (position.longitude, position.latitude)


def _times(*several: Instant | None) -> Iterator[Cell]:
    return (None if moment is None else instant.text(moment) for moment in several)


_PLACED: Final = ("longitude", "latitude")
TABLES: Final[dict[str, tuple[tuple[str, ...], Callable[[Tables], Iterable[list[Any]]]]]] = {
    "alerts": (
        (
            *("id", "alert_type", "severity", "status", "title", "description", *_PLACED),
            *("sensor_id", "pipeline_id", "occurrences", "raised_at", "created_at"),
            *("acknowledged_at", "resolved_at", "closed_at", "acknowledged_by"),
        ),
        _alerts,
    ),
    "incidents": (
        (
            *("id", "title", "description", "incident_type", "severity", "status", "notes"),
            *(*_PLACED, "sensor_id", "alert_id", "reported_by", "assigned_to"),
            *("created_at", "updated_at", "resolved_at", "checklist"),
        ),
        _incidents,
    ),
    "maintenance": (
        (
            *("id", "status", "work", "notes", "sensor_id", "asset_id", "incident_id", "alert_id"),
            *("assigned_to", "planned_for", "due_at", "done_at", "created_at", "by"),
        ),
        _maintenance,
    ),
    "sensors": (
        (
            *("device_id", "name", "sensor_type", "unit", "latitude", "longitude"),
            *("pipeline_id", "status", "id"),
        ),
        _sensors,
    ),
    "assets": (COLUMNS, _assets),
}
