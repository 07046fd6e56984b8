"""Maintenance: the plan and the log."""

from appliance.domain.ids import MaintenanceId
from appliance.domain.instant import Instant
from appliance.domain.maintenance import MaintenanceEntry, Window, WorkStatus
from appliance.domain.sensors import SensorStatus
from appliance.ports.pages import Page, WorkFilter
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, sql

_COLUMNS = (
    "id, municipality, alert, incident, sensor, pipeline, asset, status, work, notes, planned_for,"
    " due_at, assigned_to, out_from, out_until, status_before, repeat_days, done_at, by,"
    " created_at, updated_at, version"
)
_SELECT = sql("SELECT", _COLUMNS, "FROM maintenance WHERE municipality = :mine")
_CHOSEN = (
    "AND (:status IS NULL OR status = :status) AND (:sensor IS NULL OR sensor = :sensor)"
    " AND (:asset IS NULL OR asset = :asset) AND (:incident IS NULL OR incident = :incident)"
    " AND (:assigned_to IS NULL OR assigned_to = :assigned_to)"
    " AND (:due_before IS NULL OR due_at < :due_before AND status IN ('planned', 'in_progress'))"
    " AND (:search IS NULL OR instr(casefold(work), :search) OR instr(casefold(notes), :search))"
)
_ORDER = Order(
    ("-time", "-created_at"),
    {
        "time": "coalesce(done_at, due_at, planned_for, created_at)",
        "due_at": "coalesce(due_at, 9223372036854775807)",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "status": "status",
    },
)
_ADD = (
    "INSERT INTO maintenance VALUES (:id, :mine, :alert, :incident, :sensor, :pipeline, :asset,"
    " :status, :work, :notes, :planned_for, :due_at, :assigned_to, :out_from, :out_until,"
    " :status_before, :repeat_days, :done_at, :by, :created_at, :updated_at, :version)"
    " ON CONFLICT (id) DO NOTHING"
)
_REPLACE = (
    "UPDATE maintenance SET alert = :alert, incident = :incident, sensor = :sensor,"
    " pipeline = :pipeline, asset = :asset, status = :status, work = :work, notes = :notes,"
    " planned_for = :planned_for, due_at = :due_at, assigned_to = :assigned_to,"
    " out_from = :out_from, out_until = :out_until, status_before = :status_before,"
    " repeat_days = :repeat_days, done_at = :done_at, by = :by, created_at = :created_at,"
    " updated_at = :updated_at, version = :version"
    " WHERE municipality = :mine AND id = :id AND version = :was"
)
_TO_LOOK_AT = (
    "AND out_until IS NOT NULL AND (status_before IS NOT NULL"
    " OR status IN ('planned', 'in_progress') AND out_from <= :now AND out_until > :now)"
    " ORDER BY id"
)


class MaintenanceRows:
    """The port's MaintenanceTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, chosen: WorkFilter, page: Page) -> tuple[list[MaintenanceEntry], int]:
        values: dict[str, object] = {
            "status": chosen.status,
            "sensor": chosen.sensor,
            "asset": chosen.asset,
            "incident": chosen.incident,
            "assigned_to": chosen.assigned_to,
            "due_before": chosen.due_before,
            "search": None if chosen.search is None else chosen.search.casefold(),
        }
        window, place = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, _CHOSEN, window), **values, **place)
        count = sql("SELECT count(*) FROM maintenance WHERE municipality = :mine", _CHOSEN)
        return [_entry(row) for row in rows], self._run.number(count, **values)

    def get(self, entry: MaintenanceId) -> MaintenanceEntry | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=entry)
        return None if row is None else _entry(row)

    def put(self, entry: MaintenanceEntry, *, was: int | None) -> bool:
        values = self._values(entry)
        if was is None:
            return self._run.change(_ADD, **values) == 1
        return self._run.change(_REPLACE, **values, was=was) == 1

    def remove(self, entry: MaintenanceId) -> None:
        self._run.change(
            "DELETE FROM maintenance WHERE municipality = :mine AND id = :id", id=entry
        )

    def windows(self, now: Instant) -> list[MaintenanceEntry]:
        return [_entry(row) for row in self._run.rows(sql(_SELECT, _TO_LOOK_AT), now=now)]

    def _values(self, entry: MaintenanceEntry) -> dict[str, object]:
        self._run.must_own(entry.municipality)
        window = entry.window
        return {
            "id": entry.id,
            "alert": entry.alert,
            "incident": entry.incident,
            "sensor": entry.sensor,
            "pipeline": entry.pipeline,
            "asset": entry.asset,
            "status": entry.status,
            "work": entry.work,
            "notes": entry.notes,
            "planned_for": entry.planned_for,
            "due_at": entry.due_at,
            "assigned_to": entry.assigned_to,
            "out_from": None if window is None else window.since,
            "out_until": None if window is None else window.until,
            "status_before": entry.status_before,
            "repeat_days": entry.repeat_days,
            "done_at": entry.done_at,
            "by": entry.by,
            "created_at": entry.created_at,
            "updated_at": entry.updated_at,
            "version": entry.version,
        }


def _entry(row: Row) -> MaintenanceEntry:
    return MaintenanceEntry(
        id=row[0],
        municipality=row[1],
        alert=row[2],
        incident=row[3],
        sensor=row[4],
        pipeline=row[5],
        asset=row[6],
        status=WorkStatus(row[7]),
        work=row[8],
        notes=row[9],
        planned_for=row[10],
        due_at=row[11],
        assigned_to=row[12],
        window=None if row[13] is None else Window(row[13], row[14]),
        status_before=None if row[15] is None else SensorStatus(row[15]),
        repeat_days=row[16],
        done_at=row[17],
        by=row[18],
        created_at=row[19],
        updated_at=row[20],
        version=row[21],
    )
