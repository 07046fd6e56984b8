"""TLS before the doors: what is spoken, what is refused, and who is held up by whom (nobody)."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from appliance.machine.certificates import Certificates
from appliance.machine.clock import SystemClock
from appliance.machine.own_authority import OwnAuthority
from broker.codec.packets import Pingreq, Pingresp, Puback, Publish
from broker.options import DoorOptions, LineOptions
from broker.ways import Way
from tests.broker.dialing import dial_tls
from tests.broker.doors import DEADLINE, HERE_DEVICE, THERE_DEVICE, Doors, Lines, dial_plain, until
from tests.broker.test_lines import GOOD

READING = b'{"value": 3.2}'


@pytest.fixture
async def certificates(tmp_path: Path) -> Certificates:
    source = OwnAuthority(tmp_path / "tls", b"k" * 32, SystemClock())
    made = Certificates(source, (), lambda: ("localhost", "127.0.0.1"))
    await made.start()
    return made


def trusting(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificates.trust.root.decode())


@pytest.fixture
async def doors(certificates: Certificates) -> AsyncIterator[Doors]:
    opened = Doors(
        options=DoorOptions(handshake_within=0.5, connect_within=0.5),
        way=Way(tls=certificates.context("mqtt")),
        dial=dial_tls(trusting(certificates)),
    )
    async with opened.open():
        yield opened


@contextlib.asynccontextmanager
async def raw(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await dial_plain(port)
    try:
        async with asyncio.timeout(DEADLINE):
            yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def s_client(port: int, *options: str) -> str:
    """Have OpenSSL's own client connect, and give all that it says."""

    def ask() -> str:
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
        return (done.stdout + done.stderr).decode(errors="replace")

    return await asyncio.to_thread(ask)


ANY = ("-cipher", "ALL:@SECLEVEL=0")


@pytest.mark.parametrize(
    "options",
    [
        ("-tls1", *ANY),
        ("-tls1_1", *ANY),
        ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),  # no fresh key
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"),  # not authenticated as it should be
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"),
        ("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "DHE:!ECDHE"),
    ],
)
async def test_old_versions_and_weak_ciphers_are_refused(doors: Doors, options: tuple[str, ...]):
    said = await s_client(doors.port, *options)
    assert "Cipher is (NONE)" in said, said
    assert "alert" in said or "no cipher match" in said


