"""Service tokens: credentials of programs, for HTTP, WebSocket and MQTT."""

from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import (
    MAY_BE_LIMITED,
    POLICY,
    Actor,
    AdministerSystem,
    Grant,
    ManageTokens,
    Permission,
    Role,
    must_not_exceed,
)
from appliance.domain.devices import key_digest
from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from appliance.domain.ids import TokenId
from appliance.domain.instant import DAY, Instant
from appliance.domain.people import ApiToken
from appliance.domain.sayings import saying
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.roles import must_be_built_in, read_permissions
from appliance.services.world import World
from appliance.services.zones import must_all_be_zones

USUAL_LIFE: Final = 365 * DAY
"""Of a token for which nothing else is said; a longer one must be said to be long-lived."""
MOST_TOKENS: Final = 1_000
"""Of a municipality; the next is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFields:
    """A token as somebody asks for it."""

    name: str
    role: Role = Role.VIEWER
    scopes: tuple[str, ...] | None = None
    """Names of permissions; None: those of the role."""
    zones: frozenset[ZoneId] | None = None
    expires_at: Instant | None = None
    long_lived: bool = False
    """Whether it may live longer than USUAL_LIFE; without `expires_at`, for ever."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; its text is shown this once."""

    kept: ApiToken
    text: str


class Tokens:
    """Makes, lists and revokes tokens; a revoked one is refused within a second.

    A token never does more than its maker may at that moment. Who loses a right, is limited to
    zones or disabled takes as much from their tokens; who gets it back gives it back. A token that
    made others takes them along when it is revoked.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ManageTokens]) -> list[ApiToken]:
        """Give all of the municipality."""
        await self._world.directory.note_uses()
        return await self._world.operations.read(grant.municipality, lambda t: t.users.tokens())

    async def add(self, grant: Grant[ManageTokens], said: TokenFields) -> NewToken:
        """Make a token; NotAllowed where it would do more than its maker may."""
        must_be_named(said.name, "name")
        scopes = _scopes(said)
        must_not_exceed(grant.actor, POLICY[said.role] if scopes is None else scopes)
        if said.zones is not None and scopes is None and said.role not in MAY_BE_LIMITED:
            raise Invalid(field="zone_ids", problem="say by `scopes` what it may do there")
        text = f"weir_{self._world.ids.new_secret()}"
        now = self._world.clock.now()
        kept = ApiToken(
            id=TokenId(self._world.ids.new_id()),
            municipality=grant.municipality,
            name=said.name.strip(),
            role=said.role if scopes is None else Role.CUSTOM,
            token_hash=key_digest(text),
            created_by=grant.actor.user,
            created_at=now,
            expires_at=_end(said, now),
            scopes=scopes,
            zones=said.zones,
            made_by=grant.actor.token,
        )

        def add(tables: Tables) -> ApiToken:
            if len(tables.users.tokens()) >= MOST_TOKENS:
                raise Conflict(
                    what=saying(
                        "too_many_tokens",
                        "there are {most} tokens already; revoke some",
                        most=MOST_TOKENS,
                    )
                )
            must_all_be_zones(tables, said.zones)
            made = replace(kept, expires_at=_within(tables, grant.actor, said, kept.expires_at))
            tables.users.add_token(made)
            return made

        made = await self._world.operations.write(grant.municipality, add)
        await self._world.directory.start()
        return NewToken(made, text)

    async def revoke(self, grant: Grant[ManageTokens], token: TokenId) -> None:
        """Revoke a token, and with it all that it has made, and those have made."""

        def change(tables: Tables) -> None:
            kept = tables.users.tokens()
            if token not in {each.id for each in kept}:
                raise NotFound(kind="token", name=token)
            for each in _with_offspring(token, kept):
                tables.users.remove_token(each)

        await self._world.operations.write(grant.municipality, change)
        await self._world.directory.start()


def _with_offspring(token: TokenId, kept: list[ApiToken]) -> list[TokenId]:
    """Give a token and those that go back to it: whoever had it could have made them."""
    gone = [token]
    for one in gone:  # it grows meanwhile
        gone += [each.id for each in kept if each.made_by == one]
    return gone


def _scopes(said: TokenFields) -> frozenset[type[Permission]] | None:
    if said.scopes is not None:
        if not said.scopes:
            raise Invalid(
                field="scopes", problem=saying("good_for_nothing", "it would be good for nothing")
            )
        return read_permissions(said.scopes, "scopes")
    if said.role is Role.SUPER_ADMIN:
        raise NotAllowed(permission=AdministerSystem.name)
    must_be_built_in(said.role, "role")
    return None


def _within(tables: Tables, actor: Actor, said: TokenFields, end: Instant | None) -> Instant | None:
    """Give the end of a token that a token makes: not after its own, or it would never end."""
    maker = next((token for token in tables.users.tokens() if token.id == actor.token), None)
    latest = None if maker is None else maker.expires_at
    if latest is None or (end is not None and end <= latest):
        return end
    if said.expires_at is not None or said.long_lived:
        raise Invalid(field="expires_at", problem="a token makes none that lives longer than it")
    return latest


def _end(said: TokenFields, now: Instant) -> Instant | None:
    latest = Instant(now + USUAL_LIFE)
    if said.expires_at is None:
        return None if said.long_lived else latest
    if said.expires_at <= now:
        raise Invalid(field="expires_at", problem=saying("in_the_past", "this lies in the past"))
    if said.expires_at > latest and not said.long_lived:
        raise Invalid(
            field="expires_at",
            problem=saying("over_a_year", "more than a year: say `long_lived` too"),
        )
    return said.expires_at
