"""The names and addresses under which this computer can be reached."""

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import psutil

MOST: Final = 100
"""Names in one certificate; what is named by an option comes first."""
_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*", re.IGNORECASE)


def names_of_this_machine() -> tuple[str, ...]:
    """Give its host name, the same in the local network, and every address but link-local ones."""
    host = socket.gethostname().rstrip(".").lower()
    named = [host] if is_name(host) else []
    if named and "." not in host:
        named.append(f"{host}.local")
    found = {
        each.address.partition("%")[0]
        for several in psutil.net_if_addrs().values()
        for each in several
        if each.family in {socket.AF_INET, socket.AF_INET6}
    }
    usable = sorted(address for address in found if not ip_address(address).is_link_local)
    return (*named, "localhost", *usable)


def together(*several: Iterable[str]) -> tuple[str, ...]:
    """Give each name once, in the order of first mention, at most MOST."""
    return tuple(dict.fromkeys(name for names in several for name in names))[:MOST]


def host_in(url: str) -> tuple[str, ...]:
    """Give the host that a URL names, if it names one."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ()
    return (host,) if host and is_name(host) else ()


def is_name(name: str) -> bool:
    """Say whether it can be a host name or an address."""
    try:
        ip_address(name)
    except ValueError:
        return len(name) < 254 and _HOST.fullmatch(name) is not None  # noqa: PLR2004 - RFC 1035
    return True
