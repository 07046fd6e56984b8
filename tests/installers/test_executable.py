"""The executable on a bare system: no Python, no SpatiaLite, no PROJ, nothing in the environment."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt import publish
from playwright.sync_api import Browser, Page, expect
from websockets.sync.client import connect

from tests.cli.test_first_run import (
    HERE,
    a_taken_port_is_said_in_plain_words,
    opened,
    started,
)
from tests.e2e.conftest import OpenPage, browser, guard, made, open_page, signed_in, until_live
from tests.e2e.test_first_page import sign_in
from tests.e2e.test_set_up import CODE
from tests.installers.bare import NOBODY, Bare, make_bare, public_line, signer
from tests.running import PASSWORD, ROOT, Running, start

__all__ = ["browser", "guard", "open_page"]  # fixtures that are used here as well
LAST = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.fixture(scope="module")
def bare(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    home = tmp_path_factory.mktemp("home")
    return make_bare(tmp_path_factory.mktemp("bare") / "root", home, dist)


def run(bare: Bare, *arguments: str, program: str = "/opt/weir/weir", temporary: str = "") -> Any:
    return subprocess.run(
        bare.enter(program, *arguments, temporary=temporary),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def ok(bare: Bare, *arguments: str) -> dict[str, Any]:
    done = run(bare, *arguments, "--data", str(bare.home / "data"), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else {}


@pytest.fixture(scope="module")
def weir(bare: Bare, browser: Browser) -> Iterator[Running]:
    """A municipality with one sensor, set up in a browser with the code that the executable printed."""
    (bare.home / "data").mkdir()
    os.chown(bare.home / "data", NOBODY, NOBODY)
    serving = start(bare.home / "data", program=bare.program, within=120)
    try:
        page = browser.new_page(locale="en-GB")
        page.goto(serving.url)
        set_up(page, serving.output)
        page.context.close()
        (bare.home / "sensors.csv").write_text(
            "device_id,name,sensor_type,unit,latitude,longitude\n"
            "PS-001,Mill Lane,pressure,bar,52.5163,13.3777\n"
        )
        keys = bare.home / "keys.csv"
        ok(bare, "import", "sensors", str(bare.home / "sensors.csv"), "--output", str(keys))
        serving.extra["key"] = keys.read_text().splitlines()[-1].split(",")[6]
        yield serving
    finally:
        if serving.process.poll() is None:
            serving.stop()


def test_it_says_which_version_it_is(bare: Bare):
    done = run(bare, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"weir {LAST}\n", "")


def test_a_reading_by_mqtt_raises_an_alert_that_browser_api_and_live_line_tell(
    weir: Running, open_page: OpenPage
):
    with signed_in(weir.url, "ada") as client:
        (sensor,) = client.get("/sensors").json()
        town = sensor["municipality_id"]
        made(
            client,
            "/rules",
            name="Pressure too low",
            sensor_id=sensor["id"],
            condition={"type": "threshold", "operator": "<", "value": 2.0, "for_seconds": 0},
            severity="critical",
            alert_type="low_pressure",
            municipality_id=town,
        )
        page = open_page(weir.url)
        sign_in(page, "ada")
        until_live(page)
        page.goto(f"{weir.url}/alarms")
        until_live(page)
        token = client.headers["Authorization"].removeprefix("Bearer ")
        with connect(f"ws://{weir.http}/ws/{town}?token={token}") as live:
            report(weir, 1.2)
            told = until(live, "low_pressure")
        (alert,) = client.get("/alerts").json()
    assert told["data"]["id"] == alert["id"]
    expect(page.get_by_role("main").get_by_text("Pressure too low").first).to_be_visible()


def test_the_town_lies_on_the_map_where_proj_puts_it(weir: Running, bare: Bare):
    """A network in another projection is moved to WGS 84 by PROJ's own data: there are none outside."""
    network = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}},
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "M1"},
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[390000, 5819000], [390100, 5819000]],
                },
            }
        ],
    }
    (bare.home / "network.geojson").write_text(json.dumps(network))
    ok(bare, "import", "network", str(bare.home / "network.geojson"))
    with signed_in(weir.url, "ada") as client:
        (pipe,) = client.get("/network/assets").json()
    assert pipe["geometry"]["coordinates"][0] == pytest.approx([13.379143, 52.510009], abs=1e-5)


def test_a_browser_shows_its_page_and_asks_nobody_else(weir: Running, open_page: OpenPage):
    """The guard of the pages complains of requests to others, of errors and of failed answers."""
    page = open_page(weir.url)
    expect(page).to_have_title(re.compile("Weir"))
    expect(page.locator("input[type=password]")).to_be_visible()


def test_it_finds_nothing_wrong_with_itself(weir: Running, bare: Bare):
    done = run(bare, "doctor", "--data", str(bare.home / "data"))
    assert "Traceback" not in done.stdout + done.stderr
    assert weir.log == ""


def test_started_again_it_has_kept_what_it_was_told(weir: Running, bare: Bare):
    report(weir, 3.0)
    assert weir.stop(within=60) == 0
    again = start(bare.home / "data", program=bare.program, within=120)
    try:
        with signed_in(again.url, "ada") as client:
            (sensor,) = client.get("/sensors").json()
        readings = run(bare, "export", "readings", "--data", str(bare.home / "data")).stdout
    finally:
        assert again.stop(within=60) == 0
    assert sensor["device_id"] == "PS-001"
    assert ",3.0,bar," in readings or ",3,bar," in readings


def test_one_file_runs_as_well(bare: Bare):
    done = run(bare, "--version", program="/opt/onefile/weir")
    assert (done.returncode, done.stdout) == (0, f"weir {LAST}\n"), done.stderr


