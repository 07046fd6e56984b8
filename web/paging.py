"""Lists: bare arrays, with totals and links in the headers, over one municipality or several."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from appliance.domain.access import Grant, Permission
from appliance.ports.pages import Page
from web.asking import Ask, Reply

P = TypeVar("P", bound=Permission)
T = TypeVar("T")


class Window(Protocol):
    """A query with `limit` and `offset`."""

    @property
    def limit(self) -> int: ...
    @property
    def offset(self) -> int: ...


GetPage = Callable[[Grant[P], Page], Awaitable[tuple[list[T], int]]]


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


async def merge(ask: Ask[P], get: GetPage[P, T], newest: Callable[[T], int]) -> tuple[list[T], int]:
    """Give one page of the municipalities' lists merged, newest first, and the total."""
    grants = await ask.every()
    limit, offset = ask.query.limit, ask.query.offset
    if len(grants) == 1:
        return await get(grants[0], Page(limit=limit, offset=offset))
    found: list[T] = []
    total = 0
    for grant in grants:
        part, count = await get(grant, Page(limit=limit + offset, offset=0))
        found += part
        total += count
    found.sort(key=newest, reverse=True)
    return found[offset : offset + limit], total


def listing(ask: Ask[P], rows: Iterable[Any], total: int) -> Reply:
    """Answer an array; the total and where it goes on are in the headers."""
    headers = {"X-Total-Count": str(total)}
    links = ", ".join(_links(ask, total))
    if links:
        headers["Link"] = links
    return Reply(list(rows), headers=headers)


def _links(ask: Ask[P], total: int) -> Iterable[str]:
    limit, offset = ask.query.limit, ask.query.offset
    if offset + limit < total:
        yield f'<{_at(ask.url, limit, offset + limit)}>; rel="next"'
    if offset > 0:
        yield f'<{_at(ask.url, limit, max(0, offset - limit))}>; rel="prev"'


def _at(url: str, limit: int, offset: int) -> str:
    path, _, query = url.partition("?")
    kept = [(k, v) for k, v in parse_qsl(query) if k not in {"limit", "offset"}]
    return f"{path}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"
