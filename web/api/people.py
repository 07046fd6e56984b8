"""Municipalities, the people in them, and the programs that sign in for them."""

from operator import attrgetter
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import (
    AdministerSystem,
    Grant,
    ManageTokens,
    ManageUsers,
    Role,
    ViewNetwork,
)
from appliance.domain.errors import Invalid
from appliance.domain.ids import MunicipalityId, TokenId, UserId
from appliance.domain.instant import SECOND
from appliance.domain.people import ApiToken, Municipality
from appliance.services.municipalities import MunicipalityChanges
from appliance.services.users import NewUser, UserChanges
from web.api.signing_in import Person, person
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of, page_of_all
from web.routes import PREFIX, Route
from web.shapes import (
    Id,
    SearchQuery,
    Time,
    TimeIn,
    WholeListQuery,
    given,
    moment_of,
    time,
    time_or_none,
)

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=320)]


class MunicipalityIn(Struct, frozen=True):
    """A utility."""

    name: Name
    time_zone: Name = "UTC"


class MunicipalityPatch(Struct, frozen=True):
    """What to change."""

    name: Name | None = None
    time_zone: Name | None = None
    lateness_seconds: float | None = None
    require_whitelist: bool | None = None


class MunicipalityOut(Struct, frozen=True):
    """A utility."""

    id: int
    name: str
    time_zone: str
    lateness_seconds: float
    require_whitelist: bool
    demo: bool
    created_at: Time


class UserIn(Struct, frozen=True):
    """Somebody who shall be able to sign in."""

    username: Name
    password: Annotated[str, Meta(max_length=1_000)]
    role: Role
    email: Text = ""
    full_name: Text = ""
    municipality_id: Id | None = None


class UserPatch(Struct, frozen=True):
    """What to change; a new role, password or `enabled` ends the person's sessions."""

    password: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    email: Text | UnsetType = UNSET
    full_name: Text | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class TokenIn(Struct, frozen=True):
    """A program that shall be able to sign in."""

    name: Name
    role: Role = Role.VIEWER
    expires_at: TimeIn | None = None
    municipality_id: Id | None = None


class TokenOut(Struct, frozen=True):
    """A program's credential, without its text."""

    id: int
    name: str
    role: Role
    municipality_id: int
    created_by: int
    created_at: Time
    expires_at: Time | None


class TokenWithText(TokenOut, frozen=True, kw_only=True):
    """A program's credential, shown this once."""

    token: str


async def list_municipalities(ask: Ask[ViewNetwork]) -> Reply:
    """Give the municipalities that one may see."""

    async def own(grant: Grant[ViewNetwork]) -> list[Municipality]:
        return [await ask.services.municipalities.own(grant)]

    return (await page_of_all(ask, own)).written(ask, municipality_out)


async def add_municipality(ask: Ask[AdministerSystem]) -> MunicipalityOut:
    """Add a municipality."""
    said: MunicipalityIn = ask.body
    added = await ask.services.municipalities.add(ask.system(), said.name, said.time_zone)
    return municipality_out(added)


async def change_municipality(ask: Ask[AdministerSystem]) -> MunicipalityOut:
    """Change a municipality."""
    said: MunicipalityPatch = ask.body
    changes = MunicipalityChanges(
        name=said.name,
        time_zone=said.time_zone,
        lateness_seconds=said.lateness_seconds,
        require_whitelist=said.require_whitelist,
    )
    municipality = MunicipalityId(ask.path["municipality"])
    return municipality_out(
        await ask.services.municipalities.change(ask.system(), municipality, changes)
    )


async def list_users(ask: Ask[ManageUsers]) -> Reply:
    """Give a page of people."""
    users, text = ask.services.users, ask.query.q
    part = await page_of(ask, lambda grant, page: users.page(grant, page, text))
    return part.written(ask, person)


async def get_user(ask: Ask[ManageUsers]) -> Person:
    """Give one person."""
    user = UserId(ask.path["user"])
    return person(await ask.found(lambda grant: ask.services.users.get(grant, user)))


