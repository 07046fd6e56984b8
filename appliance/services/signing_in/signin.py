"""Signing in: a password for a session, a session for access tokens, a token for an actor."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid, NotSignedIn, TotpEnrolmentRequired, TotpRequired
from appliance.domain.ids import SessionId, UserId
from appliance.domain.people import Session, User
from appliance.domain.sayings import saying
from appliance.ports.operations import SystemTables
from appliance.services.signing_in import codes
from appliance.services.signing_in.access_tokens import LIFETIME, AccessTokens
from appliance.services.signing_in.doorkeeper import (
    WRONG_CODE,
    Doorkeeper,
    Proof,
    Recognised,
    Visit,
)
from appliance.services.signing_in.guessing import place_of
from appliance.services.signing_in.passwords import Passwords
from appliance.services.signing_in.refresh_tokens import RefreshTokens, Renewal, Renewed
from appliance.services.signing_in.second_factor_rules import must_enrol
from appliance.services.world import World

MOST_SESSIONS: Final = 50
"""Of one person; whoever begins one more ends the one that was not used for longest."""
MOST_PLACES: Final = 20
"""From which one person is known; the one longest ago is forgotten."""
BELIEVED_FOR: Final = 2.5
"""Seconds for which a user and a session are taken from memory: whoever was changed is out by then."""
MOST_BELIEVED: Final = 10_000

_OVER: Final = saying("session_over", "This session has ended; sign in again")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds for which the access token is good."""
    user: User
    must_enrol: bool
    """Whether this session is good for nothing but setting a second factor up."""


@dataclass(frozen=True, slots=True)
class _Belief:
    user: User | None
    must_enrol: bool
    until: float


