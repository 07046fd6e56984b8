"""Says on the local network where Weir is: a small responder of multicast DNS (RFC 6762, RFC 6763).

It claims a name of its own after asking whether another has it, tells everybody twice, answers who
asks, and says goodbye. IPv4 only. It answers nobody from outside its own networks, each record at
most once a second, and keeps nothing that others say.
"""

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from appliance.outbound import dns
from appliance.outbound.dns import Message, Name, Question, Record, same

_log = logging.getLogger(__name__)

GROUP: Final = "224.0.0.251"
PORT: Final = 5353
OF_A_HOST: Final = 120
OF_A_SERVICE: Final = 4_500
"""Seconds for which others may remember (RFC 6762 10)."""
LEGACY: Final = 10
_PROBES: Final = 3
_APART: Final = 0.25
_ANNOUNCEMENTS: Final = 2
_MOST_NAMES: Final = 10
_NOT_AGAIN: Final = 1.0
_LOCAL: Final = "local"
_ALL: Final = ("_services", "_dns-sd", "_udp", _LOCAL)


@dataclass(frozen=True, slots=True)
class Announced:
    """What is said."""

    name: str
    """For people, of the whole; the host's name is made from it."""
    host: str
    services: tuple[tuple[str, int], ...]
    """Such as (`_http`, 8000)."""
    said: tuple[str, ...]
    """Further words, `key=value`."""
    interfaces: tuple[IPv4Interface, ...]
    """Where it is said: the addresses of this computer that others reach."""


class Announcer:
    """A part that announces until it is stopped; a network that does not want it is no failure."""

    def __init__(self, announced: Announced, *, port: int = PORT) -> None:
        self._a = announced
        self._port = port
        self._socket: socket.socket | None = None
        self._records: tuple[Record, ...] = ()
        self._wanted: tuple[Record, ...] = ()
        """What is claimed just now; empty when that is over."""
        self._taken = asyncio.Event()
        self._sent: dict[bytes, float] = {}

    async def start(self) -> None:
        """Open the door; where that is not possible, nothing is announced, and the log says so."""
        try:
            self._socket = _opened(self._a.interfaces, self._port)
        except OSError as error:
            _log.warning("nothing is announced on the local network: %s", error)

    async def run(self) -> None:
        """Claim a name, tell it, and answer; returns when cancelled."""
        if self._socket is None:
            return
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket, self._receive)
        try:
            await self._claim()
            for _ in range(_ANNOUNCEMENTS):
                self._tell(dns.answered(self._records, ()))
                await asyncio.sleep(1.0)
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(self._socket)

    async def stop(self) -> None:
        """Say goodbye."""
        if self._socket is not None:
            if self._records:
                self._tell(dns.answered(self._records, (), ttl=0))
            self._socket.close()
            self._socket = None

    async def _claim(self) -> None:
        """Ask three times whether somebody else has the name; with another one if so (8.1)."""
        for number in range(1, _MOST_NAMES + 1):
            self._taken.clear()
            self._wanted = tuple(r for r in _records(self._a, number) if r.unique)
            questions = [Question(n, dns.ANY) for n in sorted({r.name for r in self._wanted})]
            for _ in range(_PROBES):
                self._tell(dns.asked(questions, self._wanted))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_APART):
                        await self._taken.wait()
            if not self._taken.is_set():
                self._records = _records(self._a, number)
                break
        self._wanted = ()

    def _receive(self) -> None:
        assert self._socket is not None  # noqa: S101 it is what is read
        with contextlib.suppress(OSError, dns.Malformed):
            data, (host, port) = self._socket.recvfrom(9_000)
            if any(IPv4Address(host) in interface.network for interface in self._a.interfaces):
                self._take(dns.read(data), host, port)

    def _take(self, message: Message, host: str, port: int) -> None:
        if message.is_response:
            if any(_contradicts(said, self._wanted) for said in message.answers):
                self._taken.set()
            return
        found = [r for r in self._records if any(_asks(q, r) for q in message.questions)]
        if not found:
            return
        further = [r for r in self._records if r not in found and r.kind != dns.PTR]
        if port != self._port:  # who asks from elsewhere waits there for the answer
            self._send(dns.answered_legacy(message, found, further, LEGACY), host, port)
            return
        found = [r for r in found if not _is_known(r, message)]
        if found:
            self._answer(found, further)

    def _answer(self, found: list[Record], further: list[Record]) -> None:
        now, content = asyncio.get_running_loop().time(), dns.answered(found, further)
        if now - self._sent.get(content, -_NOT_AGAIN) < _NOT_AGAIN:
            return
        self._sent = {c: at for c, at in self._sent.items() if now - at < _NOT_AGAIN}
        self._sent[content] = now
        self._tell(content)

    def _tell(self, content: bytes) -> None:
        for interface in self._a.interfaces:
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    address = interface.ip.packed
                    self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
                    self._socket.sendto(content, (GROUP, self._port))

    def _send(self, content: bytes, host: str, port: int) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(content, (host, port))


def _records(announced: Announced, number: int) -> tuple[Record, ...]:
    """Say everything; the second and later names have their number (RFC 6763 D)."""
    host = (f"{announced.host}-{number}" if number > 1 else announced.host, _LOCAL)
    instance = f"{announced.name} ({number})" if number > 1 else announced.name
    found = [
        Record(host, dns.A, interface.ip.packed, OF_A_HOST, unique=True)
        for interface in announced.interfaces
    ]
    for service, port in announced.services:
        kind: Name = (service, "_tcp", _LOCAL)
        name: Name = (instance, *kind)
        found += [
            Record(_ALL, dns.PTR, dns.name_bytes(kind), OF_A_SERVICE),
            Record(kind, dns.PTR, dns.name_bytes(name), OF_A_SERVICE),
            Record(name, dns.SRV, dns.srv(host, port), OF_A_HOST, unique=True),
            Record(name, dns.TXT, dns.txt(announced.said), OF_A_SERVICE, unique=True),
        ]
    return tuple(found)


def _asks(question: Question, record: Record) -> bool:
    return question.kind in {record.kind, dns.ANY} and same(question.name, record.name)


def _is_known(record: Record, message: Message) -> bool:
    """Say whether the asker has it already, for at least half of its time (RFC 6762 7.1)."""
    return any(
        same(one.name, record.name)
        and (one.kind, one.data) == (record.kind, record.data)
        and 2 * one.ttl >= record.ttl
        for one in message.answers
    )


def _contradicts(said: Record, wanted: tuple[Record, ...]) -> bool:
    """Say whether somebody else has a name of ours; what we said ourselves comes back as it was."""
    mine = [record for record in wanted if same(record.name, said.name)]
    return bool(mine) and all((one.kind, one.data) != (said.kind, said.data) for one in mine)


def _opened(interfaces: tuple[IPv4Interface, ...], port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.setblocking(False)  # noqa: FBT003 it has no keyword
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):  # the system's own responder has the port, too
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        found.bind(("", port))
        for interface in interfaces:
            request = socket.inet_aton(GROUP) + interface.ip.packed
            found.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    except OSError:
        found.close()
        raise
    return found
