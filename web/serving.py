"""From a request to its answer: what holds for every route, so that no handler can forget it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Final

import msgspec
from quart import Request
from werkzeug.http import parse_etags

from appliance.domain.access import authorise, authorise_system
from appliance.domain.errors import DiskFull
from appliance.services.assembly import Services
from appliance.services.audit.recording import acting
from appliance.services.repeats import Given, Repeatable
from appliance.services.undertakings import Undertaking, undertaking
from web.asking import Ask, Reply
from web.authors import asking, note_refusal
from web.editions import etag, shows_it, undertaking_of
from web.http.exchange import Answer
from web.http.recognition import recognise
from web.problems import HeaderInvalid, problem_of
from web.reading_requests import Room, read_request
from web.routes import Open, Route
from web.writing import JSON, encoded

LONGEST_KEY: Final = 255
_WITHOUT_CONTENT: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_ALIKE: Final = ("X-Total-Count", "Link")
"""Headers that say something of the content: another total is another representation."""


class Streaming(Given, frozen=True):
    """An answer whose body comes from a file while it is being sent; never one that is kept."""

    stream: AsyncIterator[bytes]


async def serve(route: Route, request: Request, services: Services, room: Room) -> Answer:
    """Answer a request, whatever happens."""
    ask = None
    try:
        async with AsyncExitStack() as left:
            with acting(asking(route, request)):
                ask = await read_request(route, request, services, room, left)
            _must_have_room(route, services)
            with acting(asking(route, request)):
                given, repeated = await _given(route, ask)
        if route.access is Open.DEVICE and given.status < HTTPStatus.BAD_REQUEST:
            recognise(request.scope, f"device {request.view_args}")
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the HTTP boundary
        note_refusal(services, asking(route, request), ask, error)
        return failure(error)
    if repeated:
        given = Given(given.status, given.headers | {"Idempotency-Replayed": "true"}, given.body)
        return _whole(given)
    return _unless_known(route, ask, given)


def failure(error: Exception) -> Answer:
    """Write what went wrong."""
    problem = problem_of(error)
    headers = {"Cache-Control": "no-store", "Content-Type": JSON, **problem.headers}
    return _whole(Given(problem.status, headers, msgspec.json.encode(problem.body)))


def _must_have_room(route: Route, services: Services) -> None:
    if route.needs_room and services.disk.withholds_acks:
        raise DiskFull(store="Weir")


async def _given(route: Route, ask: Ask[Any]) -> tuple[Given, bool]:
    task = undertaking_of(route, ask)

    async def do() -> Given:
        with undertaking(task):
            outcome = await route.handler(ask)
        return await _written(route, outcome, task)

    request = _repeatable(route, ask)
    if request is None:
        return await do(), False
    return await ask.services.repeats.once(request, task, do)


async def _written(route: Route, outcome: Any, task: Undertaking) -> Given:  # noqa: ANN401
    reply = outcome if isinstance(outcome, Reply) else Reply(outcome)
    status = reply.status or route.status
    if status == HTTPStatus.NO_CONTENT:
        return Given(status, dict(reply.headers), b"")
    headers = {"Cache-Control": "no-store", "Content-Type": JSON, **reply.headers}
    if reply.stream is not None:
        return Streaming(status, headers, b"", reply.stream)
    body = await encoded(reply.body)
    if "ETag" not in headers and status == HTTPStatus.OK and _can_be_named(route, task):
        said = [headers[name].encode() for name in _ALIKE if name in headers]
        headers["ETag"] = etag(task.edition if shows_it(route) else None, body, *said)
    return Given(status, headers, body)


def _can_be_named(route: Route, task: Undertaking) -> bool:
    """Say whether an ETag would be true: of what was read at one moment, or has been written."""
    if shows_it(route):
        return task.edition is not None and not task.torn and route.method != "DELETE"
    return route.method == "GET"


def _unless_known(route: Route, ask: Ask[Any], given: Given) -> Answer:
    """Answer, without the content where the client has it already (RFC 9110 13.1.2, 15.4.5)."""
    tag = given.headers.get("ETag", "")
    known = parse_etags(ask.headers.get("If-None-Match"))
    if route.method == "GET" and tag and known and known.contains_weak(tag.strip('"')):
        kept = {"ETag": tag, "Cache-Control": given.headers["Cache-Control"]}
        return _whole(Given(HTTPStatus.NOT_MODIFIED, kept, b""))
    return _whole(given)


def _whole(given: Given) -> Answer:
    headers = {name.lower(): value for name, value in given.headers.items()}
    if isinstance(given, Streaming):
        return Answer(given.status, headers, given.stream)
    if given.status not in _WITHOUT_CONTENT:
        headers["content-length"] = str(len(given.body))
    return Answer(given.status, headers, given.body)


def _repeatable(route: Route, ask: Ask[Any]) -> Repeatable | None:
    """Read the Idempotency-Key, quoted (as the draft has it) or bare; an empty one is none."""
    key = ask.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key or not route.is_repeatable or ask.actor is None:
        return None
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        problem = f"1 to {LONGEST_KEY} printable ASCII characters - at `$.Idempotency-Key`"
        raise HeaderInvalid(problem)
    _must_still_be_allowed(route, ask)
    content = b"\n".join((route.method.encode(), ask.url.encode(), _content(ask.body, ask.payload)))
    return Repeatable(ask.actor, ask.municipality, key, content)


def _content(body: Any, payload: bytes) -> bytes:  # noqa: ANN401
    """Give what is meant: neither the order of JSON's members nor its blanks make a difference."""
    return payload if body is None else msgspec.json.encode(body, order="deterministic")


def _must_still_be_allowed(route: Route, ask: Ask[Any]) -> None:
    """Answers are not given again to somebody who may no longer ask."""
    if isinstance(route.access, Open):
        return
    wanted = ask.municipality or ask.signed_in.municipality
    check: Callable[[], object] = (
        (lambda: authorise_system(ask.signed_in, ask.permission))
        if wanted is None
        else (lambda: authorise(ask.signed_in, ask.permission, wanted))
    )
    check()
