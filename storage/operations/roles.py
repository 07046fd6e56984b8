"""Roles that a municipality has made, and when tokens were used."""

from collections.abc import Mapping

from appliance.domain.enclave import RoleId
from appliance.domain.ids import TokenId
from appliance.domain.instant import Instant
from appliance.domain.people import CustomRole
from storage.operations.accounts import permissions_of, permissions_text
from storage.operations.statements import OwnStatements, Row, Statements, sql, unique

_SELECT = (
    "SELECT id, municipality, name, description, permissions, created_at, updated_at FROM role"
    " WHERE municipality = :mine"
)
_PUT = (
    "INSERT INTO role VALUES (:id, :mine, :name, :name_key, :description, :permissions,"
    " :created_at, :updated_at) ON CONFLICT (id) DO UPDATE SET name = :name, name_key = :name_key,"
    " description = :description, permissions = :permissions, updated_at = :updated_at"
    " WHERE municipality = :mine"
)


class RoleRows:
    """The port's RoleTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def all(self) -> list[CustomRole]:
        return [_role(row) for row in self._run.rows(sql(_SELECT, "ORDER BY name_key"))]

    def get(self, role: RoleId) -> CustomRole | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=role)
        return None if row is None else _role(row)

    def put(self, role: CustomRole) -> None:
        self._run.must_own(role.municipality)
        with unique(f"there is a role {role.name!r} already"):
            self._run.put(
                _PUT,
                "role",
                id=role.id,
                name=role.name,
                name_key=role.name.casefold(),
                description=role.description,
                permissions=permissions_text(role.permissions),
                created_at=role.created_at,
                updated_at=role.updated_at,
            )

    def people(self, role: RoleId) -> int:
        return self._run.number(
            "SELECT count(*) FROM person WHERE municipality = :mine AND custom_role = :role",
            role=role,
        )

    def give_instead(self, role: RoleId, built_in: str) -> None:
        self._run.change(
            "UPDATE person SET role = :built_in, custom_role = NULL, stamp = stamp + 1"
            " WHERE municipality = :mine AND custom_role = :role",
            role=role,
            built_in=built_in,
        )

    def remove(self, role: RoleId) -> None:
        self._run.change("DELETE FROM role WHERE municipality = :mine AND id = :id", id=role)


class TokenUses:
    """When tokens were last used, of all municipalities."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def note(self, uses: Mapping[TokenId, Instant]) -> None:
        """Keep them; a token that is gone meanwhile is passed over."""
        for token, at in uses.items():
            self._run.change(
                "INSERT INTO token_use SELECT id, :at FROM api_token WHERE id = :token"
                " ON CONFLICT (token) DO UPDATE SET at = max(at, :at)",
                token=token,
                at=at,
            )


def _role(row: Row) -> CustomRole:
    return CustomRole(
        id=row[0],
        municipality=row[1],
        name=row[2],
        description=row[3],
        permissions=permissions_of(row[4]),
        created_at=row[5],
        updated_at=row[6],
    )
