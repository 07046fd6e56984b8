"""A real Chromium, driven over its DevTools protocol: no more than these tests need."""

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

ANSWER_WITHIN = 30.0
QUIET = (
    "--headless",
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
    "--mute-audio",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)


class DevTools:
    """One connection to the browser; what happens meanwhile is kept for each page."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._hearers: dict[str, Callable[[str, dict[str, Any]], None]] = {}

    def hear(self, session: str, hearer: Callable[[str, dict[str, Any]], None]) -> None:
        """Call `hearer` with each event of a session."""
        self._hearers[session] = hearer

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Ask the browser and wait for its answer."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._connection.send(json.dumps(message))
        deadline = time.monotonic() + ANSWER_WITHIN
        while True:
            heard = json.loads(self._connection.recv(deadline - time.monotonic()))
            if heard.get("id") == number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                result: dict[str, Any] = heard["result"]
                return result
            hearer = self._hearers.get(heard.get("sessionId", ""))
            if hearer is not None:
                hearer(heard["method"], heard["params"])


class Page:
    """One tab in a profile of its own, as another person at another machine would have it."""

    def __init__(self, tools: DevTools, size: tuple[int, int]) -> None:
        self._tools = tools
        self._profile = tools.call("Target.createBrowserContext")["browserContextId"]
        target = tools.call(
            "Target.createTarget", url="about:blank", browserContextId=self._profile
        )
        attached = tools.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session: str = attached["sessionId"]
        self.requests: list[str] = []
        """The addresses of everything it asked for, WebSockets included."""
        self.frames: list[dict[str, Any]] = []
        """Every message that came over its WebSockets."""
        self.complaints: list[str] = []
        """Errors and warnings of its console, and exceptions that nobody caught."""
        self._loaded = 0
        tools.hear(self._session, self._hear)
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        self.resize(*size)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._tools.call(method, self._session, **parameters)

    def _hear(self, event: str, said: dict[str, Any]) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(said["url"])
            case "Network.webSocketFrameReceived":
                self.frames.append(json.loads(said["response"]["payloadData"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if said["type"] in {"error", "warning", "assert"}:
                self.complaints.append(json.dumps(said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(json.dumps(said["entry"]))
            case "Page.loadEventFired":
                self._loaded += 1
            case _:
                pass

    def close(self) -> None:
        """Close it and forget its profile."""
        self._tools.call("Target.disposeBrowserContext", browserContextId=self._profile)

    def resize(self, width: int, height: int) -> None:
        """Make the window this large."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def goto(self, url: str) -> None:
        """Open an address and wait until it has loaded."""
        before = self._loaded
        self._call("Page.navigate", url=url)
        self._until_loaded(before)

    def reload(self) -> None:
        """Load the page again."""
        before = self._loaded
        self._call("Page.reload")
        self._until_loaded(before)

    def _until_loaded(self, before: int) -> None:
        deadline = time.monotonic() + ANSWER_WITHIN
        while self._loaded == before:
            assert time.monotonic() < deadline, "the page did not load"
            self._call("Runtime.evaluate", expression="0")

    def evaluate(self, expression: str) -> Any:
        """Give the value of an expression; a promise is awaited."""
        outcome = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in outcome, outcome["exceptionDetails"]
        return outcome["result"].get("value")

    def wait_for(self, condition: str, within: float = 10.0) -> Any:
        """Wait until an expression is true and give its value; it is looked at with each change."""
        outcome = self.evaluate(
            f"""new Promise((resolve) => {{
              const look = () => {{
                const value = ({condition});
                if (value) finish(value);
              }};
              const finish = (value) => {{
                watch.disconnect();
                clearTimeout(timer);
                resolve({{ value }});
              }};
              const watch = new MutationObserver(look);
              watch.observe(document, {{
                subtree: true, childList: true, attributes: true, characterData: true,
              }});
              const timer = setTimeout(() => finish(null), {within * 1000});
              look();
            }})"""
        )
        assert outcome["value"], f"not within {within} s: {condition}\n{self.text()}"
        return outcome["value"]

    def wait_for_text(self, selector: str, text: str, within: float = 10.0) -> None:
        """Wait until an element holds a text."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})]"
        self.wait_for(f"{found}.some((e) => e.innerText.includes({json.dumps(text)}))", within)

    def text(self, selector: str = "body") -> str:
        """Give what a person can read in an element; nothing when it is not there."""
        found = f"document.querySelector({json.dumps(selector)})"
        return str(self.evaluate(f"{found}?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse; it must be the one that is hit.

        A button that waits for an answer is off for that time; a person waits too.
        """
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{found} !== null && !{found}.disabled")
        x, y, hit = self.evaluate(
            f"""(() => {{
              const element = {found};
              element.scrollIntoView({{ block: "nearest" }});
              const box = element.getBoundingClientRect();
              const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
              const hit = document.elementFromPoint(x, y);
              return [x, y, element.contains(hit)];
            }})()"""
        )
        assert hit, f"something covers {selector}, or it is outside the window"
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def fill(self, selector: str, text: str) -> None:
        """Click into a field and type a text."""
        self.click(selector)
        self._call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}
        typed = (
            {"text": "\r" if key == "Enter" else key} if key not in codes or key == "Enter" else {}
        )
        code = codes.get(key, ord(key[0].upper()))
        self._call(
            "Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **typed
        )
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def foreign_requests(self, host: str) -> list[str]:
        """Give what was asked of anybody else than this host and port."""
        schemes = {"data", "blob"}
        parts = [(url, urlsplit(url)) for url in self.requests]
        return [url for url, part in parts if part.scheme not in schemes and part.netloc != host]

    def screenshot(self, file: Path) -> None:
        """Write a PNG, for a person to look at."""
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))


class Browser:
    """A running browser."""

    def __init__(self, tools: DevTools) -> None:
        self._tools = tools
        self._pages: list[Page] = []

    def page(self, size: tuple[int, int] = (1366, 768)) -> Page:
        """Open a page in a fresh profile."""
        self._pages.append(Page(self._tools, size))
        return self._pages[-1]

    def close_pages(self) -> None:
        """Close every page there is."""
        while self._pages:
            self._pages.pop().close()


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Run a browser until the end of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        log = Path(profile) / "log"
        with log.open("w") as err:
            command = [program, *QUIET, f"--user-data-dir={profile}", "about:blank"]
            process = subprocess.Popen(command, stdout=err, stderr=err)
        try:
            address = _address(process, Path(profile) / "DevToolsActivePort", log)
            with connect(address, max_size=None, compression=None, proxy=None) as connection:
                tools = DevTools(connection)
                yield Browser(tools)
                tools.call("Browser.close")
            process.wait(10)
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], port_file: Path, log: Path) -> str:
    deadline = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        lines = port_file.read_text().splitlines() if port_file.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.01)  # a process of its own: there is nothing to be woken by
    raise AssertionError(f"Chromium did not start:\n{log.read_text()}")
