"""What a person at a screen waits for, measured in a real Chromium beside a really running server.

load    a fresh profile with an empty cache opens alarms, and overview: until live data is drawn
alarm   a device PUBLISHes a value beyond a limit over MQTT: until the alarm is painted
memory  live data at a steady pace on the list of sensors and on a live chart: what their heaps grow by
stutter the same: how long the page's tasks take of the processor
chart   a sensor with many readings: frames while its chart is dragged to and fro
audits  Lighthouse's marks for sign-in, overview, alarms and a sensor (needs npm)
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from paho.mqtt import client as mqtt
from playwright.sync_api import Browser, BrowserContext, Page

from scripts.bench.generator import Generator, Load, Outcome
from scripts.bench.in_page import (
    FRAMES,
    LONG_TASKS,
    PAINTED,
    Work,
    frames_told,
    growth_per_hour,
    heap,
    tasks_told,
    traced,
    usable_after,
    watch_for,
)
from scripts.bench.latency import import_sensors
from scripts.bench.lighthouse.running import audited
from tests.e2e.browsing import DESK, chromium
from tests.e2e.conftest import kept_session
from tests.e2e.towns import ROOT_NAME, made, signed_in
from tests.running import Running, found, running

PARTS = ("load", "alarm", "memory", "stutter", "chart", "audits")
SENSORS = 200
ROUNDS = 9
DRAG_S = 8.0
FRAMES_S = 5
LOOK_EVERY_S = 55.0
_WARM_UP_S = 10.0
_TRACED_S = 20.0
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SCRIPT = (
    "performance.getEntriesByType('resource').filter((e) => /\\.js/.test(e.name))"
    ".reduce((sum, e) => sum + e.encodedBodySize, 0)"
)
SCREENS = {"alarms": ("/alarms", "main [role=grid]"), "overview": ("/", "main section[aria-label]")}
"""What is opened first, and what is there once it can be used (beside the line's sign)."""
LIVE = "[data-state=live]"


@dataclass
class Bench:
    """One server and one browser for all parts."""

    weir: Running
    keys: list[tuple[str, str]]
    browser: Browser
    generator: Generator
    minutes: float
    points: int
    rate: int

    def context(self) -> BrowserContext:
        """Give the super admin a fresh profile."""
        kept = kept_session(self.browser, self.weir.url, ROOT_NAME)
        size = {"width": DESK[0], "height": DESK[1]}
        return self.browser.new_context(viewport=size, storage_state=kept)

    def page(self, path: str) -> Page:
        """Open a page in a fresh profile and wait until it is live."""
        page = self.context().new_page()
        page.goto(self.weir.url + path)
        page.locator(LIVE).first.wait_for(state="attached", timeout=60_000)
        page.locator("main h1").first.wait_for(timeout=60_000)
        return page

    def load(self) -> dict[str, float]:
        """Measure first visits."""
        figures: dict[str, float] = {}
        server = psutil.Process(self.weir.process.pid)
        for name, (path, shown) in SCREENS.items():
            took, paints, works, sizes = [], [], [], []
            before = sum(server.cpu_times()[:2])
            for _ in range(ROUNDS):
                page = self.context().new_page()
                work = Work.of(page)
                watch_for(page, [LIVE, shown])
                page.goto(self.weir.url + path)
                took.append(usable_after(page))
                works.append(work.milliseconds())
                paints.append(page.evaluate(FIRST_PAINT))
                sizes.append(page.evaluate(SCRIPT))
                page.context.close()
            figures |= {
                f"{name}: empty cache to usable, ms, median of {ROUNDS}": statistics.median(took),
                f"{name}: the same, longest": max(took),
                f"{name}: first contentful paint, ms, median": statistics.median(paints),
                f"{name}: page's main thread, CPU ms, median": statistics.median(works),
                f"{name}: server, CPU ms a visit": (sum(server.cpu_times()[:2]) - before)
                * 1000
                / ROUNDS,
                f"{name}: script on the way, kB": max(sizes) / 1000,
            }
        return figures

    def alarm(self) -> dict[str, float]:
        """Measure from a PUBLISH until an alarm is painted."""
        page = self.page("/alarms")
        took = []
        for number, (device, key) in enumerate(self.keys[-ROUNDS - 1 : -1]):
            client = connected(self.weir, device, key)
            page.evaluate(f"(t) => {{ window.painted = ({PAINTED})(t); }}", name_of(device))
            began = _now_ms()
            client.publish(f"sensors/{device}/data", '{"value": 7.1, "unit": "bar"}', qos=1)
            took.append(page.evaluate("window.painted") - began)
            client.disconnect()
            client.loop_stop()
            if number == 0:
                took.clear()  # its code was loaded and compiled
        page.context.close()
        return {
            f"PUBLISH to alarm painted, ms, median of {len(took)}": statistics.median(took),
            "the same, longest": max(took),
        }

    def memory(self) -> dict[str, float]:
        """Measure the heaps of two pages while values come, after a collection each time."""
        sensor = self.sensor_of(self.keys[0][0])
        pages = {"list": self.page("/sensors"), "chart": self.page(f"/sensors/{sensor}")}
        watched = {name: Watched(page, Work.of(page)) for name, page in pages.items()}
        feeding = self.feed(_WARM_UP_S + self.minutes * 60 + 30)
        time.sleep(_WARM_UP_S)
        for each in watched.values():
            each.begin()
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.minutes * 60:
            # An hour is not spent on drawing frames: others work on this machine, too.
            time.sleep(min(LOOK_EVERY_S, max(0.0, self.minutes * 60 - passed - 2 * FRAMES_S)))
            for name, each in watched.items():
                each.look(time.monotonic() - began)
                print(f"# {each.times[-1]:6.0f} s {name}: {each.heaps[-1]:.2f} MB", file=sys.stderr)
        figures: dict[str, float] = {"readings/s sent": self.rate}
        for name, each in watched.items():
            figures |= {f"{name}: {what}": value for what, value in each.told().items()}
            each.page.context.close()
        figures["readings/s acknowledged"] = feeding.result().rate
        return figures

    def feed(self, seconds: float) -> "Future[Outcome]":
        """Have every device report live values for a time; what became of it is to be asked for."""
        load = Load(
            int(self.weir.mqtt.rsplit(":", 1)[1]),
            self.keys[: SENSORS // 2],
            rate=self.rate,
            seconds=seconds,
            first=_now_ms(),
            step=1000 * SENSORS // 2 // self.rate,
        )
        pool = ThreadPoolExecutor(1)
        try:
            return pool.submit(self.generator.run, load)
        finally:
            pool.shutdown(wait=False)

    def chart(self) -> dict[str, float]:
        """Measure frames while a chart over all readings of one sensor is dragged."""
        device = self.keys[-1]
        span = self.points * 1000
        self.generator.run(
            Load(
                int(self.weir.mqtt.rsplit(":", 1)[1]),
                [device],
                messages=self.points // 500,
                array=500,
                first=_now_ms() - span,
                step=1000,
            )
        )
        sensor = self.sensor_of(device[0])
        until = _now_ms()
        page = self.page(f"/sensors/{sensor}?from={_iso(until - span)}&to={_iso(until)}")
        plot = page.get_by_role("slider").first
        plot.wait_for(timeout=20_000)
        page.wait_for_timeout(2000)
        box = plot.bounding_box()
        if box is None:
            raise SystemExit("the chart is not shown")
        work = Work.of(page)
        before = work.milliseconds()
        page.evaluate(f"(s) => {{ window.dragged = ({FRAMES})(s); }}", DRAG_S)
        self.drag(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        gaps = page.evaluate("window.dragged")
        spent = (work.milliseconds() - before) / len(gaps)
        with traced(page) as tasks:  # by itself, for writing takes time, too
            self.drag(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.context.close()
        return {
            "points": self.points,
            **frames_told(gaps),
            "page's main thread, CPU ms a frame": spent,
            **tasks_told(tasks),
        }

    def stutter(self) -> dict[str, float]:
        """Measure the tasks of three pages, one after the other, while values come."""
        sensor = self.sensor_of(self.keys[0][0])
        paths = {"list": "/sensors", "chart": f"/sensors/{sensor}", "overview": "/"}
        figures: dict[str, float] = {"readings/s sent": self.rate}
        for name, path in paths.items():
            page = self.page(path)
            feeding = self.feed(_TRACED_S + _WARM_UP_S)
            page.wait_for_timeout(2000)
            with traced(page) as tasks:
                page.wait_for_timeout(_TRACED_S * 1000)
            figures |= {f"{name}: {what}": value for what, value in tasks_told(tasks).items()}
            share = sum(tasks) / _TRACED_S / 10
            figures[f"{name}: main thread, CPU % of the time"] = share
            page.context.close()
            figures[f"{name}: readings/s acknowledged"] = feeding.result().rate
        return figures

    def audits(self) -> dict[str, float]:
        """Have Lighthouse judge four screens."""
        sensor = self.sensor_of(self.keys[0][0])
        paths = {"overview": "/", "alarms": "/alarms", "sensor": f"/sensors/{sensor}"}
        return audited(self.weir, paths)

    def sensor_of(self, device: str) -> int:
        """Give the id of a device's sensor."""
        with signed_in(self.weir.url, ROOT_NAME) as api:
            query: dict[str, str | int] = {
                "search": device,
                "municipality_id": self.weir.municipality,
            }
            rows = api.get("/sensors", params=query).raise_for_status().json()
        return next(int(row["id"]) for row in rows if row["device_id"] == device)

    def drag(self, page: Page, x: float, y: float) -> None:
        """Drag to and fro until the frames were counted."""
        until = time.monotonic() + DRAG_S
        page.mouse.move(x, y)
        page.mouse.down()
        while time.monotonic() < until:
            page.mouse.move(x + 300, y, steps=30)
            page.mouse.move(x - 300, y, steps=30)
        page.mouse.up()


@dataclass
class Watched:
    """A page whose heap, nodes and frames are looked at from time to time."""

    page: Page
    work: Work
    times: list[float] = field(default_factory=list)
    heaps: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    first: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Take what later figures are compared with."""
        self.times.append(0.0)
        self.heaps.append(heap(self.work.tools))
        self.page.evaluate(LONG_TASKS)
        self.first = self.work.metrics()

    def look(self, seconds: float) -> None:
        """Count frames for a moment, then take the heap after a collection."""
        self.gaps += self.page.evaluate(FRAMES, FRAMES_S)
        self.heaps.append(heap(self.work.tools))
        self.times.append(seconds)

    def told(self) -> dict[str, float]:
        """Say what became of it."""
        last, half, minutes = self.work.metrics(), len(self.heaps) // 2, self.times[-1] / 60
        tasks: list[float] = self.page.evaluate("window.longTasks")
        spent = last["TaskDuration"] - self.first["TaskDuration"]
        return {
            "heap at first, MB": self.heaps[0],
            f"heap after {minutes:.0f} minutes, MB": self.heaps[-1],
            "heap at most, MB": max(self.heaps),
            "growth in the second half, MB/h": growth_per_hour(
                self.times[half:], self.heaps[half:]
            ),
            "nodes at first": self.first["Nodes"],
            "nodes at the end": last["Nodes"],
            "listeners at first": self.first["JSEventListeners"],
            "listeners at the end": last["JSEventListeners"],
            "main thread, CPU % of the time": 100 * spent / self.times[-1],
            "tasks of more than 50 ms, a minute": len(tasks) / minutes,
            "the longest task, ms": max(tasks, default=0.0),
            **frames_told(self.gaps),
        }


def _now_ms() -> int:
    return int(time.time() * 1000)  # noqa: TID251 - by the same clock as the page's Date.now()


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def name_of(device: str) -> str:
    """Give the name that `import_sensors` gave a device's sensor."""
    return f"Sensor {int(device.removeprefix('PS-'))}"


def connected(weir: Running, device: str, key: str) -> mqtt.Client:
    """Give a connected device."""
    host, port = weir.mqtt.rsplit(":", 1)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device)
    client.username_pw_set(device, key)
    client.connect(host, int(port))
    client.loop_start()
    while not client.is_connected():
        time.sleep(0.001)
    return client


def with_a_rule(weir: Running) -> None:
    """Raise an alarm for every pressure over 6 bar."""
    with signed_in(weir.url, ROOT_NAME) as api:
        made(
            api,
            "/rules",
            name="High pressure",
            sensor_type="pressure",
            severity="high",
            alert_type="pressure",
            municipality_id=weir.municipality,
            condition={"type": "threshold", "operator": ">", "value": 6.0, "for_seconds": 0},
        )


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--minutes", type=float, default=1, help="of live data (default 1)")
    parser.add_argument("--rate", type=int, default=2000, help="live readings a second")
    parser.add_argument("--points", type=int, default=1_000_000, help="on the chart")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generator = Generator(folder)
        municipality = found(folder / "data")
        keys = import_sensors(folder / "data", municipality, SENSORS)
        with running(folder / "data") as weir, chromium() as browser:
            weir.municipality = municipality
            with_a_rule(weir)
            bench = Bench(weir, keys, browser, generator, asked.minutes, asked.points, asked.rate)
            for part in asked.parts or PARTS:
                figures[part] = getattr(bench, part)()
                show(part, figures[part], as_json=asked.json)
    if asked.json:
        print(json.dumps(figures))


def show(part: str, figures: dict[str, float], *, as_json: bool) -> None:
    """Print a part as soon as it is there."""
    for name, value in {} if as_json else figures.items():
        print(f"{part:7} {name:48} {value:12,.1f}", flush=True)


if __name__ == "__main__":
    main()
