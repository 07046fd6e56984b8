"""Colleagues: the names behind the numbers in stories, and to whom work can be given."""

from typing import Final

from msgspec import Struct

from appliance.domain.access import ViewNetwork
from appliance.domain.people import User
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of
from web.routes import PREFIX, Route
from web.shapes import SearchQuery


class Colleague(Struct, frozen=True):
    """Somebody of the municipality, as everybody there knows them."""

    id: int
    name: str
    """The full name where there is one, else the username."""
    role: str
    enabled: bool


async def list_colleagues(ask: Ask[ViewNetwork]) -> Reply:
    """Give the people of the municipality by name: neither addresses nor how they sign in."""
    query: SearchQuery = ask.query
    part = await page_of(
        ask, lambda grant, page: ask.services.users.colleagues(grant, page, query.q)
    )
    return part.written(ask, _colleague)


def _colleague(user: User) -> Colleague:
    return Colleague(user.id, user.full_name or user.username, user.role.value, user.enabled)


_BY_NAME: Final = Listing(("username",), {"username": lambda user: user.username.casefold()})

ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/colleagues",
        access=ViewNetwork,
        handler=list_colleagues,
        query=SearchQuery,
        answer=list[Colleague],
        listing=_BY_NAME,
        summary="The names and roles of one's municipality's people",
    ),
)
