"""Every command beside `serve`, as somebody types it: what it prints, does and gives back."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
import shapefile

from tests.outside.town import HTTP, Api, Town, at, sign_in
from tests.running import PASSWORD, ROOT, WEIR, Running, environment

INP = """\
[TITLE]
A small town
[JUNCTIONS]
;ID  Elev  Demand
J1   10    5
J2   12    3
[RESERVOIRS]
R1   60
[PIPES]
P1   R1  J1  500  300  120  0  Open
P2   J1  J2  250  150  120  0  Open
[COORDINATES]
J1  389500  5819500
J2  389700  5819600
R1  389100  5819200
[OPTIONS]
Units LPS
[END]
"""
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "G1", "diameter": 100, "material": "PE"},
            "geometry": {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]},
        }
    ],
}
UTM_33 = (
    'PROJCS["ETRS89 / UTM zone 33N",GEOGCS["ETRS89",DATUM["ETRS89",SPHEROID["GRS 1980",6378137,'
    '298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION['
    '"Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",15],'
    'PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER['
    '"false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","25833"]]'
)
SENSORS = """\
device_id,name,sensor_type,unit,latitude,longitude,pipeline_id
C-1,Mill Lane,pressure,bar,52.5,13.4,P1
C-2,"Bridge, north",flow,m3/h,52.51,13.41,
C-1,Twice,pressure,bar,52.5,13.4,
C-3,Bad,furlongs,bar,52.5,13.4,
"""
READINGS = """\
device_id,timestamp,value,unit,quality
C-1,2026-01-01T00:00:00Z,3.0,bar,0.9
C-1,2026-01-01T00:05:00Z,3.1,bar,
C-2,2026-01-02T00:00:00+01:00,36,m3/h,
C-1,2026-01-01T00:05:00Z,3.1,bar,
C-1,2026-01-01T00:06:00,3.1,bar,
"""


def weir_(
    weir: Running, *arguments: object, status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Type a command for the folder of the running server."""
    done = subprocess.run(
        [*WEIR, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment() | {"WEIR_DATA": str(weir.folder)} | variables,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, f"{arguments}: {done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def figures(weir: Running, *arguments: object, status: int = 0) -> dict[str, Any]:
    return dict(json.loads(weir_(weir, *arguments, "--json", status=status).stdout))


@pytest.fixture(scope="module")
def keys(here: Town, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Import a network and sensors; the sensors' keys as printed."""
    folder = tmp_path_factory.mktemp("commands")
    network, sensors = folder / "town.inp", folder / "sensors.csv"
    network.write_text(INP)
    sensors.write_text(SENSORS)
    unsaid = weir_(here.weir, "import", "network", network, "--municipality", here.id, status=1)
    assert "--crs" in unsaid.stderr
    assert unsaid.stderr.count("\n") == 1
    done = weir_(
        here.weir, "import", "network", network, "--municipality", here.id, "--crs", "EPSG:25833"
    )
    assert "2 links" in done.stdout
    done = weir_(here.weir, "import", "sensors", sensors, "--municipality", here.id)
    header, *rows = done.stdout.splitlines()
    assert header == SENSORS.splitlines()[0] + ",api_key"
    assert [row.rpartition(",")[0] for row in rows] == SENSORS.splitlines()[1:3]
    assert "line 4" in done.stderr
    assert "furlongs" in done.stderr
    return {row.partition(",")[0]: row.rpartition(",")[2] for row in rows}


def test_a_network_of_epanet_is_on_the_map_of_its_town(
    here: Town, there: Town, keys: dict[str, str]
) -> None:
    pipes = {p["code"]: p for p in here.admin.get("pipelines")}
    assert {"P1", "P2"} <= set(pipes)
    assert (pipes["P1"]["diameter"], pipes["P1"]["length"]) == (300, 500)
    (start, *_), end = pipes["P1"]["geometry"]["coordinates"], (13.37, 52.51)
    assert start == pytest.approx(end, abs=0.02), "longitude first"
    assert there.admin.get("pipelines") == []
    sensor = next(s for s in here.admin.get("sensors") if s["device_id"] == "C-1")
    assert sensor["pipeline_id"] == pipes["P1"]["id"]


def test_geojson_and_shapefile_are_read_too(here: Town, tmp_path: Path) -> None:
    geojson, drawn = tmp_path / "net.geojson", tmp_path / "pipes.shp"
    geojson.write_text(json.dumps(GEOJSON))
    with shapefile.Writer(str(drawn), shapeType=shapefile.POLYLINE) as writer:
        writer.field("id", "C")
        writer.line([[[389500, 5819500], [389700, 5819600]]])
        writer.record("S1")
    drawn.with_suffix(".prj").write_text(UTM_33)
    for file in (geojson, drawn):
        weir_(here.weir, "import", "network", file, "--municipality", here.name)
    pipes = {p["code"]: p for p in here.admin.get("pipelines")}
    assert (pipes["G1"]["diameter"], pipes["G1"]["material"]) == (100, "PE")
    assert pipes["S1"]["geometry"]["coordinates"][0] == pytest.approx([13.37, 52.51], abs=0.02)


def test_the_keys_that_were_printed_open_the_door(here: Town, keys: dict[str, str]) -> None:
    for device, key in keys.items():
        answer = HTTP.post(
            f"{here.weir.url}/api/v1/sensors/{device}/readings",
            headers={"X-API-Key": key},
            json={"value": 1},
        )
        assert answer.status_code == 201
    again = figures(here.weir, "import", "sensors", _file(here, SENSORS), *_of(here), status=1)
    assert (again["added"], again["refused"]) == (0, 4)


def _file(town: Town, text: str, name: str = "given.csv") -> Path:
    file = town.weir.folder.parent / name
    file.write_text(text)
    return file


def _of(town: Town) -> tuple[str, str]:
    return "--municipality", str(town.id)


def test_readings_are_imported_once_and_exported_by_time(
    here: Town, there: Town, keys: dict[str, str], tmp_path: Path
) -> None:
    file = _file(here, READINGS)
    first = figures(here.weir, "import", "readings", file, *_of(here))
    assert (first["stored"], first["duplicate"], first["refused"]) == (3, 1, 1)
    assert first["refused_lines"][0]["line"] == 6
    assert "zone" in first["refused_lines"][0]["reason"]
    second = figures(here.weir, "import", "readings", file, *_of(here))
    assert (second["stored"], second["duplicate"]) == (0, 4)
    period = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:05:00Z", *_of(here))
    printed = weir_(here.weir, "export", "readings", *period).stdout
    assert printed.splitlines() == [
        "device_id,timestamp,value,unit,quality",
        "C-1,2026-01-01T00:00:00Z,3,bar,0.9",
    ]
    january = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z", *_of(here))
    for ending in ("csv", "parquet"):
        output = tmp_path / f"january.{ending}"
        assert figures(here.weir, "export", "readings", *january, "--output", output) == {
            "readings": 3,
            "of removed sensors": 0,
            "refused_lines": [],
        }
        rows = duckdb.sql(
            "SELECT device_id, epoch_us(timestamp::TIMESTAMPTZ), value, unit, quality"
            f" FROM '{output}' ORDER BY 1, 2"
        ).fetchall()
        assert rows == [
            ("C-1", 1_767_225_600_000_000, 3.0, "bar", 0.9),
            ("C-1", 1_767_225_900_000_000, 3.1, "bar", None),
            ("C-2", 1_767_308_400_000_000, 36.0, "m³/h", None),
        ]
    assert there.ledger()["received"] == 0


def test_a_time_without_zone_a_bad_ending_or_no_municipality_is_misuse(here: Town) -> None:
    export = ("export", "readings")
    for arguments, said in (
        ((*export, "--from", "2026-01-01T00:00:00", *_of(here)), "--from"),
        ((*export, "--output", "x.xlsx", *_of(here)), "--output"),
        (export, here.name),  # it lists those there are
        (("import", "readings", "nowhere.csv", *_of(here)), "nowhere.csv"),
        (("user", "add"), "USERNAME"),
        (("frobnicate",), "frobnicate"),
    ):
        done = weir_(here.weir, *arguments, status=2)
        assert said in done.stderr, done.stderr
        assert done.stdout == ""
    weir_(here.weir, *export, "--municipality", "5", status=1)


def test_people_are_added_listed_switched_off_and_given_a_password(here: Town) -> None:
    password = _file(here, PASSWORD + "\n", "pw")
    name = f"con-{here.id:x}"
    add = ("user", "add", name, "--role", "technician", "--password-file", password, *_of(here))
    (made,) = figures(here.weir, *add)["users"]
    assert (made["role"], made["municipality_id"]) == ("technician", here.id)
    assert "is taken" in weir_(here.weir, *add, status=1).stderr
    somebody = sign_in(here.weir.url, name)
    assert re.search(rf"{name}\s+technician", weir_(here.weir, "user", "list").stdout)
    weir_(here.weir, "user", "disable", name)
    somebody.get("auth/me", 401)
    refused = {"username": name, "password": PASSWORD}
    assert HTTP.post(f"{here.weir.url}/api/v1/auth/login", json=refused).status_code == 401
    weir_(here.weir, "user", "enable", name)
    other = _file(here, "another-long-password\n", "pw2")
    weir_(here.weir, "user", "password", name, "--password-file", other)
    assert sign_in(here.weir.url, name, "another-long-password").user["username"] == name
    short = _file(here, "short\n", "pw3")
    weir_(here.weir, "user", "password", name, "--password-file", short, status=2)
    weir_(here.weir, "user", "disable", "nobody", status=1)


def test_doctor_and_trace_tell_a_person_and_a_program(here: Town) -> None:
    device = here.device()
    device.send("tcp", {"value": 1}, key="guess")
    device.post({"timestamp": at(seconds=1), "value": 3.25})
    told = weir_(here.weir, "doctor", "--device", device.id).stdout
    assert f"{device.id} by tcp: wrong_key" in told
    assert "rotate the key" in told
    (rejection,) = figures(here.weir, "doctor", "--device", device.id)["rejections"]
    assert rejection["remedy"] in told
    assert device.key not in told
    reading = here.readings(device)[0]["id"]
    shown = weir_(here.weir, "trace", reading).stdout.splitlines()
    assert f"{device.id} ({device.sensor['name']}): 3.25 bar" in shown[0]
    steps = [line.split()[0] for line in shown[1:]]
    assert steps == ["arrived", "checked", "stored", "acknowledged", "watched", "told"]
    assert all(" ms " in line for line in shown[1:])
    assert figures(here.weir, "trace", reading)["sensor_id"] == device.sensor["id"]
    weir_(here.weir, "trace", f"{device.sensor['id']:x}-1", status=1)


def test_the_configuration_comes_from_variables_and_the_file(here: Town, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(f'data = "{here.weir.folder}"\nhttp = "127.0.0.1:8000"\n')
    bad.write_text('http = "nonsense"\n')
    assert "in order" in weir_(here.weir, "check", "--config", good).stdout
    assert "http" in weir_(here.weir, "check", "--config", bad, status=2).stderr
    assert "WEIR_TCP" in weir_(here.weir, "check", status=2, WEIR_TCP="nonsense").stderr
    empty = {"WEIR_DATA": ""}
    assert "ada" in weir_(here.weir, "user", "list", "--config", good, **empty).stdout


def test_help_names_every_command_and_option(weir: Running) -> None:
    told = weir_(weir, "--help").stdout
    for command in ("serve", "check", "init", "import", "export", "user", "trace", "doctor"):
        assert re.search(rf"^ +{command}\b", told, re.MULTILINE)
    options = weir_(weir, "serve", "--help").stdout
    for option in ("--data", "--http", "--mqtt", "--tcp", "--demo", "--insecure-lan"):
        assert option in options


def test_init_refuses_a_second_time(weir: Running, chief: Api) -> None:
    password = weir.folder.parent / "password"
    password.write_text(PASSWORD)
    again = ("init", "--municipality", "X", "--admin", "eve", "--password-file", password)
    assert "set up already" in weir_(weir, *again, status=1).stderr
    assert chief.get("auth/me")["username"] == "ada"
