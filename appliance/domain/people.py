"""Municipalities, and the people and programs that sign in."""

from dataclasses import dataclass

from appliance.domain.access import POLICY, Actor, Permission, Role
from appliance.domain.enclave import RoleId, ZoneId
from appliance.domain.ids import MunicipalityId, SessionId, TokenId, UserId
from appliance.domain.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A tenant: a utility that never sees another's data."""

    id: MunicipalityId
    name: str
    time_zone: str
    """IANA name; the patterns of day and week are learned in it."""
    demo: bool = False
    lateness: int = 3_600_000_000
    """How many microseconds old a reading may arrive before it counts as late."""
    require_whitelist: bool = True
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in with a password."""

    id: UserId
    username: str
    email: str
    full_name: str
    role: Role
    municipality: MunicipalityId | None
    password_hash: str
    """Argon2id, PHC string format."""
    enabled: bool = True
    stamp: int = 0
    """Grows whenever role, password or `enabled` change; tokens of an older stamp are dead."""
    created_at: Instant
    custom_role: RoleId | None = None
    """The municipality's own role, where `role` is CUSTOM."""
    own: frozenset[type[Permission]] | None = None
    """What that role allows now; None where `role` says it."""
    zones: frozenset[ZoneId] | None = None
    """To which zones this person is limited; None: not at all, and empty: to none."""

    def as_actor(self) -> Actor:
        """Give this person as whoever asks for something. For sign-in alone."""
        return Actor(
            self.id, self.username, self.role, self.municipality, own=self.own, zones=self.zones
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in: a family of refresh tokens, of which only the newest works."""

    id: SessionId
    user: UserId
    refresh_hash: bytes
    created_at: Instant
    expires_at: Instant
    used_at: Instant
    """When it was begun or last refreshed, which happens at least every ten minutes of use."""
    address: str = ""
    """From where it was last used so."""
    agent: str = ""
    """What the program called itself then, shortened."""
    previous_hash: bytes | None = None
    """Of the refresh token that was spent last."""
    retry_hash: bytes | None = None
    """Shows who spent it: of a key that whoever asked made up for that one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRole:
    """A role that a municipality has made of permissions."""

    id: RoleId
    municipality: MunicipalityId
    name: str
    description: str = ""
    permissions: frozenset[type[Permission]]
    created_at: Instant
    updated_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A program's credential, for HTTP and for MQTT subscriptions; shown once, kept hashed."""

    id: TokenId
    municipality: MunicipalityId
    name: str
    role: Role
    token_hash: bytes
    created_by: UserId
    created_at: Instant
    expires_at: Instant | None
    scopes: frozenset[type[Permission]] | None = None
    """What it may do at most; None: what its role does. It never does more than its maker may."""
    zones: frozenset[ZoneId] | None = None
    """To which zones it is limited, as a person may be."""
    last_used_at: Instant | None = None
    """To within a minute; None: never."""
    made_by: TokenId | None = None
    """The token that made it, and takes it along when it is revoked; None: a person made it."""

    def as_actor(self, maker: User) -> Actor | None:
        """Give this program as whoever asks for something; None when nothing is left of it.

        It may do what it was made for and its maker may do now, in the zones of both: who loses a
        right takes it from their tokens, and who is disabled leaves none behind.
        """
        made_by = maker.as_actor()
        if not maker.enabled or made_by.municipality not in {None, self.municipality}:
            return None
        mine = POLICY[self.role] if self.scopes is None else self.scopes
        left = mine & made_by.permissions
        if not left:
            return None
        zones = _both(self.zones, maker.zones)
        role = Role.CUSTOM if self.scopes is not None else self.role
        return Actor(
            *(self.created_by, self.name, role, self.municipality, self.id, left, zones),
            is_outsiders=maker.municipality is None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What an authenticator app and Weir both know about one person (RFC 6238)."""

    user: UserId
    secret: bytes
    """160 bits; kept in the operations database, every page of which is encrypted."""
    confirmed_at: Instant | None = None
    """None: shown to the person, who has not shown a code of it yet."""
    last_step: int = 0
    """Of the newest code that was taken; none up to it is taken again (RFC 6238, 5.2)."""


def _both(
    one: frozenset[ZoneId] | None, other: frozenset[ZoneId] | None
) -> frozenset[ZoneId] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
