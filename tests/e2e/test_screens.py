"""Every screen there is, in circumstances that hold on all of them: right to left, zoomed, narrow, huge."""

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import DESK, HUGE, NARROW, ZOOMED, Guard, cut, fits, found_by_axe
from tests.e2e.conftest import OpenAs, until_live
from tests.e2e.test_incidents import png
from tests.e2e.towns import Town, Utility, made
from tests.running import ROOT

UI = ROOT / "web" / "ui" / "src"
REGISTRY = re.compile(r'^    path: "([^"]+)",$', re.MULTILINE)
FURTHER = (
    *("/alarms/history", "/alarms/{alert}", "/sensors/{sensor}", "/rules/new", "/maintenance/new"),
    *("/incidents/new", "/incidents/{incident}", "/incidents/{incident}/report"),
    *(f"/devices?tab={tab}" for tab in ("keys", "rejected", "limits", "import")),
    *(f"/people?tab={tab}" for tab in ("roles", "tokens", "factor")),
    *(f"/notifications?tab={tab}" for tab in ("webhooks", "deliveries")),
    *(f"/settings?tab={tab}" for tab in ("retention", "zones")),
    *(f"/system?tab={tab}" for tab in ("settings", "sign-in", "backups")),
    *(f"/set-up/{step}" for step in ("place", "network", "sensors", "device", "duty", "security")),
)
PARTS = 4
"""Of the list of screens, each a test: so that none takes minutes."""
ARABIC = re.compile("[\u0600-\u06ff]")
NAME = "The old water works beside the reservoir on the hill, second pressure zone"


@pytest.fixture(scope="module")
def town(utility: Utility) -> Town:
    """A town with something on every screen, and long names."""
    return utility.town(NAME, roles=("operator", "technician"))


@pytest.fixture(scope="module")
def paths(town: Town) -> list[str]:
    """All screens, tabs and details, as a super admin finds them."""
    town.report(1.1)
    with town.api() as client:
        (alert,) = client.get("/alerts").json()
        body = {"title": None, "description": None, "incident_type": None, "notes": None}
        incident = made(client, f"/alerts/{alert['id']}/incident", **body)["id"]
        client.post(
            f"/incidents/{incident}/attachments?name=a-photo-with-a-rather-long-name.png",
            content=png(),
            headers={"Content-Type": "image/png"},
        ).raise_for_status()
    of = {"alert": alert["id"], "incident": incident, "sensor": town.sensor}
    registered = REGISTRY.findall((UI / "app" / "screens.ts").read_text(encoding="utf-8"))
    assert len(registered) >= 18
    bare = {"/wall"}
    return [each.format(**of) for each in (*registered, *FURTHER) if each not in bare]


@pytest.fixture
def everywhere(open_as: OpenAs, town: Town, guard: Guard) -> Iterator[Callable[[str], Page]]:
    """Open the screens as the super admin, in this town and in a language."""
    guard.forgive(r"status of 404.*tls|tls.*status of 404")

    def opened(language: str) -> Page:
        page = open_as("super_admin", town, "/about", language=language)
        page.evaluate("id => localStorage.setItem('weir.municipality', id)", str(town.id))
        page.reload()
        return until_live(page)

    yield opened
    with town.api("super_admin") as client:  # she is everybody's
        client.patch("/preferences", json={"language": "en"}).raise_for_status()


def go(page: Page, path: str, language: str) -> None:
    """Go to a screen as a link does, and wait until it has what it shows."""
    page.evaluate("path => history.pushState(null, '', path)", path)
    catalogue = json.loads((UI / "strings" / language / "app.json").read_text(encoding="utf-8"))
    for still in (catalogue["loading"], catalogue["starting"]):
        expect(page.get_by_text(still)).to_have_count(0)
    expect(page.get_by_role("heading", level=1), f"the title of {path}").to_have_count(1)


def cut_off(page: Page, size: tuple[int, int]) -> list[str]:
    """Say what is cut off at this size, once the screen has found its new shape."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    deadline = time.monotonic() + 3
    while (found := cut(page)) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return [f"{page.url} at {size[0]}: {each}" for each in found]


@pytest.mark.parametrize("part", range(PARTS))
def test_in_arabic_every_screen_reads_from_right_to_left_and_fits(
    everywhere: Callable[[str], Page], paths: list[str], part: int
):
    page, wrong = everywhere("ar"), []
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    for path in paths[part::PARTS]:
        go(page, path, "ar")
        if not ARABIC.search(page.locator("main").inner_text()):
            wrong.append(f"{path}: not a word of Arabic")
        wrong += cut_off(page, DESK) + cut_off(page, NARROW)
        wrong += [f"{path}: {each}" for each in found_by_axe(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("part", range(PARTS))
def test_zoomed_twice_and_on_the_narrowest_phone_nothing_is_cut_off(
    everywhere: Callable[[str], Page], paths: list[str], part: int
):
    page, wrong = everywhere("en"), []
    for path in paths[part::PARTS]:
        go(page, path, "en")
        for size in (NARROW, ZOOMED):
            wrong += cut_off(page, size)
        wrong += [f"{path} zoomed: {each}" for each in found_by_axe(page)]
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        wrong += [f"{path}: {each}" for each in found_by_axe(page)]
    assert not wrong, "\n".join(wrong)


def test_a_wall_of_eight_million_dots_is_read_from_afar(open_as: OpenAs, town: Town, guard: Guard):
    page = open_as("operator", town, "/wall", size=HUGE)
    for turn in ("alarms", "overview"):  # that they take turns is tested with the alarms
        page.goto(f"{town.weir.url}/wall?screens={turn}&every=3600")
        expect(page.locator(f"main[data-turn={turn}]")).to_be_visible()
        assert fits(page, height=True)
        assert cut(page) == []
        letters = page.locator("header time").first.evaluate(
            "e => parseFloat(getComputedStyle(e).fontSize)"
        )
        assert letters >= 60
        assert found_by_axe(page) == []
