"""A main bursts: from what a device publishes to the report on paper, at a desk and in the street."""

import json
import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.e2e.browsing import PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenAs
from tests.e2e.hearing import hear, listen
from tests.e2e.test_alarms import sound_is
from tests.e2e.test_incidents import photo
from tests.e2e.towns import Town
from tests.outside.town import mosquitto_pub

BURST = 0.3
SEEN_BY_OTHERS = 20_000
"""Milliseconds: what others do in an incident is asked for every ten seconds."""


def publish(town: Town, value: float) -> None:
    """Report as the device in the street does: by MQTT, QoS 1."""
    said = {"value": value, "unit": "bar", "timestamp": datetime.now(UTC).isoformat()}
    topic = f"sensors/{town.device}/data"
    done = mosquitto_pub(town.weir, town.device, town.key, topic, json.dumps(said))
    assert done.returncode == 0, done.stderr


def test_from_the_publish_to_the_printed_report(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    desk = open_as("operator", here, "/overview")
    listen(desk.context)
    desk.reload()
    phone = open_as("technician", here, "/incidents", size=PHONE)
    elsewhere = open_as("operator", there, "/alarms")
    publish(here, 3.4)
    desk.get_by_role("link", name="Alarms", exact=True).first.click()
    expect(desk.get_by_text("No active alarms. All is well.")).to_be_visible()

    publish(here, BURST)
    incident = the_desk_reacts(desk)
    the_street_mends(phone, here)
    publish(here, 3.4)
    the_desk_writes_it_up(desk, here, incident)
    nothing_happened(elsewhere, there)


def the_desk_reacts(desk: Page) -> int:
    """The alarm is seen and heard, acknowledged with a note, and made an incident."""
    row = desk.locator("[data-alert][data-status=open]")
    expect(row).to_contain_text("Pressure too low")
    expect(desk).to_have_title("(1) Alarms · Weir")
    sound_is(desk, "sounding")
    hear(desk)
    axe(desk)
    row.click()
    desk.get_by_role("button", name="With a note …").click()
    desk.get_by_label("Note").fill("Burst? Sending a crew")
    desk.get_by_role("dialog").get_by_role("button", name="Acknowledge", exact=True).click()
    expect(desk.locator("[data-alert][data-status=acknowledged]")).to_be_visible()
    sound_is(desk, "quiet")
    expect(desk).to_have_title("Alarms · Weir")
    expect(desk.get_by_role("region", name="What happened")).to_contain_text("Sending a crew")
    desk.get_by_role("button", name="Make an incident").click()
    expect(desk).to_have_url(re.compile(r"/incidents/\d+$"))
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Pressure too low")
    return int(desk.url.rpartition("/")[2])


def the_street_mends(phone: Page, here: Town) -> None:
    """The technician finds it on the phone, takes a photo, and says when it is mended."""
    entry = phone.get_by_role("link", name=re.compile("Pressure too low"))
    expect(entry).to_be_visible(timeout=SEEN_BY_OTHERS)
    entry.click()
    phone.get_by_role("button", name="Work on it").click()
    expect(phone.locator("[data-status=in_progress]").first).to_be_visible()
    phone.get_by_label("Take a photo").set_input_files([photo("crater.png")])  # type: ignore[list-item]
    expect(phone.locator("[data-file] img")).to_be_visible()
    phone.get_by_label("Comment").fill("Clamp set, valve 7 open again")
    phone.get_by_role("button", name="Write it down").click()
    expect(phone.get_by_role("list", name="What happened")).to_contain_text("Clamp set")
    assert fits(phone)
    axe(phone)
    phone.get_by_role("button", name="Resolved").click()
    expect(phone.locator("[data-status=resolved]").first).to_be_visible()
    expect(phone.locator("[data-waiting]")).to_have_count(0)


def the_desk_writes_it_up(desk: Page, here: Town, incident: int) -> None:
    """The desk sees what was done out there, resolves the alarm, and prints it all."""
    expect(desk.locator("[data-status=resolved]").first).to_be_visible(timeout=SEEN_BY_OTHERS)
    expect(desk.locator("[data-file] img")).to_be_visible()
    desk.get_by_role("link", name="Pressure too low").first.click()
    expect(desk).to_have_url(re.compile(r"/alarms/\d+"))
    desk.get_by_role("button", name="Resolve …").first.click()
    dialog = desk.get_by_role("dialog", name="Resolve this alarm")
    dialog.get_by_label("Note").fill("Clamp over the crack")
    axe(desk)
    dialog.get_by_role("button", name="Resolve", exact=True).click()
    expect(desk.get_by_role("dialog")).to_have_count(0)
    expect(desk.get_by_role("region", name="What happened")).to_contain_text("Clamp over the crack")
    desk.get_by_role("button", name="Open its incident").click()
    expect(desk).to_have_url(f"{here.weir.url}/incidents/{incident}")
    desk.get_by_role("button", name="Report", exact=True).click()
    expect(desk).to_have_url(f"{here.weir.url}/incidents/{incident}/report")
    expect(desk.get_by_role("img", name="crater.png")).to_be_visible()
    desk.emulate_media(media="print")
    paper = desk.locator("[data-report]")
    for text in (here.name, str(incident), "Mill Lane", "Resolved", "Clamp set", "crater.png"):
        expect(paper).to_contain_text(text)
    for who in (here.person("operator"), here.person("technician")):
        expect(paper).to_contain_text(who)
    expect(desk.get_by_role("navigation")).to_have_count(0)
    desk.emulate_media(media="screen")
    axe(desk)


def nothing_happened(elsewhere: Page, there: Town) -> None:
    """The other municipality was told nothing of all that."""
    expect(elsewhere.get_by_text("No active alarms. All is well.")).to_be_visible()
    expect(elsewhere).to_have_title("Alarms · Weir")
    elsewhere.goto(f"{there.weir.url}/incidents")
    expect(elsewhere.get_by_text("No incidents.")).to_be_visible()
