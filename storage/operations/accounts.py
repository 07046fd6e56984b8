"""People and programs that sign in, and their sessions, beyond municipalities."""

import msgspec

from appliance.domain.access import Permission, Role, permissions_named
from appliance.domain.enclave import ZoneId
from appliance.domain.ids import SessionId, UserId
from appliance.domain.people import ApiToken, Session, User
from storage.operations.columns import json_text
from storage.operations.statements import Row, Statements, sql, unique

USERS = (
    "SELECT id, username, email, full_name, role, municipality, password_hash, enabled, stamp,"
    " created_at, custom_role, zones,"
    " (SELECT permissions FROM role WHERE role.id = person.custom_role) FROM person"
)
TOKENS = (
    "SELECT id, municipality, name, role, token_hash, created_by, created_at, expires_at, scopes,"
    " zones, (SELECT at FROM token_use WHERE token = api_token.id), made_by_token FROM api_token"
)
SESSIONS = (
    "SELECT id, person, refresh_hash, created_at, expires_at, used_at, address, agent,"
    " previous_hash, retry_hash FROM session"
)
PUT_USER = (
    "INSERT INTO person VALUES (:id, :municipality, :username, :username_key, :email,"
    " :full_name, :role, :password_hash, :enabled, :stamp, :created_at, :custom_role, :zones)"
    " ON CONFLICT (id) DO UPDATE SET municipality = :municipality, username = :username,"
    " username_key = :username_key, email = :email, full_name = :full_name, role = :role,"
    " password_hash = :password_hash, enabled = :enabled, stamp = :stamp,"
    " created_at = :created_at, custom_role = :custom_role, zones = :zones"
)


class AccountRows:
    """Users and sessions of all municipalities."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def named(self, username: str) -> User | None:
        """Give the user with this name, case ignored."""
        return self._user(sql(USERS, "WHERE username_key = :key"), key=username.casefold())

    def user(self, user: UserId) -> User | None:
        """Give one user."""
        return self._user(sql(USERS, "WHERE id = :id"), id=user)

    def users(self) -> list[User]:
        """Give all users, by name."""
        return [user_of(row) for row in self._run.rows(sql(USERS, "ORDER BY username_key"))]

    def put(self, user: User) -> None:
        """Add or replace a user; Conflict when the username is taken."""
        with unique(f"the username {user.username!r} is taken"):
            self._run.change(PUT_USER, **user_values(user))

    def tokens(self) -> list[ApiToken]:
        """Give every API token."""
        return [token_of(row) for row in self._run.rows(sql(TOKENS, "ORDER BY id"))]

    def session(self, session: SessionId) -> Session | None:
        """Give a session."""
        row = self._run.row(sql(SESSIONS, "WHERE id = :id"), id=session)
        return None if row is None else session_of(row)

    def put_session(self, session: Session, *, was: bytes | None) -> bool:
        """Add (was None) or replace if its refresh hash still is `was`; say whether."""
        if was is None:
            return self._add_session(session)
        return bool(
            self._run.change(
                "UPDATE session SET person = :person, refresh_hash = :refresh_hash,"
                " created_at = :created_at, expires_at = :expires_at, used_at = :used_at,"
                " address = :address, agent = :agent, previous_hash = :previous_hash,"
                " retry_hash = :retry_hash WHERE id = :id AND refresh_hash = :was",
                **_session_values(session),
                was=was,
            )
        )

    def end_session(self, session: SessionId) -> None:
        """End a session."""
        self._run.change("DELETE FROM session WHERE id = :id", id=session)

    def _add_session(self, session: Session) -> bool:
        # Every sign-in takes away what has run out before it, so the table stays small.
        self._run.change("DELETE FROM session WHERE expires_at <= :now", now=session.created_at)
        return bool(
            self._run.change(
                "INSERT INTO session VALUES (:id, :person, :refresh_hash, :created_at,"
                " :expires_at, :used_at, :address, :agent, :previous_hash, :retry_hash)"
                " ON CONFLICT (id) DO NOTHING",
                **_session_values(session),
            )
        )

    def _user(self, statement: str, **values: object) -> User | None:
        row = self._run.row(statement, **values)
        return None if row is None else user_of(row)


def user_values(user: User) -> dict[str, object]:
    """Give the values of a user's columns."""
    return {
        "id": user.id,
        "municipality": user.municipality,
        "username": user.username,
        "username_key": user.username.casefold(),
        "email": user.email,
        "full_name": user.full_name,
        "role": user.role,
        "password_hash": user.password_hash,
        "enabled": user.enabled,
        "stamp": user.stamp,
        "created_at": user.created_at,
        "custom_role": user.custom_role,
        "zones": zones_text(user.zones),
    }


def user_of(row: Row) -> User:
    """Read a row of USERS."""
    return User(
        id=row[0],
        username=row[1],
        email=row[2],
        full_name=row[3],
        role=Role(row[4]),
        municipality=row[5],
        password_hash=row[6],
        enabled=bool(row[7]),
        stamp=row[8],
        created_at=row[9],
        custom_role=row[10],
        zones=zones_of(row[11]),
        own=None if row[10] is None else permissions_of(row[12]),
    )


def token_of(row: Row) -> ApiToken:
    """Read a row of TOKENS."""
    return ApiToken(
        id=row[0],
        municipality=row[1],
        name=row[2],
        role=Role(row[3]),
        token_hash=row[4],
        created_by=row[5],
        created_at=row[6],
        expires_at=row[7],
        scopes=None if row[8] is None else permissions_of(row[8]),
        zones=zones_of(row[9]),
        last_used_at=row[10],
        made_by=row[11],
    )


def permissions_text(permissions: frozenset[type[Permission]]) -> str:
    """Write permissions by name."""
    return json_text(sorted(permission.name for permission in permissions))


def permissions_of(text: str | None) -> frozenset[type[Permission]]:
    """Read permissions; none where nothing is said."""
    return permissions_named(msgspec.json.decode(text or "[]", type=list[str]))


def zones_text(zones: frozenset[ZoneId] | None) -> str | None:
    """Write the zones to which somebody is limited."""
    return None if zones is None else json_text(sorted(zones))


def zones_of(text: str | None) -> frozenset[ZoneId] | None:
    """Read the zones to which somebody is limited."""
    if text is None:
        return None
    return frozenset(map(ZoneId, msgspec.json.decode(text, type=list[int])))


def session_of(row: Row) -> Session:
    """Read a row of SESSIONS."""
    return Session(
        id=row[0],
        user=row[1],
        refresh_hash=row[2],
        created_at=row[3],
        expires_at=row[4],
        used_at=row[5],
        address=row[6],
        agent=row[7],
        previous_hash=row[8],
        retry_hash=row[9],
    )


def _session_values(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "person": session.user,
        "refresh_hash": session.refresh_hash,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "used_at": session.used_at,
        "address": session.address,
        "agent": session.agent,
        "previous_hash": session.previous_hash,
        "retry_hash": session.retry_hash,
    }
