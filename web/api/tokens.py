"""Service tokens: how programs sign in."""

from operator import attrgetter
from typing import Annotated, Any

from msgspec import Meta, Struct

from appliance.domain.access import POLICY, ManageTokens, Role
from appliance.domain.ids import TokenId
from appliance.domain.people import ApiToken
from appliance.services.tokens import TokenFields
from web.api.people import Name, ZoneIds, zones_in
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of_all
from web.routes import PREFIX, Route
from web.shapes import Id, Time, TimeIn, WholeListQuery, moment_of, time, time_or_none

Scopes = Annotated[list[Name], Meta(max_length=50)]


class TokenIn(Struct, frozen=True):
    """A program that shall be able to sign in."""

    name: Name
    role: Role = Role.VIEWER
    scopes: Scopes | None = None
    """Names of permissions; none: those of the role."""
    zone_ids: ZoneIds | None = None
    expires_at: TimeIn | None = None
    """A year from now where nothing is said."""
    long_lived: bool = False
    """Whether it may live longer than a year; without `expires_at`, for ever."""
    municipality_id: Id | None = None


class TokenOut(Struct, frozen=True):
    """A program's credential, without its text."""

    id: int
    name: str
    role: Role
    scopes: list[str]
    """What it may do, as far as who made it may do that now."""
    zone_ids: list[int] | None
    municipality_id: int
    created_by: int
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None
    made_by_token: int | None = None
    """The token that made it; when that one is revoked, so is this."""


class TokenWithText(TokenOut, frozen=True, kw_only=True):
    """A program's credential, shown this once."""

    token: str


async def list_tokens(ask: Ask[ManageTokens]) -> Reply:
    """Give all tokens."""
    return (await page_of_all(ask, ask.services.tokens.all)).written(ask, token_out)


async def add_token(ask: Ask[ManageTokens]) -> TokenWithText:
    """Make a token."""
    said: TokenIn = ask.body
    fields = TokenFields(
        name=said.name,
        role=said.role,
        scopes=None if said.scopes is None else tuple(said.scopes),
        zones=zones_in(said.zone_ids),
        expires_at=None if said.expires_at is None else moment_of(said.expires_at),
        long_lived=said.long_lived,
    )
    made = await ask.services.tokens.add(await ask.one(said.municipality_id), fields)
    return TokenWithText(**_token(made.kept), token=made.text)


async def revoke_token(ask: Ask[ManageTokens]) -> Reply:
    """Revoke a token, and with it those that it made."""
    token = TokenId(ask.path["token"])
    await ask.found(lambda grant: ask.services.tokens.revoke(grant, token))
    return Reply(status=204)


def token_out(token: ApiToken) -> TokenOut:
    """Write a token without its text."""
    return TokenOut(**_token(token))


def _token(token: ApiToken) -> dict[str, Any]:
    scopes = POLICY[token.role] if token.scopes is None else token.scopes
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "scopes": sorted(scope.name for scope in scopes),
        "zone_ids": None if token.zones is None else sorted(token.zones),
        "municipality_id": token.municipality,
        "created_by": token.created_by,
        "created_at": time(token.created_at),
        "expires_at": time_or_none(token.expires_at),
        "last_used_at": time_or_none(token.last_used_at),
        "made_by_token": token.made_by,
    }


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/tokens",
        access=ManageTokens,
        handler=list_tokens,
        query=WholeListQuery,
        answer=list[TokenOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="API tokens by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/tokens",
        access=ManageTokens,
        handler=add_token,
        body=TokenIn,
        answer=TokenWithText,
        status=201,
        summary="Make an API token; its text is shown this once",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/tokens/{{token}}",
        access=ManageTokens,
        handler=revoke_token,
        status=204,
        summary="Revoke an API token",
    ),
)
