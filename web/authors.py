"""Who a request comes from, as the audit log names them; and noting who was refused."""

from typing import Any, Final

from quart import Request

from appliance.domain.access import Actor
from appliance.domain.audit import Author, AuthorKind
from appliance.domain.errors import NotAllowed, NotSignedIn, TooMany
from appliance.services.assembly import Services
from appliance.services.audit.recording import author_of
from web.asking import Ask
from web.problems import STATUS
from web.routes import Open, Route

NOTED: Final = (NotSignedIn, NotAllowed, TooMany)


_KNOWN: Final = "weir.author"


def known_as(route: Route, request: Request, actor: Actor | None) -> None:
    """Remember with a request who it is, from when on that is known: also what fails later is theirs."""
    request.scope[_KNOWN] = author_asking(route, request, actor)  # type: ignore[typeddict-unknown-key]


def asking(route: Route, request: Request) -> Author:
    """Say who is asking, as far as that is known by now."""
    found = request.scope.get(_KNOWN)
    return found if isinstance(found, Author) else author_asking(route, request)


def author_asking(route: Route, request: Request, actor: Actor | None = None) -> Author:
    """Say who is asking, from where and for what; a route is named by its pattern, not by its ids."""
    asked = f"{route.method} {route.template}"
    address = request.remote_addr or ""
    if route.access is Open.DEVICE:
        return Author(AuthorKind.DEVICE, 0, "", address, asked=asked)
    return author_of(actor, address, asked)


def note_refusal(services: Services, who: Author, ask: Ask[Any] | None, error: Exception) -> None:
    """Have it noted when a person or program was refused; what devices are refused is in the ledger."""
    if who.kind is AuthorKind.DEVICE:
        return
    if isinstance(error, NOTED):
        named = getattr(ask.body, "username", "") if ask is not None else ""
        services.audit.refused(
            who,
            str(named or ""),
            next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS),
        )
