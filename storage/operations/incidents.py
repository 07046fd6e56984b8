"""Incidents and the maintenance log."""

from appliance.domain.ids import IncidentId, UserId
from appliance.domain.incidents import Incident, IncidentStatus, MaintenanceEntry
from appliance.domain.instant import Instant
from appliance.domain.rules import Severity
from appliance.ports.pages import Page
from storage.operations.columns import place, position
from storage.operations.statements import OwnStatements, Row, sql, unique

_SELECT = (
    "SELECT id, municipality, title, description, incident_type, severity, status, notes, alert,"
    " sensor, longitude, latitude, reported_by, created_at, updated_at, resolved_at, version"
    " FROM incident WHERE municipality = :mine"
)
_CHOSEN = "AND (:status IS NULL OR status = :status)"
_ADD = (
    "INSERT INTO incident VALUES (:id, :mine, :title, :description, :incident_type, :severity,"
    " :status, :notes, :alert, :sensor, :longitude, :latitude, :reported_by, :created_at,"
    " :updated_at, :resolved_at, :version) ON CONFLICT (id) DO NOTHING"
)
_REPLACE = (
    "UPDATE incident SET title = :title, description = :description,"
    " incident_type = :incident_type, severity = :severity, status = :status, notes = :notes,"
    " alert = :alert, sensor = :sensor, longitude = :longitude, latitude = :latitude,"
    " reported_by = :reported_by, created_at = :created_at, updated_at = :updated_at,"
    " resolved_at = :resolved_at, version = :version"
    " WHERE municipality = :mine AND id = :id AND version = :was"
)
_LOG = (
    "SELECT id, municipality, alert, incident, sensor, pipeline, done_at, work, by, created_at"
    " FROM maintenance WHERE municipality = :mine"
    " ORDER BY done_at DESC, created_at DESC, id DESC LIMIT :limit OFFSET :offset"
)


class IncidentRows:
    """The port's IncidentTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, status: str | None, page: Page) -> tuple[list[Incident], int]:
        rows = self._run.rows(
            sql(_SELECT, _CHOSEN, "ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset"),
            status=status,
            limit=page.limit,
            offset=page.offset,
        )
        count = sql("SELECT count(*) FROM incident WHERE municipality = :mine", _CHOSEN)
        return [_incident(row) for row in rows], self._run.number(count, status=status)

    def get(self, incident: IncidentId) -> Incident | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=incident)
        return None if row is None else _incident(row)

    def put(self, incident: Incident, *, was: int | None) -> bool:
        values = self._values(incident)
        if was is None:
            return self._run.change(_ADD, **values) == 1
        return self._run.change(_REPLACE, **values, was=was) == 1

    def same_report(
        self, by: UserId, title: str, description: str, *, since: Instant
    ) -> Incident | None:
        row = self._run.row(
            sql(
                _SELECT,
                "AND reported_by = :by AND created_at >= :since AND title = :title",
                "AND description = :description ORDER BY created_at DESC, id DESC LIMIT 1",
            ),
            by=by,
            since=since,
            title=title,
            description=description,
        )
        return None if row is None else _incident(row)

    def log(self, entry: MaintenanceEntry) -> None:
        self._run.must_own(entry.municipality)
        with unique("there is another maintenance entry of this id"):
            self._run.change(
                "INSERT INTO maintenance VALUES (:id, :mine, :alert, :incident, :sensor,"
                " :pipeline, :done_at, :work, :by, :created_at)",
                id=entry.id,
                alert=entry.alert,
                incident=entry.incident,
                sensor=entry.sensor,
                pipeline=entry.pipeline,
                done_at=entry.done_at,
                work=entry.work,
                by=entry.by,
                created_at=entry.created_at,
            )

    def log_page(self, page: Page) -> tuple[list[MaintenanceEntry], int]:
        rows = self._run.rows(_LOG, limit=page.limit, offset=page.offset)
        count = "SELECT count(*) FROM maintenance WHERE municipality = :mine"
        return [_entry(row) for row in rows], self._run.number(count)

    def _values(self, incident: Incident) -> dict[str, object]:
        self._run.must_own(incident.municipality)
        return {
            "id": incident.id,
            "title": incident.title,
            "description": incident.description,
            "incident_type": incident.incident_type,
            "severity": incident.severity,
            "status": incident.status,
            "notes": incident.notes,
            "alert": incident.alert,
            "sensor": incident.sensor,
            **place(incident.position),
            "reported_by": incident.reported_by,
            "created_at": incident.created_at,
            "updated_at": incident.updated_at,
            "resolved_at": incident.resolved_at,
            "version": incident.version,
        }


def _incident(row: Row) -> Incident:
    return Incident(
        id=row[0],
        municipality=row[1],
        title=row[2],
        description=row[3],
        incident_type=row[4],
        severity=Severity(row[5]),
        status=IncidentStatus(row[6]),
        notes=row[7],
        alert=row[8],
        sensor=row[9],
        position=position(row[10], row[11]),
        reported_by=row[12],
        created_at=row[13],
        updated_at=row[14],
        resolved_at=row[15],
        version=row[16],
    )


def _entry(row: Row) -> MaintenanceEntry:
    return MaintenanceEntry(
        id=row[0],
        municipality=row[1],
        alert=row[2],
        incident=row[3],
        sensor=row[4],
        pipeline=row[5],
        done_at=row[6],
        work=row[7],
        by=row[8],
        created_at=row[9],
    )
