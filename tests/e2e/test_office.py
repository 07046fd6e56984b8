"""What is set up at a desk: devices, notifications, settings, the audit log, municipalities, the system."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Guard, axe
from tests.e2e.conftest import OpenAs, until_live
from tests.e2e.towns import Town, Utility

NOT_OUT = r"status of 502"


def knock(town: Town, device: str) -> None:
    """Report as a device that nobody knows."""
    httpx.post(
        f"{town.weir.url}/api/v1/sensors/{device}/readings",
        headers={"X-API-Key": "not-a-key"},
        json={"value": 3.1, "unit": "bar"},
    )


def look_into(page: Page, town: Town) -> None:
    """Choose a municipality, as a super admin does."""
    page.get_by_role("banner").get_by_role("button", name="Municipality").click()
    page.get_by_role("option", name=town.name, exact=True).click()
    until_live(page)


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("button", name=re.compile(label)).last.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_an_unknown_device_becomes_a_sensor_in_one_step_and_its_key_is_shown_once(
    open_as: OpenAs, utility: Utility, there: Town
):
    town = utility.town("Beck Side")
    knock(town, "NEW-77")
    page = open_as("super_admin", town, "/devices")
    look_into(page, town)
    button(page, "Add as sensor: NEW-77").click()
    page.get_by_label("Name", exact=True).fill("Chapel Hill")
    choose(page, "Kind of sensor", "Pressure")
    page.get_by_role("dialog").get_by_role("button", name="Add as sensor").click()
    expect(page.get_by_text("This is shown once")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of NEW-77")).to_be_visible()
    axe(page)
    keys = page.get_by_role("dialog").get_by_role("table", name="Keys")
    key = keys.get_by_role("cell").last.inner_text()
    button(page, "I have them; close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("NEW-77")).to_have_count(0)
    assert key not in page.content()
    with town.api() as mine, there.api() as other:
        assert "Chapel Hill" in mine.get("/sensors").text
        assert "Chapel Hill" not in other.get("/sensors").text
    said = {"value": 3.1, "unit": "bar"}
    path = f"{town.weir.url}/api/v1/sensors/NEW-77/readings"
    assert httpx.post(path, headers={"X-API-Key": key}, json=said).json()["stored"] == 1


def test_keys_are_issued_in_bulk_and_the_old_ones_go_on_working(open_as: OpenAs, utility: Utility):
    town = utility.town(roles=("operator", "admin"))
    page = open_as("admin", town, "/devices?tab=keys")
    page.get_by_label("Device ids").fill("device_id\nPS-001\nNOBODY")
    button(page, "Make 2 keys").click()
    expect(page.get_by_role("row", name=re.compile("NOBODY"))).to_be_visible()
    key = page.get_by_role("table", name="Keys").get_by_role("cell").last.inner_text()
    with page.expect_download() as download:
        button(page, "Download as CSV").click()
    assert key in download.value.path().read_text("utf-8")
    assert key != town.key
    town.report(3.0)  # still by the old one
    page.reload()
    expect(page.get_by_label("Device ids")).to_be_visible()
    assert key not in page.content()


def test_a_channel_is_tested_and_the_answer_is_honest(
    open_as: OpenAs, utility: Utility, guard: Guard
):
    guard.forgive(NOT_OUT)
    town = utility.town("Bell Street", roles=("operator", "admin"))
    page = open_as("admin", town, "/notifications")
    button(page, "Add a channel").click()
    dialog = page.get_by_role("dialog")
    choose(page, "Kind", "Webhook")
    dialog.get_by_label("Name", exact=True).fill("On call")
    dialog.get_by_label("Address (URL)").fill("http://127.0.0.1:9/nobody")
    dialog.get_by_role("button", name="Save").click()
    shown = dialog.locator("code")
    expect(shown).not_to_be_empty()
    secret = shown.inner_text()
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_have_count(0)
    button(page, "Edit: On call").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("On call")
    assert secret not in page.content()
    dialog.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text(re.compile("The test did not get out"))).to_be_visible()


def test_a_channel_is_written_to_in_the_language_that_is_chosen(open_as: OpenAs, utility: Utility):
    here, there = (utility.town(name, roles=("admin",)) for name in ("Rue Haute", "Rue Basse"))
    page = open_as("admin", here, "/notifications", language="fr")
    button(page, "Ajouter un canal").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nom", exact=True).fill("Astreinte")
    dialog.get_by_label("Adresse e-mail").fill("astreinte@example.org")
    expect(dialog.get_by_role("button", name="Langue des e-mails")).to_contain_text("Français")
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row", name="Astreinte")
    expect(row).to_contain_text("Français")
    button(page, "Modifier: Astreinte").click()
    choose(page, "Langue des e-mails", "العربية")
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("العربية")
    with here.api("admin") as client, there.api("admin") as other:
        (kept,) = [c for c in client.get("/channels").json() if c["name"] == "Astreinte"]
        assert kept["language"] == "ar"
        assert "Astreinte" not in other.get("/channels").text


def test_somebody_elses_change_is_not_overwritten(
    open_as: OpenAs, here: Town, there: Town, guard: Guard
):
    guard.forgive(r"status of 412")
    page = open_as("admin", here, "/settings")
    late = page.get_by_label("Late from how many minutes on")
    expect(late).to_be_visible()
    with here.api("admin") as other:
        other.patch("/settings", json={"lateness_seconds": 1200}).raise_for_status()
    late.fill("7")
    button(page, "Save").click()
    expect(page.get_by_text(re.compile("Somebody else has changed this"))).to_be_visible()
    expect(late).to_have_value("20")
    late.fill("7")
    button(page, "Save").click()
    with here.api("admin") as mine, there.api("super_admin") as root:
        expect(page.get_by_text("Done", exact=True)).to_be_visible()
        assert mine.get("/settings").json()["lateness_seconds"] == 420
        others = root.get("/settings", params={"municipality_id": there.id}).json()
        assert others["lateness_seconds"] != 420


def test_the_audit_log_is_searched_and_proved(open_as: OpenAs, here: Town, there: Town):
    page = open_as("admin", here, "/audit?action=sensor.")
    expect(page.get_by_text(re.compile("what was written"))).to_be_visible()
    rows = page.get_by_role("table", name="What was done").get_by_role("row")
    expect(rows.filter(has_text="sensor.added").first).to_be_visible()
    assert there.name not in page.inner_text("main")
    rows.filter(has_text="sensor.added").first.get_by_role("button").click()
    expect(page.get_by_role("dialog").get_by_text("Signature")).to_be_visible()
    axe(page)
