"""What a restart may not change: timers, sessions' refusals, cursors and what was stored."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.outside.test_live import receive, socket_of
from tests.outside.town import THRESHOLD, Device, Town, at, eventually, sign_in
from tests.running import start


def again(town: Town, *, how: str) -> Town:
    """Stop the server, start it again, and give the town as it is then, its people signed in."""
    town.weir.stop() if how == "stop" else town.weir.kill()
    weir = start(town.weir.folder)
    later = Town(weir, sign_in(weir.url, "ada"), town.id, town.name, town.people)
    for somebody in later.people.values():
        somebody.url = weir.url
    return later


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A town in a server that the test stops itself."""
    shutil.copytree(founded, tmp_path / "data")
    weir = start(tmp_path / "data")
    chief = sign_in(weir.url, "ada")
    yield Town(weir, chief, chief.get("municipalities")[0]["id"], "Brookfield")
    if weir.process.poll() is None:
        weir.kill()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_timers_run_on_over_a_restart_and_nothing_is_lost_or_told_twice(
    town: Town, how: str
) -> None:
    device, moment = town.device("PS-001"), at(seconds=0)
    silent = town.rule(device, {"type": "no_data", "for_seconds": 4})
    held = town.rule(device, THRESHOLD | {"for_seconds": 4})
    at_once = town.rule(device, THRESHOLD)
    device.post({"timestamp": moment, "value": 9})
    device.send("tcp", {"value": 1}, key="wrong")
    before = seen(town, at_once)
    with socket_of(town, town.admin) as live:
        cursor = receive(live)["cursor"]
    assert town.alerts(silent) == town.alerts(held) == []

    later = again(town, how=how)
    try:
        assert seen(later, at_once) == before
        assert later.alerts(silent) == [], "a restart is no silence of its own"
        with socket_of(later, later.admin, since=cursor) as live:
            missed = receive(live)
            assert (missed["data"], missed["complete"]) == ([], True)
            raised = {receive(live)["data"]["title"].partition(":")[0] for _ in range(2)}
        assert raised == {silent["name"], held["name"]}
        device.weir = later.weir
        goes_on(later, device, moment, silent, held)
        assert [len(later.alerts(rule)) for rule in (silent, held, at_once)] == [1, 1, 1]
    finally:
        assert later.weir.stop() == 0


def goes_on(town: Town, device: Device, moment: str, silent: Any, held: Any) -> None:
    """What was stored is known, a replay says what was raised, and the device is heard again."""
    assert device.post({"timestamp": moment, "value": 9})["duplicate"] == 1
    span = {"from": at(hours=1), "to": at(hours=-1)}
    for rule in (silent, held):
        replayed = town.admin.post(f"rules/{rule['id']}/replay", span, status=200)
        assert [r["raised_at"] for r in replayed] == [town.alert(rule)["raised_at"]]
    device.post({"value": 3})
    eventually(lambda: not town.alerts(silent)[0]["condition_active"])


def seen(town: Town, rule: Any) -> str:
    """Give all that must be the same after a restart."""
    sensors, (alert,) = town.admin.get("sensors"), town.alerts(rule)
    (device,) = sensors
    changes = town.admin.get(f"alerts/{alert['id']}/changes")
    readings = town.admin.get(f"sensors/{device['id']}/readings")
    rejections = town.admin.get("intake/rejections")
    return json.dumps([sensors, alert, changes, readings, town.ledger(), rejections])
