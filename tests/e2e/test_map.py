"""The map as a person uses it: what is there, what is wrong, finding, drawing and taking it back.

Beside it the two other maps: an incident played again, and the place of a municipality.
"""

import base64
import contextlib
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import PHONE, Guard, axe
from tests.e2e.conftest import OpenAs
from tests.e2e.towns import Town, Utility, made

AT = "/map?at=16/52.5/13.4"
DRAWS = 60_000
"""Milliseconds until a map is drawn where there is no graphics card."""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def network(here: Town) -> Town:
    """The town with a main and a valve on it."""
    with here.api("admin") as admin:
        for code, longitude in (("J-1", 13.399), ("J-2", 13.401)):
            place = {"type": "Point", "coordinates": [longitude, 52.4995]}
            made(admin, "/network/assets", kind="junction", code=code, geometry=place)
        links = (("pipe", "M-1", [13.399, 13.401]), ("valve", "V-1", [13.4, 13.4002]))
        for kind, code, ends in links:
            line = {"type": "LineString", "coordinates": [[each, 52.4995] for each in ends]}
            made(admin, "/network/assets", kind=kind, code=code, geometry=line)
    return here


@pytest.fixture(autouse=True)
def _forgiven(guard: Guard) -> None:
    guard.forgive(r"GL Driver Message")  # drawing by software is slow, says the browser


def summary(page: Page, pattern: str) -> None:
    """Wait until what is in view, in words, is so."""
    found = page.locator("[data-drawn]")
    expect(found).to_have_text(re.compile(pattern), timeout=DRAWS)


def test_the_map_shows_pipes_assets_and_sensors_and_an_alarm_comes_up_on_it(
    network: Town, open_as: OpenAs
):
    page = open_as("operator", network, AT)
    summary(page, r"In view: 2 pipes, .* 1 sensors, 0 places with alarms")
    network.report(1.2)
    summary(page, r"1 places with alarms")
    page.get_by_role("option", name="Pressure too low").click()
    expect(page.get_by_role("heading", name="Pressure too low")).to_be_visible()
    expect(page.get_by_role("link", name="Open the alarm")).to_be_visible()
    axe(page)
    expect(page.get_by_role("button", name="Draw and edit")).to_have_count(0)


def test_search_finds_a_sensor_with_the_keyboard_alone_and_the_address_keeps_it(
    network: Town, open_as: OpenAs
):
    page = open_as("operator", network, "/map")
    page.get_by_role("searchbox", name="Find on the map").press_sequentially("mill")
    # An alarm of the sensor may be found as well; that one is named after what is wrong.
    found = page.get_by_role("option", name="Mill Lane").filter(has_text="Sensor ·")
    expect(found).to_be_visible()
    found.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mill Lane")).to_be_visible()
    page.wait_for_url(re.compile(rf"show=sensor:{network.sensor}"))
    page.reload()
    expect(page.get_by_role("heading", name="Mill Lane")).to_be_visible()


def test_a_hydrant_is_drawn_with_the_keyboard_and_taken_back(
    network: Town, there: Town, open_as: OpenAs
):
    page = open_as("admin", network, AT)
    summary(page, "In view")
    page.get_by_role("button", name="Draw and edit").click()
    page.get_by_role("button", name="Hydrant").click()
    page.get_by_role("button", name="Add the cross").click()
    page.get_by_label("Name").fill("By the mill")
    page.get_by_label("Code").fill("H-1")
    axe(page)
    page.get_by_role("button", name="Save").click()
    undo = page.get_by_role("button", name="Undo: H-1")
    expect(undo).to_be_visible()
    with network.api() as client, there.api() as stranger:
        (asset,) = client.get("/network/assets", params={"kind": "hydrant"}).json()
        assert asset["geometry"]["coordinates"] == pytest.approx([13.4, 52.5], abs=1e-4)
        assert stranger.get("/network/assets").json() == []
        undo.click()  # which is an edit itself, and could be taken back too
        expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
        assert client.get("/network/assets", params={"kind": "hydrant"}).json() == []


