"""The event log behind live resume."""

from dataclasses import replace
from typing import Final

from appliance.domain.telling import Cursor, LiveEvent
from storage.operations.columns import json_object, json_text
from storage.operations.statements import OwnStatements, Row, sql

KEPT: Final = 100_000
"""Events per municipality; older ones are gone, and a screen that asks for them fetches afresh."""

_SELECT = "SELECT municipality, number, type, data, sequence FROM event WHERE municipality = :mine"


class EventRows:
    """The port's EventTable. Numbers are given inside the one write transaction: no gaps."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def add(self, event: LiveEvent) -> LiveEvent:
        self._run.must_own(event.municipality)
        number = self.last_number() + 1
        self._run.change(
            "INSERT INTO event VALUES (:mine, :number, :type, :data, :sequence)",
            number=number,
            type=event.type,
            data=json_text(event.data),
            sequence=event.cursor.sequence,
        )
        self._run.change(
            "DELETE FROM event WHERE municipality = :mine AND number <= :old", old=number - KEPT
        )
        return replace(event, cursor=Cursor(event.cursor.sequence, number))

    def after(self, number: int, limit: int) -> list[LiveEvent]:
        rows = self._run.rows(
            sql(_SELECT, "AND number > :number ORDER BY number LIMIT :limit"),
            number=number,
            limit=limit,
        )
        return [_event(row) for row in rows]

    def newest(self, limit: int) -> list[LiveEvent]:
        rows = self._run.rows(sql(_SELECT, "ORDER BY number DESC LIMIT :limit"), limit=limit)
        return [_event(row) for row in reversed(rows)]

    def last_number(self) -> int:
        return self._run.number(
            "SELECT coalesce(max(number), 0) FROM event WHERE municipality = :mine"
        )


def _event(row: Row) -> LiveEvent:
    municipality, number, kind, data, sequence = row
    return LiveEvent(municipality, kind, json_object(data), Cursor(sequence, number))
