"""The application: routes from the table, and what holds for every answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart, Response, request
from werkzeug.exceptions import Forbidden, HTTPException

from appliance.services.assembly import Services
from web.bodies import Bodies, BoundedExchange, BoundedRequest
from web.headers import always
from web.live import STREAM, LiveStreams
from web.options import WebOptions
from web.origins import Origins
from web.pages import PAGES, Pages
from web.request_ids import HEADER, name_request, request_id
from web.routes import Route
from web.serving import failure, serve
from web.table import ROUTES
from web.uploads import Incoming


def create_app(services: Services, options: WebOptions | None = None) -> Quart:
    """Build the application; it holds no state but what the services do."""
    options = options or WebOptions()
    origins = Origins(options.origins)
    app = Quart(__name__, static_folder=None)
    app.request_class = BoundedRequest
    app.asgi_http_class = BoundedExchange
    app.config["MAX_CONTENT_LENGTH"] = None  # each route says it: see web.bodies
    app.config["BODY_TIMEOUT"] = None
    app.extensions["bodies"] = Bodies()
    app.extensions["incoming"] = Incoming()
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
    must_be_declared(app)
    _name_requests(app, services)
    _answer_preflights(app, origins)
    _answer_errors(app)
    return app


def must_be_declared(app: Quart) -> None:
    """Raise TypeError where something can be reached that is in no table with who may reach it."""
    declared = {f"{route.method} {route.path}" for route in ROUTES}
    declared |= {STREAM.endpoint, *PAGES}
    undeclared = {rule.endpoint for rule in app.url_map.iter_rules()} - declared
    if undeclared:
        raise TypeError(f"nobody says who may use {sorted(undeclared)}")


def _view(route: Route, services: Services) -> Callable[..., Awaitable[Response]]:
    async def view(**_: Any) -> Response:  # noqa: ANN401
        return await serve(route, request, services)

    return view


def _name_requests(app: Quart, services: Services) -> None:
    @app.before_request
    async def name() -> None:
        name_request(request.headers.get(HEADER, ""), services.ids.new_id())

    @app.after_request
    async def named(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        return response


def _answer_preflights(app: Quart, origins: Origins) -> None:
    @app.before_request
    async def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        headers = origins.preflight(request.headers.get("Origin"), own_origin())
        if "Access-Control-Allow-Origin" not in headers:
            return failure(Forbidden("This origin may not call"))
        return Response("", 204, headers)

    @app.after_request
    async def every_answer(response: Response) -> Response:
        for name, value in always(request.scheme, request.host).items():
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
