"""Sessions: everybody sees and ends their own, and who manages people those of their people."""

from appliance.domain.access import Actor, Grant, ManageUsers, must_not_exceed
from appliance.domain.errors import NotFound, NotSignedIn
from appliance.domain.ids import SessionId, UserId
from appliance.domain.people import Session, User
from appliance.ports.operations import SystemTables
from appliance.services.signing_in.signin import SignIn
from appliance.services.world import World


class Sessions:
    """Lists and ends sessions; what was ended is out at once on REST and within 5 s on WebSocket."""

    def __init__(self, world: World, sign_in: SignIn) -> None:
        self._operations = world.operations
        self._clock = world.clock
        self._sign_in = sign_in

    async def own(self, actor: Actor) -> list[Session]:
        """Give one's own, the one used last first."""
        _must_be_a_person(actor)
        return await self._of(actor.user)

    async def end_own(self, actor: Actor, session: SessionId) -> None:
        """End one of one's own; NotFound when it is none of them."""
        _must_be_a_person(actor)
        await self._end(actor.user, session)

    async def end_own_others(self, actor: Actor) -> int:
        """End all of one's own but the one that asks; gives how many."""
        kept = _must_be_a_person(actor)
        return await self._end_all(actor.user, kept)

    async def of(self, grant: Grant[ManageUsers], user: UserId) -> list[Session]:
        """Give those of somebody of the municipality, the one used last first."""
        await self._one_of_ours(grant, user)
        return await self._of(user)

    async def end(self, grant: Grant[ManageUsers], user: UserId, session: SessionId) -> None:
        """End one of somebody's; NotAllowed where they may do more than the one who asks."""
        must_not_exceed(grant.actor, (await self._one_of_ours(grant, user)).as_actor().permissions)
        await self._end(user, session)

    async def end_all(self, grant: Grant[ManageUsers], user: UserId) -> int:
        """End all of somebody's; gives how many. They can sign in again. NotAllowed as with `end`."""
        must_not_exceed(grant.actor, (await self._one_of_ours(grant, user)).as_actor().permissions)
        return await self._end_all(user, None)

    async def _one_of_ours(self, grant: Grant[ManageUsers], user: UserId) -> User:
        found = await self._operations.read(grant.municipality, lambda t: t.users.get(user))
        if found is None:
            raise NotFound(kind="user", name=user)
        return found

    async def _of(self, user: UserId) -> list[Session]:
        now = self._clock.now()

        def look(tables: SystemTables) -> list[Session]:
            return [each for each in tables.sessions.of(user) if each.expires_at > now]

        return await self._operations.read_system(look)

    async def _end(self, user: UserId, session: SessionId) -> None:
        if not await self._operations.write_system(lambda t: t.sessions.end(user, session)):
            raise NotFound(kind="session", name=session)
        self._sign_in.forget_session(session)

    async def _end_all(self, user: UserId, kept: SessionId | None) -> int:
        ended = await self._operations.write_system(lambda t: t.sessions.end_others(user, kept))
        self._sign_in.forget_user(user)
        return ended


def _must_be_a_person(actor: Actor) -> SessionId:
    if actor.session is None:
        raise NotSignedIn(reason="An API token has no sessions; sign in as a person")
    return actor.session
