"""Who has a conversation over HTTP: who says a whole request; and nobody loses one to a flood."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ports.listening import Recognised
from broker.http_front import HttpFront, Request, fronts
from broker.options import HttpOptions
from broker.ways import Way
from tests.broker.doors import until

ASK = b"GET /healthz HTTP/1.1\r\nHost: weir\r\n\r\n"
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: w"
HALF_A_BODY = b"POST /api/v1/auth/login HTTP/1.1\r\nContent-Length: 900\r\n\r\n{"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Talks:
    """Stands for web: answers what it is given; `SIGNED-IN` in it makes its peer recognised."""

    heard: list[bytes] = field(default_factory=list)
    lost: int = 0

    def welcome(self, recognised: Recognised) -> asyncio.Protocol:
        return _Talk(self, recognised)


class _Talk(asyncio.Protocol):
    def __init__(self, all_of_them: Talks, recognised: Recognised) -> None:
        self._all, self._recognised = all_of_them, recognised

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._all.heard.append(data)
        if b"SIGNED-IN" in data:
            self._recognised(f"person {id(self)}")
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(b"x" * 8_000_000 if b"LARGE" in data else ANSWER)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.lost += 1


Make = Callable[[Way], HttpFront]


@contextlib.asynccontextmanager
async def a_front(talks: Talks, options: HttpOptions) -> AsyncIterator[int]:
    made: Make = fronts(options)
    front = made(Way())
    port = await front.bind("127.0.0.1", 0)
    running = asyncio.create_task(front.run(talks.welcome))
    try:
        yield port
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@dataclass
class Peer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reads(self) -> bytes:
        """Give what came, nothing at the end."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                return await self.reader.read(200)
        return b""

    async def asks(self, said: bytes = ASK) -> bytes:
        self.writer.write(said)
        return await self.reads()


class Peers(contextlib.AsyncExitStack):
    async def come(self, port: int, said: bytes = b"", at: str = "127.0.0.1") -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", port, local_addr=(at, 0)))
        self.callback(peer.writer.close)
        peer.writer.write(said)
        return peer


async def test_three_hundred_half_open_connections_cost_no_conversation_and_a_request_is_answered():
    talks, said = Talks(), (b"", HALF_A_HEAD, HALF_A_BODY)
    async with a_front(talks, HttpOptions(max_strangers=20)) as port, Peers() as peers:
        flood = [await peers.come(port, said[n % 3], "127.0.0.9") for n in range(300)]
        visitor = await peers.come(port)
        assert await visitor.asks() == ANSWER
        await until(lambda: len([p for p in flood if _is_over(p)]) >= 280)
        assert await visitor.asks() == ANSWER, "the flood pushed itself out, and nobody else"
    assert talks.heard == [ASK, ASK]


def _is_over(peer: Peer) -> bool:
    return peer.reader.at_eof() or peer.reader.exception() is not None


async def test_who_has_signed_in_keeps_its_place_while_it_says_nothing():
    talks = Talks()
    bounds = HttpOptions(max_connections=10, max_strangers=5)
    async with a_front(talks, bounds) as port, Peers() as peers:
        screen = await peers.come(port, b"GET /SIGNED-IN HTTP/1.1\r\n\r\n")
        assert await screen.reads() == ANSWER
        page = await peers.come(port, ASK)
        assert await page.reads() == ANSWER
        for _ in range(30):
            await peers.come(port, HALF_A_HEAD)
        await until(lambda: talks.lost == 1)
        assert await page.reads() == b"", "answered, but unknown, and the oldest of its address"
        assert await screen.asks() == ANSWER


async def test_where_all_have_signed_in_the_next_is_told_to_come_again():
    async with a_front(Talks(), HttpOptions(max_connections=2)) as port, Peers() as peers:
        for _ in range(2):
            known = await peers.come(port, b"GET /SIGNED-IN HTTP/1.1\r\n\r\n")
            assert await known.reads() == ANSWER
        late = await peers.come(port)
        assert (await late.reads()).startswith(b"HTTP/1.1 503 ")
        assert await known.asks() == ANSWER


@pytest.mark.parametrize("said", [HALF_A_HEAD, HALF_A_BODY])
async def test_half_a_request_gets_408_when_its_time_is_up(said: bytes):
    talks = Talks()
    async with a_front(talks, HttpOptions(request_within=0.1)) as port, Peers() as peers:
        slow = await peers.come(port, said)
        assert (await slow.reads()).startswith(b"HTTP/1.1 408 ")
        assert await slow.reads() == b""
    assert talks.heard == []


async def test_a_byte_at_a_time_is_one_request():
    talks = Talks()
    async with a_front(talks, HttpOptions()) as port, Peers() as peers:
        slow = await peers.come(port)
        for byte in ASK:
            slow.writer.write(bytes([byte]))
            await slow.writer.drain()
        assert await slow.reads() == ANSWER
    assert talks.heard == [ASK]


async def test_who_reads_nothing_of_an_answer_is_cut_off():
    talks = Talks()
    async with a_front(talks, HttpOptions(unread_for=0.1)) as port:
        stalled = socket.create_connection(("127.0.0.1", port))
        with stalled:
            stalled.sendall(b"GET /LARGE HTTP/1.1\r\n\r\n")
            await until(lambda: talks.lost == 1)


async def test_at_the_end_half_requests_are_dropped_and_conversations_left_to_web():
    talks = Talks()
    async with Peers() as peers:
        async with a_front(talks, HttpOptions()) as port:
            half = await peers.come(port, HALF_A_HEAD)
            whole = await peers.come(port, ASK)
            assert await whole.reads() == ANSWER
        assert await half.reads() == b""
        assert await whole.asks() == ANSWER


@pytest.mark.parametrize(
    ("said", "is_enough"),
    [
        (ASK, True),
        (HALF_A_HEAD, False),
        (HALF_A_BODY, False),
        (b"GET / HTTP/1.1\n\n", True),
        (b"\x16\x03\x01", True),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", True),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"G" * 16_384, True),
    ],
)
def test_what_is_enough_to_begin_a_conversation(said: bytes, is_enough: bool):
    request = Request(16 * 1024)
    request.add(said)
    assert request.is_enough is is_enough
    assert request.take() == said


@given(st.lists(st.integers(1, 70), max_size=8))
def test_however_a_request_is_cut_it_is_enough_at_its_last_byte(cuts: list[int]):
    whole = HALF_A_BODY[:-1].replace(b"900", b"9") + b'{"a": 1}\n'
    request, at = Request(16 * 1024), 0
    for cut in (*cuts, len(whole)):
        part = whole[at : at + cut]
        if part:
            request.add(part)
            at += len(part)
            assert request.is_enough is (at == len(whole))
    assert request.take() == whole
