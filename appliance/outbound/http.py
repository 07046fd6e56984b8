"""One HTTP POST to an address that was checked. h11 speaks HTTP/1.1; nothing is followed or kept.

A general client would look up the host a second time (so that a name could lead elsewhere than
what was checked), honour proxies from the environment, and follow redirects.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

import h11

from appliance.outbound.reachable import Reachable

_LARGEST_ANSWER: Final = 65_536
_CHUNK: Final = 16_384
_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FINAL: Final = 200

Headers = Sequence[tuple[str, str]]


class NotToBeCalled(Exception):
    """This URL is none that Weir calls; trying again is useless."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, read from a URL."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9112 section 3.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.secure else "http"]
        return host if self.port == usual else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; its body is read and thrown away."""

    status: int
    retry_after: str = ""


def target_of(url: str) -> Target:
    """Read an http(s) URL; raises NotToBeCalled."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError) as error:
        raise NotToBeCalled(f"not a URL: {error}") from error
    if parts.scheme not in _PORTS or not host:
        raise NotToBeCalled("not an http or https URL")
    if parts.username is not None:
        raise NotToBeCalled("a URL with a password in it is not called: the signature is enough")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    secure = parts.scheme == "https"
    wanted = port if port is not None else _PORTS[parts.scheme]
    return Target(secure, host, wanted, path + (f"?{query}" if query else ""))


class Poster:
    """Sends POST requests, each over a connection of its own; the answer is bounded to 64 KiB."""

    def __init__(self, reachable: Reachable, tls_context: ssl.SSLContext | None) -> None:
        self._reachable = reachable
        self._tls = tls_context

    async def post(self, target: Target, headers: Headers, body: bytes) -> Answer:
        """Send and give the answer; raises NotToBeCalled, OSError or h11.RemoteProtocolError.

        Waits as long as it takes: the caller sets the deadline.
        """
        reader, writer = await self._connect(target)
        try:
            talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_CHUNK)
            writer.write(_request(talk, target, headers, body))
            await writer.drain()
            return await _answer(talk, reader)
        finally:
            # Not waited for: the other side might never say goodbye.
            writer.close()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        problem: OSError | None = None
        for address in await self._addresses(target):
            try:
                return await asyncio.open_connection(
                    address,
                    target.port,
                    ssl=await self._verifying() if target.secure else None,
                    server_hostname=target.host if target.secure else None,
                )
            except OSError as error:
                problem = error
        raise problem or OSError(f"{target.host} has no address")

    async def _verifying(self) -> ssl.SSLContext:
        """Give the context; the system's authorities are read when they are needed first."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls

    async def _addresses(self, target: Target) -> list[str]:
        """Look the host up once; what is connected to is what was checked."""
        addresses = [target.host] if _is_address(target.host) else await _look_up(target)
        allowed = [address for address in addresses if self._reachable.allows(address)]
        if addresses and not allowed:
            raise NotToBeCalled(f"{target.host} is {addresses[0]}, which webhooks may not reach")
        return allowed


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _look_up(target: Target) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _request(talk: h11.Connection, target: Target, headers: Headers, body: bytes) -> bytes:
    head = h11.Request(
        method="POST",
        target=target.path,
        headers=[
            ("Host", target.authority),
            ("Connection", "close"),
            ("Content-Length", str(len(body))),
            *headers,
        ],
    )
    parts = [talk.send(head), talk.send(h11.Data(data=body)), talk.send(h11.EndOfMessage())]
    return b"".join(part for part in parts if part)


async def _answer(talk: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    """Read the answer's head, and its body as far as 64 KiB."""
    answer: Answer | None = None
    room = _LARGEST_ANSWER
    while room > 0:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            data = await _more(reader, answer)
            room -= len(data)
            talk.receive_data(data)
        elif isinstance(event, h11.Response):
            answer = Answer(event.status_code, _retry_after(event))
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if answer is None:
        raise OSError("the other side closed without an answer")
    return answer


async def _more(reader: asyncio.StreamReader, answer: Answer | None) -> bytes:
    """Read on. Once the status is known, a connection that breaks changes nothing any more."""
    try:
        return await reader.read(_CHUNK)
    except OSError:
        if answer is None:
            raise
        return b""


def _retry_after(response: h11.Response) -> str:
    for name, value in response.headers:
        if name == b"retry-after":
            return value.decode("latin-1")
    return ""
