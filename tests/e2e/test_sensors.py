"""The list of sensors, one sensor with its chart, and rules that are tried on history before they hold."""

from playwright.sync_api import expect

from tests.e2e.browsing import PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenAs, Town


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
