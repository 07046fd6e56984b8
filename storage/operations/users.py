"""The people and API tokens of one municipality."""

from appliance.domain.ids import UserId
from appliance.domain.people import ApiToken, User
from appliance.ports.pages import Page
from storage.operations.accounts import (
    PUT_USER,
    TOKENS,
    USERS,
    permissions_text,
    token_of,
    user_of,
    user_values,
    zones_text,
)
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, sql, unique

_CHOSEN = (
    "WHERE municipality = :mine AND (:search IS NULL OR instr(username_key, :search) > 0"
    " OR instr(casefold(full_name), :search) > 0 OR instr(casefold(email), :search) > 0)"
)
_ORDER = Order(
    ("username",),
    {
        "username": "username_key",
        "full_name": "casefold(full_name)",
        "email": "casefold(email)",
        "role": "role",
        "created_at": "created_at",
    },
)


class UserRows:
    """The port's UserTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, page: Page, search: str | None = None) -> tuple[list[User], int]:
        wanted = None if search is None else search.casefold()
        window, place_of_page = _ORDER.window(page)
        rows = self._run.rows(sql(USERS, _CHOSEN, window), search=wanted, **place_of_page)
        count = self._run.number(sql("SELECT count(*) FROM person", _CHOSEN), search=wanted)
        return [user_of(row) for row in rows], count

    def get(self, user: UserId) -> User | None:
        row = self._run.row(sql(USERS, "WHERE municipality = :mine AND id = :id"), id=user)
        return None if row is None else user_of(row)

    def put(self, user: User) -> None:
        self._run.must_own(user.municipality)
        with unique(f"the username {user.username!r} is taken"):
            # The condition belongs to the upsert: the user of this id must be ours already.
            self._run.put(
                sql(PUT_USER, "WHERE person.municipality = :mine"), "user", **user_values(user)
            )

    def add_token(self, token: ApiToken) -> None:
        self._run.must_own(token.municipality)
        with unique("there is such a token already"):
            self._run.change(
                "INSERT INTO api_token VALUES (:id, :mine, :name, :role, :token_hash,"
                " :created_by, :created_at, :expires_at, :scopes, :zones, :made_by)",
                id=token.id,
                name=token.name,
                role=token.role,
                token_hash=token.token_hash,
                created_by=token.created_by,
                created_at=token.created_at,
                expires_at=token.expires_at,
                scopes=None if token.scopes is None else permissions_text(token.scopes),
                zones=zones_text(token.zones),
                made_by=token.made_by,
            )

    def tokens(self) -> list[ApiToken]:
        rows = self._run.rows(sql(TOKENS, "WHERE municipality = :mine ORDER BY name, id"))
        return [token_of(row) for row in rows]

    def remove_token(self, token: int) -> None:
        self._run.change("DELETE FROM api_token WHERE municipality = :mine AND id = :id", id=token)
