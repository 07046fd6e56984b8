"""From the code on the console to the first reading, by somebody who has never seen Weir."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import DESK, PHONE, Guard, axe, fits
from tests.e2e.conftest import OpenPage
from tests.e2e.towns import made, signed_in
from tests.running import PASSWORD, ROOT, Running, start

CODE = re.compile(r"\b([A-Z2-7]{5}-[A-Z2-7]{5})\b")
NETWORK = ROOT / "tests" / "gis" / "data" / "small.inp"
SENSORS = (
    "device_id,name,sensor_type,unit,latitude,longitude\n"
    "PS-001,Mill Lane,pressure,bar,52.5,13.4\n"
    "PS-002,Quay Street,dragon,bar,52.6,13.5\n"
)
MISSING = r"status of (400|404|502)"


WITHIN = "(e) => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An appliance that nobody has set up."""
    weir = start(tmp_path_factory.mktemp("fresh") / "data")
    try:
        yield weir
    finally:
        weir.stop()


def step(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="First steps").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=2).first).to_be_visible()


def choose(page: Page, file: Path) -> None:
    page.locator("input[type=file]").set_input_files(file)


def begin(page: Page, weir: Running) -> None:
    code = CODE.search(weir.output + weir.log)
    assert code, weir.output
    page.get_by_role("button", name=re.compile("Language")).click()
    page.get_by_role("option", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    axe(page)
    page.get_by_role("button", name=re.compile("Idioma")).click()
    page.get_by_role("option", name="English").click()
    page.get_by_label("One-time code").fill(code.group(1))
    page.get_by_label("Municipality").fill("Brookfield")
    page.get_by_label("Your username").fill("ada")
    page.get_by_label("Your e-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("heading", name="First steps for Brookfield")).to_be_visible()


def test_from_the_code_to_the_first_reading(
    fresh: Running, open_page: OpenPage, guard: Guard, tmp_path: Path
):
    guard.forgive(MISSING)
    page = open_page(fresh.url, size=DESK)
    expect(page.get_by_role("button", name="Set up and sign in")).to_be_visible()
    assert fits(page, height=True), "the form of the first start is in sight as a whole"
    begin(page, fresh)
    steps_fit(page)
    place_and_network(page)
    sensors(page, tmp_path / "sensors.csv")
    first_device(page, fresh)
    person_on_duty(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/set-up/device$"))
    page.goto(f"{fresh.url}/set-up")
    expect(page).to_have_url(re.compile("/set-up/security$"))
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert fits(page)
    axe(page)


def steps_fit(page: Page) -> None:
    """See that no step needs scrolling on a desk, down or sideways, before there is anything in it."""
    for name in ("Network", "Sensors", "First device", "Person on duty", "Second factor"):
        step(page, name)
        assert page.get_by_role("main").evaluate(WITHIN), name
    step(page, "Place and time zone")
    expect(page.get_by_label("Latitude")).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    assert page.get_by_role("main").evaluate(WITHIN), "place"


def place_and_network(page: Page) -> None:
    page.get_by_label("Latitude").fill("52.5")
    page.get_by_label("Longitude").fill("13.4")
    axe(page)
    page.get_by_role("button", name="Save").click()

    expect(page).to_have_url(re.compile("/set-up/network$"))
    choose(page, NETWORK)
    page.get_by_text("Its middle is at the municipality").click()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("img", name="Drawing of the network in the file")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Take it").click()

    expect(page).to_have_url(re.compile("/set-up/sensors$"))


def sensors(page: Page, table: Path) -> None:
    table.write_text(SENSORS)
    choose(page, table)
    expect(page.get_by_text("1 sensor can be added, 1 line is refused")).to_be_visible()
    expect(page.get_by_role("table", name="Refused lines")).to_contain_text("dragon")
    page.get_by_role("button", name="Add 1 sensor").click()
    with page.expect_download() as keys:
        page.get_by_role("button", name="Download the keys").click()
    assert b"PS-001," in Path(keys.value.path()).read_bytes()
    axe(page)


def first_device(page: Page, fresh: Running) -> None:
    step(page, "First device")
    expect(page.get_by_text("Waiting for the first reading of Mill Lane")).to_be_visible()
    mqtt_port = fresh.mqtt.rpartition(":")[2]
    expect(page.get_by_role("region", name="By MQTT")).to_contain_text(f"-p {mqtt_port}")
    line = page.get_by_role("region", name="By HTTP").locator("pre").inner_text()
    sent = shlex.split(line)
    subprocess.run([*sent, "--fail", "--silent"], check=True, capture_output=True, timeout=20)
    expect(page.get_by_text("3.20 bar")).to_be_visible()
    axe(page)


def person_on_duty(page: Page) -> None:
    step(page, "Person on duty")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("button", name="Add and send a test mail").click()
    expect(page.get_by_text("The person stays on the list")).to_be_visible()
    axe(page)


def test_another_municipality_sees_nothing_of_it(fresh: Running):
    """Runs after the set-up above: the first town has a network, a sensor and a reading."""
    with signed_in(fresh.url, "ada") as chief:
        other = made(chief, "/municipalities", name="Quay Town")["id"]
        body = {"email": "", "role": "admin", "municipality_id": other}
        made(chief, "/users", username="bea", password=PASSWORD, **body)
    with signed_in(fresh.url, "bea") as bea:
        progress = bea.get("/setup/progress").json()
        assert (progress["pipes"], progress["sensors"], progress["channels"]) == (0, 0, 0)
        assert "Mill Lane" not in bea.get("/sensors").text
        assert httpx.get(f"{fresh.url}/api/v1/setup").json()["needed"] is False
