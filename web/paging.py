"""Lists: bare arrays, with totals and links in the headers, over one municipality or several."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from appliance.domain.access import Grant, Permission
from appliance.ports.pages import Page
from web.asking import Ask, Reply

P = TypeVar("P", bound=Permission)
T = TypeVar("T")

NEXT_CURSOR: Final = "X-Next-Cursor"
_PAGING: Final = {"limit", "offset", "cursor"}

GetPage = Callable[[Grant[P], Page], Awaitable[tuple[list[T], int]]]
GetMore = Callable[[Page], Awaitable[tuple[list[T], int]]]


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a list."""

    rows: list[Any]
    total: int
    cursor: str | None
    """Where it goes on; None at its end."""

    def written(self, ask: Ask[P], write: Callable[[Any], Any]) -> Reply:
        """Answer the rows as `write` writes each."""
        return listing(ask, map(write, self.rows), self.total, self.cursor)


async def gather(ask: Ask[P], get: GetPage[P, T]) -> tuple[list[T], int]:
    """Give one page of the municipalities' lists put one behind the other, and the total."""
    left, skip = ask.query.limit, ask.query.offset
    found: list[T] = []
    total = 0
    for grant in await ask.every():
        part, count = await get(grant, Page(limit=max(left, 1), offset=min(skip, 2**31)))
        found += part[:left]
        left -= min(left, len(part))
        skip = max(0, skip - count)
        total += count
    return found, total


async def page_of(ask: Ask[P], get: GetPage[P, T], beyond: GetMore[T] | None = None) -> Part:
    """Give one page of the list that the route declares, of all municipalities that are meant.

    `get` gives a municipality's page in the order that the Page says, `beyond` that of what belongs
    to none, for a super admin who asks about everything.
    """
    place = ask.listed
    limit, offset = ask.query.limit, ask.query.offset
    grants = await ask.every()
    beyond = beyond if ask.is_everywhere() else None
    alone = len(grants) == 1 and beyond is None
    page = Page(
        limit=limit if alone else limit + offset,
        offset=offset if alone else 0,
        order=place.order,
        after=place.after,
    )
    found: list[T] = []
    total = 0
    for part, count in [await get(grant, page) for grant in grants]:
        found += part
        total += count
    if beyond is not None:
        part, count = await beyond(page)
        found += part
        total += count
    if not alone:
        found = place.listing.sorted(found, place.order)[offset : offset + limit]
    return Part(found, total, _cursor(ask, found))


async def page_of_all(ask: Ask[P], get: Callable[[Grant[P]], Awaitable[Sequence[T]]]) -> Part:
    """Give one page of a list that is short enough to be had as a whole."""
    return part_of(ask, [row for grant in await ask.every() for row in await get(grant)])


async def page_within(ask: Ask[P], get: GetPage[P, T]) -> Part:
    """Give one page of the list that belongs to one thing, wherever that is found."""
    place = ask.listed
    page = Page(ask.query.limit, ask.query.offset, place.order, place.after)
    found, total = await ask.found(lambda grant: get(grant, page))
    return Part(found, total, _cursor(ask, found))


def part_of(ask: Ask[P], everything: Sequence[T]) -> Part:
    """Give one page of rows that are all there."""
    place = ask.listed
    limit, offset = ask.query.limit, ask.query.offset
    text = (getattr(ask.query, "q", None) or "").casefold()
    if text:
        everything = [row for row in everything if text in place.listing.text(row).casefold()]
    rows = place.listing.sorted(everything, place.order)
    rows = place.listing.behind(rows, place.order, place.after)[offset : offset + limit]
    return Part(rows, len(everything), _cursor(ask, rows))


def _cursor(ask: Ask[P], rows: Sequence[Any]) -> str | None:
    """Name the place behind a full page; one that is not full is the last."""
    if len(rows) < ask.query.limit:
        return None
    return ask.listed.listing.cursor(rows[-1], ask.listed.order)


def listing(ask: Ask[P], rows: Iterable[Any], total: int, cursor: str | None = None) -> Reply:
    """Answer an array; the total and where it goes on are in the headers (RFC 8288)."""
    headers = {"X-Total-Count": str(total)}
    if cursor is not None:
        headers[NEXT_CURSOR] = cursor
    links = ", ".join(_links(ask, total, cursor))
    if links:
        headers["Link"] = links
    return Reply(list(rows), headers=headers)


def _links(ask: Ask[P], total: int, cursor: str | None) -> Iterator[str]:
    limit, offset = ask.query.limit, ask.query.offset
    if ask.place is not None and ask.place.by_cursor:
        if cursor is not None:
            yield f'<{_at(ask.url, limit=limit, cursor=cursor)}>; rel="next"'
        return
    if offset + limit < total:
        yield f'<{_at(ask.url, limit=limit, offset=offset + limit)}>; rel="next"'
    if offset > 0:
        yield f'<{_at(ask.url, limit=limit, offset=max(0, offset - limit))}>; rel="prev"'


def _at(url: str, **place: object) -> str:
    path, _, query = url.partition("?")
    kept = [(k, v) for k, v in parse_qsl(query) if k not in _PAGING]
    return f"{path}?{urlencode([*kept, *place.items()])}"
