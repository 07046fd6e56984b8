"""Which addresses a webhook may be sent to: a URL that a person typed must not turn Weir into a way
into places that only this machine can reach (server-side request forgery).
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_NAT64: Final = ip_network("64:ff9b::/96")  # RFC 6052
_NEVER: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # "this host" (RFC 791): reaches the loopback on Linux
        "100.100.100.200/32",  # Alibaba Cloud's metadata
        "168.63.129.16/32",  # Azure's
        "192.0.0.192/32",  # Oracle Cloud's
        "fd00:ec2::/32",  # Amazon's over IPv6
    )
)


@dataclass(frozen=True, slots=True)
class Reachable:
    """Which addresses may be called. Link-local (cloud metadata), multicast and reserved never."""

    private: bool = True
    """The utility's own network: the usual home of a webhook's receiver."""
    loopback: bool = False
    """This machine."""

    def allows(self, text: str) -> bool:
        """Say whether this IP address may be called; what is no IP address may not."""
        try:
            address = _innermost(ip_address(text.partition("%")[0]))
        except ValueError:
            return False
        if address.is_loopback:
            return self.loopback
        if _is_nobodys(address):
            return False
        return address.is_global or self.private


def _innermost(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _is_nobodys(address: Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or any(address in network for network in _NEVER if network.version == address.version)
    )
