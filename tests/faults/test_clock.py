"""The clock of the computer jumps under a real server: nothing is lost, and alarms come all the same."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.faults.town import AS_USUAL, THERE_DEVICE, TOO_HIGH, Town
from tests.faults.witness import look_into
from tests.running import command, start


class FakeTime:
    """A time of day that is set while the server runs; its monotonic clock goes on (libfaketime)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.jump("+0")

    def jump(self, by: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(by + "\n")
        new.replace(self._file)

    def environment(self) -> dict[str, str]:
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def fake(tmp_path: Path) -> FakeTime:
    return FakeTime(tmp_path / "offset")


def test_a_server_whose_clock_jumps_loses_nothing_and_tells_of_alarms(
    town: Town, fake: FakeTime
) -> None:
    town.weir = start(town.folder, extra=fake.environment())
    town.let_devices_report()
    town.wait_for_readings(40)
    for by, is_behind in (("-1h", True), ("+1d", False), ("-300d", True), ("+0", True)):
        fake.jump(by)
        town.wait_for_readings(40)
        problems = json.dumps(command(town.folder, "doctor", status=1))
        assert ("wrong_clock" in problems) == is_behind, problems
        for value in (TOO_HIGH, AS_USUAL):
            report(town, value)
            wait_until(lambda: is_alarming(town) == (value > 5), within=30)  # noqa: B023
    town.let_devices_finish()
    town.stop()
    town.start()  # with the right time, and history complete
    town.stop()
    for municipality in (town.here, town.there):
        found = look_into(town.folder, municipality)
        if municipality == town.here:
            found.must_agree()
        for stored in (found.journalled, found.in_history):
            assert set(stored.values()) == {1}
            for device in town.devices:
                if device.name in found.devices.values():
                    assert {(device.name, at) for at in device.acknowledged} <= stored.keys()


def report(town: Town, value: float) -> None:
    """Have a device say something without a time."""
    assert town.weir is not None
    httpx.post(
        f"{town.weir.url}/api/v1/sensors/{THERE_DEVICE}/readings",
        json={"value": value, "unit": "bar"},
        headers={"X-API-Key": town.keys[THERE_DEVICE]},
        timeout=30,
    ).raise_for_status()


def is_alarming(town: Town) -> bool:
    town.token = ""  # another time, another session
    with town.signed_in() as api:
        alerts = api.get("/api/v1/alerts", params={"municipality_id": town.there}).json()
    return any(alert["condition_active"] for alert in alerts)


def wait_until(is_so: Callable[[], bool], within: float) -> None:
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)  # a process of its own: there is nothing to be woken by
