"""Refresh tokens: each is good once, and one that comes twice ends the session it belongs to.

Each carries a mark that only this installation can make. A session's number is no secret (whoever
manages people sees it), so a token that somebody made up around one must not end it; and strangers
who send many of those are refused before the database is asked.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from appliance.domain.errors import NotSignedIn
from appliance.domain.ids import SessionId
from appliance.domain.instant import DAY, MINUTE, Instant
from appliance.domain.people import Session, User
from appliance.ports.clock import Clock, IdSource
from appliance.ports.operations import SystemTables
from appliance.services.signing_in.doorkeeper import Visit

SESSION_LASTS: Final = 30 * DAY
"""Since its last refresh."""
RETRY_WITHIN: Final = MINUTE
"""In which a refresh whose answer was lost may be asked again, by whoever asked it."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """A refresh token that somebody shows, and how they will be known if they ask again."""

    session: SessionId
    stamp: int
    digest: bytes
    retry_hash: bytes | None
    visit: Visit
    shared: str = ""
    """The token itself, where all pages of a browser show the same one."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A session that goes on, with its next refresh token."""

    user: User
    session: Session
    refresh_token: str


class RefreshTokens:
    """Makes sessions with their first refresh token, and gives the next for the newest."""

    def __init__(self, clock: Clock, ids: IdSource, mark: Callable[[str], str]) -> None:
        self._clock = clock
        self._ids = ids
        self._mark = mark

    def read(
        self, refresh_token: str, visit: Visit, retry_key: str = "", *, is_shared: bool = False
    ) -> Renewal:
        """Read what somebody shows; NotSignedIn when it is none that was made here, spent or not."""
        said, _, mark = refresh_token.rpartition(".")
        if not hmac.compare_digest(self._mark(said).encode(), mark.encode()):
            raise NotSignedIn(reason="This is not a refresh token")
        session, _, rest = refresh_token.partition(".")
        stamp, _, _ = rest.partition(".")
        retry_hash = _digest(f"{retry_key}.{refresh_token}") if retry_key else None
        number, stamped = SessionId(int(session, 16)), int(stamp)
        shared = refresh_token if is_shared else ""
        return Renewal(number, stamped, _digest(refresh_token), retry_hash, visit, shared)

    def begin(self, user: User, visit: Visit) -> tuple[Session, str]:
        """Make a session, still to be kept, and its first refresh token."""
        return self._next(SessionId(self._ids.new_id()), user, visit)

    def rotate(self, tables: SystemTables, asked: Renewal) -> Renewed | None:
        """Go on with a session; None ends it, whatever else of it is still good."""
        session = tables.session(asked.session)
        if session is None:
            return None
        user = tables.user(session.user)
        if user is not None and asked.shared:
            known = self._known(user, session, asked)
            if known is not None:
                return known
        if user is None or not _may_go_on(user, session, asked, self._clock.now()):
            tables.end_session(asked.session)
            return None
        following, fresh = self._next(asked.session, user, asked.visit, asked.shared)
        following = replace(
            following,
            created_at=session.created_at,
            previous_hash=asked.digest,
            retry_hash=asked.retry_hash,
        )
        tables.put_session(following, was=session.refresh_hash)
        return Renewed(user, following, fresh)

    def _known(self, user: User, session: Session, asked: Renewal) -> Renewed | None:
        """Give the newest token to somebody who shares it and shows it, or the one before, in time.

        That one is worked out again, which we alone can do: it is kept nowhere.
        """
        now = self._clock.now()
        if not _is_alive(user, session, asked, now) or now >= session.used_at + RETRY_WITHIN:
            return None
        following = self._after(asked.session, user, asked.shared)
        for token in (asked.shared, following):
            if hmac.compare_digest(session.refresh_hash, _digest(token)):
                return Renewed(user, session, token)
        return None

    def _after(self, session_id: SessionId, user: User, shared: str) -> str:
        """Make the token that follows a shared one: always the same; else a random one."""
        secret = self._mark(f"after {shared}") if shared else self._ids.new_secret()
        said = f"{session_id:x}.{user.stamp}.{secret}"
        return f"{said}.{self._mark(said)}"

    def _next(
        self, session_id: SessionId, user: User, visit: Visit, shared: str = ""
    ) -> tuple[Session, str]:
        refresh_token = self._after(session_id, user, shared)
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


def _may_go_on(user: User, session: Session, asked: Renewal, now: Instant) -> bool:
    is_newest = hmac.compare_digest(session.refresh_hash, asked.digest)
    return _is_alive(user, session, asked, now) and (is_newest or _is_retry(session, asked, now))


def _is_alive(user: User, session: Session, asked: Renewal, now: Instant) -> bool:
    return user.enabled and user.stamp == asked.stamp and session.expires_at > now


def _is_retry(session: Session, asked: Renewal, now: Instant) -> bool:
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


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
