"""Multicast DNS: found by who asks, silent to strangers, a name of its own, and a goodbye."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from ipaddress import IPv4Interface

import pytest

from appliance.outbound import dns
from appliance.outbound.announcing import Announced, Announcer
from appliance.outbound.dns import Message, Question, Record

LOOPBACK = IPv4Interface("127.0.0.1/8")
WEIR = ("_weir", "_tcp", "local")
INSTANCE = ("Weir on mill", *WEIR)
HOST = ("weir-1a2b3c", "local")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Overheard(Announcer):
    """An announcer that no network is needed for: what it says to all is kept here instead."""

    def __init__(self, announced: Announced, port: int) -> None:
        super().__init__(announced, port=port)
        self.told: list[Message] = []
        self._news = asyncio.Event()

    def _tell(self, content: bytes) -> None:
        self.told.append(dns.read(content))
        self._news.set()

    async def until_it_tells(self, *, responses: bool) -> None:
        async with asyncio.timeout(10):
            while not any(message.is_response >= responses for message in self.told):
                self._news.clear()
                await self._news.wait()


def announced() -> Announced:
    services = (("_weir", 8443), ("_https", 8443))
    said = ("path=/", "tls=1")
    return Announced("Weir on mill", "weir-1a2b3c", services, said, (LOOPBACK,))


@contextlib.asynccontextmanager
async def running(port: int) -> AsyncIterator[Overheard]:
    one = Overheard(announced(), port)
    await one.start()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.run())
        await one.until_it_tells(responses=True)
        yield one
        task.cancel()
    await one.stop()


@pytest.fixture
def asker() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        found.setblocking(False)
        yield found


async def ask(asker: socket.socket, port: int, name: dns.Name, kind: int) -> Message:
    query = bytearray(dns.asked([Question(name, kind)]))
    query[0:2] = b"\x12\x34"
    asker.sendto(bytes(query), ("127.0.0.1", port))
    async with asyncio.timeout(10):
        return dns.read(await asyncio.get_running_loop().sock_recv(asker, 9000))


async def test_who_asks_finds_the_service_its_host_its_port_and_its_address(
    asker: socket.socket,
) -> None:
    port = free_port()
    async with running(port) as one:
        answer = await ask(asker, port, ("_WEIR", "_tcp", "local"), dns.PTR)
        assert answer.id == 0x1234
        assert answer.questions == (Question(("_WEIR", "_tcp", "local"), dns.PTR),)
        assert answer.answers[0].data == dns.name_bytes(INSTANCE)
        said = {(record.name, record.kind): record for record in answer.answers}
        assert said[INSTANCE, dns.SRV].data == dns.srv(HOST, 8443)
        assert said[INSTANCE, dns.TXT].data == b"\x06path=/\x05tls=1"
        assert said[HOST, dns.A].data == bytes((127, 0, 0, 1))
        assert max(record.ttl for record in answer.answers) <= 10
        address = await ask(asker, port, HOST, dns.A)
        assert address.answers[0].data == bytes((127, 0, 0, 1))
        probes = [message for message in one.told if not message.is_response]
        assert len(probes) == 3
        assert {question.kind for probe in probes for question in probe.questions} == {dns.ANY}
    goodbye = one.told[-1]
    assert goodbye.is_response
    assert {record.ttl for record in goodbye.answers} == {0}


async def test_nothing_is_said_of_what_nobody_here_is_and_nothing_to_what_is_no_question(
    asker: socket.socket,
) -> None:
    port = free_port()
    async with running(port):
        asker.sendto(dns.asked([Question(("printer", "local"), dns.A)]), ("127.0.0.1", port))
        asker.sendto(b"\x00" * 11, ("127.0.0.1", port))
        loop = struct.pack("!6H", 0, 0, 1, 0, 0, 0) + b"\xc0\x0c" + b"\0\x01\0\x01"
        asker.sendto(loop, ("127.0.0.1", port))
        answer = await ask(asker, port, WEIR, dns.PTR)
        assert answer.answers[0].name == WEIR
        with pytest.raises(BlockingIOError):
            asker.recv(9000)


async def test_a_name_that_somebody_else_has_gets_a_number() -> None:
    port = free_port()
    one = Overheard(announced(), port)
    await one.start()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.run())
        await one.until_it_tells(responses=False)
        theirs = Record(HOST, dns.A, bytes((127, 0, 0, 9)), 120, unique=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(dns.answered([theirs], ()), ("127.0.0.1", port))
        await one.until_it_tells(responses=True)
        task.cancel()
    await one.stop()
    names = {record.name[0] for record in one.told[-1].answers if record.unique}
    assert names == {"weir-1a2b3c-2", "Weir on mill (2)"}


async def test_what_the_asker_knows_and_what_was_said_within_the_second_is_not_said_again() -> None:
    port = free_port()
    async with running(port) as one:
        before = len(one.told)
        question = dns.read(dns.asked([Question(WEIR, dns.PTR)]))
        one._take(question, "127.0.0.1", port)
        one._take(question, "127.0.0.1", port)
        pointer = Record(WEIR, dns.PTR, dns.name_bytes(INSTANCE), 4_500)
        known = dns.read(dns.asked([Question(WEIR, dns.PTR)], [pointer]))
        one._take(known, "127.0.0.1", port)
        new = [m for m in one.told[before:] if m.answers and m.answers[0].kind == dns.PTR]
        assert len([m for m in new if m.answers[0].name == WEIR]) == 1
