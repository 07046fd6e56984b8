"""A whole watch by keyboard alone: in, to the alarm, to the sensor, and out; the focus is always seen."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import Guard
from tests.e2e.conftest import OpenPage, until_live
from tests.e2e.towns import Town, Utility
from tests.running import PASSWORD

MOST_TABS = 60
_FOCUS = """() => {
    const active = document.activeElement;
    if (!active || active === document.body) return "nothing has the focus";
    const chosen = document.getElementById(active.getAttribute("aria-activedescendant") ?? "");
    const on = chosen ?? active; // an option that is chosen while one goes on writing
    const box = on.getBoundingClientRect();
    const isIn = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    const name = `${on.tagName} “${(on.ariaLabel || on.textContent || on.name || "").slice(0, 40)}”`;
    if (!isIn) return `${name} is out of sight`;
    const marks = [on, on.parentElement, on.closest("[data-focus-visible]")].filter(Boolean);
    const isMarked = marks.some((each) => {
        const style = getComputedStyle(each);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1)
            || style.boxShadow !== "none";
    });
    return isMarked ? "" : `${name} does not show that it has the focus`;
}"""


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other; after each it must be seen where one is (WCAG 2.2, 2.4.7)."""
    for key in keys:
        page.keyboard.press(key)
        focus_is_seen(page)


def focus_is_seen(page: Page) -> None:
    for _ in range(20):  # what opens takes the focus a moment later
        if (wrong := page.evaluate(_FOCUS)) == "":
            return
        page.wait_for_timeout(50)
    raise AssertionError(wrong)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        press(page, "Tab")
    raise AssertionError(f"{wanted} was not reached by Tab")


def by_palette(page: Page, words: str) -> None:
    """Go somewhere by the command palette."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands").get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("menuitem").first).to_contain_text(re.compile(words, re.IGNORECASE))
    # What begins with the words comes first, and all that is left has them in it.
    expect(
        page.get_by_role("menuitem").filter(has_not_text=re.compile(words, re.IGNORECASE))
    ).to_have_count(0)
    expect(page.get_by_role("menuitem").first).to_have_attribute("data-focused", "true")
    focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_watch_is_kept_without_a_pointer(open_page: OpenPage, utility: Utility, guard: Guard):
    town = utility.town("Key Street")
    page = open_page(town.weir.url)
    go_in(page, town)
    town.report(0.1)
    press(page, "Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    by_palette(page, "go to alarms")
    expect(page).to_have_url(f"{town.weir.url}/alarms")
    acknowledge(page)
    tab_to(page, page.get_by_role("link", name="Open the sensor"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Key Street")
    by_palette(page, "PS-001")
    expect(page).to_have_url(f"{town.weir.url}/sensors/{town.sensor}")
    tab_to(page, page.get_by_role("button", name="Sign out"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_focused()
    focus_is_seen(page)


def go_in(page: Page, town: Town) -> None:
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(town.operator)
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    until_live(page)


def acknowledge(page: Page) -> None:
    """Acknowledge the one alarm with a note, and open it."""
    row = page.locator("[data-alert]")
    tab_to(page, row)
    press(page, "n")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Note")).to_be_focused()
    page.keyboard.type("On my way")
    tab_to(page, dialog.get_by_role("button", name="Acknowledge", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("[data-alert][data-status=acknowledged]")).to_have_count(1)
    expect(dialog).to_have_count(0)
    tab_to(page, row)
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("On my way")
