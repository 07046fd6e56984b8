"""Screens that outlive everything: a night of cut lines, a server that starts anew, a browser that does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browsing import DESK, FLAGS, GONE, WALL, Guard, program
from tests.e2e.conftest import OpenAs, OpenPage, until_live
from tests.e2e.lines import Line, line_to
from tests.e2e.test_first_page import sign_in
from tests.e2e.towns import Town, Utility, made
from tests.running import Running, found, start

CUTS = 18
BACK_WITHIN = 40_000


@dataclass
class Fallible:
    """An appliance that stops and starts, behind a line that is cut; two towns look at it."""

    weir: Running
    line: Line
    here: Town
    there: Town

    def restart(self) -> None:
        """Stop the server and start it anew at the same address."""
        self.weir.stop()
        self.weir = start(self.weir.folder, "--http", self.weir.http)
        for town in (self.here, self.there):
            town.weir = self.weir


@pytest.fixture(scope="module")
def fallible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fallible]:
    folder = tmp_path_factory.mktemp("fallible") / "data"
    folder.mkdir()
    found(folder)
    weir = start(folder)
    with line_to(weir.http) as line:
        utility = Utility(weir)
        here = utility.town(roles=("operator", "admin"))
        all_of_it = Fallible(weir, line, here, utility.town("Quay Street"))
        try:
            yield all_of_it
        finally:
            if all_of_it.weir.process.poll() is None:
                all_of_it.weir.stop()


def token_of(town: Town, role: str, name: str = "Wall") -> dict[str, Any]:
    with town.api("admin") as client:
        return made(client, "/tokens", name=name, role=role)


def shown(page: Page) -> dict[str, str]:
    """The alarms of the list as they are shown: their number and status."""
    rows = page.locator("[data-alert]").evaluate_all(
        "all => all.map((row) => [row.dataset.alert, row.dataset.status])"
    )
    return dict(rows)


def so(town: Town) -> dict[str, str]:
    """The same as the server lists it now."""
    query = {"status": "open,acknowledged,in_progress", "limit": 1000}
    with town.api() as client:
        alerts = client.get("/alerts", params=query).raise_for_status().json()
    return {str(each["id"]): each["status"] for each in alerts}


def becomes_so(page: Page, town: Town) -> None:
    """Wait until the page shows what is so."""
    want = so(town)
    for number, status in want.items():
        expect(page.locator(f"[data-alert='{number}'][data-status={status}]")).to_have_count(
            1, timeout=BACK_WITHIN
        )
    expect(page.locator("[data-alert]")).to_have_count(len(want))
    assert shown(page) == want


def happen(fallible: Fallible, sensors: list[dict[str, Any]], step: int) -> None:
    """Something happens while nobody can see it: an alarm, a reaction, a value."""
    town = fallible.here
    each = sensors[step % len(sensors)]
    value = 0.1 if step < len(sensors) else 3 + step / 100
    httpx.post(
        f"{town.weir.url}/api/v1/sensors/{each['device_id']}/readings",
        headers={"X-API-Key": each["api_key"]},
        json={"value": value, "unit": "bar"},
    ).raise_for_status()
    if step % 3 == 2:
        with town.api() as client:
            alerts = client.get("/alerts", params={"status": "open"}).json()
            deed = "acknowledge" if step % 2 else "resolve"
            client.post(f"/alerts/{alerts[-1]['id']}/{deed}", json={}).raise_for_status()


def furnished(town: Town, count: int) -> list[dict[str, Any]]:
    """Sensors with a rule each."""
    with town.api("admin") as client:
        sensors = [
            made(
                client,
                "/sensors",
                device_id=f"N-{n}",
                name=f"Night {n}",
                sensor_type="pressure",
                unit="bar",
            )
            for n in range(count)
        ]
        for each in sensors:
            condition = {"type": "threshold", "operator": "<", "value": 2.0, "for_seconds": 0}
            body = {"name": "Low", "severity": "high", "alert_type": "low_pressure"}
            made(client, "/rules", sensor_id=each["id"], condition=condition, **body)
    return sensors


def test_after_a_night_of_disconnects_desk_and_wall_show_what_is_so(
    fallible: Fallible, open_as: OpenAs, open_page: OpenPage, guard: Guard
):
    guard.forgive(GONE)
    town, line = fallible.here, fallible.line
    sensors = furnished(town, 10)  # of whose alarms somebody reacts to six
    desk = open_as("operator", line.of(town), "/alarms")
    token = token_of(town, "viewer")["token"]
    wall = open_page(
        f"http://{line.address}/wall?screens=alarms&every=3600#token={token}", size=WALL
    )
    until_live(wall)
    for step in range(CUTS):
        line.cut()
        happen(fallible, sensors, step)
        if step % 7 == 6:
            fallible.restart()
    becomes_so(desk, town)
    until_live(desk)
    until_live(wall)
    fresh = sum(status == "open" for status in so(town).values())
    assert fresh > 0
    expect(desk).to_have_title(f"({fresh}) Alarms · Weir")
    expect(wall.locator("main ol > li")).to_have_count(min(9, len(so(town))))
    expect(wall.locator("main ol > li[data-status=open]")).to_have_count(min(9, fresh))
    desk.goto(f"http://{line.address}/sensors")
    with town.api() as client:
        for each in client.get("/sensors").json():
            if each["last_reading"] is not None:
                row = desk.locator(f"[data-sensor='{each['id']}']")
                expect(row).to_contain_text(f"{each['last_reading']:.2f}")
    fallible.there.report(0.1)
    becomes_so(open_as("operator", line.of(fallible.there), "/alarms"), fallible.there)
    desk.goto(f"http://{line.address}/alarms")
    becomes_so(desk, town)


def test_a_line_that_went_dead_is_seen_to_be_dead_and_all_of_it_is_caught_up(
    fallible: Fallible, open_as: OpenAs, guard: Guard
):
    guard.forgive(GONE)
    town, line = fallible.here, fallible.line
    page = open_as("operator", line.of(town), "/alarms")
    line.is_dead = True
    try:
        expect(page.get_by_text("What you see is from").first).to_be_visible(timeout=BACK_WITHIN)
        expect(page.locator("[data-state=lost]").first).to_be_attached()
        town.report(0.2)
    finally:
        line.is_dead = False
        line.cut()
    becomes_so(page, town)
    expect(page.get_by_text("What you see is from")).to_have_count(0)


def test_a_display_goes_in_with_a_token_that_only_looks_and_never_shows_it(
    fallible: Fallible, open_page: OpenPage, guard: Guard
):
    guard.forgive(GONE + r"|status of 401")
    town = fallible.here
    strong, good = token_of(town, "operator", "Too strong"), token_of(town, "viewer", "Wall 2")
    page = open_page(f"{town.weir.url}/wall?screens=alarms,overview&every=3600", size=WALL)
    give(page, strong["token"])
    expect(page.get_by_text("This token may do more than look")).to_be_visible()
    assert strong["token"] not in page.evaluate("JSON.stringify({...localStorage})")
    give(page, good["token"])
    until_live(page)
    expect(page.locator("main[data-turn=alarms]")).to_be_visible()
    assert good["token"] not in page.content() + page.url
    assert page.context.cookies() == []
    assert not [each for each in guard.addresses if "weir_" in each]
    expect(page.get_by_text("leaves the wall")).to_have_count(0)
    fallible.restart()
    fallible.there.report(0.1)
    town.report(0.3)
    until_live(page)
    expect(page.get_by_text("Mill Lane").first).to_be_visible(timeout=BACK_WITHIN)
    expect(page.get_by_text("Quay Street")).to_have_count(0)
    page.reload()
    until_live(page)

    elsewhere = page.context.new_page()  # on the same display; nobody is signed in there
    elsewhere.goto(f"{town.weir.url}/people")
    expect(elsewhere.get_by_label("Username")).to_be_visible()
    elsewhere.close()
    with town.api("admin") as client:
        client.delete(f"/tokens/{good['id']}").raise_for_status()
    expect(page.get_by_role("heading", name="This wall is signed out.")).to_be_visible(
        timeout=BACK_WITHIN
    )


def give(page: Page, token: str) -> None:
    """Enter a token at a wall to which nobody has signed in."""
    page.get_by_label("Service token of this display").fill(token)
    page.get_by_role("button", name="Use it here").click()


def test_a_kiosk_keeps_its_person_over_restarts_opens_no_window_and_saves_files(
    fallible: Fallible, browser: Browser, guard: Guard, tmp_path: Path
):
    guard.forgive(GONE)
    town = fallible.here
    first = kiosk(browser, tmp_path, guard, town)
    page = first.pages[0]
    page.goto(town.weir.url)
    sign_in(page, town.operator)
    until_live(page)
    first.close()
    fallible.restart()
    again = kiosk(browser, tmp_path, guard, town)
    try:
        page = again.pages[0]
        page.goto(f"{town.weir.url}/alarms/history")
        until_live(page)
        expect(page.get_by_role("rowheader").first).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("button", name=re.compile("CSV")).click()
        assert b"Pressure too low" in saved.value.path().read_bytes()
        assert [each.url for each in again.pages] == [page.url]
    finally:
        again.close()


def kiosk(browser: Browser, tmp_path: Path, guard: Guard, town: Town) -> BrowserContext:
    """Start a browser with a profile that is kept, as Electron and kiosks have; a popup is a complaint."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=program(),
        args=list(FLAGS),
        chromium_sandbox=False,
        viewport={"width": DESK[0], "height": DESK[1]},
        locale="en-GB",
    )
    context.add_init_script("window.open = () => { console.error('a popup was asked for'); };")
    guard.watch(context, town.weir.http)
    return context
