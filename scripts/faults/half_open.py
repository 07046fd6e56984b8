"""Floods of half-open connections against a running Weir, and how devices fare meanwhile.

Thousands of connections from many loopback addresses come to one door after the other: a third
says nothing, a third half of what would let it in, a third a byte a second. At first they come
once and stay; then each that is cut off is followed by another at once. All the while devices sign
in, one after another, each on a connection of its own, and their waits are measured.
"""

import argparse
import json
import multiprocessing as mp
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from scripts.bench.latency import import_sensors
from tests.faults.device import publish_once
from tests.faults.flood import Flood, Script, allow_many_sockets
from tests.faults.process import MEGABYTE, descriptors, processor_seconds, resident
from tests.running import Running, found, start

BAR_SECONDS = 1.0
BAR_BYTES = 150 * MEGABYTE
BAR_BACK_WITHIN = 30.0
NOTHING: Script = (b"", b"")
SPOKEN: dict[str, tuple[Script, ...]] = {
    "mqtt": (NOTHING, (b"\x10\x7f\x00\x04MQTT\x04\xc2", b""), (b"\x10\x7f\x00\x04MQTT\x04", b"x")),
    "tcp": (NOTHING, (b'{"device_id": "PS-0', b""), (b'{"device_id": "', b"x")),
    "http": (
        NOTHING,
        (b"GET / HTTP/1.1\r\nHost: w", b""),
        (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: w\r\nContent-Length: 900\r\n\r\n", b"x"),
    ),
}
"""What the three kinds of peers say at each door."""
PATIENCE = 20.0


@dataclass(frozen=True)
class Siege:
    """One flood of one door."""

    door: str
    count: int
    seconds: float
    insist: bool
    """Whether one that is cut off is followed by another at once."""


@dataclass
class Waits:
    """How long devices waited, from the first SYN to the answer."""

    seconds: list[float]
    failures: int

    def figures(self) -> dict[str, float | int]:
        """Sum up."""
        ordered = sorted(self.seconds) or [0.0]
        return {
            "signed_in": len(self.seconds),
            "failed": self.failures,
            "median_s": round(statistics.median(ordered), 3),
            "p99_s": round(ordered[int(len(ordered) * 0.99)], 3),
            "slowest_s": round(ordered[-1], 3),
        }


def sign_in(door: str, address: str, name: str, key: str) -> bool:
    """Come to a door as a device (or a person's screen) does, and say whether it worked."""
    host, port = address.rsplit(":", 1)
    reading = b'{"value": 3.1, "unit": "bar"}'
    if door == "mqtt":
        return publish_once(address, name, key, reading)
    said = b"GET /healthz HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n"
    if door == "tcp":
        line = {"device_id": name, "api_key": key, "value": 3.1, "unit": "bar"}
        said = json.dumps(line).encode() + b"\n"
    try:
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(said)
            answer = connection.recv(4_096)
    except OSError:
        return False
    return b'"status":"ok"' in answer or b" 200 " in answer.partition(b"\r\n")[0]


def knock(
    door: str, address: str, keys: list[tuple[str, str]], stop: Event, told: "mp.Queue[Waits]"
) -> None:
    """Sign in again and again until told to stop; runs in a process of its own."""
    waits = Waits([], 0)
    number = 0
    while not stop.is_set():
        number += 1
        began = time.perf_counter()
        if sign_in(door, address, *keys[number % len(keys)]):
            waits.seconds.append(time.perf_counter() - began)
        else:
            waits.failures += 1
        stop.wait(0.05)
    told.put(waits)


def besiege(weir: Running, siege: Siege, keys: list[tuple[str, str]]) -> dict[str, object]:
    """Flood one door once, and give the figures."""
    address, pid = getattr(weir, siege.door), weir.process.pid
    host, port = address.rsplit(":", 1)
    stop, told = mp.Event(), mp.Queue()
    base, base_open = resident(pid), descriptors(pid)
    knocking = mp.Process(target=knock, args=(siege.door, address, keys, stop, told), daemon=True)
    knocking.start()
    flood = Flood(host, int(port), siege.count, SPOKEN[siege.door], insist=siege.insist)
    worked, began = processor_seconds(pid), time.monotonic()
    with flood.running():
        memory, opened = watch(pid, siege.seconds)
        worked, lasted = processor_seconds(pid) - worked, time.monotonic() - began
        stop.set()
        waits = told.get()
        knocking.join()
    return {
        "door": siege.door,
        "insist": siege.insist,
        "connections": siege.count,
        "opened": flood.made.value,
        "cut_off": flood.cut_off.value,
        "processor_percent": round(100 * worked / lasted),
        "memory_mb": round((memory - base) / MEGABYTE, 1),
        "descriptors": opened - base_open,
        **waits.figures(),
        "descriptors_back_s": back_to(pid, base_open + 3),
    }


def watch(pid: int, seconds: float) -> tuple[int, int]:
    """Give the most memory and descriptors that are seen in so long."""
    memory, opened, until = 0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        memory, opened = max(memory, resident(pid)), max(opened, descriptors(pid))
        time.sleep(0.2)
    return memory, opened


def back_to(pid: int, count: int) -> float:
    """Wait until no more descriptors are open, and say how long it took."""
    began = time.monotonic()
    while descriptors(pid) > count and time.monotonic() - began < 2 * BAR_BACK_WITHIN:
        time.sleep(0.1)
    return round(time.monotonic() - began, 1)


def is_good(figures: dict[str, object]) -> bool:
    """Say whether the bars are met."""
    return (
        not figures["failed"]
        and float(str(figures["slowest_s"])) <= BAR_SECONDS
        and float(str(figures["memory_mb"])) <= BAR_BYTES / MEGABYTE
        and float(str(figures["descriptors_back_s"])) <= BAR_BACK_WITHIN
    )


def main() -> int:
    """Found a town, besiege it, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--doors", default="mqtt,tcp,http")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    allow_many_sockets()
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        municipality = found(folder)
        keys = import_sensors(folder, municipality, 50)
        weir = start(folder)
        try:
            for door in options.doors.split(","):
                for insist in (False, True):
                    siege = Siege(door, options.connections, options.seconds, insist)
                    figures = besiege(weir, siege, keys)
                    good &= is_good(figures)
                    show(figures, as_json=options.json)
        finally:
            status = weir.stop()
            if "Traceback" in weir.log or status:
                sys.stderr.write(weir.log[-4_000:])
                good = False
    return 0 if good else 1


def show(figures: dict[str, object], *, as_json: bool) -> None:
    """Print one flood's figures."""
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        verdict = "ok" if is_good(figures) else "FAILED"
        words = ", ".join(f"{name} {value}" for name, value in figures.items())
        sys.stdout.write(f"{verdict}: {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
