"""The refresh token of our own web application: in a cookie that no script can read.

The cookie is HttpOnly and SameSite=Strict, and goes to `/api/v1/auth` alone (RFC 6265bis, 4.1.2).
That is not enough: a site is a host whatever its port, so that a page of another program on this
computer would be the same site. Whoever sets or uses the cookie must therefore come from a page
of this very origin, and says so by `Origin`, which browsers send with every POST by fetch.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.http import dump_cookie, parse_cookie

from appliance.domain.errors import NotSignedIn
from appliance.services.signing_in.refresh_tokens import SESSION_LASTS
from web.asking import Ask
from web.routes import PREFIX

NAME: Final = "weir_session"
PATH: Final = f"{PREFIX}/auth"
_SECOND: Final = 1_000_000


def kept(ask: Ask[Any], refresh_token: str) -> Mapping[str, str]:
    """Give the header that has a browser keep this token, over restarts, as long as it is good."""
    return _header(ask, refresh_token, SESSION_LASTS // _SECOND)


def forgotten(ask: Ask[Any]) -> Mapping[str, str]:
    """Give the header that has a browser forget it; none where none came."""
    return _header(ask, "", 0) if shown(ask) else {}


def shown(ask: Ask[Any]) -> str:
    """Give the token that a browser sent along; empty for none."""
    return parse_cookie(ask.headers.get("Cookie", "")).get(_name(ask.here), "")


def must_be_our_page(ask: Ask[Any]) -> None:
    """Raise NotSignedIn unless this was sent by a page of this origin, which no other can claim."""
    origin = ask.headers.get("Origin", "").casefold()
    site = ask.headers.get("Sec-Fetch-Site", "same-origin")
    if origin != ask.here.casefold() or site != "same-origin":
        raise NotSignedIn(
            reason="Only Weir's own pages sign in by cookie; this came from elsewhere"
        )


def _header(ask: Ask[Any], value: str, seconds: int) -> Mapping[str, str]:
    cookie = dump_cookie(
        _name(ask.here),
        value,
        max_age=seconds,
        path=PATH,
        secure=_is_secure(ask.here),
        httponly=True,
        samesite="Strict",
    )
    return {"Set-Cookie": cookie}


def _name(here: str) -> str:
    """Name it by the port, too: cookies are a host's, whatever the port (RFC 6265, 8.5).

    `__Secure-` is what a browser takes over TLS alone; `__Host-` would ask for the path `/`.
    """
    port = urlsplit(here).port
    name = NAME if port is None else f"{NAME}_{port}"
    return f"__Secure-{name}" if _is_secure(here) else name


def _is_secure(here: str) -> bool:
    return here.startswith("https:")
