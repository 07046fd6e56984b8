"""The door and the line: what every screen stands on, as a person meets it."""

import json
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.browsing import GONE, Guard, axe
from tests.e2e.conftest import OpenAs, OpenPage, until_live
from tests.e2e.towns import Town, Utility
from tests.running import PASSWORD, Running, running, start

REFUSED = r"status of 401"


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def alarm(page: Page):
    return page.get_by_role("main").get_by_text("Pressure too low").first


def test_a_person_signs_in_and_an_alarm_comes_up_without_a_reload(
    open_page: OpenPage, utility: Utility
):
    town = utility.town()
    page = open_page(town.weir.url)
    expect(page.get_by_label("Username")).to_be_focused()
    axe(page)
    sign_in(page, town.operator)
    until_live(page)
    page.goto(f"{town.weir.url}/alarms")
    until_live(page)
    town.report(3.0)
    expect(page.get_by_role("main").get_by_text("Pressure too low")).to_have_count(0)
    town.report(1.2)
    expect(alarm(page)).to_be_visible()
    expect(page.get_by_role("banner").get_by_text("1 new Critical alarm")).to_be_attached()
    axe(page)


def test_another_towns_screen_is_told_nothing(
    open_as: OpenAs, utility: Utility, here: Town, there: Town
):
    town = utility.town("Mill Lane")
    page = open_as("operator", town, "/alarms")
    other_page = open_as("operator", there, "/sensors")
    told: list[dict[str, object]] = []
    other_page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: told.append(json.loads(frame))),
    )
    other_page.reload()
    until_live(other_page)
    town.report(1.2)
    expect(alarm(page)).to_be_visible()
    there.report(4.5)  # comes after the alarm, on the other screen's own line
    expect(other_page.get_by_text("4.50").first).to_be_visible()
    assert {each["type"] for each in told} == {"replay", "sensor_reading"}
    assert "Mill Lane" not in json.dumps(told) + other_page.inner_text("body")


def test_markup_in_a_name_stays_text(open_as: OpenAs, utility: Utility):
    hostile = "<img src=x onerror='window.hacked=1'>"
    town = utility.town(hostile)
    page = open_as("operator", town, "/sensors")
    expect(page.get_by_text(hostile).first).to_be_visible()
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("img[src=x]").count() == 0


def test_a_reload_keeps_the_person_signed_in_and_signing_out_ends_the_session(
    open_page: OpenPage, here: Town, guard: Guard
):
    page = open_page(here.weir.url)
    sign_in(page, here.operator)
    until_live(page)
    kept = page.context.cookies(f"{here.weir.url}/api/v1/auth")
    assert [(each["httpOnly"], each["sameSite"]) for each in kept] == [(True, "Strict")]
    assert kept[0]["value"] not in page.evaluate("JSON.stringify({...localStorage})")
    page.reload()
    until_live(page)
    (cookie,) = page.context.cookies(f"{here.weir.url}/api/v1/auth")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    assert page.context.cookies(f"{here.weir.url}/api/v1/auth") == []
    spent = httpx.post(
        f"{here.weir.url}/api/v1/auth/refresh", json={"refresh_token": cookie["value"]}
    )
    assert spent.status_code == 401
    page.reload()
    expect(page.get_by_label("Username")).to_be_visible()


def test_a_wrong_password_is_answered_in_the_servers_words(
    open_page: OpenPage, here: Town, guard: Guard
):
    guard.forgive(REFUSED)
    page = open_page(here.weir.url)
    sign_in(page, here.operator, "not the password")
    refused = httpx.post(
        f"{here.weir.url}/api/v1/auth/login",
        json={"username": here.operator, "password": "nor this"},
    )
    expect(page.get_by_role("alert")).to_contain_text(refused.json()["detail"])


def test_the_page_says_that_it_is_cut_off_and_catches_up_when_weir_is_back(
    open_as: OpenAs, guard: Guard, tmp_path: Path
):
    guard.forgive(GONE)
    with running(tmp_path / "data") as first:
        town = Utility(first).town()
        page = open_as("operator", town, "/alarms")
        town.report(3.0)
        first.stop()
        expect(page.get_by_text("What you see is from").first).to_be_attached()
        second = start(first.folder, "--http", first.http)
        try:
            again(town, second).report(1.3)
            expect(alarm(page)).to_be_visible(timeout=30_000)
            until_live(page)
            expect(page.get_by_text("What you see is from")).to_have_count(0)
        finally:
            page.close()
            second.stop()


def again(town: Town, weir: Running) -> Town:
    return Town(weir, town.id, town.name, town.number, town.sensor, town.device, town.key)