def test_one_file_says_what_to_do_where_temporary_files_may_not_run(bare: Bare):
    done = run(bare, "--version", program="/opt/onefile/weir", temporary="mode=1777,noexec")
    assert done.returncode != 0
    assert "does not let programs run" in done.stderr
    assert "TMPDIR=" in done.stderr


def test_one_file_that_is_double_clicked_serves_and_opens_its_page(dist: Path, tmp_path: Path):
    program = [str(dist / "weir-onefile" / "weir")]
    with started(tmp_path, program, 120, **HERE) as (printed, page):
        assert opened(tmp_path) == [page]
        assert f"your data is in {tmp_path}/share/weir" in printed.read_text()
    assert (tmp_path / "libraries").read_text() == "", "the browser must not get our libraries"


def test_it_says_in_plain_words_that_a_port_is_taken(dist: Path, tmp_path: Path):
    a_taken_port_is_said_in_plain_words(tmp_path, [str(dist / "weir" / "weir")])


def test_it_trusts_the_release_key_that_it_was_built_with(dist: Path):
    key = signer()
    if key is None:
        pytest.skip("somebody else's build, with somebody else's key")
    inside = (dist / "weir/_internal/appliance/updating/release.pub").read_text()
    assert inside.split()[:2] == public_line(key).split()[:2]


def test_nothing_inside_is_under_the_gpl_alone(dist: Path):
    """Another licence may be chosen, or an exception lets any program use it."""
    for component in json.loads((dist / "weir.cdx.json").read_text())["components"]:
        ((said,),) = [each.values() for each in component["licenses"]]
        ways = (said if isinstance(said, str) else said["name"]).strip("()").split(" OR ")
        assert any(" WITH " in way or not re.search(r"\b(A?GPL|GNU Gen)", way) for way in ways), (
            component
        )


def test_the_nearest_neighbours_are_found_with_the_spatialite_that_was_compiled(dist: Path):
    """Debian's, which a local build has inside, ends the process there; Weir itself never asks."""
    listed = json.loads((dist / "weir.cdx.json").read_text())["components"]
    if "spatialite" not in {component["name"] for component in listed}:
        pytest.skip("this build has Debian's SpatiaLite inside, and is not for giving away")
    inside = dist / "weir/_internal/spatialite"
    done = subprocess.run(
        [sys.executable, "-c", NEAREST, inside / "mod_spatialite"],
        env={"PROJ_DATA": str(inside)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[(50,), (51,), (49,)]\n"), done.stderr


NEAREST = """
import sys, apsw
db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sys.argv[1])
list(db.execute("SELECT InitSpatialMetadata(1); CREATE TABLE node (id INTEGER PRIMARY KEY)"))
db.execute("SELECT AddGeometryColumn('node', 'place', 4326, 'POINT', 'XY')")
for n in range(100):
    db.execute("INSERT INTO node VALUES (?, MakePoint(13 + ? * 0.001, 52.5, 4326))", (n, n))
db.execute("SELECT CreateSpatialIndex('node', 'place')")
print(sorted(db.execute(
    "SELECT fid FROM knn2 WHERE f_table_name = 'node' AND f_geometry_column = 'place'"
    " AND ref_geometry = MakePoint(13.0502, 52.5, 4326) AND radius = 1.0 AND max_items = 3"
), key=lambda row: abs(row[0] - 50.2)))
"""


def test_everything_inside_is_listed_with_its_terms(dist: Path, bare: Bare):
    listed = json.loads((dist / "weir.cdx.json").read_text())
    names = {component["name"] for component in listed["components"]}
    assert {"duckdb", "numpy", "sqlite3multipleciphers", "amqtt", "react", "maplibre-gl"} <= names
    assert names.isdisjoint({"pytest", "typer", "pydantic", "pip", "hatchling", "vite"})
    printed = run(bare, "--licences").stdout
    assert printed == (dist / "THIRD-PARTY-LICENCES.txt").read_text()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in printed or "spatialite" not in names


def test_it_knows_the_time_zones_that_this_bare_system_does_not(bare: Bare):
    """`init` takes an IANA name only where it is known."""
    (bare.home / "password2").write_text(PASSWORD + "\n")
    done = run(
        bare,
        *("init", "--municipality", "Brookfield", "--admin", "ada"),
        *("--time-zone", "Europe/Berlin", "--password-file", str(bare.home / "password2")),
        *("--data", str(bare.home / "other")),
    )
    assert done.returncode == 0, done.stderr


def set_up(page: Page, printed: str) -> None:
    """Give the code that it printed, and the first person, as somebody does who has just started it."""
    code = CODE.search(printed)
    assert code, printed
    page.get_by_label("One-time code").fill(code.group(1))
    page.get_by_label("Municipality").fill("Brookfield")
    page.get_by_label("Your username").fill("ada")
    page.get_by_label("Your e-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("heading", name="First steps for Brookfield")).to_be_visible()


def report(weir: Running, value: float) -> None:
    host, _, port = weir.mqtt.rpartition(":")
    publish.single(
        "sensors/PS-001/data",
        json.dumps({"value": value, "unit": "bar", "timestamp": datetime.now(UTC).isoformat()}),
        qos=1,
        hostname=host,
        port=int(port),
        auth={"username": "PS-001", "password": weir.extra["key"]},
        client_id="PS-001",
        protocol=paho.MQTTv311,
    )


def until(live: Any, kind: str) -> dict[str, Any]:
    """Give the first message of the live line that speaks of an alert of this kind."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        said: dict[str, Any] = json.loads(live.recv(timeout=60))
        if said["type"] != "replay" and said["data"].get("alert_type") == kind:
            return said
    raise AssertionError(f"nobody said {kind}")