class SignIn:
    """Turns passwords, refresh tokens and access tokens into people, or refuses."""

    def __init__(
        self,
        world: World,
        passwords: Passwords,
        doorkeeper: Doorkeeper,
        access_tokens: AccessTokens,
    ) -> None:
        self._operations = world.operations
        self._directory = world.directory
        self._clock = world.clock
        self._passwords = passwords
        self._doorkeeper = doorkeeper
        self._access_tokens = access_tokens
        self._refresh_tokens = RefreshTokens(world.clock, world.ids, access_tokens.mark)
        self._believed: OrderedDict[tuple[UserId, SessionId], _Belief] = OrderedDict()

    async def sign_in(self, proof: Proof, visit: Visit) -> SignedIn:
        """Begin a session; NotSignedIn says only that name or password is wrong.

        TotpRequired: they are right, and this person has a second factor, whose code must come too.
        """
        found = await self._doorkeeper.recognise(proof, visit)
        if not found.has_factor:
            return await self._begin(found, visit)
        if not found.code:
            raise TotpRequired
        with self._doorkeeper.judging_code(found.attempt):
            return await self._begin(found, visit)

    async def _begin(self, found: Recognised, visit: Visit) -> SignedIn:
        user = found.user
        session, refresh_token = self._refresh_tokens.begin(user, visit)

        def begin(tables: SystemTables) -> bool:
            if not codes.take(tables, user.id, found.code, session.created_at):
                raise NotSignedIn(reason=WRONG_CODE)
            tables.put_session(session, was=None)
            tables.sessions.keep_newest(user.id, MOST_SESSIONS)
            place = place_of(visit.address)
            tables.places.remember(user.id, place, session.created_at, MOST_PLACES)
            return must_enrol(tables, user)

        enrolling = await self._operations.write_system(begin)
        self._doorkeeper.welcomed(found.attempt)
        return self._signed_in(user, session, refresh_token, enrolling=enrolling)

    async def refresh(self, refresh_token: str, visit: Visit, retry_key: str = "") -> SignedIn:
        """Give new tokens for a refresh token, which is then spent.

        A token that is used twice is in two hands: the session it belongs to is ended. Except where
        the answer was lost: who asks again within RETRY_WITHIN, with the same `retry_key` of their
        own making, gets other tokens, as long as the lost ones have not been used.
        """
        return await self._renew(self._refresh_tokens.read(refresh_token, visit, retry_key))

    async def go_on(self, refresh_token: str, visit: Visit) -> SignedIn:
        """Give new tokens for a refresh token that several pages of one browser share.

        It is replaced once in RETRY_WITHIN at most, and within that time everybody who shows the
        one before gets the same next one: pages that ask at once, and in any order, agree. After
        that a token which was replaced is in two hands, and its session is ended.
        """
        return await self._renew(self._refresh_tokens.read(refresh_token, visit, is_shared=True))

    async def _renew(self, asked: Renewal) -> SignedIn:
        def rotate(tables: SystemTables) -> tuple[Renewed, bool] | None:
            renewed = self._refresh_tokens.rotate(tables, asked)
            return None if renewed is None else (renewed, must_enrol(tables, renewed.user))

        outcome = await self._operations.write_system(rotate)
        if outcome is None:
            self.forget_session(asked.session)
            raise NotSignedIn(reason=_OVER)
        renewed, enrolling = outcome
        return self._signed_in(
            renewed.user, renewed.session, renewed.refresh_token, enrolling=enrolling
        )

    def _signed_in(
        self, user: User, session: Session, refresh_token: str, *, enrolling: bool
    ) -> SignedIn:
        access_token = self._access_tokens.issue(user.id, session.id, user.stamp, self._clock.now())
        return SignedIn(access_token, refresh_token, LIFETIME // 1_000_000, user, enrolling)

    async def sign_out(self, access_token: str) -> None:
        """End the session of an access token."""
        session_id = self._access_tokens.read(access_token).session
        await self._operations.write_system(lambda t: t.end_session(session_id))
        self.forget_session(session_id)

    async def actor(
        self, token: str, *, expired_too: bool = False, enrolling: bool = False
    ) -> Actor:
        """Give who an access token or API token stands for, or raise NotSignedIn.

        A user whose role, password or `enabled` changed, and a session that was ended, are out
        within BELIEVED_FOR seconds. `expired_too` is for connections that outlive their token.
        Who must set a second factor up first gets TotpEnrolmentRequired unless `enrolling`.
        """
        if "." not in token:
            return self._program(token)
        claims = self._access_tokens.read(token)
        if not expired_too:
            claims.must_hold(self._clock.now())
        belief = await self._believe(claims.user, claims.session)
        user = belief.user
        if user is None or not user.enabled or user.stamp != claims.stamp:
            raise NotSignedIn(reason=_OVER)
        if belief.must_enrol and not enrolling:
            raise TotpEnrolmentRequired
        return _actor(user, claims.session)

    def _program(self, token: str) -> Actor:
        found = self._directory.authenticate(token)
        if found is None:
            raise NotSignedIn(reason="This API token is unknown, revoked or has expired")
        return found

    async def _believe(self, user_id: UserId, session_id: SessionId) -> _Belief:
        now = self._clock.monotonic()
        belief = self._believed.get((user_id, session_id))
        if belief is None or belief.until <= now:
            user, enrolling = await self._operations.read_system(
                lambda t: _user_of_session(t, user_id, session_id)
            )
            belief = _Belief(user, enrolling, now + BELIEVED_FOR)
            self._believed[user_id, session_id] = belief
            if len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)
        return belief

    def forget_session(self, session_id: SessionId) -> None:
        """Take notice at once that a session was ended."""
        for key in [key for key in self._believed if key[1] == session_id]:
            del self._believed[key]

    def forget_user(self, user_id: UserId) -> None:
        """Take notice at once that a user was changed."""
        for key in [key for key in self._believed if key[0] == user_id]:
            del self._believed[key]

    def forget_everybody(self) -> None:
        """Take notice at once that other rules hold."""
        self._believed.clear()

    async def me(self, actor: Actor) -> User:
        """Give the user behind an actor; for an API token, who made it."""
        user = await self._operations.read_system(lambda t: t.user(actor.user))
        if user is None:
            raise NotSignedIn(reason=_OVER)
        return user

    async def change_password(self, actor: Actor, old: str, new: str, visit: Visit) -> None:
        """Change one's own password; every session of this user ends."""
        user = await self.me(actor)
        if actor.token is not None:
            raise NotSignedIn(reason="An API token has no password")
        if not await self._doorkeeper.is_password_of(user, old, visit):
            raise Invalid(
                field="old_password",
                problem=saying("not_your_password", "this is not your present password"),
            )
        password_hash = await self._passwords.accept(new, user.username, user.email, user.full_name)

        def change(tables: SystemTables) -> None:
            current = tables.user(user.id) or user
            tables.put_user(replace(current, password_hash=password_hash, stamp=current.stamp + 1))
            tables.sessions.end_others(user.id, None)

        await self._operations.write_system(change)
        self.forget_user(user.id)


def _actor(user: User, session: SessionId) -> Actor:
    return replace(user.as_actor(), session=session)


def _user_of_session(
    tables: SystemTables, user_id: UserId, session_id: SessionId
) -> tuple[User | None, bool]:
    session = tables.session(session_id)
    user = None if session is None or session.user != user_id else tables.user(user_id)
    return user, user is not None and must_enrol(tables, user)
