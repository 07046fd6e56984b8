"""Municipalities, the people in them, and the programs that sign in for them."""

from operator import attrgetter
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import (
    AdministerSystem,
    Grant,
    ManageUsers,
    Role,
    ViewNetwork,
)
from appliance.domain.enclave import RoleId, ZoneId
from appliance.domain.errors import Invalid
from appliance.domain.ids import MunicipalityId, UserId
from appliance.domain.instant import SECOND
from appliance.domain.people import Municipality
from appliance.services.municipalities import MunicipalityChanges
from appliance.services.users import EveryZone, NewUser, UserChanges
from web.api.signing_in import Person, person
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of, page_of_all
from web.routes import PREFIX, Route
from web.shapes import (
    Id,
    SearchQuery,
    Time,
    WholeListQuery,
    given,
    time,
)

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=320)]
ZoneIds = Annotated[list[Id], Meta(max_length=500)]


class MunicipalityIn(Struct, frozen=True):
    """A utility."""

    name: Name
    time_zone: Name | None = None
    """Without one, the installation's `default_time_zone`."""


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
    role: Role | None = None
    """A built-in one; or `role_id`."""
    role_id: Id | None = None
    zone_ids: ZoneIds | None = None
    """To which zones a technician, or somebody with a role of your own, is limited."""
    email: Text = ""
    full_name: Text = ""
    municipality_id: Id | None = None


class UserPatch(Struct, frozen=True):
    """What to change; a new role, password or `enabled` ends the person's sessions."""

    password: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    role_id: Id | UnsetType = UNSET
    zone_ids: ZoneIds | UnsetType | None = UNSET
    email: Text | UnsetType = UNSET
    full_name: Text | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


async def list_municipalities(ask: Ask[ViewNetwork]) -> Reply:
    """Give the municipalities that one may see."""

    async def own(grant: Grant[ViewNetwork]) -> list[Municipality]:
        return [await ask.services.municipalities.own(grant)]

    return (await page_of_all(ask, own)).written(ask, municipality_out)


async def get_municipality(ask: Ask[ViewNetwork]) -> MunicipalityOut:
    """Give one municipality."""
    grant = await ask.one(ask.path["municipality"])
    return municipality_out(await ask.services.municipalities.own(grant))


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
        role=_role(said),
        email=said.email,
        full_name=said.full_name,
        custom_role=None if said.role_id is None else RoleId(said.role_id),
        zones=zones_in(said.zone_ids),
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
    user, changes = UserId(ask.path["user"]), _changes(given(ask.body))
    return person(await ask.found(lambda grant: ask.services.users.change(grant, user, changes)))


def _role(said: UserIn) -> Role:
    if said.role_id is not None and said.role in {None, Role.CUSTOM}:
        return Role.CUSTOM
    if said.role is None or said.role_id is not None:
        raise Invalid(field="role", problem="either a built-in `role` or a `role_id`")
    return said.role


def _changes(said: dict[str, Any]) -> UserChanges:
    if "role_id" in said:
        if said.setdefault("role", Role.CUSTOM) is not Role.CUSTOM:
            raise Invalid(field="role", problem="either a built-in `role` or a `role_id`")
        said["custom_role"] = RoleId(said.pop("role_id"))
    if "zone_ids" in said:
        said["zones"] = zones_in(said.pop("zone_ids")) or EveryZone.OF_THEM
    return UserChanges(**said)


def zones_in(said: list[int] | None) -> frozenset[ZoneId] | None:
    """Read the zones to which somebody is limited: at least one, or none is said."""
    if said is None:
        return None
    if not said:
        raise Invalid(field="zone_ids", problem="name zones, or null for no limit")
    return frozenset(map(ZoneId, said))


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
        method="GET",
        path=f"{PREFIX}/municipalities/{{municipality}}",
        access=ViewNetwork,
        handler=get_municipality,
        answer=MunicipalityOut,
        summary="One municipality",
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
)
