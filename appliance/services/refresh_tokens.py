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
from appliance.services.doorkeeper import Visit

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

    def read(self, refresh_token: str, visit: Visit, retry_key: str) -> Renewal:
        """Read what somebody shows; NotSignedIn when it is none that was made here, spent or not."""
        said, _, mark = refresh_token.rpartition(".")
        if not hmac.compare_digest(self._mark(said).encode(), mark.encode()):
            raise NotSignedIn(reason="This is not a refresh token")
        session, _, rest = refresh_token.partition(".")
        stamp, _, _ = rest.partition(".")
        retry_hash = _digest(f"{retry_key}.{refresh_token}") if retry_key else None
        number, stamped = SessionId(int(session, 16)), int(stamp)
        return Renewal(number, stamped, _digest(refresh_token), retry_hash, visit)

    def begin(self, user: User, visit: Visit) -> tuple[Session, str]:
        """Make a session, still to be kept, and its first refresh token."""
        return self._next(SessionId(self._ids.new_id()), user, visit)

    def rotate(self, tables: SystemTables, asked: Renewal) -> Renewed | None:
        """Go on with a session; None ends it, whatever else of it is still good."""
        session = tables.session(asked.session)
        if session is None:
            return None
        user = tables.user(session.user)
        if user is None or not _may_go_on(user, session, asked, self._clock.now()):
            tables.end_session(asked.session)
            return None
        following, fresh = self._next(asked.session, user, asked.visit)
        following = replace(
            following,
            created_at=session.created_at,
            previous_hash=asked.digest,
            retry_hash=asked.retry_hash,
        )
        tables.put_session(following, was=session.refresh_hash)
        return Renewed(user, following, fresh)

    def _next(self, session_id: SessionId, user: User, visit: Visit) -> tuple[Session, str]:
        said = f"{session_id:x}.{user.stamp}.{self._ids.new_secret()}"
        refresh_token = f"{said}.{self._mark(said)}"
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
    is_alive = user.enabled and user.stamp == asked.stamp and session.expires_at > now
    is_newest = hmac.compare_digest(session.refresh_hash, asked.digest)
    return is_alive and (is_newest or _is_retry(session, asked, now))


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