@pytest.mark.parametrize(
    ("options", "cipher"),
    [
        (("-tls1_3",), "TLS_AES_256_GCM_SHA384"),
        (("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), "TLS_CHACHA20_POLY1305"),
        (("-tls1_2",), "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"), "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ],
)
async def test_what_is_good_is_spoken_and_the_chain_holds(
    doors: Doors, certificates: Certificates, tmp_path: Path, options: tuple[str, ...], cipher: str
):
    root = tmp_path / "root.crt"
    root.write_bytes(certificates.trust.root)
    verify = ("-CAfile", str(root), "-verify_hostname", "localhost", "-alpn", "mqtt")
    said = await s_client(doors.port, *options, *verify)
    assert f"Cipher is {cipher}" in said, said
    assert "Verify return code: 0 (ok)" in said
    assert "ALPN protocol: mqtt" in said
    assert "Compression: NONE" in said


async def test_two_municipalities_report_side_by_side(doors: Doors):
    for device in (HERE_DEVICE, THERE_DEVICE):
        client = await doors.device(device)
        client.send(Publish(f"sensors/{device.device_id}/data", READING, 1, packet_id=1))
        assert await client.receive() == Puback(1)
    assert [m.device.device_id for m in doors.intake.taken] == ["PS-001", "PS-002"]


async def test_a_large_backlog_comes_through_whole(doors: Doors):
    client = await doors.device()
    payload = b"[" + b",".join([READING] * 1_000) + b"]"
    for number in range(1, 41):
        client.send(Publish("sensors/PS-001/data", payload, 1, packet_id=number))
    assert set(await client.several(40)) == {Puback(n) for n in range(1, 41)}
    assert doors.intake.payloads == [payload] * 40


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"\x16",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40,  # half a ClientHello
    ],
)
async def test_a_handshake_that_stalls_is_cut_and_leaves_nothing(doors: Doors, first: bytes):
    async with raw(doors.port) as (reader, writer):
        writer.write(first)
        assert await reader.read() == b""
    await until(lambda: doors.door.figures().connections == 0)


@pytest.mark.parametrize(
    "first",
    [
        b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd",  # plain MQTT
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 200,
        b"\x16\x03\x01\xff\xff" + b"x" * 100_000,
        b"\x16\x03\x01\x40\x00\x01\x00\x80\x00" + b"\x03\x03" * 8_192 + b"\x16\x03\x01\x40\x00" * 9,
    ],
)
async def test_what_is_no_handshake_is_cut_at_once(doors: Doors, first: bytes):
    async with raw(doors.port) as (reader, writer):
        writer.write(first)
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
    await until(lambda: doors.door.figures().connections == 0)
    assert doors.intake.refusals == []


async def test_many_handshakes_at_once_leave_the_loop_to_others(
    doors: Doors, certificates: Certificates
):
    other = await doors.device(THERE_DEVICE)
    longest = 0.0
    hello = await asyncio.to_thread(_client_hello)
    sockets = [socket.create_connection(("127.0.0.1", doors.port)) for _ in range(400)]
    try:
        for each in sockets:
            each.send(hello)
        for _ in range(20):
            began = time.thread_time()  # of server and clients, whatever else the computer does
            other.send(Pingreq())
            assert await other.receive() == Pingresp()
            longest = max(longest, time.thread_time() - began)
    finally:
        for each in sockets:
            each.close()
    assert longest < 0.2


def _client_hello() -> bytes:
    out = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


async def test_an_abrupt_end_in_the_middle_of_a_record_ends_that_connection_alone(doors: Doors):
    other, client = await doors.device(THERE_DEVICE), await doors.device()
    raw_socket = client.writer.get_extra_info("socket")
    linger = struct.pack("ii", 1, 0)
    raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.writer.transport.abort()
    await until(lambda: doors.door.figures().connections == 1)
    other.send(Pingreq())
    assert await other.receive() == Pingresp()


async def test_a_renewed_certificate_is_shown_to_who_comes_next_and_who_is_here_stays(
    certificates: Certificates, doors: Doors
):
    stays = await doors.device(THERE_DEVICE)
    before = stays.writer.get_extra_info("peercert")
    certificates._here = lambda: ("localhost", "127.0.0.1", "new.example")
    await certificates.look()
    comes = await doors.device()
    after = comes.writer.get_extra_info("peercert")
    assert ("DNS", "new.example") in after["subjectAltName"]
    assert ("DNS", "new.example") not in before["subjectAltName"]
    stays.send(Pingreq())
    assert await stays.receive() == Pingresp()


async def test_lines_come_over_tls_and_a_logger_that_closes_its_side_gets_its_answer(
    certificates: Certificates,
):
    lines = Lines(options=LineOptions(first_line_within=2.0))
    async with lines.open():
        port = await lines.door.listen("127.0.0.1", 0, Way(tls=certificates.context("lines")))
        reader, writer = await dial_tls(trusting(certificates))(port)
        writer.write(json.dumps(GOOD).encode() + b"\n")
        async with asyncio.timeout(DEADLINE):
            assert b'"status":"ok"' in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_network_that_is_not_listed_is_hung_up_on_before_a_byte(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
):
    elsewhere = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    way = Way(name="--mqtts", networks=elsewhere, tls=certificates.context("mqtt"))
    doors = Doors(way=way, dial=dial_tls(trusting(certificates)))
    async with doors.open():
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await doors.client()
        async with raw(doors.port) as (reader, writer):
            writer.write(b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
    assert caplog.text.count("refused 127.0.0.1") == 1
