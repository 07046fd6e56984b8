"""Which roles need a second factor: the super admin says it for all, a municipality for its own."""

import json
from collections.abc import Iterable
from typing import Final

from appliance.domain.access import Role
from appliance.domain.errors import Invalid
from appliance.domain.instant import Instant
from appliance.domain.people import User
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables

_KEY: Final = "totp_roles"
_KIND: Final = "sign_in"
ROLES: Final = tuple(role for role in Role if role.value != "device")
"""Roles of people; `custom` stands for all that a municipality made itself."""


def must_enrol(tables: SystemTables, user: User) -> bool:
    """Say whether somebody's role needs a second factor that they have not set up."""
    return is_required(tables, user) and not has_factor(tables, user)


def is_required(tables: SystemTables, user: User) -> bool:
    """Say whether somebody's role needs a second factor."""
    if user.role in roles_everywhere(tables):
        return True
    return user.municipality is not None and user.role in roles_of(tables.of(user.municipality))


def has_factor(tables: SystemTables, user: User) -> bool:
    """Say whether somebody has set a second factor up."""
    factor = tables.second_factors.get(user.id)
    return factor is not None and factor.confirmed_at is not None


def roles_everywhere(tables: SystemTables) -> frozenset[Role]:
    """Give the roles that need one in all municipalities."""
    return _read(tables.recall(_KEY))


def roles_of(tables: Tables) -> frozenset[Role]:
    """Give the roles that need one in this municipality, whatever holds in all."""
    return _read(tables.preferences.recall(_KIND, _KEY))


def require_everywhere(tables: SystemTables, roles: Iterable[Role]) -> None:
    """Say which roles need one in all municipalities."""
    tables.remember(_KEY, _write(roles))


def require_here(tables: Tables, roles: Iterable[Role], now: Instant) -> None:
    """Say which roles need one in this municipality."""
    tables.preferences.replace(_KIND, _KEY, _write(roles), now)


def _read(kept: bytes | None) -> frozenset[Role]:
    names = set(json.loads(kept)) if kept else set()
    return frozenset(role for role in ROLES if role.value in names)


def _write(roles: Iterable[Role]) -> bytes:
    chosen = frozenset(roles)
    wrong = sorted(role.value for role in chosen if role not in ROLES)
    if wrong:
        raise Invalid(field="totp_roles", problem=f"a {wrong[0]} signs in with a key")
    return json.dumps(sorted(role.value for role in chosen)).encode()
