"""Where somebody is signed in: everybody's own, and those of the people one manages."""

from operator import attrgetter
from typing import Any

from msgspec import Struct

from appliance.domain.access import ManageUsers, Permission
from appliance.domain.ids import SessionId, UserId
from appliance.domain.people import Session
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import part_of
from web.routes import PREFIX, Open, Route
from web.shapes import Time, WholeListQuery, time


class SessionOut(Struct, frozen=True):
    """One sign-in."""

    id: int
    created_at: Time
    last_used_at: Time
    """When it was begun or last refreshed, which happens every ten minutes at least."""
    expires_at: Time
    address: str
    user_agent: str
    """The first 120 characters."""
    current: bool
    """Whether it is the one that asks."""


class Ended(Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


async def list_own(ask: Ask[Permission]) -> Reply:
    """Give one's own sessions."""
    return _listed(ask, await ask.services.sessions.own(ask.signed_in))


async def end_own(ask: Ask[Permission]) -> Reply:
    """End one of one's own."""
    await ask.services.sessions.end_own(ask.signed_in, SessionId(ask.path["session"]))
    return Reply(status=204)


async def end_own_others(ask: Ask[Permission]) -> Ended:
    """End all of one's own but this one."""
    return Ended(await ask.services.sessions.end_own_others(ask.signed_in))


async def list_of_user(ask: Ask[ManageUsers]) -> Reply:
    """Give somebody's sessions."""
    user = UserId(ask.path["user"])
    return _listed(ask, await ask.found(lambda grant: ask.services.sessions.of(grant, user)))


async def end_of_user(ask: Ask[ManageUsers]) -> Reply:
    """End one of somebody's sessions."""
    user, session = UserId(ask.path["user"]), SessionId(ask.path["session"])
    await ask.found(lambda grant: ask.services.sessions.end(grant, user, session))
    return Reply(status=204)


async def end_all_of_user(ask: Ask[ManageUsers]) -> Ended:
    """End all of somebody's sessions."""
    user = UserId(ask.path["user"])
    return Ended(await ask.found(lambda grant: ask.services.sessions.end_all(grant, user)))


def _listed(ask: Ask[Any], found: list[Session]) -> Reply:
    current = ask.signed_in.session
    return part_of(ask, found).written(ask, lambda session: _session(session, current))


def _session(session: Session, current: SessionId | None) -> SessionOut:
    return SessionOut(
        id=session.id,
        created_at=time(session.created_at),
        last_used_at=time(session.used_at),
        expires_at=time(session.expires_at),
        address=session.address,
        user_agent=session.agent,
        current=session.id == current,
    )


_LISTING = Listing(
    ("-last_used_at",),
    {"last_used_at": attrgetter("used_at"), "created_at": attrgetter("created_at")},
    text=lambda session: f"{session.address}\n{session.agent}",
)

ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/auth/sessions",
        access=Open.SIGNED_IN,
        handler=list_own,
        query=WholeListQuery,
        answer=list[SessionOut],
        listing=_LISTING,
        summary="One's own sessions, the one used last first",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/auth/sessions",
        on_full_disk=True,
        access=Open.SIGNED_IN,
        handler=end_own_others,
        answer=Ended,
        summary="End all of one's own sessions but this one",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/auth/sessions/{{session}}",
        on_full_disk=True,
        access=Open.SIGNED_IN,
        handler=end_own,
        status=204,
        summary="End one of one's own sessions",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/users/{{user}}/sessions",
        access=ManageUsers,
        handler=list_of_user,
        query=WholeListQuery,
        answer=list[SessionOut],
        listing=_LISTING,
        summary="Somebody's sessions, the one used last first",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/users/{{user}}/sessions",
        on_full_disk=True,
        access=ManageUsers,
        handler=end_all_of_user,
        answer=Ended,
        summary="End all of somebody's sessions; they can sign in again",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/users/{{user}}/sessions/{{session}}",
        on_full_disk=True,
        access=ManageUsers,
        handler=end_of_user,
        status=204,
        summary="End one of somebody's sessions",
    ),
)
