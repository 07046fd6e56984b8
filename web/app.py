"""The application: routes from the table, and what holds for every answer."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from appliance.domain.errors import DiskFull
from appliance.services.assembly import Services
from web.asking import Reply
from web.live import LiveStreams
from web.options import WebOptions
from web.origins import Origins
from web.pages import Pages
from web.problems import problem_of
from web.reading_requests import read_request
from web.recognition import recognise
from web.routes import Open, Route
from web.table import ROUTES

LARGEST_BODY: Final = 1024 * 1024
JSON: Final = "application/json"
BODY_WITHIN: Final = 20
"""Seconds."""

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
}


def create_app(services: Services, options: WebOptions | None = None) -> Quart:
    """Build the application; it holds no state but what the services do."""
    options = options or WebOptions()
    origins = Origins(options.origins)
    app = Quart(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["BODY_TIMEOUT"] = BODY_WITHIN
    app.url_map.merge_slashes = False
    for route in ROUTES:
        app.add_url_rule(
            route.rule,
            endpoint=f"{route.method} {route.path}",
            view_func=_view(route, services),
            methods=[route.method],
            provide_automatic_options=False,
        )
    live = LiveStreams(services, origins)
    live.attach(app)
    app.extensions["live"] = live
    Pages(options.static).attach(app)
    _answer_preflights(app, origins)
    _answer_errors(app)
    return app


def _view(route: Route, services: Services) -> Callable[..., Awaitable[Response]]:
    async def view(**_: Any) -> Response:  # noqa: ANN401
        try:
            ask = await read_request(route, request, services)
            _must_have_room(route, services)
            outcome = await route.handler(ask)
            if route.access is Open.DEVICE and not _is_refusal(outcome):
                recognise(request.scope)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the HTTP boundary
            return failure(error)
        return answer(route, outcome)

    return view


def _is_refusal(outcome: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(outcome, Reply) and (outcome.status or HTTPStatus.OK) >= HTTPStatus.BAD_REQUEST
    )


def _must_have_room(route: Route, services: Services) -> None:
    if route.needs_room and services.disk.withholds_acks:
        raise DiskFull(store="Weir")


def answer(route: Route, outcome: Any) -> Response:  # noqa: ANN401
    """Write what a handler gave."""
    reply = outcome if isinstance(outcome, Reply) else Reply(outcome)
    status = reply.status or route.status
    if status == HTTPStatus.NO_CONTENT:
        return Response("", status)
    headers = {"Cache-Control": "no-store", "Content-Type": JSON, **reply.headers}
    body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    return Response(body, status, headers)


def failure(error: Exception) -> Response:
    """Write what went wrong."""
    problem = problem_of(error)
    return Response(
        msgspec.json.encode(problem.body),
        problem.status,
        {"Cache-Control": "no-store", **problem.headers},
        mimetype=JSON,
    )


def _answer_preflights(app: Quart, origins: Origins) -> None:
    @app.before_request
    async def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        headers = origins.preflight(request.headers.get("Origin"), own_origin())
        if "Access-Control-Allow-Origin" not in headers:
            return Response('{"detail": "This origin may not call"}', 403, mimetype=JSON)
        return Response("", 204, headers)

    @app.after_request
    async def every_answer(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        for name, value in origins.headers(request.headers.get("Origin"), own_origin()).items():
            response.headers.setdefault(name, value)
        return response


def own_origin() -> str:
    """Give the origin under which this request reached us."""
    return f"{request.scheme}://{request.host}"


def _answer_errors(app: Quart) -> None:
    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        response = failure(error)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def failed(error: Exception) -> Response:
        return failure(error)