def test_on_a_phone_the_map_is_whole_and_the_lists_come_from_below(network: Town, open_as: OpenAs):
    page = open_as("technician", network, AT, size=PHONE)
    summary(page, "In view")
    page.get_by_role("button", name="Show more").click()
    page.get_by_role("tab", name="Sensors").click()
    page.get_by_role("option", name="Mill Lane").click()
    expect(page.get_by_role("link", name="Open the sensor")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_zone_is_drawn_with_the_keyboard_removed_and_taken_back(
    network: Town, there: Town, open_as: OpenAs
):
    page = open_as("admin", network, AT)
    summary(page, "In view")
    page.get_by_role("button", name="Draw and edit").click()
    draw_upper_town(page)
    undo = page.get_by_role("button", name="Undo: Upper town").first
    expect(undo).to_be_visible()
    page.get_by_label("Find and details").get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Upper town")).to_be_visible()
    expect(page.get_by_text("District metered area")).to_be_visible()
    axe(page)
    with network.api() as client, there.api() as stranger:
        (zone,) = client.get("/zones").json()
        (ring,) = zone["geometry"]["coordinates"]
        assert (len(ring), zone["name"]) == (4, "Upper town")
        assert stranger.get("/zones").json() == []
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Remove Upper town").click()
        expect(page.get_by_role("heading", name="Upper town")).to_have_count(0)
        assert client.get("/zones").json() == []
        page.get_by_role("button", name="Draw and edit").click()
        expect(page.get_by_text("Removed Upper town")).to_be_visible()
        undo.click()  # the newest edit
        expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
        assert [one["id"] for one in client.get("/zones").json()] == [zone["id"]]


def draw_upper_town(page: Page) -> None:
    """Draw a zone with three corners, by keys alone."""
    page.get_by_role("button", name="Zone").click()
    canvas, add = page.locator("canvas"), page.get_by_role("button", name="Add the cross")
    for key in ("ArrowRight", "ArrowDown", None):
        add.click()
        if key is not None:
            moved_by(page, lambda key=key: canvas.press(key))
    page.get_by_role("button", name="Finish").click()
    page.get_by_label("Name").fill("Upper town")
    axe(page)
    page.get_by_role("button", name="Save").click()


def moved_by(page: Page, do: Callable[[], None]) -> None:
    """Do what moves the map, and wait until it has come to rest: the address says where."""
    before = page.url
    do()
    expect(page).not_to_have_url(before)


def test_a_base_map_is_brought_hidden_shown_and_removed(
    network: Town, there: Town, open_as: OpenAs, tmp_path: Path
):
    page = open_as("admin", network, AT)
    summary(page, "In view")
    page.get_by_role("button", name="Base map").click()
    expect(page.get_by_text("There is none yet")).to_be_visible()
    page.locator("input[type=file]").set_input_files(mbtiles(tmp_path / "old-town.mbtiles"))
    expect(page.get_by_text("Old Survey").first).to_be_visible()
    expect(page.get_by_text("52° – 53°, 13° – 14°")).to_be_visible()
    shown = page.get_by_role("checkbox", name="Show it")
    expect(shown).to_be_checked()
    axe(page)
    page.get_by_text("Show it").click()
    expect(shown).not_to_be_checked()
    expect(page.locator("p", has_text="Old Survey")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Base map").click()
    expect(shown).not_to_be_checked()
    with there.api() as stranger:
        assert stranger.get("/map/base").json() is None
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is none yet")).to_be_visible()


def mbtiles(path: Path) -> Path:
    """Give a raster map of one tile."""
    said = {
        "name": "Old town",
        "format": "png",
        "bounds": "13,52,14,53",
        "attribution": "Old Survey",
    }
    with contextlib.closing(sqlite3.connect(path)) as made_here:
        made_here.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        made_here.execute(
            "CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)"
        )
        made_here.executemany("INSERT INTO metadata VALUES (?, ?)", said.items())
        made_here.execute("INSERT INTO tiles VALUES (3, 4, 5, ?)", (PIXEL,))
        made_here.commit()
    return path


def test_an_incident_is_played_again_over_the_map(network: Town, open_as: OpenAs):
    network.report(1.3)
    with network.api() as client:
        alert = client.get("/alerts", params={"limit": 1}).json()[0]["id"]
        incident = made(client, f"/alerts/{alert}/incident")["id"]
    page = open_as("operator", network, f"/incidents/{incident}")
    page.get_by_role("button", name="Show the map").click()
    expect(page.locator("[data-replayed]")).to_be_visible(timeout=DRAWS)
    then, alarms = page.locator("[data-status-then]"), page.get_by_label("Alarms that were active")
    expect(then).to_have_attribute("data-status-then", "open")
    expect(alarms.get_by_role("link", name="Pressure too low")).to_be_visible()
    axe(page)
    page.get_by_role("slider", name="Moment").press("Home")
    expect(then).to_have_attribute("data-status-then", "none")
    expect(alarms.get_by_role("link")).to_have_count(0)
    page.get_by_role("slider", name="Moment").press("End")
    expect(then).to_have_attribute("data-status-then", "open")


def test_the_place_of_a_municipality_is_put_on_a_map_by_a_click_and_by_keyboard(
    utility: Utility, open_as: OpenAs
):
    town = utility.town(roles=("admin",))
    with town.api("admin") as admin:
        admin.delete(f"/sensors/{town.sensor}").raise_for_status()  # now there is nothing at all
    page = open_as("admin", town, "/set-up/place")
    canvas = page.get_by_label("Map to choose the place").locator("canvas")
    expect(page.locator("[data-drawn]")).to_be_visible(timeout=DRAWS)
    latitude, longitude = page.get_by_label("Latitude"), page.get_by_label("Longitude")
    page.get_by_role("button", name="Take what is under the cross").click()
    expect(longitude).to_have_value("10.00000")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    expect(longitude).to_have_value(re.compile(r"^-\d"))
    expect(latitude).to_have_value(re.compile(r"^2[45]\."))
    axe(page)
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/set-up/network$"))
    page.go_back()
    expect(longitude).to_have_value(re.compile(r"^-\d"))
