"""Hostile peers against a real server: its memory stays flat, and everybody else is answered."""

import asyncio
import statistics
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.faults.hostile_http import FLOODS, Act, Hostile
from tests.faults.town import Town, copy_of
from tests.running import Running

ANSWERED_WITHIN = 10.0
"""Seconds, of the median: who starves waits for ever. How long it takes on a machine with nothing
else to do (the bar is 1 s) is measured, not tested: decision 0022."""
FLOODED_FOR = 2.0
GROWS_AT_MOST = 60 * 1024 * 1024
"""Bytes; a flood of bodies may keep web.http.bodies.MOST_OF_STRANGERS, and sockets some."""


@pytest.fixture(scope="module")
def server(founded: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = copy_of(founded.folder, tmp_path_factory.mktemp("hostile") / "data")
    town = Town(folder, founded.here, founded.there, founded.keys)
    town.start()
    try:
        with town.signed_in():
            yield town
    finally:
        town.stop()


@pytest.mark.parametrize(("act", "count"), FLOODS, ids=[act.__name__ for act, _ in FLOODS])
async def test_a_flood_leaves_memory_flat_and_a_person_is_answered(
    server: Town, act: Act, count: int
):
    weir = server.weir
    assert weir is not None
    host, port = weir.http.split(":")
    flood = Hostile(host, int(port), act, count, server.token)
    before = _memory(weir)
    with flood.running():
        usual = await _answers(weir, server.token)
        grown = _memory(weir) - before
    assert weir.process.poll() is None
    assert usual < ANSWERED_WITHIN
    assert grown < GROWS_AT_MOST


async def _answers(weir: Running, token: str) -> float:
    """Ask as a person does, each time over a connection of its own; give the median wait."""
    until, waits = time.monotonic() + FLOODED_FOR, []
    while time.monotonic() < until:
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=weir.url, timeout=20) as person:
            answer = await person.get(
                "/api/v1/sensors?limit=1", headers={"Authorization": f"Bearer {token}"}
            )
        assert answer.status_code == 200
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(0.05)
    return statistics.median(waits)


def _memory(weir: Running) -> int:
    return int(psutil.Process(weir.process.pid).memory_info().rss)


LOGIN = "POST /api/v1/auth/login HTTP/1.1\r\nHost: weir\r\n"
GET = "GET /healthz HTTP/1.1\r\nHost: weir\r\n"
BODY = '{"username":"a","password":"b"}'
SECOND = f"{GET}\r\n"
SHAPES = {
    "length and chunked": (
        f"{LOGIN}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
        400,
    ),
    "two lengths": (f"{LOGIN}Content-Length: 2\r\nContent-Length: 31\r\n\r\n{BODY}", 400),
    "a length list": (f"{LOGIN}Content-Length: 2, 31\r\n\r\n{BODY}", 400),
    "a signed length": (f"{LOGIN}Content-Length: +31\r\n\r\n{BODY}", 400),
    "a hidden length": (f"{LOGIN}Content-Length : 31\r\n\r\n{BODY}", 400),
    "two codings": (f"{LOGIN}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
    "an unknown coding": (f"{LOGIN}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "chunked in 1.0": (
        "POST /api/v1/auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a chunk of no number": (f"{LOGIN}Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "a chunk that is longer": (
        f"{LOGIN}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}xx0\r\n\r\n",
        400,
    ),
    "two hosts": (f"{GET}Host: other\r\n\r\n", 400),
    "no host": ("GET /healthz HTTP/1.1\r\n\r\n", 400),
    "a null in a name": (f"{GET}X\0Y: 1\r\n\r\n", 400),
    "a folded first line": (" GET / HTTP/1.1\r\nHost: weir\r\n\r\n", 400),
    "many fields": (GET + "A: b\r\n" * 101 + "\r\n", 431),
    "a large field": (f"{GET}A: {'b' * 20_000}\r\n\r\n", 431),
    "a long target": (f"GET /{'a' * 9_000} HTTP/1.1\r\nHost: weir\r\n\r\n", 414),
    "another version": ("GET / HTTP/2.0\r\nHost: weir\r\n\r\n", 505),
    "the preface of HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_two_readers_could_understand_differently_is_refused_and_ends_the_connection(
    server: Town, shape: str
):
    said, status = SHAPES[shape]
    answers = await _talk(server, said + SECOND)
    assert answers.startswith(b"HTTP/1.1 %d " % status), answers[:100]
    assert answers.count(b"HTTP/1.1") == 1, "what followed was no request of its own"


async def test_an_offer_of_http_2_is_passed_over(server: Town):
    settings = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    assert (await _talk(server, f"{GET}{settings}Connection: close\r\n\r\n")).startswith(
        b"HTTP/1.1 200 "
    )


async def test_a_body_too_large_for_its_route_is_refused_before_it_has_come(server: Town):
    assert (await _talk(server, f"{LOGIN}Content-Length: 20000\r\n\r\n")).startswith(
        b"HTTP/1.1 413 "
    )


async def _talk(server: Town, said: str) -> bytes:
    """Say it, and give all that is answered until the server hangs up."""
    weir = server.weir
    assert weir is not None
    host, port = weir.http.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(said.encode())
        async with asyncio.timeout(5):
            heard = b""
            try:
                while more := await reader.read(65_536):
                    heard += more
            except ConnectionResetError:
                pass
            return heard
    finally:
        writer.close()
