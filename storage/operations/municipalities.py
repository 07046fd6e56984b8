"""The municipalities themselves."""

from typing import Final

from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.domain.instant import EARLIEST
from appliance.domain.people import Municipality
from storage.operations.statements import Row, Statements, sql, unique

NOBODYS: Final = Municipality(id=NOBODY, name="nobody", time_zone="UTC", created_at=EARLIEST)
"""Stands for no municipality. It has no row, so that only the ledger, which refers to none, can
hold anything of its."""

_SELECT = (
    "SELECT id, name, time_zone, demo, lateness, require_whitelist, created_at FROM municipality"
)
_PUT = (
    "INSERT INTO municipality VALUES (:id, :name, :time_zone, :demo, :lateness,"
    " :require_whitelist, :created_at) ON CONFLICT (id) DO UPDATE SET name = :name,"
    " time_zone = :time_zone, demo = :demo, lateness = :lateness,"
    " require_whitelist = :require_whitelist, created_at = :created_at"
)


class MunicipalityRows:
    """All municipalities."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def all(self) -> list[Municipality]:
        """Give all, by name."""
        return [_municipality(row) for row in self._run.rows(sql(_SELECT, "ORDER BY name"))]

    def get(self, municipality: MunicipalityId) -> Municipality | None:
        """Give one."""
        row = self._run.row(sql(_SELECT, "WHERE id = :id"), id=municipality)
        return None if row is None else _municipality(row)

    def put(self, municipality: Municipality) -> None:
        """Add or replace; Conflict when the name is taken."""
        with unique(f"there is a municipality {municipality.name!r} already"):
            self._run.change(
                _PUT,
                id=municipality.id,
                name=municipality.name,
                time_zone=municipality.time_zone,
                demo=municipality.demo,
                lateness=municipality.lateness,
                require_whitelist=municipality.require_whitelist,
                created_at=municipality.created_at,
            )


def _municipality(row: Row) -> Municipality:
    return Municipality(
        id=row[0],
        name=row[1],
        time_zone=row[2],
        demo=bool(row[3]),
        lateness=row[4],
        require_whitelist=bool(row[5]),
        created_at=row[6],
    )
