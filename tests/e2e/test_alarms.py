"""Alarms as people meet them: heard, found by keyboard, acknowledged by two at once, shelved, told of later."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.browsing import DESK, Guard, axe, fits
from tests.e2e.conftest import OpenAs, Town, Utility
from tests.e2e.hearing import hear, listen, says_by_itself


def sound_is(page: Page, state: str) -> None:
    """Wait until the page says that of its sound."""
    expect(page.locator("html")).to_have_attribute("data-sound", state)


def rows(page: Page, status: str = "open") -> Locator:
    return page.locator(f"[data-alert][data-status={status}]")


def test_an_alarm_sounds_until_somebody_reacts_and_says_so_where_the_browser_blocks_it(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Pump Lane")
    town.report(0.1)
    context = open_as("operator", town, "/about").context
    listen(context)
    page = context.new_page()
    page.goto(f"{town.weir.url}/alarms")  # nobody has touched it: a screen that came back by itself
    says_by_itself(page, "blocked")
    page.keyboard.press("a")  # a key that does nothing here
    sound_is(page, "sounding")
    hear(page)
    expect(page).to_have_title("(1) Alarms · Weir")
    page.get_by_role("button", name="Mute for 5 minutes").click()
    sound_is(page, "muted")
    page.reload()
    sound_is(page, "muted")
    page.get_by_role("button", name="Sound on", exact=True).click()
    sound_is(page, "sounding")
    hear(page)
    rows(page).click()
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    sound_is(page, "quiet")
    expect(page).to_have_title("Alarms · Weir")


def test_two_people_acknowledge_at_once_one_wins_and_nothing_of_the_other_is_lost(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Twin Bridge", roles=("operator", "technician"))
    town.report(0.1)
    notes = {"operator": "I look into it", "technician": "I am around the corner"}
    pages = {role: open_as(role, town, "/alarms") for role in notes}
    held: list[Route] = []

    def hold(request: Route) -> None:
        held.append(request)

    for role, page in pages.items():
        page.route("**/alerts/*/acknowledge*", hold)
        rows(page).first.click()
        page.get_by_role("button", name="With a note …").click()
        page.get_by_label("Note").fill(notes[role])
        page.get_by_role("dialog").get_by_role("button", name="Acknowledge", exact=True).click()
        expect(
            page.get_by_role("dialog").get_by_role("button", name="Acknowledge")
        ).to_be_disabled()
    assert len(held) == 2
    for request in held:  # both have pressed before either was heard
        request.continue_()
    for page in pages.values():
        expect(rows(page, "acknowledged")).to_have_count(1)
        expect(page.get_by_role("dialog")).to_have_count(0)
        for note in notes.values():
            expect(page.locator("article")).to_contain_text(note)
    with town.api() as client:
        (alert,) = client.get("/alerts").json()
    first = "operator" if alert["acknowledged_by"] == person(town, "operator") else "technician"
    (second,) = set(notes) - {first}
    told = pages[second].get_by_text(f"{town.person(first)} was faster")
    expect(told).to_contain_text("Your note is kept")
    expect(pages[first].get_by_text("was faster")).to_have_count(0)
    expect(pages[first].locator("article").get_by_text("You").first).to_be_visible()
    axe(pages[second])


def person(town: Town, role: str) -> int:
    with town.api(role) as client:
        return int(client.get("/auth/me").json()["id"])


def test_what_one_acknowledges_another_sees_at_once(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    here.report(0.1)
    one, other = (open_as(role, here, "/alarms") for role in ("operator", "admin"))
    for page in (one, other):
        rows(page).first.click()
        expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_be_visible()
    one.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(other.get_by_role("button", name="Acknowledge", exact=True)).to_have_count(0)
    expect(rows(other, "acknowledged")).to_have_count(1)
    with there.api() as client:
        assert client.get("/alerts").json() == []


def test_alarms_are_chosen_and_acknowledged_by_keys_of_their_own(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Key Street")
    page = open_as("operator", town, "/alarms")
    town.report(0.1)
    expect(rows(page)).to_have_count(1)
    page.locator("#alarm-search").focus()
    row = rows(page).first
    for _ in range(12):
        page.keyboard.press("Tab")
        if row.evaluate("row => row === document.activeElement"):
            break
    expect(row).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("group", name="1 selected")).to_be_visible()
    page.keyboard.press("n")
    page.get_by_label("Note").fill("On my way")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rows(page, "acknowledged")).to_have_count(1)
    rows(page, "acknowledged").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("On my way")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{town.weir.url}/alarms")


def test_an_alarm_is_shelved_with_a_reason_and_found_in_the_history(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Shelf Road")
    page = open_as("operator", town, "/alarms")
    town.report(0.1)
    rows(page).first.click()
    page.get_by_role("button", name="Shelve …").click()
    page.get_by_label("Reason").fill("Works on the main")
    page.get_by_role("dialog").get_by_role("button", name="Shelve", exact=True).click()
    expect(page.get_by_text("Shelved until")).to_be_visible()
    expect(page.locator("[data-alert]")).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    axe(page)
    page.get_by_label("Find in alarms").fill("nothing is called so")
    expect(page.get_by_text("No alarm is like this.")).to_be_visible()


def test_the_overview_says_in_one_sentence_how_it_is(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Glance Lane")
    page = open_as("operator", town)
    # What else deserves a look, a disk or a missing backup, is this machine's.
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("All is well|No alarms"))
    assert fits(page, height=True)
    axe(page)
    town.report(0.1)
    expect(page.get_by_role("heading", level=1)).to_contain_text("nobody has reacted")
    assert fits(page, height=True)
    axe(page)


def test_a_wall_turns_by_itself_and_escape_leads_a_person_back(
    here: Town, open_as: OpenAs, guard: Guard
):
    page = open_as("viewer", here, "/wall?screens=alarms,overview&every=5", size=DESK)
    expect(page.locator("main[data-turn=alarms]")).to_be_visible()
    expect(page.locator("main[data-turn=overview]")).to_be_visible()
    axe(page)
    before = page.url
    page.get_by_role("link").first.click(force=True)
    assert page.url == before
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{here.weir.url}/overview")
    page.get_by_role("navigation").get_by_role("link", name="Wall").click()
    expect(page).to_have_url(f"{here.weir.url}/wall")
