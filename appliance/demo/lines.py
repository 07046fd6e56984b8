"""How the demo's devices talk: the three protocols of real loggers, as small as they have them.

Each line connects when it first sends, keeps its connection, and gives the readings as delivered
only when the other side has acknowledged them.
"""

import asyncio
import struct
from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Final, Protocol

import h11
import msgspec

from appliance.domain.ids import DeviceId
from appliance.domain.readings import Door
from appliance.ports.doors import topic_of

_LONGEST_ANSWER: Final = 65_536
_CONNECT, _CONNACK, _PUBLISH_QOS_1, _PUBACK = 0x10, 0x20, 0x32, 0x40
_CLEAN_WITH_PASSWORD: Final = 0xC2
_KEEP_ALIVE: Final = 60
"""Seconds. A device that reports every ten needs no PINGREQ between."""
_LONG: Final = 128
_OK: Final = range(200, 300)

Reading = dict[str, object]


class NotTaken(ConnectionError):
    """The other side answered, but did not take the readings."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a door listens."""

    host: str
    port: int


class Line(Protocol):
    """A device's way to its door."""

    async def send(self, readings: Several[Reading]) -> None:
        """Deliver, and return when they were acknowledged; raises OSError or EOFError."""
        ...

    def close(self) -> None:
        """Hang up; the next `send` connects anew."""
        ...


class _Stream:
    """One connection, made when it is needed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._open is None:
            self._open = await asyncio.open_connection(self._address.host, self._address.port)
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


class MqttLine:
    """MQTT 3.1.1, QoS 1: readings count as delivered with their PUBACK [MQTT-4.3.2-1]."""

    def __init__(self, address: Address, device_id: str, key: str) -> None:
        self._stream = _Stream(address)
        self._device_id = device_id
        self._key = key
        self._packet_id = 0

    async def send(self, readings: Several[Reading]) -> None:
        fresh = not self._stream.is_open
        reader, writer = await self._stream.open()
        if fresh:
            writer.write(self._connect())
            kind, body = await _packet(reader)
            if kind != _CONNACK or body[1:] != b"\x00":
                raise NotTaken(f"CONNECT was answered by {kind:#x} {body.hex()}")
        self._packet_id = self._packet_id % 0xFFFF + 1
        writer.write(self._publish(readings))
        await writer.drain()
        kind, body = await _packet(reader)
        if kind != _PUBACK or body != struct.pack(">H", self._packet_id):
            raise NotTaken(f"PUBLISH was answered by {kind:#x} {body.hex()}")

    def close(self) -> None:
        self._stream.close()

    def _connect(self) -> bytes:
        body = _text("MQTT") + struct.pack(">BBH", 4, _CLEAN_WITH_PASSWORD, _KEEP_ALIVE)
        who = _text(self._device_id) + _text(self._device_id) + _text(self._key)
        return _framed(_CONNECT, body + who)

    def _publish(self, readings: Several[Reading]) -> bytes:
        topic = _text(topic_of(DeviceId(self._device_id), "data"))
        head = topic + struct.pack(">H", self._packet_id)
        return _framed(_PUBLISH_QOS_1, head + msgspec.json.encode(_payload(readings)))


class HttpLine:
    """HTTP/1.1 with one connection for many requests."""

    def __init__(self, address: Address, device_id: str, key: str) -> None:
        self._stream = _Stream(address)
        self._host = f"{address.host}:{address.port}"
        self._path = f"/api/v1/sensors/{device_id}/readings"
        self._key = key
        self._talk = h11.Connection(h11.CLIENT)

    async def send(self, readings: Several[Reading]) -> None:
        if not self._stream.is_open:
            self._talk = h11.Connection(h11.CLIENT)
        reader, writer = await self._stream.open()
        writer.write(self._request(msgspec.json.encode(_payload(readings))))
        await writer.drain()
        status = await self._answer(reader)
        if self._talk.our_state is h11.MUST_CLOSE:
            self.close()
        else:
            self._talk.start_next_cycle()
        if status not in _OK:
            raise NotTaken(f"POST was answered by {status}")

    def close(self) -> None:
        self._stream.close()

    def _request(self, body: bytes) -> bytes:
        head = h11.Request(
            method="POST",
            target=self._path,
            headers=[
                ("Host", self._host),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("X-API-Key", self._key),
            ],
        )
        sent = [self._talk.send(e) for e in (head, h11.Data(data=body), h11.EndOfMessage())]
        return b"".join(part for part in sent if part)

    async def _answer(self, reader: asyncio.StreamReader) -> int:
        """Read one whole answer and give its status."""
        status = 0
        while True:
            event = self._talk.next_event()
            if event is h11.NEED_DATA:
                self._talk.receive_data(await reader.read(_LONGEST_ANSWER))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.EndOfMessage):
                return status
            elif isinstance(event, h11.ConnectionClosed):
                raise EOFError


class TcpLine:
    """One JSON object a line, one JSON answer a line."""

    def __init__(self, address: Address, device_id: str, key: str) -> None:
        self._stream = _Stream(address)
        self._who = {"device_id": device_id, "api_key": key}

    async def send(self, readings: Several[Reading]) -> None:
        reader, writer = await self._stream.open()
        for reading in readings:
            writer.write(msgspec.json.encode(self._who | reading) + b"\n")
            await writer.drain()
            answer = msgspec.json.decode(await reader.readuntil(b"\n"), type=dict[str, object])
            if answer.get("status") != "ok":
                raise NotTaken(f"a line was answered by {answer.get('reason')}")

    def close(self) -> None:
        self._stream.close()


def line_through(door: Door, address: Address, device_id: str, key: str) -> Line:
    """Give a device's way through this door."""
    kinds: dict[Door, type[MqttLine | HttpLine | TcpLine]] = {
        Door.MQTT: MqttLine,
        Door.HTTP: HttpLine,
        Door.TCP: TcpLine,
    }
    return kinds[door](address, device_id, key)


def _payload(readings: Several[Reading]) -> Reading | list[Reading]:
    return readings[0] if len(readings) == 1 else list(readings)


def _text(text: str) -> bytes:
    """Write a UTF-8 string with its length before it [MQTT-1.5.3]."""
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _framed(first: int, body: bytes) -> bytes:
    """Write a packet: first byte, remaining length in sevens of bits, body [MQTT-2.2.3]."""
    length, rest = bytearray(), len(body)
    while True:
        rest, low = divmod(rest, _LONG)
        length.append(low | (_LONG if rest else 0))
        if not rest:
            return bytes([first]) + bytes(length) + body


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one short packet: what a publisher is sent fits one byte of length."""
    first, length = await reader.readexactly(2)
    if length >= _LONG:
        raise NotTaken("a packet longer than any acknowledgement")
    return first, await reader.readexactly(length)
