"""Holds every answer against what its route declares, whatever a test was about."""

import re
from functools import cache

import httpx
import msgspec

from web.routes import Route
from web.table import ROUTES


@cache
def _patterns() -> tuple[tuple[Route, re.Pattern[str]], ...]:
    return tuple((route, re.compile(_pattern(route.path))) for route in ROUTES)


def _pattern(path: str) -> str:
    parts = (
        part if not part.startswith("{") else "[^/]+" if part.endswith(":text}") else r"\d+"
        for part in path.split("/")
    )
    return "/".join(re.escape(p) if p.isidentifier() else p for p in parts)


def route_of(method: str, path: str) -> Route | None:
    """The route that serves this, or None."""
    for route, pattern in _patterns():
        if route.method == method and pattern.fullmatch(path):
            return route
    return None


def must_keep_its_promise(response: httpx.Response) -> None:
    """The JSON decodes as the declared type, with nothing in it that was not declared."""
    request = response.request
    route = route_of(request.method, request.url.path)
    if response.is_error:
        if request.url.path.startswith("/api"):
            detail = response.json()["detail"]
            assert isinstance(detail, str) or {"loc", "msg", "type"} <= set(detail[0])
        return
    if route is None:
        return
    assert response.status_code == route.status, (route.path, response.status_code)
    if route.answer is None or response.headers["Content-Type"].startswith("text/csv"):
        return
    decoded = msgspec.json.decode(response.content, type=route.answer)
    again = msgspec.json.decode(msgspec.json.encode(decoded))
    assert again == response.json(), route.path
