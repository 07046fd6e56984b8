"""The chains of the audit log."""

from collections.abc import Sequence as Several
from dataclasses import replace
from typing import Final

from appliance.domain.audit import AuditLine
from appliance.ports.audit import AuditFilter
from storage.operations.statements import OwnStatements, Row, sql

_COLUMNS: Final = (
    "municipality, number, at, who_kind, who, who_name, address, action, kind, thing, thing_name,"
    " outcome, details, previous, hash, signature"
)
_SELECT: Final = sql("SELECT", _COLUMNS, "FROM audit WHERE municipality = :mine")
_ADD: Final = (
    "INSERT INTO audit VALUES (:mine, :number, :at, :who_kind, :who, :who_name, :address, :action,"
    " :kind, :thing, :thing_name, :outcome, :details, :previous, :hash, :signature)"
)
_CLAUSES: Final = {
    "since": "AND at >= :since",
    "until": "AND at < :until",
    "who": "AND (who_name = :who COLLATE NOCASE OR who = :who)",
    "action": "AND (action = :action OR (substr(:action, -1) = '.' AND"
    " substr(action, 1, length(:action)) = :action))",
    "kind": "AND kind = :kind",
    "thing": "AND thing = :thing",
    "outcome": "AND outcome = :outcome",
    "below": "AND number < :below",
    "text": "AND (instr(lower(who_name), lower(:text)) OR instr(lower(thing_name), lower(:text))"
    " OR instr(lower(address), lower(:text)) OR instr(lower(details), lower(:text)))",
}


class AuditRows:
    """The port's AuditTable. Triggers of the table refuse whatever changes or deletes a line."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def last(self) -> AuditLine | None:
        row = self._run.row(sql(_SELECT, "ORDER BY number DESC LIMIT 1"))
        return None if row is None else _line(row)

    def add(self, lines: Several[AuditLine]) -> None:
        for line in lines:
            self._run.must_own(line.municipality)
            self._run.change(_ADD, **_values(line))

    def count(self, chosen: AuditFilter) -> int:
        given = _given(replace(chosen, below=None))
        if not given:  # numbers have no gaps, and a chain may be long
            newest = "SELECT coalesce(max(number), 0) FROM audit WHERE municipality = :mine"
            return self._run.number(newest)
        count = "SELECT count(*) FROM audit WHERE municipality = :mine"
        return self._run.number(sql(count, *(_CLAUSES[name] for name in given)), **given)

    def page(self, chosen: AuditFilter, limit: int) -> list[AuditLine]:
        given = _given(chosen)
        statement = sql(
            _SELECT, *(_CLAUSES[name] for name in given), "ORDER BY number DESC LIMIT :limit"
        )
        return [_line(row) for row in self._run.rows(statement, limit=limit, **given)]

    def after(self, number: int, limit: int) -> list[AuditLine]:
        statement = sql(_SELECT, "AND number > :number ORDER BY number LIMIT :limit")
        return [_line(row) for row in self._run.rows(statement, number=number, limit=limit)]


def _given(chosen: AuditFilter) -> dict[str, object]:
    return {
        name: value
        for name in _CLAUSES
        if (value := getattr(chosen, name)) is not None and value != ""
    }


def _values(line: AuditLine) -> dict[str, object]:
    names = (name for name in AuditLine.__slots__ if name != "municipality")
    return {name: getattr(line, name) for name in names}


def _line(row: Row) -> AuditLine:
    named = zip(AuditLine.__slots__, row, strict=True)
    return AuditLine(**dict(named))
