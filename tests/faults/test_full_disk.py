"""A disk that fills up: no ack without durability, and it goes on by itself when there is room."""

import json
import re
import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.device import publish_once
from tests.faults.filling import MIB, SmallDisk, small_disk
from tests.faults.recording import Clerk, hold, verified
from tests.faults.town import HERE_DEVICES, Town
from tests.faults.witness import look_into
from tests.running import command, start

SIZE = 256
WAITING = re.compile(r"^waiting for room on the disk http=(\S+)()$", re.MULTILINE)
SOON = 10.0
"""Seconds in which everything must be as before once there is room."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "data", SIZE) as disk:
        yield disk


@pytest.fixture
def town(founded: Town, disk: SmallDisk) -> Town:
    """A town on the small disk, with a ballast."""
    folder = Path(shutil.copytree(founded.folder, disk.path, dirs_exist_ok=True))
    town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
    town.weir = start(folder, "--disk-ballast", "4")
    return town


def wait_for(what: Callable[[], object], within: float = SOON) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # a process of its own: there is nothing to be woken by


def post(town: Town) -> httpx.Response:
    assert town.weir is not None
    return httpx.post(
        f"{town.weir.url}/api/v1/sensors/PS-9/readings",
        json={"value": 3.1, "unit": "bar"},
        headers={"X-API-Key": town.keys["PS-9"]},
        timeout=15,
    )


def issues(town: Town) -> str:
    return json.dumps(command(town.folder, "doctor", status=1))


def finish(town: Town, devices: list) -> None:
    """Let devices have everything acknowledged, and check that all that ever was is there."""
    town.let_devices_finish()
    town.stop()
    here = look_into(town.folder, town.here)
    here.must_agree()
    acked = {
        (device.name, at)
        for device in devices
        for at in device.acknowledged
        if device.name in HERE_DEVICES
    }
    assert acked <= set(here.journalled)
    assert len(here.alerts) == len(HERE_DEVICES)


def test_from_97_percent_on_nothing_is_acknowledged_and_it_goes_on_by_itself_with_room(
    town: Town, disk: SmallDisk
) -> None:
    devices = town.let_devices_report()
    town.wait_for_readings(50)
    disk.fill(leave=disk.total * 2 // 100)
    wait_for(lambda: post(town).status_code == 507)
    refused = post(town)
    assert "disk is full" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    before = town.acknowledged()
    with town.signed_in() as api:
        changed = api.post("/api/v1/municipalities", json={"name": "Thirdham"})
        assert changed.status_code == 507, "people's changes are refused too"
        assert api.get("/api/v1/alerts").status_code == 200, "everything can be looked at"
        assert api.get("/").status_code == 200
    assert "nothing is acknowledged" in issues(town)
    assert town.acknowledged() == before, "acks are withheld"
    assert not (town.folder / "ballast").exists(), "the ballast was released"
    disk.make_room()
    town.wait_for_readings(50, within=SOON)
    wait_for((town.folder / "ballast").exists, within=30)
    finish(town, devices)


def test_a_disk_that_others_fill_to_the_brim_at_once_holds_everything_up_and_loses_nothing(
    town: Town, disk: SmallDisk
) -> None:
    devices = town.let_devices_report()
    town.wait_for_readings(50)
    disk.fill_up()
    assert town.weir is not None
    wait_for(lambda: "nothing is acknowledged" in town.weir.log or town.weir.process.poll())
    disk.fill_up()  # the ballast's room too
    town.kill()
    for device in devices:  # the next start listens elsewhere
        device.give_up()
        device.join(10)
    town.weir = start(town.folder, "--disk-ballast", "4", line=WAITING)
    page = httpx.get(town.weir.url, headers={"Accept": "text/html"})
    assert page.status_code == 507
    assert "The disk is full" in page.text
    said = httpx.get(f"{town.weir.url}/api/v1/alerts")
    assert said.status_code == 507
    assert "Retry-After" in said.headers
    assert "full" in said.json()["detail"]
    began = time.monotonic()
    disk.make_room()
    town.weir.wait_until_ready()
    again = town.let_devices_report()
    town.wait_for_readings(20)
    assert time.monotonic() - began < SOON
    finish(town, [*devices, *again])


def test_from_95_percent_on_qos_0_is_refused_and_counted_and_imports_wait(
    town: Town, disk: SmallDisk
) -> None:
    disk.fill(leave=disk.total * 4 // 100)
    wait_for(lambda: "QoS 0 readings, uploads and imports are refused" in town.weir.log)
    publish_without_ack(town, "PS-9")
    with town.signed_in() as api:
        where = {"municipality_id": town.there}
        wait_for(
            lambda: api.get("/api/v1/ledger", params=where).json()["rejected"] == {"disk_full": 1}
        )
    assert post(town).status_code == 201, "who asks for an ack gets one"
    assert publish_once(town.mqtt(), "PS-9", town.keys["PS-9"], b'{"value": 3, "unit": "bar"}')
    file = town.folder.parent / "past.csv"
    file.write_text("device_id,timestamp,value\nPS-9,2026-01-01T00:00:00Z,3\n")
    command(town.folder, "import", "readings", str(file), f"--municipality={town.there}", status=1)
    disk.make_room()
    wait_for(lambda: "there is room again" in town.weir.log)
    command(town.folder, "import", "readings", str(file), f"--municipality={town.there}")
    town.stop()


def publish_without_ack(town: Town, name: str) -> None:
    """Publish with QoS 0 and leave."""
    host, port = town.mqtt().rsplit(":", 1)
    key, topic = town.keys[name].encode(), f"sensors/{name}/data".encode()
    who = len(name).to_bytes(2) + name.encode()
    body = b"\x00\x04MQTT\x04\xc2\x00\x00" + who + who + len(key).to_bytes(2) + key
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall(b"\x10" + bytes([len(body)]) + body)
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        said = len(topic).to_bytes(2) + topic + b'{"value": 3}'
        connection.sendall(b"\x30" + bytes([len(said)]) + said + b"\xe0\x00")
        connection.recv(1)


def test_when_a_file_cant_grow_it_acknowledges_nothing_more_and_recovers(town: Town) -> None:
    devices = town.let_devices_report()
    town.wait_for_readings(50)
    assert town.weir is not None
    limit = 64 * 1024  # beyond which no file may be written; its log is shorter
    resource.prlimit(town.weir.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    assert town.weir.process.wait(30) == 1
    assert "nothing acknowledged is lost; start Weir again to recover" in town.weir.log
    assert "Traceback" not in town.weir.log
    for device in devices:
        device.give_up()
        device.join(10)
    town.start()
    again = town.let_devices_report()
    town.wait_for_readings(40)
    finish(town, [*devices, *again])


def test_while_the_disk_takes_nothing_nothing_is_changed_without_its_line_and_the_log_goes_on(
    town: Town, disk: SmallDisk
) -> None:
    assert town.weir is not None
    with town.signed_in():
        clerks = [Clerk(town, municipality) for municipality in (town.here, town.there)]
    for clerk in clerks:
        clerk.start()
        clerk.wait_for_changes(3)
    disk.fill_up()
    wait_for(lambda: "nothing is acknowledged" in town.weir.log or town.weir.process.poll())
    disk.fill_up()  # the ballast's room too
    if town.weir.process.poll() is None:
        with town.signed_in() as api:  # a look is written down as soon as there is room
            looked = api.get("/api/v1/sensors", params={"municipality_id": town.there})
            assert looked.status_code == 200
    disk.make_room()
    if town.weir.process.poll() is not None:
        town.weir = start(town.folder, "--disk-ballast", "4")
    for clerk in clerks:
        clerk.wait_for_changes(3)
        clerk.stop()
        verdict = hold(town, clerk)
        assert (verdict.missing, verdict.twice, verdict.unrecorded) == ([], [], [])
    assert all(chain["sound"] for chain in verified(town.folder))
    town.stop()


def test_minutes_and_leftovers_give_their_room_back_at_90_percent(
    town: Town, disk: SmallDisk
) -> None:
    put_aside = town.folder / "history" / "history.duckdb.damaged-20260101T000000.000000Z"
    put_aside.write_bytes(bytes(20 * MIB))
    disk.fill(leave=disk.total * 9 // 100)
    wait_for(lambda: "gave back" in town.weir.log)
    assert not put_aside.exists()
    town.stop()
