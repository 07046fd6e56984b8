"""`weir` without a word: serves, shows where everything is, and opens the page for who sits there."""

import contextlib
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from appliance.config.configuration import Configuration
from appliance.config.sitting import somebody_sits_here
from appliance.control.client import ask, ear
from appliance.machine.folder import DataFolder

_READY = "ready http="
_OPENS_WITHIN = 10.0
"""Seconds."""


class Greeting:
    """Takes the lines of a start; the one that says where Weir is ready opens the page."""

    def __init__(self, data: Path, show: Callable[[str], None]) -> None:
        self._data = data
        self._show = show

    def __call__(self, line: str) -> None:
        """Show a line, and what a person wants to know after the last one."""
        self._show(line)
        if line.startswith(_READY):
            page = _page_at(line.removeprefix(_READY).partition(" ")[0])
            self._show(f"your data is in {self._data}")
            self._show(f"Weir is at {page} as long as this runs; Ctrl-C stops it")
            open_page(page)


def is_running_already(configuration: Configuration, show: Callable[[str], None]) -> bool:
    """Show the page of the Weir that runs on this folder already; False when none does."""
    found = ear(DataFolder(configuration.data).control)
    if found is None or ask(found, "status", 10.0) is None:
        return False
    page = _page_at(found.http)
    show(f"Weir runs already, at {page}; your data is in {configuration.data}")
    opening = open_page(page)
    if opening is not None:
        opening.join(_OPENS_WITHIN)  # it would end with this program
    return True


def open_page(page: str) -> threading.Thread | None:
    """Open a page in the browser of who sits here, if somebody does; never waits for it."""
    if not somebody_sits_here():
        return None
    opening = threading.Thread(target=_open, args=(page,), daemon=True)
    opening.start()
    return opening


def stay_readable() -> None:
    """Keep a window open that would close with the program, before anybody has read why."""
    if sys.platform == "win32" and sys.stdin is not None and sys.stdin.isatty():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            input("Enter closes this window. ")


def _open(page: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(page)


def _page_at(address: str) -> str:
    host, _, port = address.rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 listened on
    return f"http://{here}:{port}/"
