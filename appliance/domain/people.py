"""Municipalities, and the people and programs that sign in."""

from dataclasses import dataclass

from appliance.domain.access import Role
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
