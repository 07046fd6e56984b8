"""Rules."""

from appliance.domain.ids import RuleId
from appliance.domain.rules import Rule, Severity
from storage.operations.columns import condition, condition_text
from storage.operations.statements import OwnStatements, Row, sql

_SELECT = (
    "SELECT id, municipality, name, sensor, sensor_type, condition, severity, alert_type, enabled,"
    " resolve_when_cleared, built_in, created_at, updated_at FROM rule WHERE municipality = :mine"
)
_PUT = (
    "INSERT INTO rule VALUES (:id, :mine, :name, :sensor, :sensor_type, :condition, :severity,"
    " :alert_type, :enabled, :resolve_when_cleared, :built_in, :created_at, :updated_at)"
    " ON CONFLICT (id) DO UPDATE SET name = :name, sensor = :sensor, sensor_type = :sensor_type,"
    " condition = :condition, severity = :severity, alert_type = :alert_type, enabled = :enabled,"
    " resolve_when_cleared = :resolve_when_cleared, built_in = :built_in,"
    " created_at = :created_at, updated_at = :updated_at WHERE municipality = :mine"
)


class RuleRows:
    """The port's RuleTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def all(self) -> list[Rule]:
        return [_rule(row) for row in self._run.rows(sql(_SELECT, "ORDER BY name, id"))]

    def count(self) -> int:
        return self._run.number("SELECT count(*) FROM rule WHERE municipality = :mine")

    def get(self, rule: RuleId) -> Rule | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=rule)
        return None if row is None else _rule(row)

    def put(self, rule: Rule) -> None:
        self._run.must_own(rule.municipality)
        self._run.put(
            _PUT,
            "rule",
            id=rule.id,
            name=rule.name,
            sensor=rule.sensor,
            sensor_type=rule.sensor_type,
            condition=condition_text(rule.condition),
            severity=rule.severity,
            alert_type=rule.alert_type,
            enabled=rule.enabled,
            resolve_when_cleared=rule.resolve_when_cleared,
            built_in=rule.built_in,
            created_at=rule.created_at,
            updated_at=rule.updated_at,
        )

    def remove(self, rule: RuleId) -> None:
        self._run.change("DELETE FROM rule WHERE municipality = :mine AND id = :id", id=rule)


def _rule(row: Row) -> Rule:
    return Rule(
        id=row[0],
        municipality=row[1],
        name=row[2],
        sensor=row[3],
        sensor_type=row[4],
        condition=condition(row[5]),
        severity=Severity(row[6]),
        alert_type=row[7],
        enabled=bool(row[8]),
        resolve_when_cleared=bool(row[9]),
        built_in=bool(row[10]),
        created_at=row[11],
        updated_at=row[12],
    )
