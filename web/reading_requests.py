"""From a request to an Ask: query, body and who it is."""

import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
from quart import Request

from appliance.domain.access import Actor, Permission, must_hold
from appliance.domain.errors import Invalid, NotSignedIn
from appliance.domain.ids import MunicipalityId
from appliance.services.assembly import Services
from appliance.services.attachments import Upload
from web.asking import Ask, bearer
from web.authors import known_as
from web.http.bodies import Bodies, BoundedBody
from web.http.recognition import of_user, recognise
from web.listings import Place
from web.problems import QueryInvalid, Unreadable
from web.routes import LARGEST_ID, Open, Route
from web.shapes import read_json
from web.uploads import LARGEST_HEAD, Incoming, spooled

_LOST_PLUS: Final = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+) (\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Room:
    """The room that one application has for what is being sent to it."""

    bodies: Bodies = field(default_factory=Bodies)
    incoming: Incoming = field(default_factory=Incoming)


async def read_request(
    route: Route, request: Request, services: Services, room: Room, left: AsyncExitStack
) -> Ask[Any]:
    """Authenticate, then read and check everything; raises what `problems` has a status for.

    A file that came is on the disk until `left` is closed.
    """
    actor = await _actor(route, request, services)
    known_as(route, request, actor)
    if actor is not None and not isinstance(route.access, Open):
        must_hold(actor, route.access)  # also where a handler never asks for its grant
    _must_be_known(route, request)
    if actor is not None:
        recognise(request.scope, of_user(actor))
    upload = None
    if route.takes_file and actor is not None:
        upload = await left.enter_async_context(_file(route, request, services, room, actor))
        payload = upload.sha256 + upload.name.encode(errors="replace")
    else:
        payload = await _payload(route, request, room.bodies, is_known=actor is not None)
    return Ask(
        services=services,
        permission=Permission if isinstance(route.access, Open) else route.access,
        actor=actor,
        path=request.view_args or {},
        query=_query(route, request),
        body=_body(route, payload),
        payload=payload,
        upload=upload,
        headers=request.headers,
        url=request.full_path.rstrip("?"),
        here=f"{request.scheme}://{request.host}",
        address=request.remote_addr or "",
        municipality=_municipality(request),
        place=_place(route, request),
    )


def _file(
    route: Route, request: Request, services: Services, room: Room, actor: Actor
) -> AbstractAsyncContextManager[Upload]:
    """Take a file onto the disk, from somebody who may send it."""
    if isinstance(request.body, BoundedBody):
        request.body.expect(route.largest_body + LARGEST_HEAD, room.bodies.of_known)
    return spooled(route, request, services, room.incoming.place(actor))


async def _payload(route: Route, request: Request, bodies: Bodies, *, is_known: bool) -> bytes:
    """Take the body, as large as the route says, now that whoever signs in has."""
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        return b""  # there is none (RFC 9112, 6.3)
    store = bodies.of_known if is_known else bodies.of_strangers
    if isinstance(request.body, BoundedBody):
        request.body.expect(route.largest_body, store)
    data = await request.get_data(as_text=False)
    return data if isinstance(data, bytes) else data.encode()


async def _actor(route: Route, request: Request, services: Services) -> Actor | None:
    if route.access in {Open.PUBLIC, Open.DEVICE}:
        return None
    token = bearer(request.headers)
    if token is None:
        raise NotSignedIn(reason="Sign in first")
    return await services.sign_in.actor(token, enrolling=route.while_enrolling)


def _must_be_known(route: Route, request: Request) -> None:
    """Refuse a filter that would silently be none; gateways add to their addresses what they like.

    What begins with `_` is nobody's filter: pages append such things against caches.
    """
    if route.access in {Open.PUBLIC, Open.DEVICE}:
        return
    known = {"municipality_id", *(() if route.query is None else _fields(route.query))}
    if route.listing is not None:
        known |= {"sort", "cursor"}
    unknown = sorted(name for name in request.args if name not in known and name[:1] != "_")
    if unknown:
        names = ", ".join(sorted(known))
        raise QueryInvalid(f"there is no such parameter; known: {names} - at `$.{unknown[0]}`")


def _place(route: Route, request: Request) -> Place | None:
    if route.listing is None:
        return None
    cursor = request.args.get("cursor")
    if cursor and request.args.get("offset", "0") != "0":
        raise QueryInvalid("either this or a cursor - at `$.offset`")
    return route.listing.place(request.args.get("sort"), cursor)


def _municipality(request: Request) -> MunicipalityId | None:
    text = request.args.get("municipality_id", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:20]) > LARGEST_ID:
        raise Invalid(field="municipality_id", problem="this is no id")
    return MunicipalityId(int(text))


def _body(route: Route, payload: bytes) -> Any:  # noqa: ANN401
    if route.body is None:
        return None
    try:
        return read_json(payload, route.body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"The body is not JSON: {error}") from None
    except RecursionError:  # msgspec goes into what it skips, too
        raise Unreadable("The body has too many arrays and objects within each other") from None


def _query(route: Route, request: Request) -> Any:  # noqa: ANN401
    if route.query is None:
        return None
    values = {
        name: _values(request.args.getlist(name), several=several)
        for name, several in _fields(route.query).items()
        if any(request.args.getlist(name))  # `status=` means: whatever its status
    }
    try:
        return msgspec.convert(values, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise QueryInvalid(str(error)) from None


def _values(given: list[str], *, several: bool) -> str | list[str]:
    """Take the last of what may be given once; split what may be given often at commas.

    A `+` that nobody encoded has become a space: in a time it can only have been the zone's sign.
    """
    if several:
        return [part for text in given for part in text.split(",") if part]
    return _LOST_PLUS.sub(r"\1+\2", given[-1])


@cache
def _fields(shape: type) -> Mapping[str, bool]:
    """Give the names of a query's fields, and whether each takes several values."""
    hints = get_type_hints(shape)
    names = zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True)  # type: ignore[attr-defined]
    return {encoded: _is_tuple(hints[name]) for name, encoded in names}


def _is_tuple(hint: object) -> bool:
    return get_origin(hint) is tuple or any(get_origin(part) is tuple for part in get_args(hint))
