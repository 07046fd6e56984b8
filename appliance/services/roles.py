"""Roles that a municipality makes of permissions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import (
    FOR_PEOPLE,
    POLICY,
    Grant,
    ManageUsers,
    Permission,
    Role,
    including,
    must_not_exceed,
)
from appliance.domain.enclave import RoleId
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.people import CustomRole
from appliance.domain.sayings import saying
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.world import World

MOST_ROLES: Final = 100
LONGEST_DESCRIPTION: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFields:
    """A role as somebody describes it; None leaves what is there."""

    name: str | None = None
    description: str | None = None
    permissions: tuple[str, ...] | None = None


class Roles:
    """Makes, changes and removes roles; who has one may do what it says now within 5 s."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ManageUsers]) -> list[CustomRole]:
        """Give all, by name."""
        return await self._world.operations.read(grant.municipality, lambda t: t.roles.all())

    async def get(self, grant: Grant[ManageUsers], role: RoleId) -> CustomRole:
        """Give one."""
        return await self._world.operations.read(grant.municipality, lambda t: found(t, role))

    async def add(self, grant: Grant[ManageUsers], said: RoleFields) -> CustomRole:
        """Make one; NotAllowed where it would give what the maker does not have."""
        now = self._world.clock.now()
        blank = CustomRole(
            id=RoleId(self._world.ids.new_id()),
            municipality=grant.municipality,
            name="",
            permissions=frozenset(),
            created_at=now,
            updated_at=now,
        )
        made = _described(grant, blank, said)

        def add(tables: Tables) -> CustomRole:
            if len(tables.roles.all()) >= MOST_ROLES:
                raise Conflict(
                    what=saying("too_many_roles", "there are {most} roles already", most=MOST_ROLES)
                )
            tables.roles.put(made)
            return made

        return await self._write(grant, add)

    async def change(self, grant: Grant[ManageUsers], role: RoleId, said: RoleFields) -> CustomRole:
        """Change one; nobody takes from it or gives it what they don't have themselves."""
        now = self._world.clock.now()

        def change(tables: Tables) -> CustomRole:
            present = found(tables, role)
            must_not_exceed(grant.actor, present.permissions)
            changed = replace(_described(grant, present, said), updated_at=now)
            tables.roles.put(changed)
            return changed

        return await self._write(grant, change)

    async def remove(
        self, grant: Grant[ManageUsers], role: RoleId, instead: Role | None = None
    ) -> None:
        """Remove one; Conflict while somebody has it, unless it is said what they get instead."""

        def remove(tables: Tables) -> CustomRole:
            present = found(tables, role)
            must_not_exceed(grant.actor, present.permissions)
            people = tables.roles.people(role)
            if people and instead is None:
                raise Conflict(
                    what=saying(
                        "role_in_use",
                        "{count} have this role: say what they get `instead`",
                        count=people,
                    )
                )
            if instead is not None:
                must_be_built_in(instead, "instead")
                must_not_exceed(grant.actor, POLICY[instead])
                tables.roles.give_instead(role, instead)
            tables.roles.remove(role)
            return present

        await self._write(grant, remove)

    async def _write(
        self, grant: Grant[ManageUsers], change: Callable[[Tables], CustomRole]
    ) -> CustomRole:
        changed = await self._world.operations.write(grant.municipality, change)
        await self._world.directory.start()
        return changed


def found(tables: Tables, role: RoleId) -> CustomRole:
    """Give a role, or raise NotFound."""
    there = tables.roles.get(role)
    if there is None:
        raise NotFound(kind="role", name=role)
    return there


def must_be_built_in(role: Role, field: str) -> None:
    """Raise Invalid unless a person of a municipality can have this role."""
    if role in {Role.SUPER_ADMIN, Role.DEVICE, Role.CUSTOM}:
        raise Invalid(field=field, problem=f"{role.value} is no role of a municipality's people")


def read_permissions(names: tuple[str, ...], field: str) -> frozenset[type[Permission]]:
    """Give permissions by name, with those they include; Invalid names those there are."""
    known = {permission.name: permission for permission in FOR_PEOPLE}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        problem = f"there is no permission {unknown[0]!r}; known: {', '.join(sorted(known))}"
        raise Invalid(field=field, problem=problem)
    return including(known[name] for name in names)


def _described(grant: Grant[ManageUsers], role: CustomRole, said: RoleFields) -> CustomRole:
    name = role.name if said.name is None else said.name.strip()
    must_be_named(name, "name")
    if name.casefold() in {built_in.value for built_in in Role}:
        raise Invalid(
            field="name",
            problem=saying("role_there", "{name!r} is a role that is there anyway", name=name),
        )
    description = role.description if said.description is None else said.description
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid(
            field="description",
            problem=saying(
                "at_most_characters", "at most {most} characters", most=LONGEST_DESCRIPTION
            ),
        )
    permissions = role.permissions
    if said.permissions is not None:
        permissions = read_permissions(said.permissions, "permissions")
        must_not_exceed(grant.actor, permissions)
    return replace(role, name=name, description=description, permissions=permissions)
