"""Roles: what each may do, and those of the municipality's own."""

import inspect
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import FOR_PEOPLE, POLICY, ManageUsers, Permission, Role
from appliance.domain.enclave import RoleId
from appliance.domain.people import CustomRole
from appliance.services.roles import LONGEST_DESCRIPTION, RoleFields
from web.api.people import Name
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of_all
from web.routes import PREFIX, Open, Route
from web.shapes import Id, Time, WholeListQuery, time

Names = Annotated[list[Name], Meta(max_length=50)]
Description = Annotated[str, Meta(max_length=LONGEST_DESCRIPTION)]


class PermissionOut(Struct, frozen=True):
    """Something that may be done."""

    name: str
    meaning: str
    roles: list[Role]
    """The built-in roles that have it."""
    within_zones: bool
    """Whether somebody who is limited to zones can have it."""
    can_be_given: bool
    """Whether a role of a municipality's own, or a token, can have it."""


class RoleIn(Struct, frozen=True):
    """A role made of permissions; they bring those that they include with them."""

    name: Name
    permissions: Names
    description: Description = ""
    municipality_id: Id | None = None


class RolePatch(Struct, frozen=True):
    """What to change; who has the role may do what it says now within 5 s."""

    name: Name | None = None
    permissions: Names | None = None
    description: Description | None = None


class RoleOut(Struct, frozen=True):
    """A role of the municipality's own."""

    id: int
    name: str
    description: str
    permissions: list[str]
    municipality_id: int
    created_at: Time
    updated_at: Time


class RemovalQuery(Struct, frozen=True):
    """What those get who have the role."""

    instead: Role | None = None


async def list_permissions(_: Ask[Permission]) -> Reply:
    """Give the policy."""
    everything = frozenset().union(*POLICY.values())
    rows = [_permission(each) for each in sorted(everything, key=attrgetter("name"))]
    return Reply(rows, headers={"X-Total-Count": str(len(rows))})


def _permission(permission: type[Permission]) -> PermissionOut:
    meaning = " ".join(inspect.cleandoc(permission.__doc__ or "").split())
    roles = [role for role in Role if permission in POLICY[role]]
    given = permission in FOR_PEOPLE
    return PermissionOut(permission.name, meaning, roles, permission.within_zones, given)


async def list_roles(ask: Ask[ManageUsers]) -> Reply:
    """Give all roles."""
    return (await page_of_all(ask, ask.services.roles.all)).written(ask, role_out)


async def get_role(ask: Ask[ManageUsers]) -> RoleOut:
    """Give one role."""
    role = RoleId(ask.path["role"])
    return role_out(await ask.found(lambda grant: ask.services.roles.get(grant, role)))


async def add_role(ask: Ask[ManageUsers]) -> RoleOut:
    """Make a role."""
    said: RoleIn = ask.body
    fields = RoleFields(
        name=said.name, description=said.description, permissions=tuple(said.permissions)
    )
    return role_out(await ask.services.roles.add(await ask.one(said.municipality_id), fields))


async def change_role(ask: Ask[ManageUsers]) -> RoleOut:
    """Change a role."""
    said: RolePatch = ask.body
    role = RoleId(ask.path["role"])
    names = None if said.permissions is None else tuple(said.permissions)
    fields = RoleFields(name=said.name, description=said.description, permissions=names)
    return role_out(await ask.found(lambda grant: ask.services.roles.change(grant, role, fields)))


async def remove_role(ask: Ask[ManageUsers]) -> Reply:
    """Remove a role."""
    role, instead = RoleId(ask.path["role"]), ask.query.instead
    await ask.found(lambda grant: ask.services.roles.remove(grant, role, instead))
    return Reply(status=204)


def role_out(role: CustomRole) -> RoleOut:
    """Write a role."""
    return RoleOut(
        id=role.id,
        name=role.name,
        description=role.description,
        permissions=sorted(permission.name for permission in role.permissions),
        municipality_id=role.municipality,
        created_at=time(role.created_at),
        updated_at=time(role.updated_at),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/permissions",
        access=Open.SIGNED_IN,
        handler=list_permissions,
        answer=list[PermissionOut],
        summary="What may be done, and which built-in roles may do it",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/roles",
        access=ManageUsers,
        handler=list_roles,
        query=WholeListQuery,
        answer=list[RoleOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="The municipality's own roles by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/roles",
        access=ManageUsers,
        handler=add_role,
        body=RoleIn,
        answer=RoleOut,
        status=201,
        summary="Make a role of permissions that one has oneself",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/roles/{{role}}",
        access=ManageUsers,
        handler=get_role,
        answer=RoleOut,
        summary="One role",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/roles/{{role}}",
        access=ManageUsers,
        handler=change_role,
        body=RolePatch,
        answer=RoleOut,
        summary="Change a role; who has it may do what it says now within 5 s",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/roles/{{role}}",
        access=ManageUsers,
        handler=remove_role,
        query=RemovalQuery,
        status=204,
        summary="Remove a role; while somebody has it, only with `instead`",
    ),
)
