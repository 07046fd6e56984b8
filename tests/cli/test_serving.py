"""The running server from outside: start, stop, kill, and what a newcomer's commands print."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx
import pytest

from tests.running import PASSWORD, Running, command, found, running, start


def sensors_csv(folder: Path, *names: str) -> Path:
    file = folder / "sensors.csv"
    lines = [f"{name},Sensor {name},pressure,bar,52.5,13.4" for name in names]
    file.write_text("device_id,name,sensor_type,unit,latitude,longitude\n" + "\n".join(lines))
    return file


def import_sensors(folder: Path, municipality: int, *names: str) -> dict[str, str]:
    output = folder.parent / f"keys-{municipality}.csv"
    command(
        folder,
        "import",
        "sensors",
        str(sensors_csv(folder.parent, *names)),
        f"--municipality={municipality}",
        f"--output={output}",
    )
    header, *rows = (line.split(",") for line in output.read_text().splitlines())
    return {row[header.index("device_id")]: row[header.index("api_key")] for row in rows}


@contextlib.contextmanager
def signed_in(weir: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=weir.url, timeout=30) as api:
        answer = api.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield api


def post(weir: Running, device: str, key: str, body: object) -> httpx.Response:
    return httpx.post(
        f"{weir.url}/api/v1/sensors/{device}/readings", headers={"X-API-Key": key}, json=body
    )


def test_it_says_ready_answers_and_stops_within_ten_seconds_with_nothing_on_its_log(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "data") as weir:
        assert httpx.get(f"{weir.url}/healthz").status_code == 200
        began = time.monotonic()
        assert weir.stop() == 0
        assert time.monotonic() - began < 10
        assert weir.log == ""


def test_a_first_start_prints_a_code_that_makes_the_first_person_once(tmp_path: Path) -> None:
    weir = start(tmp_path / "data")
    try:
        code = weir.output.partition("set-up code: ")[2].splitlines()[0]
        said = {
            "code": code,
            "municipality": "Brookfield",
            "username": "ada",
            "password": PASSWORD,
            "email": "ada@example.org",
        }
        wrong = httpx.post(f"{weir.url}/api/v1/setup", json=said | {"code": "AAAAA-AAAAA"})
        assert wrong.status_code == 401
        assert httpx.post(f"{weir.url}/api/v1/setup", json=said).status_code == 201
        assert httpx.post(f"{weir.url}/api/v1/setup", json=said).status_code == 409
        with signed_in(weir) as api:
            assert api.get("/api/v1/auth/me").json()["is_super_admin"]
    finally:
        weir.stop()


def test_init_works_beside_a_running_server_and_refuses_a_second_time(tmp_path: Path) -> None:
    weir = start(tmp_path / "data")
    try:
        found(tmp_path / "data")
        with signed_in(weir):
            pass
        command(
            tmp_path / "data",
            "init",
            "--municipality=Other",
            "--admin=eve",
            f"--password-file={tmp_path / 'password'}",
            status=1,
        )
    finally:
        weir.stop()


def test_commands_do_the_same_with_and_without_a_running_server(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    municipality = found(folder)
    keys = import_sensors(folder, municipality, "PS-1")
    with running(folder) as weir:
        keys |= import_sensors(folder, municipality, "PS-2")
        for device, key in keys.items():
            assert post(weir, device, key, {"value": 3.2}).status_code == 201
        file = tmp_path / "past.csv"
        file.write_text(
            "device_id,timestamp,value,unit,quality\n"
            "PS-1,2026-01-01T00:00:00Z,3.0,bar,\n"
            "PS-1,2026-01-01T00:00:00Z,3.0,bar,\n"
            "PS-9,2026-01-01T00:00:00Z,3.0,bar,\n"
        )
        figures = command(folder, "import", "readings", str(file))
        assert (figures["stored"], figures["duplicate"], figures["refused"]) == (1, 1, 1)
    output = tmp_path / "all.csv"
    command(folder, "export", "readings", f"--output={output}")
    lines = output.read_text().splitlines()
    assert lines[0] == "device_id,timestamp,value,unit,quality"
    assert sorted(line.split(",")[0] for line in lines[1:]) == ["PS-1", "PS-1", "PS-2"]


def test_doctor_shows_what_was_rejected_with_its_reason_and_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    municipality = found(folder)
    keys = import_sensors(folder, municipality, "PS-1")
    with running(folder) as weir:
        assert post(weir, "PS-1", keys["PS-1"], {"value": "x"}).status_code == 422
        assert post(weir, "PS-1", "wrong", {"value": 1}).status_code == 401
        assert post(weir, "PS-7", "wrong", {"value": 1}).status_code == 401
        figures = command(folder, "doctor")
        reasons = {(r["device_id"], r["reason"]) for r in figures["rejections"]}
        assert reasons == {
            ("PS-1", "value_missing"),
            ("PS-1", "wrong_key"),
            ("PS-7", "unknown_device"),
        }
        assert all(r["remedy"] for r in figures["rejections"])
        with signed_in(weir) as api:
            ledger = api.get("/api/v1/ledger").json()
        assert ledger["received"] == 3
        assert sum(ledger["rejected"].values()) == 3
        text = json.dumps(figures) + weir.log + weir.output
        assert keys["PS-1"] not in text


def test_trace_shows_each_step_of_a_reading_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    municipality = found(folder)
    keys = import_sensors(folder, municipality, "PS-1")
    with running(folder) as weir, signed_in(weir) as api:
        rule = {
            "name": "High",
            "sensor_type": "pressure",
            "municipality_id": municipality,
            "severity": "high",
            "alert_type": "pressure",
            "condition": {"type": "threshold", "operator": ">", "value": 5, "for_seconds": 0},
        }
        assert api.post("/api/v1/rules", json=rule).status_code == 201
        assert post(weir, "PS-1", keys["PS-1"], {"value": 6.8}).status_code == 201
        sensor = api.get("/api/v1/sensors").json()[0]["id"]
        alerts = api.get("/api/v1/alerts").json()
        assert len(alerts) == 1
        reading = api.get(f"/api/v1/sensors/{sensor}/readings?hours=1").json()[0]["id"]
        steps = command(folder, "trace", reading)["steps"]
    names = [step["step"] for step in steps]
    assert names == ["arrived", "checked", "stored", "acknowledged", "watched", "alert", "told"]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    command(folder, "trace", "nonsense", status=2)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_under_load_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "data"
    municipality = found(folder)
    names = [f"PS-{n}" for n in range(4)]
    keys = import_sensors(folder, municipality, *names)
    weir = start(folder)
    acknowledged: dict[str, list[int]] = {name: [] for name in names}
    enough = threading.Event()

    def load(device: str) -> None:
        for second in _acknowledged_seconds(weir, device, keys[device]):
            acknowledged[device].append(second)
            if sum(map(len, acknowledged.values())) > 400:
                enough.set()

    threads = [threading.Thread(target=load, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    assert enough.wait(30)
    weir.stop() if how == "stop" else weir.kill()
    for thread in threads:
        thread.join(10)
    output = tmp_path / "all.csv"
    command(folder, "export", "readings", f"--output={output}")
    stored = [tuple(line.split(",")[:2]) for line in output.read_text().splitlines()[1:]]
    assert len(stored) == len(set(stored)), "nothing is stored twice"
    from_epoch = {
        (device, _text(second)) for device, several in acknowledged.items() for second in several
    }
    assert from_epoch <= set(stored), "nothing acknowledged is lost"


def _acknowledged_seconds(weir: Running, device: str, key: str) -> Iterator[int]:
    """Post a reading for one second after another until the server is gone; give the acked."""
    host, port = weir.http.rsplit(":", 1)
    connection = HTTPConnection(host, int(port), timeout=30)
    try:
        for second in range(1_790_000_000, 1_790_100_000):
            body = json.dumps({"timestamp": second, "value": 3.0})
            connection.request(
                "POST", f"/api/v1/sensors/{device}/readings", body, {"X-API-Key": key}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                return
            yield second
    except (OSError, HTTPException):
        return
    finally:
        connection.close()


def _text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
