"""A real Chromium for the tests of the screens, and what must hold on every page that it shows."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.running import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    "--disable-sync",
    "--metrics-recording-only",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # The map draws by WebGL; without a graphics card by software.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
WALL, DESK, PHONE, NARROW = (1920, 1080), (1366, 768), (390, 844), (320, 640)
ZOOMED = (683, 384)
"""What 200 % zoom leaves of a desk's 1366 × 768 (WCAG 2.2, 1.4.4)."""
HUGE = (3840, 2160)
AXE = ROOT / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
GONE = (
    r"ERR_(CONNECTION|EMPTY|NETWORK|INCOMPLETE|SOCKET|ABORTED)|WebSocket connection|status of 50\d"
    # A look whether the service worker has changed, at the moment in which Weir is away.
    r"|error occurred when fetching the script"
)
"""What a page complains of while Weir is away."""
_OWN_SCHEMES = {"data", "blob", "about"}


def program() -> str:
    """Give this machine's Chromium."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("Chromium is missing; install it with: bash scripts/lib/setup.sh chromium")
    return found


@contextmanager
def chromium(*further_flags: str) -> Iterator[Browser]:
    """Run this machine's Chromium until the end of the block; it asks nobody but 127.0.0.1."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(),
            args=[*FLAGS, *further_flags],
            chromium_sandbox=False,
            # Alarms are to be heard: a muted browser blocks no sound either.
            ignore_default_args=["--mute-audio"],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Guard:
    """Writes down what went wrong on a page without anybody having looked."""

    complaints: list[str] = field(default_factory=list)
    """Errors of the console (the content policy's among them), and exceptions nobody caught."""
    addresses: list[str] = field(default_factory=list)
    """All that was asked for, WebSockets included."""
    _own: set[str] = field(default_factory=set)
    _forgiven: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext, host: str) -> None:
        """Watch every page of a context; only `host` may be asked for anything."""
        self._own.add(host)
        context.on("request", lambda request: self.addresses.append(request.url))
        context.on("page", self._watch_page)
        for page in context.pages:
            self._watch_page(page)

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("crash", lambda _: self.complaints.append("the page crashed"))
        page.on("websocket", lambda socket: self.addresses.append(socket.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "assert"}:
            where = message.location.get("url", "")
            self.complaints.append(f"{message.text} ({where})")

    def forgive(self, pattern: str) -> None:
        """Expect complaints like this (a regular expression), such as a refusal that is tested."""
        self._forgiven.append(pattern)

    def must_be_clean(self) -> None:
        """Fail when anything went wrong, or anybody else was asked for anything."""
        wrong = [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._forgiven)
        ]
        wrong += [f"asked elsewhere: {address}" for address in self.foreign()]
        if wrong:
            pytest.fail("\n".join(wrong))

    def foreign(self) -> list[str]:
        """Give what was asked of anybody else than the appliance."""
        parts = ((address, urlsplit(address)) for address in self.addresses)
        return [a for a, p in parts if p.scheme not in _OWN_SCHEMES and p.netloc not in self._own]


def axe(page: Page, *without: str) -> None:
    """Fail with what axe-core finds on the page as it is now; `without` names rules to leave out."""
    if found := found_by_axe(page, *without):
        pytest.fail("\n".join(found))


def found_by_axe(page: Page, *without: str) -> list[str]:
    """Give what axe-core finds on the page as it is now."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing; the build of the screens brings it: scripts/build-ui")
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    said = page.evaluate(
        "(rules) => axe.run(document, { resultTypes: ['violations'], rules })",
        {name: {"enabled": False} for name in without},
    )
    return _findings(said["violations"])


def _findings(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['id']} ({each['impact']}): {each['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n      {_why(node)}" for node in each["nodes"])
        for each in violations
    ]


def _why(node: dict[str, Any]) -> str:
    return json.dumps(node.get("failureSummary", ""))[:400]


def fits(page: Page, *, height: bool = False) -> bool:
    """Say whether the page needs no scrolling sideways, and with `height` none at all."""
    wide, high = page.evaluate(
        "(({ scrollWidth, scrollHeight }) =>"
        " [scrollWidth <= innerWidth, scrollHeight <= innerHeight])(document.documentElement)"
    )
    return bool(wide and (high or not height))


_CUT = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (from) => {
        for (let each = from; each && each !== document.body; each = each.parentElement) {
            const { overflowX: flow, textOverflow } = getComputedStyle(each);
            if (flow === "auto" || flow === "scroll") return each.scrollWidth > each.clientWidth;
            if (flow !== "visible" && textOverflow === "ellipsis") return true; // it ends in dots
        }
        return false;
    };
    const found = [];
    for (const each of document.querySelectorAll("body *:not(svg *, a[href='#content'])")) {
        const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own && !each.matches("button, input, select, textarea, img")) continue;
        if (!each.checkVisibility({ visibilityProperty: true })) continue;
        if (each.closest("[data-react-aria-prevent-focus]")) continue; // a native twin that nobody sees
        const box = each.getBoundingClientRect();
        if (box.width <= 2 || box.height <= 2) continue;
        const name = `${each.tagName} “${(each.textContent || each.ariaLabel || "").slice(0, 40)}”`;
        if ((box.left < -1 || box.right > wide + 1) && !scrolls(each)) found.push(`outside: ${name}`);
        const style = getComputedStyle(each);
        const hides = /hidden|clip/.test(style.overflowX) && style.textOverflow !== "ellipsis";
        if (own && hides && each.scrollWidth > each.clientWidth + 1) found.push(`cut: ${name}`);
    }
    const last = [...document.querySelectorAll("main button, main a[href], main input")]
        .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("[inert]")).at(-1);
    if (last) {
        last.scrollIntoView({ block: "center", behavior: "instant" });
        const box = last.getBoundingClientRect();
        if (box.bottom > innerHeight + 1) found.push(`out of reach: ${last.tagName} “${last.textContent}”`);
        document.querySelector("main").scrollTo(0, 0);
    }
    return found.slice(0, 6);
}"""


def cut(page: Page) -> list[str]:
    """Say what of a page can't be read: outside of it, cut off, or out of reach by scrolling down."""
    found: list[str] = page.evaluate(_CUT)
    return found if fits(page) else [*found, "it must be scrolled sideways"]


def shot(page: Page, file: Path) -> Path:
    """Write a PNG of what is seen, for a person to look at."""
    page.screenshot(path=file)
    return file
