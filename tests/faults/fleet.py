"""Devices that never give up, in a process of their own that outlives the server.

    python -m tests.faults.fleet FOLDER

FOLDER holds `fleet.json` (what to report, and where to), and gets `acks`: one record for every
PUBACK that came, which is the ledger that a server is held to. The process ends when `finish` is
in the folder and everything sent has been acknowledged.
"""

import asyncio
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.faults.device import _connect, _publish
from tests.running import ROOT, environment

TICK = 0.01
RECORD = struct.Struct("<HI")
_ACK = b"\x40\x02"


@dataclass(frozen=True)
class Reporter:
    """One device: every message has `together` readings, whose times are `step` ms apart."""

    name: str
    key: str
    value: float
    begin: int
    """The first reading's time, in ms."""
    together: int = 1
    step: int = 1
    window: int = 100
    a_second: int = 1_000
    """Messages a second, at most."""

    def payload(self, number: int) -> bytes:
        first = self.begin + number * self.together * self.step
        said = [
            {"timestamp": first + place * self.step, "value": self.value, "unit": "bar"}
            for place in range(self.together)
        ]
        return json.dumps(said if self.together > 1 else said[0]).encode()

    def times_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the Instants of the readings of these messages."""
        places = numbers[:, None] * self.together + np.arange(self.together)
        return ((self.begin + places * self.step) * 1_000).ravel()


class _Connection(asyncio.Protocol):
    """One connection of one device; what it leaves unacknowledged, the next one sends again."""

    def __init__(self, fleet: "_Fleet", number: int) -> None:
        self._fleet, self._number = fleet, number
        self._reporter = fleet.reporters[number]
        self._unsent = sorted(fleet.waiting[number])
        self._in_flight: dict[int, int] = {}
        self._packet = 0
        self._received = b""
        self._is_in = False
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_connect(self._reporter.name, self._reporter.key))

    def connection_lost(self, problem: Exception | None) -> None:
        del problem
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        whole = len(self._received) // 4 * 4
        packets = [self._received[at : at + 4] for at in range(0, whole, 4)]
        self._received = self._received[whole:]
        if packets and not self._is_in:
            if packets.pop(0) != b"\x20\x02\x00\x00":
                self._close()
                return
            self._is_in = True
        done = [self._in_flight.pop(self._packet_of(packet)) for packet in packets]
        self._fleet.acknowledged(self._number, done)

    def send(self, most: int) -> None:
        """Send some more, as far as the window goes."""
        if not self._is_in or self._transport is None:
            return
        room = min(most, self._reporter.window - len(self._in_flight))
        frames = []
        for _ in range(room):
            number = self._unsent.pop(0) if self._unsent else self._fleet.next_of(self._number)
            if number is None:
                break
            self._packet = self._packet % 65_535 + 1
            self._in_flight[self._packet] = number
            topic = f"sensors/{self._reporter.name}/data"
            frames.append(_publish(topic, self._packet, self._reporter.payload(number)))
        if frames:
            self._transport.write(b"".join(frames))

    def _packet_of(self, packet: bytes) -> int:
        if packet[:2] != _ACK:
            raise AssertionError(f"no PUBACK: {packet!r}")
        return packet[2] << 8 | packet[3]

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _Fleet:
    def __init__(self, folder: Path) -> None:
        said = json.loads((folder / "fleet.json").read_text())
        self._host, self._port = said["host"], said["port"]
        self.reporters = [Reporter(**one) for one in said["reporters"]]
        self.waiting: list[set[int]] = [set() for _ in self.reporters]
        self._next = [0] * len(self.reporters)
        self._finish = folder / "finish"
        self._finishing = False
        self._ledger = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(len(self.reporters)):
                group.create_task(self._report(number))
            while not self._is_done():
                self._finishing = self._finish.exists()
                await asyncio.sleep(0.05)
        os.close(self._ledger)

    def _is_done(self) -> bool:
        return self._finishing and not any(self.waiting)

    def next_of(self, device: int) -> int | None:
        if self._finishing:
            return None
        number = self._next[device]
        self._next[device] += 1
        self.waiting[device].add(number)
        return number

    def acknowledged(self, device: int, numbers: list[int]) -> None:
        os.write(self._ledger, b"".join(RECORD.pack(device, number) for number in numbers))
        self.waiting[device].difference_update(numbers)

    async def _report(self, device: int) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_done():
            try:
                transport, connection = await loop.create_connection(
                    lambda: _Connection(self, device), self._host, self._port
                )
            except OSError:
                await asyncio.sleep(0.02)
                continue
            await self._pump(device, connection)
            transport.abort()

    async def _pump(self, device: int, connection: _Connection) -> None:
        a_tick = self.reporters[device].a_second * TICK
        owed = 0.0
        while not connection.lost.is_set() and not self._is_done():
            owed = min(owed + a_tick, 10 * a_tick + 1)
            connection.send(int(owed))
            owed -= int(owed)
            await asyncio.sleep(TICK)


@dataclass
class Fleet:
    """A fleet that reports; `acknowledged` counts the readings whose PUBACK has come."""

    folder: Path
    reporters: list[Reporter]
    process: subprocess.Popen[bytes]

    def acknowledged(self) -> int:
        each = np.array([reporter.together for reporter in self.reporters])
        counts = np.bincount(self._records()["device"], minlength=len(each))
        return int(counts @ each)

    def messages(self) -> int:
        """Count the messages that were acknowledged; quickly."""
        file = self.folder / "acks"
        return file.stat().st_size // RECORD.size if file.exists() else 0

    def finish(self, within: float = 60.0) -> None:
        """Have everything sent acknowledged, and end."""
        (self.folder / "finish").touch()
        assert self.process.wait(within) == 0

    def times_of(self, device: str) -> NDArray[np.int64]:
        """Give the Instants of a device's acknowledged readings."""
        records = self._records()
        place = [reporter.name for reporter in self.reporters].index(device)
        numbers = records["message"][records["device"] == place].astype(np.int64)
        return self.reporters[place].times_of(numbers)

    def _records(self) -> NDArray[np.void]:
        file = self.folder / "acks"
        whole = file.read_bytes() if file.exists() else b""
        layout = np.dtype([("device", "<u2"), ("message", "<u4")])
        return np.frombuffer(whole[: len(whole) // RECORD.size * RECORD.size], layout)


@contextmanager
def reporting(folder: Path, port: int, reporters: list[Reporter]) -> Iterator[Fleet]:
    """Let devices report until `finish`, to whatever listens on this port of 127.0.0.1."""
    folder.mkdir(parents=True)
    said = {"host": "127.0.0.1", "port": port, "reporters": [asdict(one) for one in reporters]}
    (folder / "fleet.json").write_text(json.dumps(said))
    program = [sys.executable, "-m", "tests.faults.fleet", str(folder)]
    with subprocess.Popen(program, cwd=ROOT, env=environment()) as process:
        try:
            yield Fleet(folder, reporters, process)
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_Fleet(Path(sys.argv[1])).run())