async def add_user(ask: Ask[ManageUsers]) -> Person:
    """Add a person."""
    said: UserIn = ask.body
    new = NewUser(
        username=said.username,
        password=said.password,
        role=said.role,
        email=said.email,
        full_name=said.full_name,
    )
    if said.role is Role.SUPER_ADMIN:
        return await _add_super_admin(ask, new)
    grant = await ask.one(said.municipality_id)
    return person(await ask.services.users.add(grant, new))


async def _add_super_admin(ask: Ask[ManageUsers], new: NewUser) -> Person:
    if ask.body.municipality_id is not None:
        raise Invalid(field="municipality_id", problem="a super admin belongs to none")
    grant = ask.beyond()
    return person(await ask.services.users.add_super_admin(grant, new))


async def change_user(ask: Ask[ManageUsers]) -> Person:
    """Change a person."""
    user, changes = UserId(ask.path["user"]), UserChanges(**given(ask.body))
    return person(await ask.found(lambda grant: ask.services.users.change(grant, user, changes)))


async def list_tokens(ask: Ask[ManageTokens]) -> Reply:
    """Give all tokens."""
    return (await page_of_all(ask, ask.services.tokens.all)).written(ask, token_out)


async def add_token(ask: Ask[ManageTokens]) -> TokenWithText:
    """Make a token."""
    said: TokenIn = ask.body
    expires = None if said.expires_at is None else moment_of(said.expires_at)
    grant = await ask.one(said.municipality_id)
    made = await ask.services.tokens.add(grant, said.name, said.role, expires)
    return TokenWithText(**_token(made.kept), token=made.text)


async def revoke_token(ask: Ask[ManageTokens]) -> Reply:
    """Revoke a token."""
    token = TokenId(ask.path["token"])
    await ask.found(lambda grant: ask.services.tokens.revoke(grant, token))
    return Reply(status=204)


def municipality_out(found: Municipality) -> MunicipalityOut:
    """Write a municipality."""
    return MunicipalityOut(
        id=found.id,
        name=found.name,
        time_zone=found.time_zone,
        lateness_seconds=found.lateness / SECOND,
        require_whitelist=found.require_whitelist,
        demo=found.demo,
        created_at=time(found.created_at),
    )


def token_out(token: ApiToken) -> TokenOut:
    """Write a token without its text."""
    return TokenOut(**_token(token))


def _token(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "municipality_id": token.municipality,
        "created_by": token.created_by,
        "created_at": time(token.created_at),
        "expires_at": time_or_none(token.expires_at),
    }


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/municipalities",
        access=ViewNetwork,
        handler=list_municipalities,
        query=WholeListQuery,
        answer=list[MunicipalityOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="The municipalities that one may see",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/municipalities",
        access=AdministerSystem,
        handler=add_municipality,
        body=MunicipalityIn,
        answer=MunicipalityOut,
        status=201,
        summary="Add a municipality",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/municipalities/{{municipality}}",
        access=AdministerSystem,
        handler=change_municipality,
        body=MunicipalityPatch,
        answer=MunicipalityOut,
        summary="Change a municipality",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/users",
        access=ManageUsers,
        handler=list_users,
        query=SearchQuery,
        answer=list[Person],
        listing=Listing(
            ("username",),
            {
                "username": lambda user: user.username.casefold(),
                "full_name": lambda user: user.full_name.casefold(),
                "email": lambda user: user.email.casefold(),
                "role": attrgetter("role"),
                "created_at": attrgetter("created_at"),
            },
        ),
        summary="People by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/users",
        access=ManageUsers,
        handler=add_user,
        body=UserIn,
        answer=Person,
        status=201,
        summary="Add a person",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/users/{{user}}",
        access=ManageUsers,
        handler=get_user,
        answer=Person,
        summary="One person",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/users/{{user}}",
        access=ManageUsers,
        handler=change_user,
        body=UserPatch,
        answer=Person,
        summary="Change a person; a new role, password or `enabled` ends their sessions",
    ),
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
