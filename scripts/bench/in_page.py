"""What a page tells of itself while it is measured: when it could be used, its frames, its memory, its work."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

FRAMES = """(seconds) => new Promise((resolve) => {
  const times = [];
  const until = performance.now() + seconds * 1000;
  const step = (now) => {
    times.push(now);
    if (now < until) requestAnimationFrame(step);
    else resolve(times.slice(1).map((each, i) => each - times[i]));
  };
  requestAnimationFrame(step);
})"""
"""Gives the milliseconds from each frame to the next."""
LONG_TASKS = """(() => {
  window.longTasks = [];
  const note = (list) => list.getEntries().forEach((each) => window.longTasks.push(each.duration));
  new PerformanceObserver(note).observe({ type: "longtask" });
})()"""
"""Begins to keep the length of every task of more than 50 ms (by the clock) in window.longTasks."""
PAINTED = """(title) => new Promise((resolve) => {
  const seen = () => {
    const shown = document.querySelector("main")?.innerText.includes(title);
    if (shown) { watch.disconnect(); requestAnimationFrame(() => setTimeout(() => resolve(Date.now()))); }
    return shown;
  };
  const watch = new MutationObserver(seen);
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  seen();
})"""
_USABLE = """((wanted) => {
  const seen = () => {
    if (!wanted.every((each) => document.querySelector(each))) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.usable = performance.now(); }));
  };
  const watch = new MutationObserver(seen);
  watch.observe(document, { subtree: true, childList: true, attributes: true });
})(%s)"""
_WHEN = """new Promise((resolve) => {
  const look = () => (window.usable ? resolve(window.usable) : setTimeout(look, 10));
  look();
})"""
TOO_LONG_MS = 1000 / 30
STUTTERS_MS = 50


def watch_for(page: Page, selectors: Sequence[str]) -> None:
    """Have the next page note when all of these are there and drawn."""
    page.add_init_script(_USABLE % json.dumps(list(selectors)))


def usable_after(page: Page) -> float:
    """Wait for that; the milliseconds since its address was asked for."""
    return float(page.evaluate(_WHEN))


@dataclass
class Work:
    """Processor time of a page's main thread; it hardly depends on what else the machine does."""

    tools: CDPSession

    @classmethod
    def of(cls, page: Page) -> "Work":
        """Begin to measure."""
        tools = page.context.new_cdp_session(page)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        return cls(tools)

    def milliseconds(self) -> float:
        """All tasks of the thread since its beginning."""
        return self.metrics()["TaskDuration"] * 1000

    def metrics(self) -> dict[str, float]:
        """What Chromium counts of a page."""
        said: dict[str, Any] = self.tools.send("Performance.getMetrics")
        return {each["name"]: float(each["value"]) for each in said["metrics"]}


TASKS = "RunTask"
DRAWING = "FireAnimationFrame"
"""What a page does for one frame in callbacks of its own."""


@contextmanager
def traced(page: Page, what: str = TASKS) -> Iterator[list[float]]:
    """Have every task of the busiest page written down: processor milliseconds, once this is left.

    Unlike a task's length by the clock that does not count what other programs took meanwhile.
    """
    browser = page.context.browser
    if browser is None:
        raise SystemExit("this page has no browser of its own")
    spent: list[float] = []
    browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    yield spent
    spent += tasks_in(json.loads(browser.stop_tracing())["traceEvents"], what)


def tasks_in(events: Sequence[dict[str, Any]], what: str) -> list[float]:
    """Give the processor milliseconds of each task of the renderer's main thread with most of them."""
    pages = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks: dict[tuple[int, int], list[float]] = {}
    for one in events:
        whose = one.get("pid"), one.get("tid")
        if whose in pages and one.get("name", "").endswith(what) and "tdur" in one:
            tasks.setdefault(whose, []).append(one["tdur"] / 1000)
    return max(tasks.values(), key=sum, default=[])


def tasks_told(tasks: Sequence[float]) -> dict[str, float]:
    """Say of tasks how much of the processor the longest took."""
    return {
        "the longest task, CPU ms": max(tasks, default=0.0),
        f"tasks over {STUTTERS_MS} CPU ms, of {len(tasks)}": sum(t > STUTTERS_MS for t in tasks),
    }


def heap(tools: CDPSession) -> float:
    """Give the megabytes in use after a collection."""
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which this share is."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def frames_told(gaps: Sequence[float]) -> dict[str, float]:
    """Say of frames how many came, and how long those took that took longest."""
    return {
        "frames/s, mean": 1000 * len(gaps) / sum(gaps),
        "frame, ms, 95th percentile": percentile(gaps, 0.95),
        "frame, ms, 99th percentile": percentile(gaps, 0.99),
        "frame, ms, longest": max(gaps),
        f"frames over {TOO_LONG_MS:.0f} ms, of {len(gaps)}": sum(g > TOO_LONG_MS for g in gaps),
    }


def growth_per_hour(times: Sequence[float], values: Sequence[float]) -> float:
    """Give the slope of a straight line through all values (least squares), for an hour."""
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - middle) ** 2 for t in times)
    rise = sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True))
    return 3600 * rise / spread if spread else 0.0
