"""Signing in: a password for a session, a session for access tokens, a token for an actor."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid, NotSignedIn
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import DAY, Instant
from appliance.domain.people import Session, User
from appliance.ports.operations import SystemTables
from appliance.services.access_tokens import LIFETIME, AccessTokens
from appliance.services.guessing import Guessing
from appliance.services.passwords import Passwords, must_be_strong
from appliance.services.world import World

SESSION_LASTS: Final = 30 * DAY
"""Since its last refresh."""
BELIEVED_FOR: Final = 2.5
"""Seconds for which a user and a session are taken from memory: whoever was changed is out by then."""
MOST_BELIEVED: Final = 10_000

_LONGEST_ID: Final = 12
"""Hexadecimal digits of 48 bits."""
_NO: Final = "The username or password is not right"
_OVER: Final = "This session has ended; sign in again"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds for which the access token is good."""
    user: User


@dataclass(frozen=True, slots=True)
class _Belief:
    user: User | None
    until: float


class SignIn:
    """Turns passwords, refresh tokens and access tokens into people, or refuses."""

    def __init__(self, world: World, passwords: Passwords, access_tokens: AccessTokens) -> None:
        self._operations = world.operations
        self._directory = world.directory
        self._clock = world.clock
        self._ids = world.ids
        self._passwords = passwords
        self._access_tokens = access_tokens
        self._guessing = Guessing(world.clock)
        self._believed: OrderedDict[tuple[UserId, SessionId], _Belief] = OrderedDict()

    async def sign_in(self, username: str, password: str, address: str) -> SignedIn:
        """Begin a session; NotSignedIn says only that name or password is wrong.

        An unknown name takes as long as a wrong password. TooMany slows guessing down.
        """
        self._guessing.must_be_patient(username, address)
        user = await self._operations.read_system(lambda t: t.user_named(username.strip()))
        known = user.password_hash if user is not None else None
        if not await self._passwords.matches(known, password) or user is None or not user.enabled:
            self._guessing.failed(username, address)
            raise NotSignedIn(reason=_NO)
        self._guessing.succeeded(username, address)
        session, refresh_token = self._session(SessionId(self._ids.new_id()), user)
        await self._operations.write_system(lambda t: t.put_session(session, was=None))
        return self._signed_in(user, session, refresh_token)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Give new tokens for a refresh token, which is then spent.

        A token that is used twice is in two hands: the session it belongs to is ended.
        """
        session_id, stamp = _parse(refresh_token)
        outcome = await self._operations.write_system(
            lambda t: self._rotate(t, session_id, stamp, refresh_token)
        )
        if outcome is None:
            self._forget(session_id)
            raise NotSignedIn(reason=_OVER)
        return self._signed_in(*outcome)

    def _rotate(
        self, tables: SystemTables, session_id: SessionId, stamp: int, refresh_token: str
    ) -> tuple[User, Session, str] | None:
        session = tables.session(session_id)
        if session is None:
            return None
        user = tables.user(session.user)
        expired = session.expires_at <= self._clock.now()
        if user is None or not user.enabled or user.stamp != stamp or expired:
            tables.end_session(session_id)
            return None
        following, fresh = self._session(session_id, user)
        following = replace(following, created_at=session.created_at)
        if not tables.put_session(following, was=_digest(refresh_token)):
            tables.end_session(session_id)
            return None
        return user, following, fresh

    def _session(self, session_id: SessionId, user: User) -> tuple[Session, str]:
        refresh_token = f"{session_id:x}.{user.stamp}.{self._ids.new_secret()}"
        now = self._clock.now()
        session = Session(
            id=session_id,
            user=user.id,
            refresh_hash=_digest(refresh_token),
            created_at=now,
            expires_at=Instant(now + SESSION_LASTS),
            used_at=now,
        )
        return session, refresh_token

    def _signed_in(self, user: User, session: Session, refresh_token: str) -> SignedIn:
        access_token = self._access_tokens.issue(user.id, session.id, user.stamp, self._clock.now())
        return SignedIn(access_token, refresh_token, LIFETIME // 1_000_000, user)

    async def sign_out(self, access_token: str) -> None:
        """End the session of an access token."""
        session_id = self._access_tokens.read(access_token).session
        await self._operations.write_system(lambda t: t.end_session(session_id))
        self._forget(session_id)

    async def actor(self, token: str, *, expired_too: bool = False) -> Actor:
        """Give who an access token or API token stands for, or raise NotSignedIn.

        A user whose role, password or `enabled` changed, and a session that was ended, are out
        within BELIEVED_FOR seconds. `expired_too` is for connections that outlive their token.
        """
        if "." not in token:
            return self._program(token)
        claims = self._access_tokens.read(token)
        if not expired_too and claims.expires_at <= self._clock.now():
            raise NotSignedIn(reason="This access token has expired; refresh it")
        user = await self._believe(claims.user, claims.session)
        if user is None or not user.enabled or user.stamp != claims.stamp:
            raise NotSignedIn(reason=_OVER)
        return Actor(user.id, user.username, user.role, user.municipality)

    def _program(self, token: str) -> Actor:
        found = self._directory.authenticate(token)
        if found is None:
            raise NotSignedIn(reason="This API token is unknown, revoked or has expired")
        return found

    async def _believe(self, user_id: UserId, session_id: SessionId) -> User | None:
        now = self._clock.monotonic()
        belief = self._believed.get((user_id, session_id))
        if belief is None or belief.until <= now:
            user = await self._operations.read_system(
                lambda t: _user_of_session(t, user_id, session_id)
            )
            belief = _Belief(user, now + BELIEVED_FOR)
            self._believed[user_id, session_id] = belief
            if len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)
        return belief.user

    def _forget(self, session_id: SessionId) -> None:
        for key in [key for key in self._believed if key[1] == session_id]:
            del self._believed[key]

    def forget_user(self, user_id: UserId) -> None:
        """Take notice at once that a user was changed."""
        for key in [key for key in self._believed if key[0] == user_id]:
            del self._believed[key]

    async def me(self, actor: Actor) -> User:
        """Give the user behind an actor; for an API token, who made it."""
        user = await self._operations.read_system(lambda t: t.user(actor.user))
        if user is None:
            raise NotSignedIn(reason=_OVER)
        return user

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Change one's own password; every session of this user ends."""
        user = await self.me(actor)
        if actor.token is not None:
            raise NotSignedIn(reason="An API token has no password")
        if not await self._passwords.matches(user.password_hash, old):
            raise Invalid(field="old_password", problem="this is not your present password")
        must_be_strong(new, user.username)
        password_hash = await self._passwords.hash(new)

        def change(tables: SystemTables) -> None:
            current = tables.user(user.id) or user
            tables.put_user(replace(current, password_hash=password_hash, stamp=current.stamp + 1))

        await self._operations.write_system(change)
        self.forget_user(user.id)


def _user_of_session(tables: SystemTables, user_id: UserId, session_id: SessionId) -> User | None:
    session = tables.session(session_id)
    if session is None or session.user != user_id:
        return None
    return tables.user(user_id)


def _digest(refresh_token: str) -> bytes:
    return sha256(refresh_token.encode()).digest()


def _parse(refresh_token: str) -> tuple[SessionId, int]:
    session, _, rest = refresh_token.partition(".")
    stamp, _, _ = rest.partition(".")
    try:
        return SessionId(int(session[:_LONGEST_ID], 16)), int(stamp[:_LONGEST_ID])
    except ValueError:
        raise NotSignedIn(reason="This is not a refresh token") from None
