"""Alerts and their changes."""

from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.errors import NotFound
from appliance.domain.ids import AlertId, RuleId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.domain.rules import Severity
from appliance.ports.pages import AlertFilter, Page
from storage.operations.columns import (
    evidence,
    evidence_text,
    json_text,
    place,
    position,
)
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, Statements, sql, unique

_COLUMNS = (
    "SELECT id, municipality, rule, sensor, pipeline, longitude, latitude, alert_type, severity,"
    " status, title, description, evidence, condition_active, occurrences, raised_at, created_at,"
    " last_seen_at, acknowledged_at, acknowledged_by, resolved_at, closed_at, version,"
    " shelved_until, assigned_to FROM alert"
)
_SELECT = sql(_COLUMNS, "WHERE municipality = :mine")
_CHOSEN = (
    "AND (:zone IS NULL OR sensor IN (SELECT thing FROM zone_member WHERE zone = :zone"
    " AND kind = 'sensor') OR sensor IS NULL AND pipeline IN (SELECT thing FROM zone_member"
    " WHERE zone = :zone AND kind = 'link')) "
    "AND (:sensor IS NULL OR sensor = :sensor)"
    " AND (:statuses = '[]' OR status IN (SELECT value FROM json_each(:statuses)))"
    " AND (:severities = '[]' OR severity IN (SELECT value FROM json_each(:severities)))"
    " AND (:alert_type IS NULL OR alert_type = :alert_type)"
    " AND (:assigned_to IS NULL OR assigned_to = :assigned_to)"
    " AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)"
    " AND (:shelved IS NULL OR (shelved_until IS NOT NULL) = :shelved)"
    " AND (:search IS NULL OR instr(casefold(title), :search) > 0"
    " OR instr(casefold(description), :search) > 0 OR instr(casefold(alert_type), :search) > 0)"
)
_ORDER = Order(
    ("-created_at",),
    {
        "created_at": "created_at",
        "last_seen_at": "last_seen_at",
        "severity": (
            "CASE severity WHEN 'info' THEN 0 WHEN 'low' THEN 1 WHEN 'medium' THEN 2"
            " WHEN 'high' THEN 3 ELSE 4 END"
        ),
        "status": "status",
        "title": "title",
    },
)
_ADD = (
    "INSERT INTO alert VALUES (:id, :mine, :rule, :sensor, :pipeline, :longitude, :latitude,"
    " :alert_type, :severity, :status, :title, :description, :evidence, :condition_active,"
    " :occurrences, :raised_at, :created_at, :last_seen_at, :acknowledged_at, :acknowledged_by,"
    " :resolved_at, :closed_at, :version, :shelved_until, :assigned_to)"
)
_REPLACE = (
    "UPDATE alert SET rule = :rule, sensor = :sensor, pipeline = :pipeline,"
    " longitude = :longitude, latitude = :latitude, alert_type = :alert_type,"
    " severity = :severity, status = :status, title = :title, description = :description,"
    " evidence = :evidence, condition_active = :condition_active, occurrences = :occurrences,"
    " raised_at = :raised_at, created_at = :created_at, last_seen_at = :last_seen_at,"
    " acknowledged_at = :acknowledged_at, acknowledged_by = :acknowledged_by,"
    " resolved_at = :resolved_at, closed_at = :closed_at, version = :version,"
    " shelved_until = :shelved_until, assigned_to = :assigned_to"
    " WHERE municipality = :mine AND id = :id AND version = :was"
)
_ADD_CHANGE = (
    "INSERT INTO alert_change VALUES"
    " (:alert, :number, :mine, :kind, :before, :after, :at, :by, :note, :evidence)"
)
_CHANGE_COLUMNS = (
    "SELECT alert, municipality, number, kind, before, after, at, by, note, evidence"
    " FROM alert_change WHERE alert = :alert"
)
_SUMMARY = (
    "SELECT count(*), count(*) FILTER (WHERE status = 'open'),"
    " count(*) FILTER (WHERE active AND severity = 'critical'),"
    " count(*) FILTER (WHERE active AND severity = 'high')"
    " FROM (SELECT status, severity, status NOT IN ('resolved', 'closed') AS active"
    " FROM alert WHERE municipality = :mine)"
)
_TALLY = (
    "SELECT severity, status, shelved_until IS NOT NULL AS shelved, count(*) FROM alert"
    " WHERE municipality = :mine AND status IN ('open', 'acknowledged', 'in_progress')"
    " GROUP BY severity, status, shelved"
)
_TOP = (
    "SELECT sensor.name, count(*) AS alerts FROM alert"
    " JOIN sensor ON sensor.id = alert.sensor AND sensor.municipality = alert.municipality"
    " WHERE alert.municipality = :mine GROUP BY sensor.id"
    " ORDER BY alerts DESC, sensor.name LIMIT :limit"
)


