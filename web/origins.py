"""Which pages may call from elsewhere (CORS), and open a WebSocket."""

from dataclasses import dataclass
from typing import Final

DEFAULT: Final = ("null", "file://", "app://", "http://localhost:3000")
"""The installed control-room application (`clients.md`, "Signing in")."""

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key, X-Request-Id"
)
_EXPOSED: Final = (
    "Content-Disposition, ETag, Idempotency-Replayed, Link, Location, Retry-After, X-Request-Id,"
    " X-Next-Cursor, X-Total-Count"
)


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that may; a bare scheme (`app://`) stands for all of it.

    None may send cookies: those are for our own pages (`web.session_cookie`).
    """

    allowed: tuple[str, ...] = DEFAULT

    def may(self, origin: str | None, own: str) -> bool:
        """Whether a page of this origin may; no origin at all is a program, not a page."""
        if origin is None or origin.casefold() == own.casefold():
            return True
        return any(_matches(pattern, origin) for pattern in self.allowed)

    def headers(self, origin: str | None, own: str) -> dict[str, str]:
        """Give what every answer carries."""
        if origin is None or not self.may(origin, own):
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED,
        }

    def preflight(self, origin: str | None, own: str) -> dict[str, str]:
        """Give what the answer to a preflight carries (Fetch, CORS-preflight request)."""
        headers = self.headers(origin, own)
        if "Access-Control-Allow-Origin" in headers:
            headers |= {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _HEADERS,
                "Access-Control-Allow-Private-Network": "true",
                "Access-Control-Max-Age": "600",
            }
        return headers


def _matches(pattern: str, origin: str) -> bool:
    return origin.startswith(pattern) if pattern.endswith("://") else origin == pattern
