"""Gateways: one device that reports for others, within its own municipality."""

import json

import pytest

from tests.outside.town import Device, Town, eventually, mosquitto_pub, plus


@pytest.fixture(scope="module")
def gateways(here: Town, there: Town) -> tuple[Device, Device]:
    """One of the same name in each town."""
    return here.device("GW-1"), there.device("GW-1")


def publish(gateway: Device, about: str, payload: object, stream: str = "data") -> int:
    topic = f"sensors/{about}/{stream}"
    done = mosquitto_pub(gateway.weir, gateway.id, gateway.key, topic, json.dumps(payload))
    return done.returncode


def test_a_gateway_reports_for_the_devices_assigned_to_it_and_for_no_other(
    here: Town, there: Town, gateways: tuple[Device, Device]
) -> None:
    ours, theirs = gateways
    behind = here.device("FM-7", gateway_device_id="GW-1")
    alone = here.device("FM-8")
    same_name = there.device("FM-7")
    before, neighbour = here.ledger(), there.ledger()
    assert publish(ours, "FM-7", {"value": 3.1}) == 0
    assert publish(ours, "FM-7", {"battery_level": 50}, "heartbeat") == 0
    assert publish(ours, "GW-1", [{"device_id": "FM-7", "value": 3.2}, {"value": 4}]) == 0
    assert publish(ours, "FM-8", {"value": 5}) == 0
    assert publish(ours, "GW-1", {"device_id": "FM-8", "value": 5}) == 0
    assert publish(theirs, "FM-7", {"value": 6}) == 0
    assert [r["value"] for r in here.readings(behind)] == [3.2, 3.1]
    assert [r["value"] for r in here.readings(ours)] == [4]
    assert here.readings(alone) == []
    assert there.readings(same_name) == []
    assert here.admin.get(f"sensors/{behind.sensor['id']}")["battery_level"] == 50
    assert here.ledger() == plus(
        before, stored=4, rejected={"not_its_topic": 1, "device_mismatch": 1}
    )
    assert there.ledger() == plus(neighbour, rejected={"not_its_topic": 1})
    assert behind.send("mqtt", {"value": 3.3}).taken, "it may still report for itself"


@pytest.mark.parametrize("door", ["http", "mqtt"])
def test_a_device_behind_a_gateway_that_is_switched_off_is_rejected_by_its_own_name(
    here: Town, gateways: tuple[Device, Device], door: str
) -> None:
    ours, _ = gateways
    behind = here.device(gateway_device_id="GW-1")
    path = f"sensors/{behind.sensor['id']}"
    for reason, change, back in (
        ("disabled", {"status": "inactive"}, {"status": "active"}),
        ("not_whitelisted", {"whitelisted": False}, {"whitelisted": True}),
    ):
        before = here.ledger()
        assert here.admin("PATCH", path, json=change).status_code == 200
        said = ours.send(door, [{"device_id": behind.id, "value": 1}, {"value": 2}])
        assert said.taken
        assert here.ledger() == plus(before, stored=1, rejected={reason: 1})
        assert here.admin("PATCH", path, json=back).status_code == 200
    assert here.readings(behind) == []
    newest = here.rejections(ours.id)[:2]
    assert [r["reason"] for r in newest] == ["not_whitelisted", "disabled"]
    assert all(repr(behind.id) in r["detail"] for r in newest)


def test_an_assignment_is_changed_while_the_gateway_is_connected(
    here: Town, gateways: tuple[Device, Device]
) -> None:
    ours, _ = gateways
    behind = here.device()
    path = f"sensors/{behind.sensor['id']}"
    assert behind.sensor["gateway_device_id"] is None
    changed = here.admin("PATCH", path, json={"gateway_device_id": "GW-1"}).json()
    assert changed["gateway_device_id"] == "GW-1"
    assert here.admin.get(path)["gateway_device_id"] == "GW-1"
    assert here.admin("PATCH", path, json={"name": "Still"}).json()["gateway_device_id"] == "GW-1"
    assert ours.send("http", {"device_id": behind.id, "value": 1}).taken
    changed = here.admin("PATCH", path, json={"gateway_device_id": None}).json()
    assert changed["gateway_device_id"] is None
    assert not ours.send("http", {"device_id": behind.id, "value": 1}).taken
    assert len(here.readings(behind)) == 1


def test_a_gateway_must_be_another_device_of_the_same_municipality(
    here: Town, there: Town, gateways: tuple[Device, Device]
) -> None:
    there.device("GW-THERE")
    behind = here.device()
    path = f"sensors/{behind.sensor['id']}"
    for wrong in ("GW-THERE", "nobody", behind.id):
        answer = here.admin("PATCH", path, json={"gateway_device_id": wrong})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "gateway_device_id"]


def test_who_comes_after_a_removed_gateway_speaks_for_nobody(here: Town, there: Town) -> None:
    first, behind = here.device("GW-2"), here.device(gateway_device_id="GW-2")
    other = (there.device("GW-2"), there.device("FM-9", gateway_device_id="GW-2"))
    assert here.admin("DELETE", f"sensors/{first.sensor['id']}").status_code == 204
    assert here.admin.get(f"sensors/{behind.sensor['id']}")["gateway_device_id"] is None
    again = here.device("GW-2")
    assert not again.send("http", {"device_id": behind.id, "value": 1}).taken
    assert other[0].send("http", {"device_id": "FM-9", "value": 1}).taken
    eventually(lambda: there.readings(other[1]))
