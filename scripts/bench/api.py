"""What people wait for while devices report, and devices while people sign in.

sensors: all of a municipality in one answer. get: a small GET, 300 a second at an even pace
beside 2,000 readings a second over MQTT. screens: from an HTTP reading that raises an alarm until
the last of 500 screens has it. storm: 200 sign-ins a second, and how long devices wait meanwhile.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from websockets.asyncio.client import ClientConnection, connect

from scripts.bench import servers
from scripts.bench.generator import Generator, Load, Outcome
from scripts.bench.latency import import_sensors
from scripts.bench.open_loop import Pace
from tests.running import PASSWORD, Running, found, running

BARS = {"sensors": 300.0, "get": 20.0, "screens": 1_000.0, "storm": 50.0}
"""Milliseconds."""
SAYS = {
    "sensors": "list of all sensors, median",
    "get": "small GET, p99 at 300/s beside 2,000 readings/s",
    "screens": "alarm at the last screen",
    "storm": "PUBACK p99 beside 200 sign-ins/s",
}
READINGS_PER_S, GETS_PER_S, SIGN_INS_PER_S = 2_000.0, 300.0, 200.0
CONNECTIONS = 50
APART_MS = 2_000_000


@dataclass
class Bench:
    """A running server with everything that the parts need."""

    weir: Running
    keys: list[tuple[str, str]]
    generator: Generator
    asked: argparse.Namespace
    token: str = ""

    def __post_init__(self) -> None:
        """Sign in."""
        self.firsts = itertools.count(1_790_000_000_000, APART_MS)
        self.api = httpx.Client(base_url=self.weir.url, timeout=60)
        said = {"username": "ada", "password": PASSWORD}
        answer = self.api.post("/api/v1/auth/login", json=said).raise_for_status()
        self.token = answer.json()["access_token"]
        self.api.headers["Authorization"] = f"Bearer {self.token}"

    def sensors(self) -> tuple[float, str]:
        """Ask for all sensors, several times."""
        waits = []
        for _ in range(9):
            begun = time.perf_counter()
            answer = self.api.get("/api/v1/sensors", params={"limit": self.asked.sensors})
            waits.append((time.perf_counter() - begun) * 1000)
            if len(answer.raise_for_status().json()) != self.asked.sensors:
                raise SystemExit(f"{len(answer.json())} of {self.asked.sensors} sensors came")
        size = len(answer.content) / 1e6
        return statistics.median(waits), f"{len(waits)} times, max {max(waits):.0f}, {size:.1f} MB"

    def get(self) -> tuple[float, str]:
        """Look one sensor up at an even pace while devices report."""
        sensor = self.api.get("/api/v1/sensors", params={"limit": 1}).json()[0]["id"]
        pace = self._pace(f"GET /api/v1/sensors/{sensor}", "", GETS_PER_S)
        with self._reporting() as outcome:
            asyncio.run(pace.run())
        p50, p999 = pace.percentile_ms(0.5), pace.percentile_ms(0.999)
        acks = f"PUBACK p99 {outcome[0].p99_ms:.1f}"
        said = f"p50 {p50:.1f}, p99.9 {p999:.1f}, {pace.statuses}, {acks}"
        return pace.percentile_ms(0.99), said

    def storm(self) -> tuple[float, str]:
        """Sign in at an even pace while devices report."""
        body = json.dumps({"username": "ada", "password": PASSWORD})
        pace = self._pace("POST /api/v1/auth/login", body, SIGN_INS_PER_S)
        with self._reporting() as outcome:
            asyncio.run(pace.run())
        said = f"p50 {outcome[0].p50_ms:.1f}, max {outcome[0].max_ms:.0f}; sign-ins {pace.statuses}"
        return outcome[0].p99_ms, said

    def screens(self) -> tuple[float, str]:
        """Raise alarms that many screens look at."""
        waits = asyncio.run(self._alarms())
        said = f"{self.asked.screens} screens, median of rounds {statistics.median(waits):.0f}"
        return max(waits), said

    async def _alarms(self) -> list[float]:
        at = f"ws://{self.weir.http}/ws/{self.weir.municipality}?token={self.token}"
        async with contextlib.AsyncExitStack() as stack:
            screens = [
                await stack.enter_async_context(connect(at, proxy=None, max_queue=None))
                for _ in range(self.asked.screens)
            ]
            for screen in screens:
                await screen.recv()
            return [await self._alarm(screens, number) for number in range(5)]

    async def _alarm(self, screens: list[ClientConnection], number: int) -> float:
        device, key = self.keys[-1 - number]
        async with httpx.AsyncClient(base_url=self.weir.url, timeout=30) as http:
            begun = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for screen in screens:
                    group.create_task(_has_alert(screen))
                at, said = f"/api/v1/sensors/{device}/readings", {"value": 39.0, "unit": "bar"}
                answer = await http.post(at, json=said, headers={"X-API-Key": key})
                answer.raise_for_status()
            return (time.perf_counter() - begun) * 1000

    def with_a_rule(self) -> None:
        """Leave one rule, so that each reading above it raises one alarm."""
        for rule in self.api.get("/api/v1/rules", params={"limit": 200}).json():
            self.api.delete(f"/api/v1/rules/{rule['id']}").raise_for_status()
        rule = {
            "name": "High",
            "sensor_type": "pressure",
            "severity": "high",
            "alert_type": "pressure",
            "condition": {"type": "threshold", "operator": ">", "value": 30, "for_seconds": 0},
        }
        self.api.post("/api/v1/rules", json=rule).raise_for_status()

    def _pace(self, line: str, body: str, per_second: float) -> Pace:
        host, port = self.weir.http.rsplit(":", 1)
        fields = (
            f"{line} HTTP/1.1",
            f"Host: {self.weir.http}",
            *([f"Authorization: Bearer {self.token}"] if not body else []),
            f"Content-Length: {len(body)}",
            *("Content-Type: application/json", "", body),
        )
        request = "\r\n".join(fields).encode()
        return Pace(host, int(port), request, per_second, self.asked.seconds)

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[list[Outcome]]:
        """Have devices report at an even pace meanwhile; the outcome is there afterwards."""
        outcome: list[Outcome] = []
        load = Load(
            int(self.weir.mqtt.rsplit(":", 1)[1]),
            self.keys[:CONNECTIONS],
            rate=READINGS_PER_S,
            seconds=self.asked.seconds,
            first=next(self.firsts),
        )
        thread = threading.Thread(target=lambda: outcome.append(self.generator.run(load)))
        thread.start()
        try:
            yield outcome
        finally:
            thread.join()


async def _has_alert(screen: ClientConnection) -> None:
    while json.loads(await screen.recv())["type"] != "alert":
        pass


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=BARS, default=list(BARS))
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--screens", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = {}
    with servers.scratch() as folder:
        data = folder / "data"
        municipality = found(data)
        keys = import_sensors(data, municipality, asked.sensors)
        generator = Generator(folder)
        with running(data) as weir:
            weir.municipality = municipality
            bench = Bench(weir, keys, generator, asked)
            bench.with_a_rule()
            for part in asked.parts:
                figures[part] = getattr(bench, part)()
            bench.api.close()
    if asked.json:
        print(json.dumps({part: value for part, (value, _) in figures.items()}))
        return
    for part, (value, said) in figures.items():
        bar = BARS[part]
        met = "met" if value <= bar else "NOT met"
        print(f"{SAYS[part]:50}{value:9.1f} ms, at most {bar:5.0f}: {met}  ({said})")


if __name__ == "__main__":
    main()
