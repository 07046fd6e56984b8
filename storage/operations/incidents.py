"""Incidents, and the story of each."""

from appliance.domain.errors import NotFound
from appliance.domain.ids import AlertId, IncidentId, UserId
from appliance.domain.incidents import EntryKind, Incident, IncidentEntry, IncidentStatus
from appliance.domain.instant import Instant
from appliance.domain.rules import Severity
from appliance.ports.pages import IncidentFilter, Page
from storage.operations.columns import place, position
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, sql, unique

_SELECT = (
    "SELECT id, municipality, title, description, incident_type, severity, status, notes, alert,"
    " sensor, longitude, latitude, reported_by, created_at, updated_at, resolved_at, version,"
    " assigned_to FROM incident WHERE municipality = :mine"
)
_CHOSEN = (
    "AND (:status IS NULL OR status = :status) AND (:severity IS NULL OR severity = :severity)"
    " AND (:assigned_to IS NULL OR assigned_to = :assigned_to)"
    " AND (:sensor IS NULL OR sensor = :sensor)"
    " AND (:alert IS NULL OR id IN (SELECT incident FROM incident_alert"
    " WHERE municipality = :mine AND alert = :alert))"
)
_ORDER = Order(
    ("-created_at",),
    {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "severity": (
            "CASE severity WHEN 'info' THEN 0 WHEN 'low' THEN 1 WHEN 'medium' THEN 2"
            " WHEN 'high' THEN 3 ELSE 4 END"
        ),
        "status": "status",
        "title": "title",
    },
)
_ADD = (
    "INSERT INTO incident VALUES (:id, :mine, :title, :description, :incident_type, :severity,"
    " :status, :notes, :alert, :sensor, :longitude, :latitude, :reported_by, :created_at,"
    " :updated_at, :resolved_at, :version, :assigned_to) ON CONFLICT (id) DO NOTHING"
)
_REPLACE = (
    "UPDATE incident SET title = :title, description = :description,"
    " incident_type = :incident_type, severity = :severity, status = :status, notes = :notes,"
    " alert = :alert, sensor = :sensor, longitude = :longitude, latitude = :latitude,"
    " reported_by = :reported_by, created_at = :created_at, updated_at = :updated_at,"
    " resolved_at = :resolved_at, version = :version,"
    " assigned_to = :assigned_to"
    " WHERE municipality = :mine AND id = :id AND version = :was"
)
_REMOVE = (
    "DELETE FROM attachment WHERE municipality = :mine AND incident = :id",
    "UPDATE maintenance SET incident = NULL WHERE municipality = :mine AND incident = :id",
    "DELETE FROM incident WHERE municipality = :mine AND id = :id",
)
_STORY = Order(("number",), {"number": "number"}, key="number")
_ENTRIES = (
    "SELECT incident, municipality, number, kind, at, by, note, before, after, alert, attachment"
    " FROM incident_entry WHERE municipality = :mine AND incident = :incident"
)
_ADD_ENTRY = (
    "INSERT INTO incident_entry VALUES (:incident, :number, :mine, :kind, :at, :by, :note,"
    " :before, :after, :alert, :attachment)"
)


class IncidentRows:
    """The port's IncidentTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, chosen: IncidentFilter, page: Page) -> tuple[list[Incident], int]:
        values: dict[str, object] = {
            "status": chosen.status,
            "severity": chosen.severity,
            "assigned_to": chosen.assigned_to,
            "sensor": chosen.sensor,
            "alert": chosen.alert,
        }
        window, place_of_page = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, _CHOSEN, window), **values, **place_of_page)
        count = sql("SELECT count(*) FROM incident WHERE municipality = :mine", _CHOSEN)
        return [_incident(row) for row in rows], self._run.number(count, **values)

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

    def remove(self, incident: IncidentId) -> None:
        for statement in _REMOVE:
            self._run.change(statement, id=incident)

    def entries(self, incident: IncidentId, page: Page) -> tuple[list[IncidentEntry], int]:
        window, place = _STORY.window(page)
        rows = self._run.rows(sql(_ENTRIES, window), incident=incident, **place)
        return [_entry(row) for row in rows], self.last_entry(incident)

    def last_entry(self, incident: IncidentId) -> int:
        return self._run.number(
            "SELECT coalesce(max(number), 0) FROM incident_entry"
            " WHERE municipality = :mine AND incident = :incident",
            incident=incident,
        )

    def add_entry(self, entry: IncidentEntry) -> None:
        self._run.must_own(entry.municipality)
        if self.get(entry.incident) is None:
            raise NotFound(kind="incident", name=entry.incident)
        with unique(f"the incident has an entry {entry.number} already"):
            self._run.change(
                _ADD_ENTRY,
                incident=entry.incident,
                number=entry.number,
                kind=entry.kind,
                at=entry.at,
                by=entry.by,
                note=entry.note,
                before=entry.before,
                after=entry.after,
                alert=entry.alert,
                attachment=entry.attachment,
            )

    def alerts(self, incident: IncidentId) -> list[AlertId]:
        rows = self._run.rows(
            "SELECT alert FROM incident_alert WHERE municipality = :mine AND incident = :incident"
            " ORDER BY alert",
            incident=incident,
        )
        return [AlertId(row[0]) for row in rows]

    def link(self, incident: IncidentId, alert: AlertId) -> bool:
        linked = self._run.change(
            "INSERT INTO incident_alert SELECT id, :alert, municipality FROM incident"
            " WHERE municipality = :mine AND id = :incident ON CONFLICT DO NOTHING",
            incident=incident,
            alert=alert,
        )
        return linked == 1

    def unlink(self, incident: IncidentId, alert: AlertId) -> bool:
        unlinked = self._run.change(
            "DELETE FROM incident_alert WHERE municipality = :mine AND incident = :incident"
            " AND alert = :alert",
            incident=incident,
            alert=alert,
        )
        return unlinked == 1

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
            "assigned_to": incident.assigned_to,
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
        assigned_to=row[17],
    )


def _entry(row: Row) -> IncidentEntry:
    return IncidentEntry(
        incident=row[0],
        municipality=row[1],
        number=row[2],
        kind=EntryKind(row[3]),
        at=row[4],
        by=row[5],
        note=row[6],
        before=None if row[7] is None else IncidentStatus(row[7]),
        after=None if row[8] is None else IncidentStatus(row[8]),
        alert=row[9],
        attachment=row[10],
    )
