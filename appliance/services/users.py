"""The people of a municipality."""

from dataclasses import dataclass, replace
from enum import Enum

from appliance.domain.access import (
    MAY_BE_LIMITED,
    POLICY,
    AdministerSystem,
    Grant,
    ManageUsers,
    Role,
    SystemGrant,
    ViewNetwork,
    must_not_exceed,
)
from appliance.domain.enclave import RoleId, ZoneId
from appliance.domain.errors import Invalid, NotAllowed, NotFound
from appliance.domain.ids import MunicipalityId, UserId
from appliance.domain.people import User
from appliance.domain.sayings import saying
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.roles import must_be_built_in
from appliance.services.signing_in.passwords import Passwords
from appliance.services.signing_in.signin import SignIn
from appliance.services.world import World
from appliance.services.zones import must_all_be_zones


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Somebody who shall be able to sign in."""

    username: str
    password: str
    role: Role
    email: str = ""
    full_name: str = ""
    custom_role: RoleId | None = None
    """The municipality's own role, where `role` is CUSTOM."""
    zones: frozenset[ZoneId] | None = None
    """To which zones they are limited; None: not at all."""


class EveryZone(Enum):
    """That somebody is to be limited to zones no more."""

    OF_THEM = "every zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What to change; None leaves it."""

    password: str | None = None
    role: Role | None = None
    email: str | None = None
    full_name: str | None = None
    enabled: bool | None = None
    custom_role: RoleId | None = None
    zones: frozenset[ZoneId] | EveryZone | None = None


class Users:
    """Adds, changes and lists people; whoever was changed must sign in again."""

    def __init__(self, world: World, passwords: Passwords, sign_in: SignIn) -> None:
        self._world = world
        self._passwords = passwords
        self._sign_in = sign_in

    async def page(
        self, grant: Grant[ManageUsers], page: Page, search: str | None = None
    ) -> tuple[list[User], int]:
        """Give one page by username, and how many have the text in name or address."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.users.page(page, search)
        )

    async def colleagues(
        self, grant: Grant[ViewNetwork], page: Page, search: str | None = None
    ) -> tuple[list[User], int]:
        """Give one page by username, for whoever needs the names behind what happened.

        Who is limited to zones sees those who may meet them there: of one of these zones, or of all.
        """
        mine = grant.actor.zones

        def query(tables: Tables) -> tuple[list[User], int]:
            found, total = tables.users.page(page, search)
            if mine is None:
                return found, total
            near = [user for user in found if user.zones is None or user.zones & mine]
            return near, len(near)

        return await self._world.operations.read(grant.municipality, query)

    async def get(self, grant: Grant[ManageUsers], user: UserId) -> User:
        """Give one."""
        return await self._world.operations.read(grant.municipality, lambda t: _found(t, user))

    async def add(self, grant: Grant[ManageUsers], new: NewUser) -> User:
        """Add somebody to the municipality; Conflict when the username is taken."""
        if new.role is Role.SUPER_ADMIN:
            raise NotAllowed(permission=AdministerSystem.name)
        user = await self._make(new, grant.municipality)

        def add(tables: Tables) -> User:
            added = _allowed(tables, grant, user)
            tables.users.put(added)
            return added

        return await self._world.operations.write(grant.municipality, add)

    async def add_super_admin(self, grant: SystemGrant[AdministerSystem], new: NewUser) -> User:
        """Add a super admin, who belongs to no municipality."""
        del grant
        user = await self._make(new, None)
        await self._world.operations.write_system(lambda t: t.put_user(user))
        return user

    async def _make(self, new: NewUser, municipality: MunicipalityId | None) -> User:
        must_be_named(new.username, "username")
        return User(
            id=UserId(self._world.ids.new_id()),
            username=new.username.strip(),
            email=new.email,
            full_name=new.full_name,
            role=new.role,
            municipality=municipality,
            password_hash=await self._passwords.accept(
                new.password, new.username, new.email, new.full_name
            ),
            created_at=self._world.clock.now(),
            custom_role=new.custom_role,
            zones=new.zones,
        )

    async def change(self, grant: Grant[ManageUsers], user: UserId, changes: UserChanges) -> User:
        """Change somebody; a new role, password or `enabled` ends their sessions.

        NotAllowed for who may do more than the person who asks, before or after.
        """
        if changes.role is Role.SUPER_ADMIN:
            raise NotAllowed(permission=AdministerSystem.name)
        if user == grant.actor.user and (changes.enabled is False or changes.role is not None):
            raise Invalid(
                field="id", problem=saying("own_rights", "nobody can take their own rights away")
            )
        present = await self.get(grant, user)
        password_hash = await self._new_hash(present, changes)

        def change(tables: Tables) -> User:
            before = _found(tables, user)
            must_not_exceed(grant.actor, before.as_actor().permissions)
            changed = _allowed(tables, grant, _changed(before, changes, password_hash))
            tables.users.put(changed)
            return changed

        changed = await self._world.operations.write(grant.municipality, change)
        self._sign_in.forget_user(user)
        await self._world.directory.start()  # and their tokens
        return changed

    async def _new_hash(self, user: User, changes: UserChanges) -> str | None:
        if changes.password is None:
            return None
        about = (user.username, user.email, user.full_name)
        return await self._passwords.accept(changes.password, *about)


def _found(tables: Tables, user: UserId) -> User:
    found = tables.users.get(user)
    if found is None:
        raise NotFound(kind="user", name=user)
    return found


def _changed(user: User, changes: UserChanges, password_hash: str | None) -> User:
    changed = replace(
        user,
        password_hash=password_hash or user.password_hash,
        role=changes.role or user.role,
        custom_role=changes.custom_role if changes.role is not None else user.custom_role,
        zones=_zones(user, changes),
        email=user.email if changes.email is None else changes.email,
        full_name=user.full_name if changes.full_name is None else changes.full_name,
        enabled=user.enabled if changes.enabled is None else changes.enabled,
    )
    before = (user.role, user.custom_role, user.password_hash, user.enabled)
    after = (changed.role, changed.custom_role, changed.password_hash, changed.enabled)
    return changed if before == after else replace(changed, stamp=user.stamp + 1)


def _zones(user: User, changes: UserChanges) -> frozenset[ZoneId] | None:
    if changes.zones is None:
        return user.zones
    return None if isinstance(changes.zones, EveryZone) else changes.zones


def _allowed(tables: Tables, grant: Grant[ManageUsers], user: User) -> User:
    """Give the user with what their role allows, which must not be more than who asks may do."""
    own = None
    if user.role is Role.CUSTOM:
        if user.custom_role is None:
            raise Invalid(
                field="role_id",
                problem=saying("which_role", "say which of the municipality's roles"),
            )
        role = tables.roles.get(user.custom_role)
        if role is None:
            raise Invalid(
                field="role_id",
                problem=saying("no_role", "there is no role {role}", role=user.custom_role),
            )
        own = role.permissions
    else:
        must_be_built_in(user.role, "role")
    must_not_exceed(grant.actor, POLICY[user.role] if own is None else own)
    if user.zones is not None and user.role not in MAY_BE_LIMITED:
        names = "technicians and people with a role of your own"
        raise Invalid(
            field="zone_ids",
            problem=saying(
                "not_limited_to_zones", "only {names} are limited to zones", names=names
            ),
        )
    must_all_be_zones(tables, user.zones)
    return replace(user, own=own)
