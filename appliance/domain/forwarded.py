"""Whom a request comes from that came through a proxy. Pure.

Anybody can write `Forwarded` (RFC 7239) and `X-Forwarded-For`. What stands there counts only as far as
it was written by a proxy that the operator trusts: read from the right, the first address that is no
such proxy's is the client's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network
Field = tuple[str, str]
"""A header field: its name in lower case, and its value."""

_ELEMENT: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')
_PAIR: Final = re.compile(r'([\w!#$%&\'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^";,\s]*)')
_NODE: Final = re.compile(r"\[([^\]]*)\](?::\w+)?|([^:]+)(?::\w+)?")


class Contradiction(ValueError):
    """The two headers name different clients: one of them is not the proxy's."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a request comes from, as far as that can be believed."""

    address: str
    is_secure: bool | None = None
    """Whether the client spoke TLS with the proxy; None where no proxy that is trusted says so."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are believed; none is the rule."""

    networks: tuple[Network, ...] = ()

    def trusts(self, address: str) -> bool:
        """Say whether this is the address of such a proxy."""
        return is_in(address, self.networks)

    def origin(self, peer: str, fields: Iterable[Field]) -> Origin:
        """Say whom a request comes from, or raise Contradiction.

        It is the peer itself where it is no such proxy, or says nothing that can be read.
        """
        if not self.networks or not self.trusts(peer):
            return Origin(peer)
        said: dict[str, list[str]] = {}
        for name, value in fields:
            said.setdefault(name, []).append(value)
        elements = [_pairs(element) for element in _elements(said.get("forwarded", []))]
        listed = _elements(said.get("x-forwarded-for", []))
        found = {
            self._client(peer, hops)
            for hops in ([pairs.get("for", "") for pairs in elements], listed)
            if hops
        }
        if len(found) > 1:
            raise Contradiction(found)
        schemes = [pairs["proto"] for pairs in elements if "proto" in pairs]
        schemes = schemes or _elements(said.get("x-forwarded-proto", []))
        secure = schemes[-1].strip().lower() == "https" if schemes else None
        return Origin(found.pop() if found else peer, secure)

    def _client(self, peer: str, hops: list[str]) -> str:
        address = peer
        for hop in reversed(hops):
            said = _address(hop)
            if said is None or not self.trusts(address):
                break
            address = said
        return address


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Say whether an address lies in one of these networks; what is no address lies in none."""
    found = plain(address)
    return found is not None and any(found in network for network in networks)


def plain(address: str) -> IPv4Address | IPv6Address | None:
    """Read an address; an IPv4 one that came through an IPv6 socket is an IPv4 one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _elements(values: list[str]) -> list[str]:
    """Give what is between commas that no quotation marks hold (RFC 9110, 5.6.1)."""
    return [each.strip() for each in _ELEMENT.findall(",".join(values)) if each.strip()]


def _pairs(element: str) -> dict[str, str]:
    return {name.lower(): _unquoted(value) for name, value in _PAIR.findall(element)}


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _address(node: str) -> str | None:
    """Read a node (RFC 7239, 6): an address, perhaps with a port; None for a hidden or unknown one."""
    text = node.strip()
    found = plain(text)  # an IPv6 address without brackets, as X-Forwarded-For has it
    if found is None:
        match = _NODE.fullmatch(text)
        found = plain(match.group(1) or match.group(2) or "") if match else None
    return None if found is None else str(found)
