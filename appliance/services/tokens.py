"""API tokens: credentials of programs, for HTTP and for MQTT subscriptions."""

from dataclasses import dataclass

from appliance.domain.access import AdministerSystem, Grant, ManageTokens, Role
from appliance.domain.devices import key_digest
from appliance.domain.errors import Invalid, NotAllowed, NotFound
from appliance.domain.ids import TokenId
from appliance.domain.instant import Instant
from appliance.domain.people import ApiToken
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.world import World


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; its text is shown this once."""

    kept: ApiToken
    text: str


class Tokens:
    """Makes, lists and revokes API tokens; a revoked one is refused within a second."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ManageTokens]) -> list[ApiToken]:
        """Give all of the municipality."""
        return await self._world.operations.read(grant.municipality, lambda t: t.users.tokens())

    async def add(
        self, grant: Grant[ManageTokens], name: str, role: Role, expires_at: Instant | None
    ) -> NewToken:
        """Make a token; no token has more rights than an admin of the municipality."""
        must_be_named(name, "name")
        if role is Role.SUPER_ADMIN:
            raise NotAllowed(permission=AdministerSystem.name)
        now = self._world.clock.now()
        if expires_at is not None and expires_at <= now:
            raise Invalid(field="expires_at", problem="this lies in the past")
        text = f"weir_{self._world.ids.new_secret()}"
        kept = ApiToken(
            id=TokenId(self._world.ids.new_id()),
            municipality=grant.municipality,
            name=name.strip(),
            role=role,
            token_hash=key_digest(text),
            created_by=grant.actor.user,
            created_at=now,
            expires_at=expires_at,
        )
        await self._world.operations.write(grant.municipality, lambda t: t.users.add_token(kept))
        await self._world.directory.start()
        return NewToken(kept, text)

    async def revoke(self, grant: Grant[ManageTokens], token: TokenId) -> None:
        """Revoke a token."""

        def change(tables: Tables) -> None:
            if token not in {kept.id for kept in tables.users.tokens()}:
                raise NotFound(kind="token", name=token)
            tables.users.remove_token(token)

        await self._world.operations.write(grant.municipality, change)
        await self._world.directory.start()
