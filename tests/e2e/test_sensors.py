"""The list of sensors, one sensor with its chart, and rules that are tried on history before they hold."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenAs, Town, Utility


def test_a_sensor_is_found_by_keyboard_and_its_value_is_live(
    here: Town, open_as: OpenAs, guard: Guard
):
    here.report(3.11)
    page = open_as("operator", here, "/sensors")
    row = page.locator(f'[data-sensor="{here.sensor}"]')
    expect(row).to_contain_text("3.11")
    page.get_by_label("Find a sensor").fill("mill")
    expect(page).to_have_url(f"{here.weir.url}/sensors?q=mill")
    here.report(3.22)
    expect(row).to_contain_text("3.22")
    page.get_by_role("row").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{here.weir.url}/sensors/{here.sensor}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mill Lane")
    page.go_back()
    expect(row).to_be_visible()
    axe(page)


def test_a_chart_is_read_and_moved_by_keys_and_its_span_is_in_the_address(
    here: Town, open_as: OpenAs, guard: Guard
):
    here.report(3.33)
    page = open_as("operator", here, f"/sensors/{here.sensor}?span=1h")
    chart = page.get_by_role("slider")
    expect(chart).to_be_visible()
    page.get_by_role("button", name="24 h").click()
    expect(page).to_have_url(f"{here.weir.url}/sensors/{here.sensor}?span=24h")
    here.report(4.44)
    chart.focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("readout")).to_contain_text("4.44")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_role("button", name="To now")).to_be_visible()
    axe(page)


def test_a_rule_is_tried_on_history_before_it_holds(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    here.report(1.5)
    with here.api("admin") as admin:
        before = admin.get("/rules").json()
    page = open_as("admin", here, f"/rules/new?sensor={here.sensor}")
    page.get_by_label("Value (bar)").fill("2")
    page.get_by_label("For at least").fill("0")
    expect(page.get_by_text("when the value is below 2.00 bar")).to_be_visible()
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_test_id("would")).to_contain_text("1 alarm from 1 sensor")
    with here.api("admin") as admin:
        assert admin.get("/rules").json() == before
    axe(page)
    page.get_by_label("Name").fill("Under two bar")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Under two bar")).to_be_visible()
    with there.api("operator") as other:
        assert "Under two bar" not in other.get("/rules").text


LIMIT = """async (chart, wanted) => {
    const ink = getComputedStyle(chart).color.match(/\\d+/g).slice(0, 3).map(Number);
    const isDrawn = () => {
        const canvas = chart.querySelector("canvas");
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        const isInk = (at) =>
            data[at + 3] > 100 && ink.every((part, of) => Math.abs(data[at + of] - part) < 40);
        for (let y = 0; y < height; y++) {
            let found = 0;
            for (let x = 0; x < width; x++) found += isInk(4 * (y * width + x));
            if (found > width * 0.3) return true;
        }
        return false;
    };
    for (let end = Date.now() + 20_000; isDrawn() !== wanted; ) {
        if (Date.now() > end) return false;
        await new Promise((next) => setTimeout(next, 50));
    }
    return true;
}"""
"""Wait until a line of the ink's colour, as a limit has it, lies all over a chart, or until none does."""


def picked(page: Page, label: str, option: str) -> None:
    """Choose something from one of the form's lists."""
    page.get_by_role("button", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_replay_shows_the_limit_that_the_rule_compares_with(
    utility: Utility, there: Town, open_as: OpenAs, guard: Guard, scheme: str
):
    town = utility.town("Tanner Row", roles=("admin",))
    town.report(1.5)
    there.report(9.5)
    page = open_as(
        "admin", town, f"/rules/new?sensor={town.sensor}", size=PHONE, color_scheme=scheme
    )
    chart = page.get_by_role("slider")
    expect(chart.locator("canvas")).to_be_visible()
    assert chart.evaluate(LIMIT, False), "no rule, no limit"
    page.get_by_label("Value (bar)").fill("1.6")
    page.get_by_label("For at least").fill("0")
    told = page.get_by_test_id("compared")
    expect(told).to_have_text("Limit 1.60 bar: alarm below it")
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(told).to_contain_text("Would have raised")
    assert chart.evaluate(LIMIT, True)
    axe(page)
    assert fits(page)
    picked(page, "What is watched for", "Outside the sensor’s limits")
    expect(told).to_contain_text("This sensor has no limits")
    assert chart.evaluate(LIMIT, False), "what has no limit has no line"
    with town.api("admin") as admin:
        limits = {"threshold_config": {"min": 1.6, "max": 7.5}}
        admin.patch(f"/sensors/{town.sensor}", json=limits).raise_for_status()
    page.reload()
    page.get_by_label("Value (bar)").fill("1.6")
    picked(page, "What is watched for", "Outside the sensor’s limits")
    expect(told.get_by_role("listitem")).to_have_text(
        ["Limit 1.60 bar: alarm below it", "Limit 7.50 bar: alarm above it"]
    )
    picked(page, "What is watched for", "Unusual for this sensor")
    expect(told).to_contain_text("What is usual for this sensor is not known yet")
    picked(page, "What is watched for", "No readings come")
    expect(told).to_contain_text("Alarm when nothing has come for four times as long as usual.")


def test_on_a_phone_sensors_are_cards_and_nothing_is_wider_than_the_screen(
    here: Town, open_as: OpenAs, guard: Guard
):
    here.report(3.0)
    page = open_as("operator", here, "/sensors", size=PHONE)
    expect(page.locator(f'[data-sensor="{here.sensor}"]')).to_be_visible()
    axe(page)
    for path in (f"/sensors/{here.sensor}", "/rules"):
        page.goto(here.weir.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page), path
