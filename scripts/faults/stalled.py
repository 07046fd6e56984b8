"""Stalled subscribers of a running Weir, and how those who keep up fare meanwhile.

Devices publish at a steady rate with QoS 1; two programs that keep up subscribe, one with each
QoS, and measure from the reading's own time to its copy. At first alone, then beside subscribers
that never read, read a byte a second, or acknowledge nothing, and come back when they are cut off.
"""

import argparse
import asyncio
import json
import multiprocessing as mp
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from appliance.domain.instant import SECOND, text
from appliance.machine.clock import SystemClock
from broker.codec.encode import encode
from broker.codec.packets import Connack, Connect, Puback, Publish, Suback, Subscribe
from broker.codec.reader import PacketReader
from scripts.bench.latency import import_sensors
from tests.faults.process import MEGABYTE, processor_seconds, resident
from tests.faults.stalling import Stalled
from tests.running import PASSWORD, Running, found, start

_CLOCK = SystemClock()
DEVICES = 10
TURN = 0.01
BAR_BYTES = 20 * MEGABYTE
BAR_TIMES = 2.0


class Speaker(asyncio.Protocol):
    """A device that publishes when told to, whatever is acknowledged."""

    def __init__(self, name: str, key: str) -> None:
        self._name, self._key, self._number = name, key, 0
        self.acknowledged = self.sent = 0
        self._packets = PacketReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        transport.write(
            encode(Connect(client_id=self._name, username=self._name, password=self._key.encode()))
        )

    def data_received(self, data: bytes) -> None:
        self._packets.feed(data)
        while (packet := self._packets.next()) is not None:
            self.acknowledged += isinstance(packet, Puback)

    def say(self) -> None:
        at = text(_CLOCK.now())
        body = json.dumps({"timestamp": at, "value": 3.2, "unit": "bar", "quality": 1.0}).encode()
        self._number = self._number % 60_000 + 1
        self.sent += 1
        topic = f"sensors/{self._name}/data"
        self.transport.write(encode(Publish(topic, body, 1, packet_id=self._number)))


class Listener(asyncio.Protocol):
    """A program that keeps up; `delays` has the seconds since each reading's own time."""

    def __init__(self, token: str, qos: int) -> None:
        self._token, self._qos = token, qos
        self._packets = PacketReader()
        self.delays: list[float] = []
        self.is_here = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        name = f"healthy-{self._qos}"
        hello = Connect(client_id=name, username="token", password=self._token.encode())
        transport.write(encode(hello))

    def data_received(self, data: bytes) -> None:
        self._packets.feed(data)
        now, acks = _CLOCK.now() / SECOND, []
        while (packet := self._packets.next()) is not None:
            if isinstance(packet, Publish):
                at = datetime.fromisoformat(json.loads(packet.payload)["timestamp"]).timestamp()
                self.delays.append(now - at)
                if packet.qos:
                    acks.append(encode(Puback(packet.packet_id)))
            elif isinstance(packet, Connack):
                acks.append(encode(Subscribe(1, (("sensors/#", self._qos),))))
            elif isinstance(packet, Suback):
                self.is_here.set()
        if acks:
            self.transport.write(b"".join(acks))


async def talk(
    address: str, keys: list[tuple[str, str]], token: str, rate: int, seconds: float
) -> dict[str, float]:
    """Publish for so long and listen."""
    loop = asyncio.get_running_loop()
    host, port = address.rsplit(":", 1)
    listeners = [
        (await loop.create_connection(lambda q=q: Listener(token, q), host, int(port)))[1]
        for q in (0, 1)
    ]
    for listener in listeners:
        await listener.is_here.wait()
    speakers = [
        (await loop.create_connection(lambda k=k: Speaker(*k), host, int(port)))[1] for k in keys
    ]
    await asyncio.sleep(0.5)
    began, said = loop.time(), 0
    while (passed := loop.time() - began) < seconds:
        while said < passed * rate:
            speakers[said % len(speakers)].say()
            said += 1
        await asyncio.sleep(TURN)
    await asyncio.sleep(2)
    for each in (*speakers, *listeners):
        each.transport.abort()
    delays = sorted(delay for listener in listeners for delay in listener.delays)
    return {
        "published": said,
        "acknowledged": sum(each.acknowledged for each in speakers),
        "heard": len(delays) / 2,
        "median_ms": round(delays[len(delays) // 2] * 1_000, 1),
        "p99_ms": round(delays[int(len(delays) * 0.99)] * 1_000, 1),
        "slowest_ms": round(delays[-1] * 1_000, 1),
    }


Talk = tuple[str, list[tuple[str, str]], str, int, float]


def _talk(told: "mp.Queue[dict[str, float]]", what: Talk) -> None:
    told.put(asyncio.run(talk(*what)))


def measured(weir: Running, what: Talk) -> dict[str, float]:
    """Talk in a process of its own, and watch the server meanwhile."""
    pid, told = weir.process.pid, mp.Queue()
    talking = mp.Process(target=_talk, args=(told, what), daemon=True)
    worked, began, most = processor_seconds(pid), time.monotonic(), resident(pid)
    talking.start()
    while talking.is_alive() and told.empty():
        most = max(most, resident(pid))
        time.sleep(0.2)
    figures: dict[str, float] = told.get(timeout=10)
    talking.join()
    worked = (processor_seconds(pid) - worked) / (time.monotonic() - began)
    return figures | {
        "processor_percent": round(100 * worked),
        "memory_mb": round(most / MEGABYTE, 1),
    }


def make_token(weir: Running, municipality: int) -> str:
    """Make an API token as the administrator does."""
    with httpx.Client(base_url=weir.url, timeout=10) as api:
        answer = api.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
        wanted = {"name": "scada", "municipality_id": municipality}
        made = api.post("/api/v1/tokens", json=wanted, headers=bearer)
        return str(made.raise_for_status().json()["token"])


def main() -> int:
    """Found a town, stall, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--alone", type=float, default=60.0, help="seconds without stalled ones")
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--stalled", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        municipality = found(folder)
        keys = import_sensors(folder, municipality, DEVICES)
        weir = start(folder)
        try:
            token = make_token(weir, municipality)
            alone = measured(weir, (weir.mqtt, keys, token, options.rate, options.alone))
            sys.stdout.write(f"alone: {alone}\n")
            sys.stdout.flush()
            host, port = weir.mqtt.rsplit(":", 1)
            with Stalled(host, int(port), token, options.stalled).running() as stalled:
                beside = measured(weir, (weir.mqtt, keys, token, options.rate, options.seconds))
            sys.stdout.write(
                f"beside {options.stalled} stalled: {beside}, cut off {stalled.cut_off.value} times\n"
            )
        finally:
            weir.stop()
    grown = beside["memory_mb"] - alone["memory_mb"]
    times = beside["p99_ms"] / alone["p99_ms"]
    good = grown <= BAR_BYTES / MEGABYTE and times <= BAR_TIMES
    sys.stdout.write(f"{'ok' if good else 'FAILED'}: memory +{grown:.1f} MB, p99 x {times:.2f}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
