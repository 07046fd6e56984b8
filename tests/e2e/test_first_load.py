"""What a first visit costs: bytes of script, and that a second one costs next to nothing."""

import gzip
import json
import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import BUILT, OpenAs, until_live
from tests.e2e.towns import Town

MOST = 300_000
"""Bytes of compressed script before anything is seen, the map left out."""
MANIFEST = BUILT.parent / ".vite" / "manifest.json"


def loaded(manifest: dict[str, dict[str, list[str]]], *first: str) -> set[str]:
    """Give every chunk that these need before they can run."""
    found: set[str] = set()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += manifest[name].get("imports", [])
    return found


def test_the_first_screen_needs_no_more_script_than_a_slow_line_brings():
    manifest = json.loads(MANIFEST.read_text())
    draws = next(n for n, each in manifest.items() if re.search(r"begin-.*\.js$", each["file"]))
    alarms = next(name for name in manifest if name.endswith("screens/alarms/Screen.tsx"))
    english = next(name for name, each in manifest.items() if "language-en" in each["file"])
    chunks = loaded(manifest, "index.html", draws, alarms, english)
    files = {BUILT.parent / manifest[name]["file"] for name in chunks}
    small = {f.name: len(gzip.compress(f.read_bytes(), 9)) for f in files if f.suffix == ".js"}
    assert not [name for name in small if "maplibre" in name]
    assert len(small) <= 12, "each file is a round trip, and work for a small server"
    assert sum(small.values()) <= MOST, small


def test_every_text_of_the_build_is_there_in_brotli():
    texts = [f for f in BUILT.parent.glob("assets/*") if f.suffix in {".js", ".css"}]
    assert texts
    large = [f for f in texts if f.stat().st_size >= 1024]
    assert [f.name for f in large if not f.with_name(f"{f.name}.br").exists()] == []


def test_a_second_visit_loads_nothing_again_over_the_network(open_as: OpenAs, here: Town):
    page = open_as("operator", here, "/alarms")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => 1)")
    before = over_the_network(page)
    assert before
    page.reload()
    until_live(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # What is loaded when there is time may come for the first time only now.
    assert before & over_the_network(page) == set()


def over_the_network(page: Page) -> set[str]:
    """Name the built files that came by the network, and not by the service worker or a cache."""
    return set(
        page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter((e) => e.name.includes('/assets/') && !e.workerStart && e.transferSize)"
            ".map((e) => e.name)"
        )
    )
