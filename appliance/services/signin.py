"""Signing in: a password for a session, a session for access tokens, a token for an actor."""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.errors import Invalid, NotSignedIn, TotpEnrolmentRequired, TotpRequired
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import DAY, MINUTE, Instant
from appliance.domain.people import Session, User
from appliance.ports.operations import SystemTables
from appliance.services import codes
from appliance.services.access_tokens import LIFETIME, AccessTokens
from appliance.services.doorkeeper import WRONG_CODE, Doorkeeper, Proof, Recognised, Visit
from appliance.services.guessing import place_of
from appliance.services.passwords import Passwords
from appliance.services.second_factor_rules import must_enrol
from appliance.services.world import World

SESSION_LASTS: Final = 30 * DAY
"""Since its last refresh."""
MOST_SESSIONS: Final = 50
"""Of one person; whoever begins one more ends the one that was not used for longest."""
MOST_PLACES: Final = 20
"""From which one person is known; the one longest ago is forgotten."""
RETRY_WITHIN: Final = MINUTE
"""In which a refresh whose answer was lost may be asked again, by whoever asked it."""
BELIEVED_FOR: Final = 2.5
"""Seconds for which a user and a session are taken from memory: whoever was changed is out by then."""
MOST_BELIEVED: Final = 10_000

_LONGEST_ID: Final = 12
"""Hexadecimal digits of 48 bits."""
_OVER: Final = "This session has ended; sign in again"


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


@dataclass(frozen=True, slots=True)
class _Renewal:
    """A refresh token that somebody shows, and how they will be known if they ask again."""

    session: SessionId
    stamp: int
    digest: bytes
    retry_hash: bytes | None
    visit: Visit


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
        self._ids = world.ids
        self._passwords = passwords
        self._doorkeeper = doorkeeper
        self._access_tokens = access_tokens
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
        session, refresh_token = self._session(SessionId(self._ids.new_id()), user, visit)

        def begin(tables: SystemTables) -> bool:
            if not codes.take(tables, user.id, found.code, session.created_at):
                raise NotSignedIn(reason=WRONG_CODE)
            tables.put_session(session, was=None)
            tables.sessions.keep_newest(user.id, MOST_SESSIONS)
            place = place_of(visit.address)
            tables.places.remember(user.id, place, session.created_at, MOST_PLACES)
            return must_enrol(tables, user)

        enrolling = await self._operations.write_system(begin)
        return self._signed_in(user, session, refresh_token, enrolling=enrolling)

    async def refresh(self, refresh_token: str, visit: Visit, retry_key: str = "") -> SignedIn:
        """Give new tokens for a refresh token, which is then spent.

        A token that is used twice is in two hands: the session it belongs to is ended. Except where
        the answer was lost: who asks again within RETRY_WITHIN, with the same `retry_key` of their
        own making, gets other tokens, as long as the lost ones have not been used.
        """
        session_id, stamp = _parse(refresh_token)
        retry_hash = _digest(f"{retry_key}.{refresh_token}") if retry_key else None
        asked = _Renewal(session_id, stamp, _digest(refresh_token), retry_hash, visit)
        outcome = await self._operations.write_system(lambda t: self._rotate(t, asked))
        if outcome is None:
            self.forget_session(session_id)
            raise NotSignedIn(reason=_OVER)
        user, session, fresh, enrolling = outcome
        return self._signed_in(user, session, fresh, enrolling=enrolling)

    def _rotate(
        self, tables: SystemTables, asked: _Renewal
    ) -> tuple[User, Session, str, bool] | None:
        session = tables.session(asked.session)
        if session is None:
            return None
        user = tables.user(session.user)
        now = self._clock.now()
        is_newest = hmac.compare_digest(session.refresh_hash, asked.digest)
        may = is_newest or _is_retry(session, asked, now)
        if user is None or not _may_go_on(user, session, asked, now) or not may:
            tables.end_session(asked.session)
            return None
        following, fresh = self._session(asked.session, user, asked.visit)
        following = replace(
            following,
            created_at=session.created_at,
            previous_hash=asked.digest,
            retry_hash=asked.retry_hash,
        )
        tables.put_session(following, was=session.refresh_hash)
        return user, following, fresh, must_enrol(tables, user)

    def _session(self, session_id: SessionId, user: User, visit: Visit) -> tuple[Session, str]:
        refresh_token = f"{session_id:x}.{user.stamp}.{self._ids.new_secret()}"
        now = self._clock.now()
        session = Session(
            id=session_id,
            user=user.id,
            refresh_hash=_digest(refresh_token),
            created_at=now,
            expires_at=Instant(now + SESSION_LASTS),
            used_at=now,
            address=visit.address[:64],
            agent=visit.shortened_agent,
        )
        return session, refresh_token

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
            raise Invalid(field="old_password", problem="this is not your present password")
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


def _may_go_on(user: User, session: Session, asked: _Renewal, now: Instant) -> bool:
    return user.enabled and user.stamp == asked.stamp and session.expires_at > now


def _is_retry(session: Session, asked: _Renewal, now: Instant) -> bool:
    """Say whether this is the question whose answer was lost, from whoever asked it.

    The lost answer's refresh token has not been used, or it would not be the newest but one that
    is shown. A thief who has the token only can't know the key.
    """
    return (
        session.previous_hash is not None
        and session.retry_hash is not None
        and asked.retry_hash is not None
        and hmac.compare_digest(session.previous_hash, asked.digest)
        and hmac.compare_digest(session.retry_hash, asked.retry_hash)
        and now < session.used_at + RETRY_WITHIN
    )


def _digest(refresh_token: str) -> bytes:
    return sha256(refresh_token.encode()).digest()


def _parse(refresh_token: str) -> tuple[SessionId, int]:
    session, _, rest = refresh_token.partition(".")
    stamp, _, _ = rest.partition(".")
    try:
        return SessionId(int(session[:_LONGEST_ID], 16)), int(stamp[:_LONGEST_ID])
    except ValueError:
        raise NotSignedIn(reason="This is not a refresh token") from None
