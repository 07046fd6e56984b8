"""Charts under a hand, what is saved of what is seen, and how little of a phone the frame takes."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browsing import DESK, NARROW, PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenAs, Town, Utility
from tests.e2e.towns import ROOT_NAME, made, signed_in


def reported(town: Town, readings: list[dict[str, Any]]) -> None:
    """Let a device report many at once."""
    answer = httpx.post(
        f"{town.weir.url}/api/v1/sensors/{town.device}/readings",
        headers={"X-API-Key": town.key},
        json=readings,
    )
    assert answer.json()["stored"] == len(readings), answer.text


def saved(page: Page, name: str | re.Pattern[str]) -> list[list[str]]:
    """Press a button that saves a CSV file, and read it."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))


def test_a_chart_follows_the_hand_and_says_where_it_rests(
    here: Town, open_as: OpenAs, guard: Guard
):
    begun = datetime.now(UTC) - timedelta(minutes=55)
    quality = {30: 0.1, 60: 0.3}
    reported(
        here,
        [
            {
                "timestamp": (begun + timedelta(seconds=20 * i)).isoformat(),
                "value": 3 + (i % 7) / 10,
                "unit": "bar",
                "quality": quality.get(i, 0.98),
            }
            for i in range(120)
        ],
    )
    page = open_as("operator", here, f"/sensors/{here.sensor}?span=1h")
    expect(page.get_by_text("2 doubtful readings in this time")).to_be_visible()
    chart = page.get_by_role("slider", name=re.compile("Mill Lane"))
    box = chart.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + box["width"] / 4, middle[1], steps=20)
    page.mouse.up()
    page.wait_for_url(lambda url: timedelta(minutes=12) < age(seen(url).get("to")))
    span = seen(page.url)
    assert age(span["to"]) < timedelta(minutes=25)
    # What lies under the resting hand is told; nothing was asked for anew to move there.
    expect(page.get_by_test_id("readout")).to_contain_text(re.compile(r"3\.\d+ bar"))
    rows = saved(page, "What is seen (CSV)")
    assert rows[0][:2] == ["sensor", "timestamp"]
    assert all(datetime.fromisoformat(span["from"]) <= at for at in moments(rows))
    assert all(at <= datetime.fromisoformat(span["to"]) for at in moments(rows))


def seen(url: str) -> dict[str, str]:
    """Give from when to when a chart shows, as its address says; empty while it follows the time."""
    return dict(re.findall(r"(from|to)=([^&]+)", url.replace("%3A", ":")))


def age(moment: str | None) -> timedelta:
    """Say how long ago something was; now where it is not said."""
    return datetime.now(UTC) - datetime.fromisoformat(moment) if moment else timedelta(0)


def moments(rows: list[list[str]]) -> list[datetime]:
    """Give the second column of a file as times."""
    assert len(rows) > 1
    return [datetime.fromisoformat(row[1]) for row in rows[1:]]


def test_sensors_are_compared_and_the_list_they_were_chosen_from_is_out_of_the_way(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town, elsewhere = utility.town("Mill Lane"), utility.town("Weaver Street")
    with signed_in(utility.weir.url, ROOT_NAME) as admin:
        sensor = {"device_id": "PS-002", "sensor_type": "pressure", "unit": "bar"}
        other = made(admin, "/sensors", name="Tanner Row", municipality_id=town.id, **sensor)
    page = open_as("operator", town, f"/sensors/{town.sensor}?span=1h")
    choice = page.get_by_role("combobox", name=re.compile("^Compare with"))
    choice.fill("W")
    expect(page.get_by_role("option", name=re.compile("Weaver"))).to_have_count(0)
    choice.fill("Tan")
    page.get_by_role("option", name=re.compile("Tanner Row")).click()
    remove = page.get_by_role("button", name=re.compile("Tanner Row"))
    # The hand at the keyboard stays where it was, and nothing covers the chart.
    expect(remove).to_be_focused()
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"with={other['id']}"))
    expect(page.get_by_role("slider", name=re.compile("Tanner Row"))).to_be_visible()
    remove.press("Enter")
    expect(page).not_to_have_url(re.compile("with="))
    assert elsewhere.sensor != other["id"]


