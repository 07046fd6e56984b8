"""What generator.c does, where there is no compiler: the same options, the same line of JSON."""

import argparse
import asyncio
import json
import random
import struct
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import cast

DIGITS = 128
"""In the remaining length, and the bit that says that more follow."""
IDS = 65_535
PUBACK = b"\x40\x02"
TICK = 0.001


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


@dataclass
class Tally:
    """What all devices have seen together."""

    options: argparse.Namespace
    since: float = 0.0
    until: float = 0.0
    ending: bool = False
    delays: list[float] = field(default_factory=list)
    strange: int = 0
    last_ack: float = 0.0


class Device(asyncio.Protocol):
    """One connection that keeps its window full, or sends what is due."""

    def __init__(self, name: str, key: str, number: int, tally: Tally) -> None:
        self.name, self.key, self.tally = name, key, tally
        self.topic = text(f"sensors/{name}/data")
        self.time, self.value, self.id = tally.options.first, 0, 0
        self.level, self.chance = 1500 + number * 37 % 4000, random.Random(number)  # noqa: S311
        self.left, self.messages, self.acks = sys.maxsize, 0, 0
        self.due: dict[int, float] = {}
        self.rest = b""
        self.ready = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sign in."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(connect(self.name, self.key))

    def connection_lost(self, _: Exception | None) -> None:
        """Say so, unless everything is over."""
        if not self.tally.ending:
            print(f"generator: {self.name}: the broker closed the connection", file=sys.stderr)

    def data_received(self, data: bytes) -> None:
        """Look every ack up, and send as many messages as came acks."""
        if not self.ready.is_set():
            if data[3:4] != b"\0":
                raise SystemExit(f"{self.name} was refused: {data.hex()}")
            self.ready.set()
            return
        now, data = time.perf_counter(), self.rest + data
        whole = len(data) // 4 * 4
        self.rest = data[whole:]
        for at in range(0, whole, 4):
            self._acknowledged(data[at : at + 4], now)
        if not self.tally.options.rate:
            self.fill(now)

    def _acknowledged(self, ack: bytes, now: float) -> None:
        due = self.due.pop(ack[2] << 8 | ack[3], None)
        if due is None or ack[:2] != PUBACK:
            self.tally.strange += 1
            return
        self.acks += 1
        self.tally.last_ack = now
        if self.tally.since <= now < self.tally.until:
            self.tally.delays.append(now - due)

    def fill(self, now: float) -> None:
        """Send until the window is full."""
        made = []
        while not self.tally.ending and self.left and len(self.due) < self.tally.options.window:
            made.append(self.message(now))
        self.transport.write(b"".join(made))

    def message(self, due: float) -> bytes:
        """Make the next message, which counts as on its way from then on."""
        self.id = self.id % IDS + 1
        while self.id in self.due:
            self.id = self.id % IDS + 1
        self.due[self.id] = due
        self.messages, self.left = self.messages + 1, self.left - 1
        body = b",".join([self._reading() for _ in range(self.tally.options.array)])
        if self.tally.options.array > 1:
            body = b"[" + body + b"]"
        return packet(0x32, self.topic + struct.pack(">H", self.id) + body)

    def _reading(self) -> bytes:
        self.value = self.level + sum(self.chance.choices(range(16), k=4))
        bar, rest = divmod(self.value, 1000)
        made = b'{"timestamp": %d, "value": %d.%03d, "unit": "bar", "battery_level": 87}' % (
            self.time,
            bar,
            rest,
        )
        self.time += self.tally.options.step
        return made


async def run(options: argparse.Namespace, keys: list[tuple[str, str]]) -> None:
    """Drive all devices, wait for the last ack, and print the line."""
    tally = Tally(options)
    loop, devices = asyncio.get_running_loop(), []
    for n, (name, key) in enumerate(keys):
        made = partial(Device, name, key, n, tally)
        _, device = await loop.create_connection(made, "127.0.0.1", options.port)
        devices.append(device)
        async with asyncio.timeout(10):
            await device.ready.wait()
        if options.messages:
            share, rest = divmod(options.messages, len(keys))
            device.left = share + (n < rest)
    began, used, moment = time.perf_counter(), time.process_time(), time.monotonic()
    tally.last_ack = began
    tally.since = began + (0 if options.messages else options.warmup)
    tally.until = float("inf") if options.messages else tally.since + options.seconds
    await drive(devices, tally, began)
    figures = report(devices, tally, tally.last_ack - began, time.process_time() - used)
    print(json.dumps({"began_s": moment, **figures}))
    for device in devices:
        device.transport.abort()


async def drive(devices: list[Device], tally: Tally, began: float) -> None:
    """Send until the end, then wait for acks as long as some come."""
    options, sent = tally.options, 0
    if not options.rate:
        for device in devices:
            device.fill(began)
    while not (tally.ending and not any(d.due for d in devices)):
        await asyncio.sleep(TICK)
        now = time.perf_counter()
        if now - tally.last_ack > options.silence:
            return
        tally.ending = tally.ending or (
            not any(d.left for d in devices) if options.messages else now >= tally.until
        )
        while options.rate and not tally.ending and sent < (now - began) * options.rate:
            device = devices[sent % len(devices)]
            if not device.left or len(device.due) >= IDS:
                break
            device.transport.write(device.message(began + sent / options.rate))
            sent += 1


def report(devices: list[Device], tally: Tally, took: float, used: float) -> dict[str, object]:
    """Give the figures."""
    messages, acks = sum(d.messages for d in devices), sum(d.acks for d in devices)
    delays = sorted(tally.delays) or [0.0]
    seconds = took if tally.options.messages else tally.options.seconds
    parts = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999, "max_ms": 1.0}
    return {
        "messages": messages,
        "acks": acks,
        "missing": messages - acks,
        "strange": tally.strange,
        "took_s": took,
        "rate": len(tally.delays) / seconds,
        **{n: 1e3 * delays[min(int(len(delays) * p), len(delays) - 1)] for n, p in parts.items()},
        "busy": used / took,
        "last": [(d.time - tally.options.step, d.value) for d in devices],
    }


def main() -> None:
    """Read options and devices."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("port", 0), ("messages", 0), ("window", 100), ("array", 1), ("step", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("seconds", 5), ("warmup", 1), ("rate", 0), ("silence", 30)):
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--first", type=int, default=1_790_000_000_000)
    keys = [(name, key) for name, key in (line.split() for line in sys.stdin if line.strip())]
    asyncio.run(run(parser.parse_args(), keys))


if __name__ == "__main__":
    main()
