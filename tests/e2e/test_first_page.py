"""The page in a real browser against a really running appliance, as a person uses it."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.chromium import Browser, Page
from tests.e2e.conftest import Town, Utility
from tests.running import PASSWORD, running, start

SIZES = ((1920, 1080), (1366, 768), (390, 844), (320, 640))
FIRST_ALARM = "#alarm-list li:first-child button"


def alarms(page: Page) -> int:
    return int(page.evaluate("document.querySelectorAll('#alarm-list li').length"))


def assert_clean(page: Page, town: Town) -> None:
    """Nothing was asked of anybody else, and nothing went wrong that only the console tells."""
    assert page.requests
    assert page.foreign_requests(town.weir.http) == []
    assert page.complaints == []


def test_an_alarm_comes_up_within_two_seconds_without_a_reload(chromium: Browser, utility: Utility):
    town = utility.town()
    page = town.sign_in(chromium.page())
    town.report(3.0)
    page.wait_for_text("#sensor-list", "3 bar")
    assert alarms(page) == 0
    town.report(1.2)
    page.wait_for_text("#alarm-list", "Pressure too low: Mill Lane", within=2.0)
    assert "critical · unacknowledged" in page.text(FIRST_ALARM)
    assert "New critical alarm: Pressure too low" in page.evaluate("news.textContent")
    assert page.evaluate("document.title") == "(1) Weir"
    assert_clean(page, town)


def test_a_click_acknowledges_an_alarm_with_a_note(chromium: Browser, utility: Utility):
    town = utility.town()
    page = town.sign_in(chromium.page())
    town.report(1.2)
    page.wait_for_text("#alarm-list", "Pressure too low")
    page.click(FIRST_ALARM)
    page.wait_for_text("#detail .evidence", "1.2 bar")
    page.fill("#alert-note", "Crew is on its way")
    page.click("#detail [data-act=acknowledge]")
    page.wait_for_text(FIRST_ALARM, "critical · acknowledged")
    page.wait_for_text("#detail .changes", f"{town.operator} acknowledged")
    assert "Crew is on its way" in page.text("#detail .changes")
    assert [(c["kind"], c["note"]) for c in changes_of_the_only_alert(town)] == [
        ("opened", ""),
        ("moved", "Crew is on its way"),
    ]
    assert_clean(page, town)


def test_another_towns_screen_is_told_nothing(chromium: Browser, utility: Utility):
    here, there = utility.town("Mill Lane"), utility.town("Quay Street")
    page, other_page = here.sign_in(chromium.page()), there.sign_in(chromium.page())
    here.report(1.2)
    page.wait_for_text("#alarm-list", "Mill Lane")
    there.report(4.5)  # comes after the alarm, on the other screen's own line
    other_page.wait_for_text("#sensor-list", "4.5 bar")
    assert alarms(other_page) == 0
    assert "Mill Lane" not in other_page.text()
    assert [frame["type"] for frame in other_page.frames] == ["replay", "sensor_reading"]
    assert other_page.frames[0]["data"] == []
    assert_clean(other_page, there)


def test_markup_in_a_name_stays_text(chromium: Browser, utility: Utility):
    hostile = "<img src=x onerror='window.hacked=1'>"
    town = utility.town(hostile)
    page = town.sign_in(chromium.page())
    town.report(1.2)
    page.wait_for_text("#alarm-list", hostile)
    page.click(FIRST_ALARM)
    page.wait_for_text("#detail h2", hostile)
    assert page.evaluate("[window.hacked, document.images.length]") == [None, 0]
    assert_clean(page, town)


def changes_of_the_only_alert(town: Town) -> list[dict[str, Any]]:
    with town.api() as client:
        (alert,) = client.get("/alerts").json()
        changes: list[dict[str, Any]] = client.get(f"/alerts/{alert['id']}/changes").json()
    return changes


def test_an_alarm_is_worked_on_commented_resolved_and_closed(chromium: Browser, utility: Utility):
    town = utility.town()
    page = town.sign_in(chromium.page())
    town.report(1.0)
    page.wait_for_text("#alarm-list", "Pressure too low")
    page.click(FIRST_ALARM)
    page.wait_for_text("#detail .changes", "raised the alarm")

    page.click("#detail [data-act=comments]")
    page.wait_for_text("#detail .complaint", "Write the comment first")
    page.fill("#alert-note", "Valve 7 is shut")
    page.click("#detail [data-act=comments]")
    page.wait_for_text("#detail .changes", "Valve 7 is shut")
    page.click("#detail [data-act=start]")
    page.wait_for_text("#detail .state", "in progress")
    page.click("#detail [data-act=resolve]")
    page.wait_for_text("#detail .state", "resolved")
    page.wait_for("document.querySelectorAll('#alarm-list li').length === 0")
    page.click("#detail [data-act=close]")
    page.wait_for_text("#detail .state", "closed")

    changes = changes_of_the_only_alert(town)
    assert [change["after"] for change in changes] == [
        "open",
        "open",
        "in_progress",
        "resolved",
        "closed",
    ]
    assert_clean(page, town)


def test_the_keyboard_alone_finds_and_acknowledges_an_alarm(chromium: Browser, utility: Utility):
    town = utility.town()
    page = town.sign_in(chromium.page())
    town.report(0.9)
    page.wait_for_text("#alarm-list", "Pressure too low")
    page.evaluate(f"document.querySelector('{FIRST_ALARM}').focus()")
    page.press("a")
    page.wait_for_text(FIRST_ALARM, "· acknowledged")
    page.press("Enter")
    page.wait_for_text("#detail .changes", "acknowledged")
    page.press("Escape")
    page.wait_for("document.querySelector('#detail').hidden")
    assert page.evaluate("document.activeElement.closest('#alarm-list') !== null")
    assert_clean(page, town)


def test_a_reload_keeps_the_person_signed_in_and_signing_out_ends_the_session(
    chromium: Browser, utility: Utility
):
    town = utility.town()
    page = town.sign_in(chromium.page())
    page.reload()
    page.wait_for("document.querySelector('#line').dataset.state === 'live'")
    kept = page.evaluate("localStorage.getItem('weir.refresh_token')")
    assert page.evaluate("Object.keys(localStorage)") == ["weir.refresh_token"]

    page.click("#signout")
    page.wait_for("document.body.dataset.view === 'signin'")
    assert page.evaluate("localStorage.length") == 0
    spent = httpx.post(f"{town.weir.url}/api/v1/auth/refresh", json={"refresh_token": kept})
    assert spent.status_code == 401
    assert_clean(page, town)


def test_a_wrong_password_is_answered_in_the_servers_words(chromium: Browser, utility: Utility):
    town = utility.town()
    page = chromium.page()
    page.goto(town.weir.url)
    page.wait_for("document.body.dataset.view === 'signin'")
    page.fill("#signin-form [name=username]", town.operator)
    page.fill("#signin-form [name=password]", "not the password")
    page.click("#signin-form button")
    said = page.wait_for("document.querySelector('#signin .complaint').textContent")
    refused = httpx.post(
        f"{town.weir.url}/api/v1/auth/login",
        json={"username": town.operator, "password": "nor this"},
    )
    assert said == refused.json()["detail"]


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_its_window_without_scrolling(
    size: tuple[int, int], chromium: Browser, utility: Utility
):
    town = utility.town("A sensor with a long name beside the old water works on the hill")
    page = town.sign_in(chromium.page(size))
    town.report(1.1)
    page.wait_for_text("#alarm-list", "Pressure too low")
    assert fits(page)
    page.click(FIRST_ALARM)
    page.wait_for_text("#detail .changes", "raised the alarm")
    assert fits(page)
    assert_clean(page, town)


def fits(page: Page) -> bool:
    return bool(
        page.evaluate(
            "(({ scrollWidth, scrollHeight }) =>"
            " scrollWidth <= innerWidth && scrollHeight <= innerHeight)(document.documentElement)"
        )
    )


def test_the_page_says_that_it_is_cut_off_and_catches_up_when_weir_is_back(
    chromium: Browser, tmp_path: Path
):
    with running(tmp_path / "data") as first:
        town = Utility(first).town()
        page = town.sign_in(chromium.page())
        town.report(3.0)
        page.wait_for_text("#sensor-list", "3 bar")
        first.stop()
        page.wait_for_text("#line", "Disconnected since")
        page.wait_for_text("#banner", "What you see is as of")
        second = start(first.folder, "--http", first.http)
        try:
            Town(second, town.id, town.operator, town.sensor, town.device, town.key).report(1.3)
            page.wait_for_text("#alarm-list", "Pressure too low", within=30)
            page.wait_for_text("#line", "Live")
            assert page.evaluate("document.querySelector('#banner').hidden")
        finally:
            second.stop()


def test_the_first_start_is_done_in_the_browser(chromium: Browser, tmp_path: Path):
    weir = start(tmp_path / "data")
    try:
        code = re.search(r"set-up code: (\S+)", weir.output + weir.log)
        assert code is not None
        page = chromium.page()
        page.goto(weir.url)
        page.wait_for("document.body.dataset.view === 'setup'")
        for field, text in {
            "code": code[1],
            "municipality": "Brookfield",
            "username": "ada",
            "email": "ada@example.org",
            "password": PASSWORD,
            "again": PASSWORD,
        }.items():
            page.fill(f"#setup-form [name={field}]", text)
        page.click("#setup-form button")
        page.wait_for("document.querySelector('#line').dataset.state === 'live'")
        page.wait_for_text("#town", "Brookfield")
        assert page.foreign_requests(weir.http) == []
        assert page.complaints == []
        assert httpx.get(f"{weir.url}/api/v1/setup").json()["needed"] is False
    finally:
        weir.stop()
