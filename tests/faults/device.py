"""A device in the field that never gives up: MQTT with QoS 1, written from the standard alone."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

IN_FLIGHT = 10
PACE = 0.01
"""Seconds between two new readings."""
PATIENCE = 5.0

Address = Callable[[], str]
"""Where the server listens now."""


class Device(threading.Thread):
    """Publishes one reading after another, and again what was not acknowledged, in order.

    `acknowledged` has the timestamps whose PUBACK has come. `finish` lets it send what is still
    unacknowledged and nothing new; then the thread ends.
    """

    def __init__(self, name: str, key: str, value: float, address: Address) -> None:
        super().__init__(name=name, daemon=True)
        self._key = key
        self._value = value
        self._address = address
        self._times = _times()
        self._waiting: list[str] = []
        """Sent and not acknowledged, or never sent; oldest first."""
        self._finishing = threading.Event()
        self._given_up = threading.Event()
        self.acknowledged: list[str] = []
        self.acknowledged_at: list[float] = []
        """When, on the monotonic clock, which all processes share."""
        self.connections = 0

    def finish(self) -> None:
        """Send nothing new."""
        self._finishing.set()

    def give_up(self) -> None:
        """End as soon as the connection is lost."""
        self._given_up.set()

    def run(self) -> None:
        while not self._is_done() and not self._given_up.is_set():
            try:
                with self._connected() as connection:
                    self._report(connection)
            except OSError:
                time.sleep(0.05)

    def send_again(self, at: str) -> bool:
        """Send one reading again, and say whether it was acknowledged."""
        return publish_once(self._address(), self.name, self._key, self._said(at))

    def _is_done(self) -> bool:
        return self._finishing.is_set() and not self._waiting

    def _connected(self) -> socket.socket:
        host, port = self._address().rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), PATIENCE)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(_connect(self.name, self._key))
            if _exactly(connection, 4) != b"\x20\x02\x00\x00":
                raise ConnectionError("refused")
        except OSError:
            connection.close()
            raise
        self.connections += 1
        return connection

    def _report(self, connection: socket.socket) -> None:
        in_flight: dict[int, str] = {}
        unsent = list(self._waiting)
        numbers = iter(range(1, 65_536))
        connection.settimeout(PACE)
        quiet_since = time.monotonic()
        while not self._is_done():
            if not unsent and not self._finishing.is_set() and len(in_flight) < IN_FLIGHT:
                unsent.append(next(self._times))
                self._waiting.append(unsent[0])
            while unsent and len(in_flight) < IN_FLIGHT:
                number, at = next(numbers), unsent.pop(0)
                in_flight[number] = at
                connection.sendall(_publish(f"sensors/{self.name}/data", number, self._said(at)))
            if self._take_acks(connection, in_flight):
                quiet_since = time.monotonic()
            elif in_flight and time.monotonic() - quiet_since > PATIENCE:
                raise ConnectionError("no ack in time")

    def _take_acks(self, connection: socket.socket, in_flight: dict[int, str]) -> bool:
        try:
            head = connection.recv(1)
        except TimeoutError:
            return False
        if not head:
            raise ConnectionError("closed")
        connection.settimeout(PATIENCE)
        rest = _exactly(connection, 3)
        connection.settimeout(PACE)
        if head + rest[:1] != b"\x40\x02":
            raise AssertionError(f"no PUBACK: {head + rest!r}")
        at = in_flight.pop(struct.unpack("!H", rest[1:])[0])
        self._waiting.remove(at)
        self.acknowledged.append(at)
        self.acknowledged_at.append(time.monotonic())
        return True

    def _said(self, at: str) -> bytes:
        return json.dumps({"timestamp": at, "value": self._value, "unit": "bar"}).encode()


def _times() -> Iterator[str]:
    """Give times from 30 minutes ago on, 10 ms apart: a logger that catches up."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    while True:
        at += timedelta(milliseconds=10)
        yield at.isoformat().replace("+00:00", "Z")


def _connect(name: str, key: str) -> bytes:
    body = _text("MQTT") + bytes((4, 0xC2, 0, 0)) + _text(name) + _text(name) + _text(key)
    return b"\x10" + _length(len(body)) + body


def _publish(topic: str, number: int, payload: bytes) -> bytes:
    body = _text(topic) + struct.pack("!H", number) + payload
    return b"\x32" + _length(len(body)) + body


def publish_once(address: str, name: str, key: str, payload: bytes) -> bool:
    """Publish one message with QoS 1 and say whether it was acknowledged."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.sendall(_connect(name, key))
            _exactly(connection, 4)
            connection.sendall(_publish(f"sensors/{name}/data", 1, payload))
            return _exactly(connection, 4) == b"\x40\x02\x00\x01"
    except OSError:
        return False


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


def _length(length: int) -> bytes:
    """Encode a remaining length [MQTT 2.2.3]."""
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(encoded)


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        if not more:
            raise ConnectionError("closed")
        found += more
    return found
