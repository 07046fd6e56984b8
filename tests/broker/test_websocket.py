"""MQTT over WebSocket: framing, handshakes, hostile peers."""

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator

import pytest

from broker.codec.encode import encode
from broker.codec.packets import Connect, Pingreq, Pingresp, Puback, Publish
from broker.options import DoorOptions
from broker.ways import Way
from broker.websocket import Pages
from tests.broker.dialing import WebSocketWire, dial_websocket
from tests.broker.doors import (
    DEADLINE,
    HERE_DEVICE,
    THERE_DEVICE,
    Client,
    Doors,
    dial_plain,
    key_of,
    municipalities,
    until,
)

LISTED = "https://panel.example"
READING = b'{"value": 3.2}'
HELLO = encode(Connect(username=HERE_DEVICE.device_id, password=key_of(HERE_DEVICE).encode()))


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    opened = Doors(
        options=DoorOptions(handshake_within=0.3, connect_within=1.0),
        way=Way(pages=Pages((LISTED,))),
        dial=dial_websocket(None),
    )
    async with opened.open():
        yield opened


@contextlib.asynccontextmanager
async def raw(doors: Doors) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection to the door."""
    reader, writer = await dial_plain(doors.port)
    try:
        async with asyncio.timeout(DEADLINE):
            yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def upgrade(*, path: str = "/mqtt", protocol: str = "mqtt", **headers: str) -> bytes:
    lines = {
        "Host": "weir.local:9001",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": protocol,
    } | headers
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode()


def frame(payload: bytes, opcode: int = 2, *, length: int | None = None) -> bytes:
    """A frame of a client whose mask is zero; it may claim to be longer than it is."""
    size = len(payload) if length is None else length
    if size > 0xFFFF:
        head = struct.pack("!BBQ", 0x80 | opcode, 0xFF, size)
    elif size > 125:
        head = struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
    else:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    return head + bytes(4) + payload


async def answer_to(doors: Doors, request: bytes) -> bytes:
    async with raw(doors) as (reader, writer):
        writer.write(request)
        return (await reader.readline()).strip()


def wire_of(client: Client) -> WebSocketWire:
    assert isinstance(client.writer, WebSocketWire)
    return client.writer


def closed_with(client: Client) -> int | None:
    received = wire_of(client).protocol.close_rcvd
    return None if received is None else received.code


async def test_two_municipalities_report_side_by_side_each_as_itself(doors: Doors):
    for device in (HERE_DEVICE, THERE_DEVICE):
        client = await doors.device(device)
        client.send(Publish(f"sensors/{device.device_id}/data", READING, 1, packet_id=1))
        assert await client.receive() == Puback(1)
    assert [m.device.device_id for m in doors.intake.taken] == ["PS-001", "PS-002"]
    assert len(municipalities(doors.intake.taken)) == 2


async def test_packets_may_span_frames_and_share_one(doors: Doors):
    """[MQTT-6.0.0-2]."""
    report = encode(Publish("sensors/PS-001/data", READING, 1, packet_id=1))
    again = encode(Publish("sensors/PS-001/data", READING, 1, packet_id=2))
    client = await doors.client()
    for each in HELLO:
        client.send(bytes((each,)))
    await client.receive()
    client.send(report[:5])
    client.send(report[5:] + again[:3])
    client.send(again[3:] + encode(Pingreq()))
    assert set(await client.several(3)) == {Puback(1), Puback(2), Pingresp()}


async def test_a_message_in_many_fragments_is_one_stream(doors: Doors):
    client = await doors.device()
    report = encode(Publish("sensors/PS-001/data", b"[" + READING + b"]", 1, packet_id=7))
    protocol = wire_of(client).protocol
    protocol.send_binary(report[:4], fin=False)
    protocol.send_continuation(report[4:9], fin=False)
    protocol.send_ping(b"between")
    protocol.send_continuation(report[9:], fin=True)
    wire_of(client).flush()
    assert await client.receive() == Puback(7)


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_frame_of_text_ends_the_connection(doors: Doors, signed_in: bool):
    """[MQTT-6.0.0-1]."""
    client = await (doors.device() if signed_in else doors.client())
    wire_of(client).protocol.send_text(b"hello")
    wire_of(client).flush()
    assert await client.receive() is None
    assert closed_with(client) == 1003


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (upgrade(), b"101"),
        (upgrade(path="/"), b"101"),
        (upgrade(protocol="chat, mqtt"), b"101"),
        (upgrade(protocol="mqttv5"), b"400"),
        (upgrade(protocol=""), b"400"),
        (upgrade(path="/admin"), b"404"),
        (upgrade(Origin="https://evil.example"), b"403"),
        (upgrade(Origin="null"), b"403"),
        (upgrade(Origin=LISTED), b"101"),
        (upgrade(Origin=LISTED + ".evil.example"), b"403"),
        (upgrade(Origin="https://weir.local:9001"), b"101"),
        (upgrade(Origin="https://evil.example", **{"X-Forwarded-Host": "evil.example"}), b"403"),
        (upgrade(Upgrade="h2c"), b"400"),
        (upgrade(Connection="close"), b"400"),
        (upgrade(**{"Sec-WebSocket-Version": "8"}), b"400"),
        (upgrade(**{"Sec-WebSocket-Key": ""}), b"400"),
        (upgrade(Host="x" * 70 + "." + "ü" * 5), b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"POST /mqtt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", b"400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x00\x05hello\r\n\r\n", b"400"),
    ],
)
async def test_only_mqtt_is_opened_and_only_to_programs_and_listed_pages(
    doors: Doors, request_: bytes, status: bytes
):
    """[MQTT-6.0.0-3, MQTT-6.0.0-4]."""
    assert (await answer_to(doors, request_)).split()[1] == status


async def test_nothing_is_compressed_and_the_subprotocol_is_named(doors: Doors):
    offer = upgrade(**{"Sec-WebSocket-Extensions": "permessage-deflate"})
    async with raw(doors) as (reader, writer):
        writer.write(offer)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b"sec-websocket-protocol: mqtt\r\n" in head
    assert b"deflate" not in head


@pytest.mark.parametrize("first", [b"", b"GET /mqtt HTTP/1.1\r\nHost: x\r\n", upgrade()[:-2]])
async def test_a_handshake_that_is_not_done_in_time_is_cut(doors: Doors, first: bytes):
    async with raw(doors) as (reader, writer):
        writer.write(first)
        assert await reader.read() == b""
    await until(lambda: doors.door.figures().connections == 0)


async def test_a_handshake_that_is_too_long_is_cut(doors: Doors):
    async with raw(doors) as (reader, writer):
        writer.write(b"GET /mqtt HTTP/1.1\r\n" + b"X-Filler: " + b"x" * 20_000)
        with contextlib.suppress(ConnectionResetError):
            assert b" 431 " in (await reader.readline())


async def test_a_ping_is_answered_and_keeps_nobody_who_has_not_signed_in(doors: Doors):
    client = await doors.client()
    wire = wire_of(client)
    wire.protocol.send_ping(b"are you there")
    wire.flush()
    async with asyncio.timeout(DEADLINE):
        while not any(f.data == b"are you there" for f in wire.frames):
            assert await wire._listen()
        with contextlib.suppress(ConnectionError):
            while await wire._listen():  # connect_within ends it, pings or not
                wire.protocol.send_ping(b"")
                wire.flush()


async def test_a_goodbye_is_answered_with_a_goodbye(doors: Doors):
    client = await doors.device()
    wire_of(client).protocol.send_close(1000)
    wire_of(client).flush()
    assert await client.receive() is None
    assert closed_with(client) == 1000
    await until(lambda: doors.door.figures().connections == 0)


@pytest.mark.parametrize(
    "bad",
    [
        b"\x82\x05hello",  # not masked
        b"\xc2\x80\0\0\0\0",  # a reserved bit: compressed
        b"\x83\x80\0\0\0\0",  # no such opcode
        b"\x09\x80\0\0\0\0",  # a ping in fragments
        frame(b"", 0),  # nothing to continue
        frame(b"x" * 126, 9),  # too long a ping
    ],
)
async def test_a_frame_that_is_none_closes_the_connection(doors: Doors, bad: bytes):
    """RFC 6455, 5.2, 5.4 and 5.5."""
    async with raw(doors) as (reader, writer):
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bad)
        told = await reader.read()
    assert told[0] == 0x88, "a closing frame"
    assert told[2:4] == b"\x03\xea", "1002: it is no frame"
    await until(lambda: doors.door.figures().connections == 0)


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_frame_that_never_ends_costs_nothing_and_holds_nobody_up(
    doors: Doors, signed_in: bool
):
    """The header of a 20 MB frame, one byte of it, and an abrupt end."""
    other = await doors.device(THERE_DEVICE)
    async with raw(doors) as (reader, writer):
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        if signed_in:
            writer.write(frame(HELLO))
            await reader.readexactly(6)
        writer.write(frame(b"\x30", length=20_000_000))
        await writer.drain()
        other.send(Pingreq())
        assert await other.receive() == Pingresp()
        writer.transport.abort()
    other.send(Pingreq())
    async with asyncio.timeout(5):
        assert await other.receive() == Pingresp()
    await until(lambda: doors.door.figures().connections == 1)


async def test_what_is_too_large_is_refused_before_anybody_has_signed_in(doors: Doors):
    async with raw(doors) as (reader, writer):
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(b"\x10\xff\xff\x7f" + b"x" * 100, length=2_000_000))
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
    await until(lambda: doors.door.figures().connections == 0)
    assert doors.intake.taken == []


async def test_a_flood_of_empty_frames_leaves_the_loop_to_others(doors: Doors):
    other = await doors.device(THERE_DEVICE)
    longest = 0.0
    async with raw(doors) as (reader, writer):
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(b"") * 40_000)
        for _ in range(20):
            began = time.thread_time()  # of server and clients, whatever else the computer does
            other.send(Pingreq())
            assert await other.receive() == Pingresp()
            longest = max(longest, time.thread_time() - began)
        writer.transport.abort()
    assert longest < 0.2


async def test_a_peer_that_does_not_read_its_pongs_is_read_no_more(doors: Doors):
    async with raw(doors) as (reader, writer):
        writer.write(upgrade() + frame(HELLO))
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()
        pings = frame(b"x" * 125, 9) * 2_000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while True:
                    writer.write(pings)
                    await writer.drain()
        assert writer.transport.get_write_buffer_size(), "it was held back"
        writer.transport.abort()