class AlertRows:
    """The port's AlertTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, chosen: AlertFilter, page: Page) -> tuple[list[Alert], int]:
        values: dict[str, object] = {
            "zone": chosen.zone,
            "sensor": chosen.sensor,
            "statuses": json_text(chosen.statuses),
            "severities": json_text(chosen.severities),
            "shelved": chosen.shelved,
            "alert_type": chosen.alert_type,
            "assigned_to": chosen.assigned_to,
            "since": chosen.since,
            "until": chosen.until,
            "search": None if chosen.search is None else chosen.search.casefold(),
        }
        window, place_of_page = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, _CHOSEN, window), **values, **place_of_page)
        count = sql("SELECT count(*) FROM alert WHERE municipality = :mine", _CHOSEN)
        return [_alert(row) for row in rows], self._run.number(count, **values)

    def get(self, alert: AlertId) -> Alert | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=alert)
        return None if row is None else _alert(row)

    def latest_of_cause(self, rule: RuleId, sensor: SensorId) -> Alert | None:
        row = self._run.row(
            sql(
                _SELECT,
                "AND rule = :rule AND sensor = :sensor",
                # One that is dealt with comes first, whatever the clock said when it was made.
                "ORDER BY status IN ('resolved', 'closed'), created_at DESC, id DESC LIMIT 1",
            ),
            rule=rule,
            sensor=sensor,
        )
        return None if row is None else _alert(row)

    def add(self, alert: Alert, change: AlertChange) -> None:
        with unique("there is another alert of this id"):
            self._run.change(_ADD, **self._values(alert))
        self._add_change(alert, change)

    def apply(self, alert: Alert, change: AlertChange, *, was: int) -> bool:
        if not self._run.change(_REPLACE, **self._values(alert), was=was):
            return False
        self._add_change(alert, change)
        return True

    def shelved(self, until: Instant) -> list[AlertId]:
        return [
            AlertId(row[0])
            for row in self._run.rows(
                "SELECT id FROM alert WHERE municipality = :mine AND shelved_until <= :until",
                until=until,
            )
        ]

    def count_repeats(self, alert: AlertId, times: int, last_seen: Instant) -> None:
        self._run.change(
            "UPDATE alert SET occurrences = occurrences + :times,"
            " last_seen_at = max(last_seen_at, :last_seen) WHERE municipality = :mine AND id = :id",
            id=alert,
            times=times,
            last_seen=last_seen,
        )

    def changes(self, alert: AlertId) -> list[AlertChange]:
        rows = self._run.rows(
            sql(_CHANGE_COLUMNS, "AND municipality = :mine ORDER BY number"), alert=alert
        )
        return [_change(row) for row in rows]

    def summary(self) -> dict[str, int]:
        names = ("total", "open", "critical", "high")
        return dict(zip(names, self._run.rows(_SUMMARY)[0], strict=True))

    def tally(self) -> list[tuple[Severity, AlertStatus, bool, int]]:
        return [
            (Severity(severity), AlertStatus(status), bool(shelved), number)
            for severity, status, shelved, number in self._run.rows(_TALLY)
        ]

    def daily_counts(self, *, since: Instant, until: Instant) -> dict[Instant, int]:
        rows = self._run.rows(
            "SELECT created_at / :day * :day AS start, count(*) FROM alert"
            " WHERE municipality = :mine AND created_at >= :since AND created_at < :until"
            " GROUP BY start ORDER BY start",
            day=DAY,
            since=since,
            until=until,
        )
        return {Instant(start): number for start, number in rows}

    def top(self, limit: int) -> list[tuple[str, int]]:
        return [(name, number) for name, number in self._run.rows(_TOP, limit=limit)]

    def _add_change(self, alert: Alert, change: AlertChange) -> None:
        self._run.must_own(change.municipality)
        if change.alert != alert.id:
            raise NotFound(kind="alert", name=change.alert)
        with unique(f"the alert has a change {change.number} already"):
            self._run.change(
                _ADD_CHANGE,
                alert=change.alert,
                number=change.number,
                kind=change.kind,
                before=change.before,
                after=change.after,
                at=change.at,
                by=change.by,
                note=change.note,
                evidence=None if change.evidence is None else evidence_text(change.evidence),
            )

    def _values(self, alert: Alert) -> dict[str, object]:
        self._run.must_own(alert.municipality)
        return {
            "id": alert.id,
            "rule": alert.rule,
            "sensor": alert.sensor,
            "pipeline": alert.pipeline,
            **place(alert.position),
            "alert_type": alert.alert_type,
            "severity": alert.severity,
            "status": alert.status,
            "title": alert.title,
            "description": alert.description,
            "evidence": evidence_text(alert.evidence),
            "condition_active": alert.condition_active,
            "occurrences": alert.occurrences,
            "raised_at": alert.raised_at,
            "created_at": alert.created_at,
            "last_seen_at": alert.last_seen_at,
            "acknowledged_at": alert.acknowledged_at,
            "acknowledged_by": alert.acknowledged_by,
            "resolved_at": alert.resolved_at,
            "closed_at": alert.closed_at,
            "version": alert.version,
            "shelved_until": alert.shelved_until,
            "assigned_to": alert.assigned_to,
        }


def alert_with_change(
    statements: Statements, alert: AlertId, number: int
) -> tuple[Alert, AlertChange]:
    """Give an alert and one change that is known to be there, of whichever municipality."""
    found = statements.rows(sql(_COLUMNS, "WHERE id = :alert"), alert=alert)
    change = statements.rows(
        sql(_CHANGE_COLUMNS, "AND number = :number"), alert=alert, number=number
    )
    return _alert(found[0]), _change(change[0])


def _alert(row: Row) -> Alert:
    return Alert(
        id=row[0],
        municipality=row[1],
        rule=row[2],
        sensor=row[3],
        pipeline=row[4],
        position=position(row[5], row[6]),
        alert_type=row[7],
        severity=Severity(row[8]),
        status=AlertStatus(row[9]),
        title=row[10],
        description=row[11],
        evidence=evidence(row[12]),
        condition_active=bool(row[13]),
        occurrences=row[14],
        raised_at=row[15],
        created_at=row[16],
        last_seen_at=row[17],
        acknowledged_at=row[18],
        acknowledged_by=row[19],
        resolved_at=row[20],
        closed_at=row[21],
        version=row[22],
        shelved_until=row[23],
        assigned_to=row[24],
    )


def _change(row: Row) -> AlertChange:
    return AlertChange(
        alert=row[0],
        municipality=row[1],
        number=row[2],
        kind=ChangeKind(row[3]),
        before=None if row[4] is None else AlertStatus(row[4]),
        after=AlertStatus(row[5]),
        at=row[6],
        by=row[7],
        note=row[8],
        evidence=None if row[9] is None else evidence(row[9]),
    )
