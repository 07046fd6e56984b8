"""What a restart may not change: timers, sessions' refusals, cursors and what was stored."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.outside.test_live import receive, socket_of
from tests.outside.town import THRESHOLD, Town, at, eventually, sign_in
from tests.running import Running, found, start


def town_of(weir: Running, name: str, municipality: int = 0) -> Town:
    chief = sign_in(weir.url, "ada")
    identity = municipality or chief.post("municipalities", {"name": name})["id"]
    return Town(weir, chief, identity, name)


def again(town: Town, *, how: str) -> Town:
    """Stop the server, start it again, and give the town as it is then."""
    town.weir.stop() if how == "stop" else town.weir.kill()
    weir = start(town.weir.folder)
    return Town(weir, sign_in(weir.url, "ada"), town.id, town.name)


def signed_in_again(before: Town, after: Town) -> None:
    for role, somebody in before.people.items():
        somebody.url = after.weir.url
        after.people[role] = somebody


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_timers_run_on_over_a_restart_and_nothing_is_lost_or_told_twice(
    tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "data"
    first = found(folder)
    weir = start(folder)
    try:
        town = town_of(weir, "Brookfield", first)
        other = town_of(weir, "Otherton")
        device, foreign = town.device("PS-001"), other.device("PS-001")
        silent = town.rule(device, {"type": "no_data", "for_seconds": 4})
        held = town.rule(device, THRESHOLD | {"for_seconds": 4})
        at_once = town.rule(device, THRESHOLD)
        moment = at(seconds=0)
        device.post({"timestamp": moment, "value": 9})
        foreign.post({"value": 9})
        device.send("tcp", {"value": 1}, key="wrong")
        before = _seen(town, at_once)
        with socket_of(town, town.admin) as live:
            cursor = receive(live)["cursor"]
        assert town.alerts(silent) == town.alerts(held) == []

        later = again(town, how=how)
        weir = later.weir
        signed_in_again(town, later)
        assert _seen(later, at_once) == before
        assert later.alerts(silent) == [], "a restart is no silence of its own"
        with socket_of(later, later.admin, since=cursor) as live:
            missed = receive(live)
            assert (missed["data"], missed["complete"]) == ([], True)
            raised = {receive(live)["data"]["title"].partition(":")[0] for _ in range(2)}
            assert raised == {silent["name"], held["name"]}
        for rule in (silent, held, at_once):
            assert len(later.alerts(rule)) == 1
        device.weir = weir
        assert device.post({"timestamp": moment, "value": 9})["duplicate"] == 1
        replayed = later.admin.post(
            f"rules/{held['id']}/replay", {"from": at(hours=1), "to": at(hours=-1)}, status=200
        )
        assert [r["raised_at"] for r in replayed] == [later.alert(held)["raised_at"]]
        device.post({"value": 3})
        eventually(lambda: not later.alerts(silent)[0]["condition_active"])
    finally:
        if weir.process.poll() is None:
            weir.process.send_signal(signal.SIGTERM)
            assert weir.process.wait(10) == 0


def _seen(town: Town, rule: Any) -> str:
    """Give all that must be the same after a restart."""
    sensors, (alert,) = town.admin.get("sensors"), town.alerts(rule)
    (device,) = sensors
    changes = town.admin.get(f"alerts/{alert['id']}/changes")
    readings = town.admin.get(f"sensors/{device['id']}/readings")
    rejections = town.admin.get("intake/rejections")
    return json.dumps([sensors, alert, changes, readings, town.ledger(), rejections])
