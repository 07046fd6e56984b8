"""Acks a second of Weir and of Mosquitto, in turns, from the same generator in one run.

The generator is a process of its own. Every connection is a device with its own key; it keeps a
window of publishes unacknowledged and sends the next when an ack comes. Every message is a new
reading (about 90 bytes, its own timestamp), made before the clock starts. Mosquitto runs with its
defaults but anonymous access, unlimited in-flight, and no subscriber, as Weir has none.
"""

import argparse
import asyncio
import json
import multiprocessing as mp
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.latency import import_sensors
from tests.running import Running, found, start

SHAPES = ((4, 500), (50, 10), (20, 1))
"""(connections, window): the shapes whose bars are promised."""
FIRST = 1_790_000_000_000
"""Milliseconds since 1970 of the first reading."""
MOST_MESSAGES = 400_000
CONNACK = 4
PUBACK = 4
"""Bytes of these packets."""
DIGITS = 128
"""In the remaining length, and the bit that says that more follow."""


@dataclass(frozen=True)
class Load:
    """What the generator shall do."""

    host: str
    port: int
    keys: tuple[tuple[str, str], ...]
    window: int
    seconds: float
    first: int
    """Timestamp of the first message, in milliseconds."""


def packet(kind: int, body: bytes) -> bytes:
    """Put an MQTT packet together [MQTT-2.2.3]."""
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, DIGITS)
        length.append(digit | (DIGITS if left else 0))
        if not left:
            return bytes((kind,)) + bytes(length) + body


def text(value: str) -> bytes:
    """Write a string as MQTT does [MQTT-1.5.3]."""
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


def connect(name: str, key: str) -> bytes:
    """Give a CONNECT packet."""
    head = text("MQTT") + bytes((4, 0xC2)) + struct.pack(">H", 600)
    return packet(0x10, head + text(name) + text(name) + text(key))


class Device(asyncio.Protocol):
    """One connection that keeps its window full."""

    def __init__(self, name: str, key: str, messages: deque[bytes], window: int) -> None:
        self.name, self.key, self.messages, self.window = name, key, messages, window
        self.acks = 0
        self.ready = asyncio.Event()
        self.sent: deque[float] = deque()
        self.delays: list[float] = []
        self.rest = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sign in."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        transport.write(connect(self.name, self.key))

    def data_received(self, data: bytes) -> None:
        """Count acks, and send as many messages as came acks."""
        if not self.ready.is_set():
            if data[3:4] != b"\0":
                raise SystemExit(f"{self.name} was refused: {data.hex()}")
            self.ready.set()
            return
        count, self.rest = divmod(self.rest + len(data), PUBACK)
        now = time.perf_counter()
        self.acks += count
        for _ in range(count):
            self.delays.append(now - self.sent.popleft())
        self.send(count)

    def send(self, count: int) -> None:
        """Send that many messages in one write."""
        count = min(count, len(self.messages))
        now = time.perf_counter()
        self.sent.extend([now] * count)
        self.transport.write(b"".join([self.messages.popleft() for _ in range(count)]))


def make_messages(load: Load) -> list[deque[bytes]]:
    """Make every message beforehand; packet ids go round within twice the window."""
    each = MOST_MESSAGES // len(load.keys)
    made = []
    for name, _ in load.keys:
        topic = text(f"sensors/{name}/data")
        made.append(
            deque(
                packet(
                    0x32,
                    topic
                    + struct.pack(">H", 1 + n % 60_000)
                    + b'{"timestamp": %d, "value": 3.%03d, "unit": "bar", "battery_level": 87}'
                    % (load.first + n, n % 1000),
                )
                for n in range(each)
            )
        )
    return made


async def drive(load: Load) -> tuple[float, float, float]:
    """Give acks a second, and the median and 99th percentile of the delay in milliseconds."""
    loop = asyncio.get_running_loop()
    devices = []
    for (name, key), messages in zip(load.keys, make_messages(load), strict=True):
        device = Device(name, key, messages, load.window)
        await loop.create_connection(lambda d=device: d, load.host, load.port)
        await asyncio.wait_for(device.ready.wait(), 10)
        devices.append(device)
    for device in devices:
        device.send(load.window)
    await asyncio.sleep(min(1.0, load.seconds / 4))
    for device in devices:
        device.delays.clear()
    before, began = sum(d.acks for d in devices), time.perf_counter()
    await asyncio.sleep(load.seconds)
    rate = (sum(d.acks for d in devices) - before) / (time.perf_counter() - began)
    delays = sorted(delay for d in devices for delay in d.delays)
    if not all(d.messages for d in devices):
        print("a device ran out of messages: fewer seconds, please", file=sys.stderr)
    for device in devices:
        device.transport.abort()
    return rate, 1e3 * delays[len(delays) // 2], 1e3 * delays[int(len(delays) * 0.99)]


def generate(load: Load) -> tuple[float, float, float]:
    """Drive in a process of its own."""
    with mp.get_context("spawn").Pool(1) as pool:
        return pool.apply(_drive, (load,))


def _drive(load: Load) -> tuple[float, float, float]:
    return asyncio.run(drive(load))


class Mosquitto:
    """The peer, with its defaults as far as they go."""

    name = "mosquitto"

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n"
        )
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen(  # noqa: S603
            [program, "-c", str(config)], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit("mosquitto does not answer")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


def main() -> None:
    """Measure, and print each side and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch), asked.seconds, asked.rounds)
    if asked.json:
        print(json.dumps(figures))
        return
    print(f"{'connections x window':22}{'Weir/s':>10}{'p99 ms':>9}{'Mosquitto/s':>13}{'ratio':>8}")
    for one in figures:
        print(
            f"{one['shape']:22}{one['weir']:10,.0f}{one['weir_p99_ms']:9.1f}"
            f"{one['mosquitto']:13,.0f}{one['ratio']:8.2f}"
        )


def measure(folder: Path, seconds: float, rounds: int) -> list[dict[str, float | str]]:
    """Give one row for each shape; medians over the rounds, ratios pair by pair."""
    data = folder / "data"
    keys = import_sensors(data, found(data), max(n for n, _ in SHAPES))
    weir, mosquitto = start(data), Mosquitto(folder)
    first, figures = FIRST - MOST_MESSAGES * len(SHAPES) * rounds, []
    try:
        for connections, window in SHAPES:
            pairs = []
            for _ in range(rounds):
                load = Load("", 0, tuple(keys[:connections]), window, seconds, first)
                pairs.append((_at(weir, load), _at(mosquitto, load)))
                first += MOST_MESSAGES
            figures.append(_row(connections, window, pairs))
    finally:
        mosquitto.stop()
        weir.stop()
    return figures


def _at(server: Running | Mosquitto, load: Load) -> tuple[float, float, float]:
    port = server.port if isinstance(server, Mosquitto) else int(server.mqtt.rsplit(":", 1)[1])
    return generate(Load("127.0.0.1", port, load.keys, load.window, load.seconds, load.first))


def _row(
    connections: int,
    window: int,
    pairs: list[tuple[tuple[float, float, float], tuple[float, float, float]]],
) -> dict[str, float | str]:
    return {
        "shape": f"{connections} x {window}",
        "weir": statistics.median(ours[0] for ours, _ in pairs),
        "weir_p99_ms": statistics.median(ours[2] for ours, _ in pairs),
        "mosquitto": statistics.median(theirs[0] for _, theirs in pairs),
        "mosquitto_p99_ms": statistics.median(theirs[2] for _, theirs in pairs),
        "ratio": statistics.median(ours[0] / theirs[0] for ours, theirs in pairs),
    }


if __name__ == "__main__":
    main()
