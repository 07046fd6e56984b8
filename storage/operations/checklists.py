"""The checklists of incidents."""

from appliance.domain.checklists import ChecklistItem
from appliance.domain.errors import NotFound
from appliance.domain.ids import ChecklistItemId, IncidentId
from storage.operations.statements import OwnStatements, Row, sql

_SELECT = (
    "SELECT id, incident, municipality, number, text, done, done_at, done_by, version"
    " FROM checklist_item WHERE municipality = :mine"
)
_IS_OWN = "SELECT count(*) FROM incident WHERE municipality = :mine AND id = :incident"
_ADD = (
    "INSERT INTO checklist_item VALUES (:id, :incident, :mine, :number, :text, :done, :done_at,"
    " :done_by, :version) ON CONFLICT (id) DO NOTHING"
)
_REPLACE = (
    "UPDATE checklist_item SET text = :text, done = :done, done_at = :done_at, done_by = :done_by,"
    " version = :version WHERE municipality = :mine AND id = :id AND version = :was"
)
_PUT_ASIDE = "UPDATE checklist_item SET number = -:number WHERE municipality = :mine AND id = :id"
_PUT_BACK = (
    "UPDATE checklist_item SET number = -number WHERE municipality = :mine AND incident = :incident"
    " AND number < 0"
)


class ChecklistRows:
    """The port's ChecklistTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def of(self, incident: IncidentId) -> list[ChecklistItem]:
        rows = self._run.rows(
            sql(_SELECT, "AND incident = :incident ORDER BY number"), incident=incident
        )
        return [_item(row) for row in rows]

    def get(self, item: ChecklistItemId) -> ChecklistItem | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=item)
        return None if row is None else _item(row)

    def put(self, item: ChecklistItem, *, was: int | None) -> bool:
        self._run.must_own(item.municipality)
        values: dict[str, object] = {
            "id": item.id,
            "text": item.text,
            "done": item.done,
            "done_at": item.done_at,
            "done_by": item.done_by,
            "version": item.version,
        }
        if was is not None:
            return self._run.change(_REPLACE, **values, was=was) == 1
        if not self._run.number(_IS_OWN, incident=item.incident):
            raise NotFound(kind="incident", name=item.incident)
        values |= {"incident": item.incident, "number": item.number}
        return self._run.change(_ADD, **values) == 1

    def move(self, item: ChecklistItemId, place: int) -> bool:
        moved = self.get(item)
        if moved is None:
            return False
        before = [one.id for one in self.of(moved.incident)]
        after = [one for one in before if one != item]
        after.insert(place - 1, item)
        if after == before:
            return False
        # In two rounds: no number may be there twice, not even in between.
        for number, one in enumerate(after, start=1):
            self._run.change(_PUT_ASIDE, id=one, number=number)
        self._run.change(_PUT_BACK, incident=moved.incident)
        return True

    def remove(self, item: ChecklistItemId) -> None:
        self._run.change(
            "DELETE FROM checklist_item WHERE municipality = :mine AND id = :id", id=item
        )


def _item(row: Row) -> ChecklistItem:
    return ChecklistItem(
        id=row[0],
        incident=row[1],
        municipality=row[2],
        number=row[3],
        text=row[4],
        done=bool(row[5]),
        done_at=row[6],
        done_by=row[7],
        version=row[8],
    )
