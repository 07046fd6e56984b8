"""How the map pans: a large town, dragged to and fro in a real Chromium beside a really running server.

Without a graphics card the browser draws by the processor, in a process of its own: the frames a
second are that machine's. What the page itself takes of the processor to draw a frame, on its main
thread, is the same with a graphics card; 60 frames a second leave 16.7 ms for it.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from scripts.bench import tiles
from scripts.bench.in_page import DRAWING, FRAMES, frames_told, percentile, traced
from tests.api import appliance
from tests.e2e.browsing import DESK, chromium
from tests.running import running

ZOOMS: Final = (12, 14, 16)
"""The whole town, a quarter of it, some streets."""
DRAG_S: Final = 8.0
BUDGET_MS: Final = 16.7
SIGN_IN: Final = """async (who) => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ ...who, keep: "cookie" });
  const answer = await fetch("/api/v1/auth/login", { method: "POST", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  localStorage.setItem("weir.was-in", "yes");
}"""


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipes", type=int, default=50_000, help="(50,000)")
    parser.add_argument("--sensors", type=int, default=10_000, help="(10,000)")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        admin = asyncio.run(furnished(data, asked.pipes, asked.sensors))
        side = int((asked.pipes / 2) ** 0.5) * tiles.STEP / 2
        with running(data) as weir, chromium() as browser:
            figures = {
                f"z{zoom}": panned(browser, weir.url, admin, f"{zoom}/{at}")
                for at in [f"{tiles.SOUTH + side:.5f}/{tiles.WEST + side:.5f}"]
                for zoom in ZOOMS
            }
    if asked.json:
        print(json.dumps(figures))
        return
    for zoom, told in figures.items():
        for name, value in told.items():
            print(f"{zoom:4} {name:42} {value:10,.1f}")


async def furnished(data: Path, pipes: int, sensors: int) -> str:
    """Put the town into a data folder, and give who signs in there."""
    async with appliance.running(data) as weir:
        await tiles.furnish(weir, pipes, sensors)
        return f"admin-{weir.here.id}"


def panned(browser: Browser, url: str, admin: str, at: str) -> dict[str, float]:
    """Drag the map for a while, twice: once for frames, once for what the page takes for each."""
    page = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}).new_page()
    page.goto(url)
    page.evaluate(SIGN_IN, {"username": admin, "password": appliance.PASSWORD})
    page.goto(f"{url}/map?at={at}")
    page.locator("main canvas").first.wait_for(timeout=60_000)
    drag(page)  # its tiles have been made and are in the browser's cache from here on
    page.wait_for_timeout(5000)
    page.evaluate(f"(s) => {{ window.dragged = ({FRAMES})(s); }}", DRAG_S)
    drag(page)
    gaps = page.evaluate("window.dragged")
    with traced(page, DRAWING) as drawn:
        drag(page)
    page.context.close()
    return {
        **frames_told(gaps),
        f"drawing a frame, CPU ms, median of {len(drawn)}": statistics.median(drawn),
        "the same, 95th percentile": percentile(drawn, 0.95),
        "the same, longest": max(drawn),
        f"the same, over {BUDGET_MS} ms": sum(each > BUDGET_MS for each in drawn),
    }


def drag(page: Page) -> None:
    """Drag to and fro, as far as a hand does."""
    x, y = DESK[0] / 2, DESK[1] / 2
    until = time.monotonic() + DRAG_S
    page.mouse.move(x, y)
    page.mouse.down()
    while time.monotonic() < until:
        page.mouse.move(x + 300, y + 100, steps=30)
        page.mouse.move(x - 300, y - 100, steps=30)
    page.mouse.up()


if __name__ == "__main__":
    main()
