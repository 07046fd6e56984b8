"""What every answer carries, so that a browser allows no more than the page needs.

The installed application's pages (`null`, `file://`) call by fetch in CORS mode, which none of these
forbids: Cross-Origin-Resource-Policy concerns what is embedded without CORS (Fetch, 3.6).
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), serial=(), midi=(), "
        "display-capture=()"
    ),
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
}
_HSTS: Final = {"Strict-Transport-Security": "max-age=31536000"}


def always(scheme: str, host: str) -> Mapping[str, str]:
    """Give the headers of an answer that was asked for under this scheme and Host.

    Strict-Transport-Security only over TLS and under a name: browsers ignore it for addresses
    (RFC 6797, 8.1), and for `localhost` it would bind every other program on that computer.
    """
    return {**ALWAYS, **_HSTS} if scheme == "https" and _is_a_name(host) else ALWAYS


def _is_a_name(host: str) -> bool:
    name = host.rpartition("]")[0] if host.startswith("[") else host.partition(":")[0]
    name = name.lstrip("[").rstrip(".").casefold()
    if not name or name == "localhost" or name.endswith(".localhost"):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return True
    return False
