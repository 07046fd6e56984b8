"""What is told on the local network, where that is allowed: the doors that others can reach."""

import hashlib
import socket
from collections.abc import Iterator
from importlib.metadata import version
from ipaddress import IPv4Interface
from typing import Final

import psutil

from appliance.bootstrap.listeners import Listeners
from appliance.config.configuration import Address, Configuration
from appliance.machine.folder import DataFolder
from appliance.outbound.announcing import Announced, Announcer
from appliance.supervisor import Part

_SERVICES: Final = {"https": "_https", "http": "_http"}
_ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 they are compared with


def announcing(configuration: Configuration, listeners: Listeners, folder: DataFolder) -> Part:
    """Give the part that announces; it does nothing where nobody else can connect, or it is not said."""
    running: list[Announcer] = []

    async def start() -> None:
        announced = _announced(listeners, folder) if configuration.announce else None
        if announced is not None:
            running.append(Announcer(announced))
            await running[0].start()

    async def run() -> None:
        for announcer in running:
            await announcer.run()

    async def stop() -> None:
        for announcer in running:
            await announcer.stop()

    return Part("announcing", start, run, stop)


def _announced(listeners: Listeners, folder: DataFolder) -> Announced | None:
    open_doors = [
        (service, listeners.bound[name])
        for name, service in _SERVICES.items()
        if name in listeners.bound and not listeners.bound[name].is_loopback
    ]
    interfaces = tuple(_interfaces(address for _, address in open_doors))
    if not open_doors or not interfaces:
        return None
    first, best = open_doors[0]
    here = socket.gethostname().partition(".")[0].lower() or "weir"
    unique = hashlib.sha256(b"weir name" + folder.key()).hexdigest()[:6]
    return Announced(
        name=f"Weir on {here}",
        host=f"weir-{unique}",
        services=(("_weir", best.port), *((service, each.port) for service, each in open_doors)),
        said=("path=/", f"tls={int(first == '_https')}", f"version={version('weir')}"),
        interfaces=interfaces,
    )


def _interfaces(listened: Iterator[Address]) -> Iterator[IPv4Interface]:
    """Give this computer's addresses under which these doors are reached from its networks."""
    hosts = {address.host for address in listened}
    for several in psutil.net_if_addrs().values():
        for each in several:
            if each.family is not socket.AF_INET or not each.netmask:
                continue
            found = IPv4Interface(f"{each.address}/{each.netmask}")
            if not found.ip.is_loopback and (hosts & _ANY or each.address in hosts):
                yield found
