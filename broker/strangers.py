"""Who stands at a door and has not shown who it is, and who of them gives way to the next."""

import ipaddress
from typing import Final, Generic, TypeVar

_NETWORK: Final = 64
"""Bits of an IPv6 address that one subscriber has: the rest is its own to vary."""

Visitor = TypeVar("Visitor")


class Strangers(Generic[Visitor]):
    """Those who have not shown who they are, by where they come from.

    Bounded by whoever adds. The neighbourhood with most of them gives way first, with its oldest:
    a flood pushes itself out, and a town's devices behind one address stay as long as each signs
    in, because who has signed in is no stranger. Every step takes the same time however many are
    here.
    """

    def __init__(self) -> None:
        self._home: dict[Visitor, str] = {}
        self._at: dict[str, dict[Visitor, None]] = {}
        """Of each neighbourhood, in the order of arrival."""
        self._crowds: dict[int, dict[str, None]] = {}
        """Neighbourhoods by how many of theirs are here."""
        self._largest = 0

    def __len__(self) -> int:
        """Count them."""
        return len(self._home)

    def __contains__(self, visitor: object) -> bool:
        """Say whether this one is still a stranger."""
        return visitor in self._home

    def add(self, visitor: Visitor, host: str) -> None:
        """Take one more; `host` is its IP address."""
        home = neighbourhood(host)
        here = self._at.setdefault(home, {})
        self._move(home, len(here), len(here) + 1)
        here[visitor] = None
        self._home[visitor] = home

    def discard(self, visitor: Visitor) -> None:
        """Forget one: it has shown who it is, or has gone."""
        home = self._home.pop(visitor, None)
        if home is None:
            return
        here = self._at[home]
        self._move(home, len(here), len(here) - 1)
        del here[visitor]
        if not here:
            del self._at[home]

    @property
    def largest(self) -> int:
        """Count those of the neighbourhood that has most here."""
        return self._largest if self._home else 0

    def first_to_go(self) -> Visitor | None:
        """Give the oldest of the neighbourhood that has most here."""
        if not self._home:
            return None
        home = next(iter(self._crowds[self._largest]))
        return next(iter(self._at[home]))

    def _move(self, home: str, before: int, after: int) -> None:
        if before:
            crowd = self._crowds[before]
            del crowd[home]
            if not crowd:
                del self._crowds[before]
        if after:
            self._crowds.setdefault(after, {})[home] = None
        if after > self._largest or self._largest not in self._crowds:
            self._largest = after


def neighbourhood(host: str) -> str:
    """Name what one subscriber of a network has: an IPv4 address, or 64 bits of an IPv6 address."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _NETWORK), strict=False))
