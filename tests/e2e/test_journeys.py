"""Ways that lead over several screens."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import axe
from tests.e2e.conftest import OpenAs, Town, until_live
from tests.e2e.test_keyboard import by_palette


def test_a_super_admin_goes_from_one_municipality_to_another(
    open_as: OpenAs, here: Town, there: Town
):
    page = open_as("super_admin", here, "/sensors")
    chooser = page.get_by_role("banner").get_by_role("button", name="Municipality")
    for town, sensor in ((there, "Quay Street"), (here, "Mill Lane"), (there, "Quay Street")):
        chooser.click()
        page.get_by_role("option", name=town.name, exact=True).click()
        until_live(page)
        expect(page.get_by_role("main").get_by_text(sensor).first).to_be_visible()
        other = "Mill Lane" if sensor == "Quay Street" else "Quay Street"
        expect(page.get_by_role("main").get_by_text(other)).to_have_count(0)
    page.reload()
    until_live(page)
    expect(page.get_by_role("main").get_by_text("Quay Street").first).to_be_visible()


def test_the_palette_leads_anywhere_by_keyboard_alone(open_as: OpenAs, here: Town):
    page = open_as("operator", here, "/alarms")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands").get_by_role("searchbox")).to_be_focused()
    axe(page)
    page.keyboard.press("Escape")
    by_palette(page, "go to sensors")
    expect(page).to_have_url(f"{here.weir.url}/sensors")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_palette_finds_people_rules_and_devices_for_whom_they_concern(
    open_as: OpenAs, here: Town, there: Town
):
    device = here.device
    admin = open_as("admin", here, "/overview")
    found = commands(admin, "technician")
    expect(found.filter(has_text=here.person("technician"))).to_have_count(1)
    found.filter(has_text=here.person("technician")).click()
    expect(admin.get_by_role("dialog", name=here.person("technician"))).to_be_visible()
    admin.reload()
    expect(admin.get_by_role("dialog", name=here.person("technician"))).to_be_visible()
    admin.keyboard.press("Escape")
    expect(admin).not_to_have_url(re.compile("person="))
    expect(admin.get_by_role("dialog")).to_have_count(0)
    expect(commands(admin, device).filter(has_text=device)).to_have_count(1)
    leave(admin)
    commands(admin, "pressure too low").filter(has_text="Rules").first.click()
    expect(admin).to_have_url(re.compile(r"/rules/\d+"))

    operator = open_as("operator", here, "/overview")
    expect(commands(operator, "pressure too low").filter(has_text="Rules").first).to_be_visible()
    leave(operator)
    commands(operator, here.person("technician"))
    expect(operator.get_by_text("Nothing with these words")).to_be_visible()
    # Names of another municipality's people are nobody's business here.
    commands(admin, there.operator)
    expect(admin.get_by_text("Nothing with these words")).to_be_visible()


def commands(page: Page, words: str) -> Locator:
    """Open the palette and type; give what is offered."""
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog", name="Commands").get_by_role("searchbox")
    expect(box).to_be_focused()
    box.fill(words)
    return page.get_by_role("menuitem")


def leave(page: Page) -> None:
    """Close the palette; Escape empties it first."""
    for _ in range(2):
        page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
