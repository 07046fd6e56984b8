"""Where the doors listen, and what each listener asks of whoever connects."""

import errno
from collections.abc import Awaitable, Callable
from typing import Final

from appliance.config.configuration import Address, Configuration
from appliance.domain.errors import StartRefused
from appliance.domain.forwarded import Proxies
from appliance.machine.certificates import Certificates
from appliance.machine.folder import DataFolder
from appliance.machine.given_certificate import GivenCertificate
from appliance.machine.names import host_in, is_name, together
from appliance.machine.own_authority import OwnAuthority
from appliance.ports.clock import Clock
from broker.ways import Way
from broker.websocket import Pages

Start = Callable[[str, int, Way], Awaitable[int]]
_SPEAKS: Final = {"https": "http", "mqtts": "mqtt", "mqtt-wss": "http", "tcps": "lines"}
"""The listeners with TLS, and what is spoken under it."""
_PLAIN: Final = ("http", "mqtt", "tcp", "mqtt-ws")
_HTTP: Final = frozenset({"http", "https"})
_WEBSOCKET: Final = frozenset({"mqtt-ws", "mqtt-wss"})


def open_certificates(
    configuration: Configuration, folder: DataFolder, key: bytes, clock: Clock
) -> Certificates:
    """Give the certificates as configured: the utility's own, or of an authority of our own."""
    _insist_on_names(configuration)
    said = together(configuration.tls_names, host_in(configuration.public_url))
    given = _given(configuration)
    return Certificates(given or OwnAuthority(folder.path / "tls", key, clock), said)


def look_over(configuration: Configuration) -> None:
    """Raise StartRefused for a listener or certificate that would not be opened; open none.

    Whether a port is taken only trying can show.
    """
    _insist_on_names(configuration)
    given = _given(configuration)
    if given is not None:
        given.load(configuration.tls_names)
    for name in _PLAIN:
        address = _address_of(name, configuration)
        if address is not None:
            _insist_on_tls(name, address, configuration)


def _given(configuration: Configuration) -> GivenCertificate | None:
    certificate, key = configuration.tls_cert, configuration.tls_key
    return None if certificate is None or key is None else GivenCertificate(certificate, key)


def _insist_on_names(configuration: Configuration) -> None:
    for name in configuration.tls_names:
        if not is_name(name):
            raise StartRefused(
                problem=f"--tls-names has {name!r}, which is neither a host name nor an address",
                remedy="correct --tls-names",
            )


class Listeners:
    """Opens listeners by the name of their option, and knows where they are."""

    def __init__(self, configuration: Configuration, certificates: Certificates) -> None:
        self._configuration = configuration
        self._certificates = certificates
        self.bound: dict[str, Address] = {}
        """Where each listens, by option."""

    async def open(self, name: str, start: Start) -> None:
        """Listen, if the option is given; StartRefused names it where that is not possible."""
        address = _address_of(name, self._configuration)
        if address is None:
            return
        _insist_on_tls(name, address, self._configuration)
        try:
            port = await start(address.host, address.port, self._way(name))
        except OSError as error:
            raise _refusal(name, address, error) from None
        self.bound[name] = Address(address.host, port)

    @property
    def ready(self) -> str:
        """Name every listener: the first three are always there, and in this order."""
        first = ("http", "mqtt", "tcp")
        others = (name for name in self.bound if name not in first)
        return " ".join(f"{name}={self.bound[name]}" for name in (*first, *others))

    @property
    def plain_beyond_loopback(self) -> bool:
        """Whether others on the network can connect, and listen in."""
        plain = (_address_of(name, self._configuration) for name in _PLAIN)
        return not all(address is None or address.is_loopback for address in plain)

    def _way(self, name: str) -> Way:
        speaks = _SPEAKS.get(name)
        return Way(
            name=f"--{name}",
            networks=self._configuration.networks.get(name, ()),
            proxies=Proxies(self._configuration.trusted_proxies if name in _HTTP else ()),
            tls=None if speaks is None else self._certificates.context(speaks),
            pages=Pages(self._configuration.mqtt_origins) if name in _WEBSOCKET else None,
        )


def _address_of(name: str, configuration: Configuration) -> Address | None:
    return {
        "http": configuration.http,
        "https": configuration.https,
        "mqtt": configuration.mqtt,
        "mqtts": configuration.mqtts,
        "mqtt-ws": configuration.mqtt_ws,
        "mqtt-wss": configuration.mqtt_wss,
        "tcp": configuration.tcp,
        "tcps": configuration.tcps,
    }[name]


def _insist_on_tls(name: str, address: Address, configuration: Configuration) -> None:
    if address.is_loopback or name in _SPEAKS or configuration.insecure_lan:
        return
    raise StartRefused(
        problem=f"--{name} {address} is reachable from the network, and there is no TLS",
        remedy=f"listen with --{name}s there and with --{name} on 127.0.0.1, or say "
        "--insecure-lan if you trust that network",
    )


def _refusal(option: str, address: Address, error: OSError) -> StartRefused:
    if error.errno == errno.EADDRINUSE:
        return StartRefused(
            problem=f"port {address.port} of {address.host} is taken by another program",
            remedy=f"choose another with --{option} {address.host}:PORT",
        )
    return StartRefused(
        problem=f"--{option} {address} can't be listened on ({error.strerror or error})",
        remedy=f"choose another with --{option}",
    )