def test_what_the_filters_find_is_what_is_saved_and_nothing_of_another_town(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    mine, others = utility.town("Weir Street", roles=("admin",)), utility.town("Lock Lane")
    for town in (mine, others):
        town.report(0.5)
    page = open_as("admin", mine, "/alarms/history?severity=critical")
    expect(page.get_by_role("row", name=re.compile("Weir Street"))).to_be_visible()
    head, *alarms = saved(page, "Save these as CSV")
    assert [row[head.index("sensor")] for row in alarms] == ["Weir Street"]
    page.goto(f"{mine.weir.url}/alarms/history?severity=low")
    expect(page.get_by_text("No alarm is like this.")).to_be_visible()
    assert saved(page, "Save these as CSV") == [head]
    page.goto(f"{mine.weir.url}/audit?action=rule.")
    expect(page.get_by_role("row", name=re.compile("rule.added")).first).to_be_visible()
    head, *lines = saved(page, "Download as CSV")
    assert {row[head.index("action")] for row in lines} == {"rule.added"}
    assert {row[head.index("municipality_id")] for row in lines} == {str(mine.id)}
    page.goto(f"{mine.weir.url}/audit")
    expect(page.get_by_role("row", name=re.compile("rule.added")).first).to_be_visible()
    assert len(saved(page, "Download as CSV")) > len(lines) + 1


@pytest.mark.parametrize("size", [PHONE, NARROW])
def test_on_a_phone_frame_and_notice_leave_the_screen_to_the_alarms(
    utility: Utility, open_as: OpenAs, guard: Guard, size: tuple[int, int]
):
    town = utility.town("Thumb Road")
    town.report(0.5)
    page = open_as("operator", town, "/alarms", size=size)
    expect(page.locator("[data-alert]")).to_be_visible()
    notice = page.get_by_role("region", name="Sound of alarms")
    expect(notice).to_be_visible()
    heights = [part.bounding_box() for part in (page.get_by_role("banner"), notice)]
    assert sum(box["height"] for box in heights if box) <= 120
    mark = page.locator("[data-alert] [data-new]")
    # The frame around it blinks; the mark itself can be read at every moment.
    assert mark.evaluate("(e) => getComputedStyle(e).animationName") == "none"
    assert mark.evaluate("(e) => getComputedStyle(e, '::after').animationName") != "none"
    assert fits(page)
    axe(page)


def test_the_overview_says_how_zones_are_made_and_shows_pressures_meanwhile(
    utility: Utility, open_as: OpenAs, guard: Guard
):
    town = utility.town("Zone Road", roles=("admin",))
    town.report(3.3)
    page = open_as("admin", town, "/overview")
    zones = page.get_by_role("region", name="Zones and pressure")
    expect(zones.get_by_role("list").first).to_contain_text("Zone Road")
    axe(page)
    zones.get_by_role("link", name="Draw zones on the map").click()
    expect(page).to_have_url(re.compile("/map"))


AREA = [[[13.3, 52.4], [13.5, 52.4], [13.5, 52.6], [13.3, 52.6], [13.3, 52.4]]]


def six_zones(route: Route) -> None:
    """Answer as the server does, with six zones of which weeks have been learned."""
    answer = route.fetch()
    body = answer.json()
    (zone,) = body["zones"]
    usual = {"low": 10.1, "median": 12.0, "high": 14.9}
    known = {"at": body["at"], "usual": usual, "why": None}
    body["zones"] = [
        {
            **zone,
            "id": number,
            "name": f"{zone['name']} {number}",
            "inflow": {**zone["inflow"], **known, "value": 12.3 + number},
            "night_flow": {**zone["night_flow"], **known, "value": 11.2},
        }
        for number in range(6)
    ]
    route.fulfill(response=answer, json=body)


def test_six_zones_are_seen_at_once_on_a_desk(utility: Utility, open_as: OpenAs, guard: Guard):
    town = utility.town("Zone Road", roles=("admin", "operator"))
    town.report(3.3)
    with town.api("admin") as admin:
        made(admin, "/zones", name="Old Town", geometry={"type": "Polygon", "coordinates": AREA})
    page = open_as("operator", town, "/about", size=DESK)
    page.route("**/api/v1/overview*", six_zones)
    page.goto(f"{town.weir.url}/overview")
    zones = page.get_by_role("region", name="Zones and pressure")
    expect(zones.get_by_role("heading", level=3)).to_have_count(6)
    expect(zones.get_by_text("above usual")).to_have_count(3)
    assert zones.evaluate(
        "(e) => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth"
    )
    axe(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert fits(page)
