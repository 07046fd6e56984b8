"""Incidents and maintenance as people work on them: at a desk, with a phone, on paper."""

import re
import struct
import zlib

from playwright.sync_api import Page, expect

from tests.e2e.browsing import DESK, NARROW, PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenAs
from tests.e2e.towns import Town, made


def png(width: int = 64, height: int = 48) -> bytes:
    """A real picture, small: grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def photo(name: str = "street.png") -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": png()}


def report(page: Page, title: str) -> None:
    """What a technician does: a few words, a photo, “Report”."""
    page.get_by_role("button", name="New incident").click()
    page.get_by_label("What has happened?").fill(title)
    page.get_by_label("Take a photo").set_input_files([photo()])  # type: ignore[list-item]
    page.get_by_role("button", name="Report", exact=True).click()


def test_a_technician_reports_with_a_photo_and_the_desk_resolves_it(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    phone = open_as("technician", here, "/incidents", size=PHONE)
    report(phone, "Water on Mill Lane")
    expect(phone.get_by_role("heading", name="Water on Mill Lane")).to_be_visible()
    expect(phone.locator("[data-file] img")).to_be_visible()
    assert fits(phone)
    axe(phone)

    desk = open_as("operator", here, "/incidents", size=DESK)
    axe(desk)
    desk.get_by_role("link", name=re.compile("Water on Mill Lane")).click()
    desk.get_by_label("Comment").fill("Crew is on its way")
    desk.get_by_role("button", name="Write it down").click()
    expect(desk.get_by_role("list", name="What happened")).to_contain_text("Crew is on its way")
    desk.get_by_label("Next step").fill("Shut valve 7")
    desk.get_by_role("button", name="Add", exact=True).first.click()
    desk.get_by_role("checkbox", name="Shut valve 7").click()
    expect(desk.get_by_role("checkbox", name="Shut valve 7")).to_be_checked()
    expect(desk.get_by_role("heading", name="Checklist 1 / 1")).to_be_visible()
    desk.get_by_role("button", name="Work on it").click()
    desk.get_by_role("button", name="Resolved").click()
    expect(desk.locator("[data-status=resolved]")).to_be_visible()
    axe(desk)

    other = open_as("operator", there, "/incidents")
    expect(other.get_by_text("No incidents.")).to_be_visible()


def test_the_report_prints_all_there_is(here: Town, open_as: OpenAs, guard: Guard):
    with here.api() as client:
        incident = made(client, "/incidents", title="Leak by the school", severity="high")
        client.patch(
            f"/incidents/{incident['id']}", json={"notes": "Tell the school"}
        ).raise_for_status()
        step = made(client, f"/incidents/{incident['id']}/checklist", text="Barrier set")
        path = f"/incidents/{incident['id']}/checklist/{step['id']}"
        client.patch(path, json={"done": True}).raise_for_status()
        made(client, f"/incidents/{incident['id']}/comments", comment="Ground is wet")
        client.post(
            f"/incidents/{incident['id']}/attachments?name=ground.png",
            content=png(),
            headers={"Content-Type": "image/png"},
        ).raise_for_status()
    page = open_as("operator", here, f"/incidents/{incident['id']}/report")
    expect(page.get_by_role("img", name="ground.png")).to_be_visible()
    axe(page)
    page.emulate_media(media="print")
    paper = page.locator("[data-report]")
    for text in (
        "Leak by the school",
        str(incident["id"]),
        here.name,
        "High",
        "Tell the school",
        "☑ Barrier set",
        "Done: Barrier set",
        "Ground is wet",
        "ground.png",
        "On site",
    ):
        expect(paper).to_contain_text(text)
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollHeight") > 400
    assert page.evaluate("getComputedStyle(document.querySelector('main')).overflow") == "visible"


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    here: Town, open_as: OpenAs, guard: Guard
):
    with here.api() as client:
        incident = made(client, "/incidents", title="Meter stuck")
        page = open_as("operator", here, f"/incidents/{incident['id']}")
        page.get_by_role("button", name="Edit").click()
        client.patch(f"/incidents/{incident['id']}", json={"title": "Meter broken"})
        page.get_by_label("What has happened?").fill("Meter slow")
        guard.forgive(r"status of 412")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Somebody else has changed this meanwhile").first).to_be_visible()
        expect(page.get_by_role("heading", name="Meter broken")).to_be_visible()
        assert client.get(f"/incidents/{incident['id']}").json()["title"] == "Meter broken"


def test_a_checklist_is_worked_over_by_keyboard_and_by_touch(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    with here.api() as client, there.api() as other:
        incident, theirs = (
            made(api, "/incidents", title="Burst at the mill") for api in (client, other)
        )
        for text in ("Dig", "Set a barrier", "Shut valve 7"):
            made(client, f"/incidents/{incident['id']}/checklist", text=text)
        made(other, f"/incidents/{theirs['id']}/checklist", text="Dig")
    desk, phone = (
        open_as(role, here, f"/incidents/{incident['id']}", size=size)
        for role, size in (("operator", DESK), ("technician", PHONE))
    )
    moved_by_keyboard(desk)
    worked_over_by_touch(phone)
    expect(desk.get_by_label("Wording of step 2")).to_have_value("Dig by hand")
    with there.api() as other:
        there_now = other.get(f"/incidents/{theirs['id']}/checklist").json()
    assert [each["text"] for each in there_now] == ["Dig"]


def moved_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="Change the list").click()
    up = page.get_by_role("button", name="Move up: Shut valve 7")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # sooner than the first has arrived
    expect(page.get_by_label("Wording of step 1")).to_have_value("Shut valve 7")
    expect(page.get_by_text("Shut valve 7: now 1 of 3")).to_be_attached()
    expect(up).to_be_disabled()
    expect(page.get_by_role("button", name="Move down: Shut valve 7")).to_be_focused()
    axe(page)


def worked_over_by_touch(page: Page) -> None:
    page.get_by_role("button", name="Change the list").tap()
    expect(page.get_by_label("Wording of step 1")).to_have_value("Shut valve 7")
    page.get_by_role("button", name="Move down: Dig").tap()
    expect(page.get_by_label("Wording of step 3")).to_have_value("Dig")
    page.get_by_label("Wording of step 3").fill("Dig by hand")
    page.get_by_role("button", name="Save: Dig by hand").tap()
    expect(page.get_by_role("button", name="Delete: Dig by hand")).to_be_visible()
    page.get_by_role("button", name="Delete: Set a barrier").tap()
    expect(page.get_by_role("heading", name="Checklist 0 / 2")).to_be_visible()
    assert fits(page)
    axe(page)
    page.get_by_role("button", name="Done changing").tap()
    boxes = page.get_by_role("list").filter(has=page.get_by_role("checkbox"))
    expect(boxes.get_by_role("listitem")).to_have_text(["Shut valve 7", "Dig by hand"])


def test_work_is_planned_for_an_incident_and_done_on_the_phone(
    here: Town, open_as: OpenAs, guard: Guard
):
    with here.api() as client:
        incident = made(client, "/incidents", title="Valve does not shut")
    page = open_as("technician", here, f"/incidents/{incident['id']}", size=NARROW)
    page.get_by_role("button", name="Plan work").click()
    page.get_by_role("textbox", name="Work", exact=True).fill("Replace the spindle of valve 7")
    axe(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Valve does not shut")).to_be_visible()
    page.goto(f"{here.weir.url}/maintenance")
    row = page.get_by_role("listitem").filter(has_text="Replace the spindle")
    row.get_by_role("button", name="Start").click()
    expect(row).to_contain_text("In progress")
    assert fits(page)
    axe(page)
    row.get_by_role("button", name="Done").click()
    expect(row).to_have_count(0)
    with here.api() as client:
        (entry,) = client.get(f"/maintenance?incident_id={incident['id']}").json()
        assert entry["status"] == "done"
