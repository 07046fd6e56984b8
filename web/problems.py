"""What goes wrong, as HTTP says it: one table."""

import logging
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
from werkzeug.exceptions import HTTPException

from appliance.domain.errors import (
    Conflict,
    DeliveryFailed,
    DiskFull,
    Invalid,
    KeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Outdated,
    Refused,
    StorageFailed,
    TooMany,
    TransitionRefused,
    UnitUnknown,
    WeirError,
)
from appliance.domain.sayings import Saying
from web.request_ids import request_id

_log = logging.getLogger(__name__)

STATUS: Final[dict[type[WeirError], int]] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    NotSignedIn: 401,
    NotAllowed: 403,
    TooMany: 429,
    Outdated: 412,
    KeyReused: 409,
    Refused: 400,
    DiskFull: 507,
    StorageFailed: 503,
    DeliveryFailed: 502,
    WeirError: 500,
}

_WITH_FACTS: Final = (NotFound, NotAllowed, TransitionRefused, UnitUnknown)
"""What is in their sentences is a name or a number, not a sentence again."""

_DISK_FULL: Final = re.compile(r"\bfull\b|no space|disk quota", re.IGNORECASE)
_PLACE: Final = re.compile(r"^(?P<msg>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, a JSON body with `detail`, and headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class QueryInvalid(msgspec.ValidationError):
    """The request's query is not what it should be."""


class HeaderInvalid(msgspec.ValidationError):
    """A header of the request is not what it should be."""


class Unreadable(Exception):
    """The request's body is not JSON."""


_WHERE: Final = {QueryInvalid: "query", HeaderInvalid: "header"}


def problem_of(error: Exception) -> Problem:
    """Say what went wrong without saying anything of how the program is made.

    `detail` is for people; `code` and `request_id` are for programs, and are always there.
    """
    problem = _problem_of(error)
    problem.body.setdefault("code", _code(error, problem.status))
    if isinstance(error, WeirError):
        problem.body.update(_to_say(error))
    if request_id():
        problem.body["request_id"] = request_id()
    return problem


def _code(error: Exception, status: int) -> str:
    match error:
        case WeirError():
            return error.code
        case msgspec.ValidationError():
            return Invalid.__name__.lower()
        case _:
            return HTTPStatus(status).name.lower()


def _to_say(error: WeirError) -> dict[str, Any]:
    """Give what a screen needs to say it in another language: which sentence, and what is in it."""
    said = next((each for each in error.fields.values() if isinstance(each, Saying)), None)
    if said is not None:
        return {"reason": said.code, "facts": dict(said.facts)}
    if type(error) in _WITH_FACTS:
        return {"facts": {name: str(each) for name, each in error.fields.items()}}
    return {}


def _problem_of(error: Exception) -> Problem:
    match error:
        case Invalid():
            return _invalid(error)
        case WeirError():
            return _refused(error)
        case msgspec.ValidationError():
            return _not_valid(error)
        case Unreadable():
            return Problem(400, {"detail": str(error)})
        case HTTPException():
            status = error.code or 500
            return Problem(status, {"detail": error.description or error.name})
        case _:
            _log.error("request %s failed", request_id(), exc_info=error)
            return Problem(500, {"detail": "Something went wrong in Weir; its log says what"})


def _refused(error: WeirError) -> Problem:
    body: dict[str, Any] = {"detail": str(error)}
    if error.advice:
        body["hint"] = error.advice
    headers: dict[str, str] = {}
    match error:
        case NotSignedIn():
            headers["WWW-Authenticate"] = "Bearer"
        case TooMany():
            headers["Retry-After"] = str(error.fields.get("retry_after", 5))
        case DiskFull():
            headers["Retry-After"] = "30"
        case StorageFailed():
            _log.error("request %s could not be served: %s", request_id(), error)
            headers["Retry-After"] = "10"
            if _DISK_FULL.search(str(error)):
                return Problem(507, body, headers)
        case _:
            pass
    return Problem(_status(error), body, headers)


def _status(error: WeirError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _invalid(error: Invalid) -> Problem:
    name = str(error.fields.get("field", "unit"))
    message = str(error.fields.get("problem", error))
    return Problem(STATUS[Invalid], {"detail": [_detail(["body", *name.split(".")], message)]})


def _not_valid(error: msgspec.ValidationError) -> Problem:
    found = _PLACE.match(str(error))
    message = found.group("msg") if found else str(error)
    path = (found.group("path") if found else None) or "$"
    place = [part for part in re.split(r"[.\[\]]+", path.removeprefix("$")) if part]
    missing = re.search(r"missing required field `(\w+)`", message)
    if missing:
        place.append(missing.group(1))
    where = _WHERE.get(type(error), "body")
    return Problem(STATUS[Invalid], {"detail": [_detail([where, *place], message)]})


def _detail(place: list[str], message: str) -> dict[str, Any]:
    return {"loc": place, "msg": message, "type": "value_error"}
