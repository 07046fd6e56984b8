"""The application: routes from the table, and what holds for every answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import cast

from quart import Quart, Request, Response, request
from quart.routing import QuartRule
from quart.typing import ASGIHTTPProtocol
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing import RoutingException

from appliance.services.assembly import Services
from web.headers import always
from web.http.bodies import BoundedRequest
from web.http.exchange import Answer, Exchange
from web.live import STREAM, LiveStreams
from web.options import WebOptions
from web.origins import Origins
from web.pages import PAGES, Pages
from web.reading_requests import Room
from web.request_ids import HEADER, name_request, request_id
from web.routes import Route
from web.serving import failure, serve
from web.table import ROUTES


class OneWayRule(QuartRule):
    """Finds the endpoint of an address, and not the address of an endpoint: nobody here asks for that.

    Werkzeug would write and compile a function for each rule, which is a tenth of the whole start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's
        del append_unknown
        return _no_address


def _no_address(rule: OneWayRule, **_: object) -> tuple[str, str]:
    raise LookupError(f"addresses are not made from endpoints: {rule.endpoint}")


class Application(Quart):
    """What the table has is answered by its routes; all else (pages, WebSockets) by Quart.

    A route needs none of Quart's contexts, sessions and signals, which took as long as the rest.
    """

    url_rule_class: type[QuartRule] = OneWayRule
    request_class: type[Request] = BoundedRequest
    asgi_http_class: type[ASGIHTTPProtocol] = Exchange

    def __init__(self, services: Services, origins: Origins) -> None:
        super().__init__(__name__, static_folder=None)
        self.config["MAX_CONTENT_LENGTH"] = None  # each route says it: see web.http.bodies
        self.config["BODY_TIMEOUT"] = None
        self.url_map.merge_slashes = False
        self._services = services
        self._origins = origins
        self._room = Room()
        self._routes = {f"{route.method} {route.path}": route for route in ROUTES}
        for endpoint, route in self._routes.items():
            self.add_url_rule(
                route.rule, endpoint, methods=[route.method], provide_automatic_options=False
            )
        self._matching = self.url_map.bind("")

    def answering(self, request: Request) -> Callable[[], Awaitable[Answer]] | None:
        """Give what answers a request, where the table has it."""
        try:
            rule, values = self._matching.match(request.path, request.method, return_rule=True)
        except (HTTPException, RoutingException):
            return None
        route = self._routes.get(rule.endpoint)
        if route is None:
            return None
        request.url_rule, request.view_args = cast(QuartRule, rule), dict(values)
        return partial(self._answer, route, request)

    async def _answer(self, route: Route, request: Request) -> Answer:
        self.name_it(request)
        answer = await serve(route, request, self._services, self._room)
        return replace(answer, headers=self.with_always(request, answer.headers))

    def name_it(self, request: Request) -> None:
        """Give a request its name."""
        name_request(request.headers.get(HEADER, ""), self._services.ids.new_id())

    def with_always(self, request: Request, headers: Mapping[str, str]) -> dict[str, str]:
        """Add what every answer carries; what the answer says itself stays."""
        own = own_origin(request)
        origin = self._origins.headers(request.headers.get("Origin"), own)
        everywhere = {**always(request.scheme, request.host), **origin, HEADER: request_id()}
        whole = {name.lower(): value for name, value in everywhere.items()} | dict(headers)
        if "vary" in headers:  # beside what the answer itself varies by
            whole["vary"] = f"{headers['vary']}, {origin['Vary']}"
        return whole


def create_app(services: Services, options: WebOptions | None = None) -> Quart:
    """Build the application; it holds no state but what the services do."""
    options = options or WebOptions()
    origins = Origins(options.origins)
    app = Application(services, origins)
    live = LiveStreams(services, origins)
    live.attach(app)
    app.extensions["live"] = live
    Pages(options.static).attach(app)
    must_be_declared(app)
    _have_always(app)
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


def _have_always(app: Application) -> None:
    @app.before_request
    async def name() -> None:
        app.name_it(request)

    @app.after_request
    async def always_there(response: Response) -> Response:
        for name, value in app.with_always(request, {}).items():
            if name == "vary":
                response.vary.add(value)  # beside what the answer itself varies by
            response.headers.setdefault(name, value)
        return response


def _answer_preflights(app: Quart, origins: Origins) -> None:
    @app.before_request
    async def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        headers = origins.preflight(request.headers.get("Origin"), own_origin(request))
        if "Access-Control-Allow-Origin" not in headers:
            return _refusal(Forbidden("This origin may not call"))
        return Response("", 204, headers)


def own_origin(request: Request) -> str:
    """Give the origin under which this request reached us."""
    return f"{request.scheme}://{request.host}"


def _answer_errors(app: Quart) -> None:
    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        response = _refusal(error)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    async def failed(error: Exception) -> Response:
        return _refusal(error)


def _refusal(error: Exception) -> Response:
    answer = failure(error)
    return Response(answer.body, answer.status, dict(answer.headers))
