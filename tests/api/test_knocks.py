"""Devices that nobody knows knock, are shown to whom they may concern, and are let in in one step."""

from typing import Any

from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.readings import Door, Reason, Refusal
from appliance.flow.knocks import MOST_OF_AN_ADDRESS, MOST_RELAYED, MOST_UNPROVEN, Knocks
from tests.api.appliance import Client, Weir
from tests.builders import HERE, NOON, THERE
from tests.fakes import CountingIds

EUI = "0004A30B001C0530"


async def knock(weir: Weir, device: str, value: float = 1.0) -> None:
    headers = {"X-API-Key": "whatever"}
    answer = await weir.nobody.post(f"sensors/{device}/readings", {"value": value}, headers=headers)
    assert answer.status == 401


async def seen(client: Client) -> list[dict[str, Any]]:
    answer = await client.get("devices/knocks")
    assert answer.headers["X-Total-Count"] == str(len(answer.body))
    return list(answer.body)


async def test_the_super_admin_sees_who_knocked_and_lets_it_into_a_municipality(weir: Weir):
    keyed = {"api_key": "s3cret", "value": 1}
    answer = await weir.nobody.post("sensors/KEYED/readings", keyed)
    assert answer.status == 401
    assert "s3cret" not in str(await seen(weir.chief))
    assert "s3cret" not in str((await weir.chief.get("intake/rejections")).body)
    weir.core.knocks.forget(weir.core.knocks.of(None)[0])
    await knock(weir, "GHOST")
    await knock(weir, "GHOST", 7.5)
    (found,) = await seen(weir.chief)
    assert (found["device_id"], found["count"], found["door"]) == ("GHOST", 2, "http")
    assert (found["address"], found["payload"]) == ("127.0.0.1", '{"value":7.5}')
    assert found["first_seen"] <= found["last_seen"]
    for town in (weir.here, weir.there):  # nothing says whose it is
        assert await seen(town.admin) == []
        path = f"devices/knocks/{found['id']}/claim"
        claimed = await town.admin.post(path, {"name": "Mine", "sensor_type": "pressure"})
        assert claimed.status == 404

    said = {
        "name": "Found",
        "sensor_type": "pressure",
        "unit": "bar",
        "municipality_id": weir.here.id,
    }
    claimed = await weir.chief.post(f"devices/knocks/{found['id']}/claim", said)
    assert claimed.status == 201, claimed
    assert (claimed.body["device_id"], claimed.body["municipality_id"]) == ("GHOST", weir.here.id)
    headers = {"X-API-Key": claimed.body["api_key"]}
    assert (
        await weir.nobody.post("sensors/GHOST/readings", {"value": 3}, headers=headers)
    ).status == 201
    assert await seen(weir.chief) == []


async def test_a_device_that_a_gateway_brought_is_its_municipality_s_to_see_and_claim(weir: Weir):
    frame = {"device_eui": EUI, "payload": "00670110"}
    by_gateway = {"X-API-Key": weir.here.key}
    answer = await weir.nobody.post("iot/lorawan/uplink", frame, headers=by_gateway)
    assert answer.body["reason"] == "unknown_device"
    (found,) = await seen(weir.here.admin)
    assert (found["device_id"], found["gateway_device_id"]) == (EUI, "PS-001")
    assert (found["municipality_id"], found["payload"]) == (weir.here.id, "0=27.2")
    assert await seen(weir.there.admin) == []
    assert [k["id"] for k in await seen(weir.chief)] == [found["id"]]

    said = {"name": "Manhole", "sensor_type": "temperature"}
    path = f"devices/knocks/{found['id']}/claim"
    assert (await weir.there.admin.post(path, said)).status == 404
    viewer = await weir.person(weir.here, "viewer")
    assert (await viewer.post(path, said)).status == 403
    assert (await viewer.get("devices/knocks")).status == 403
    claimed = await weir.here.admin.post(path, said)
    assert (claimed.body["dev_eui"], claimed.body["protocol"]) == (EUI, "lorawan"), claimed
    again = await weir.nobody.post("iot/lorawan/uplink", frame, headers=by_gateway)
    assert (again.status, again.body["stored"]) == (201, 1)
    assert await seen(weir.here.admin) == []


def ghost(name: str, address: str, whose: MunicipalityId | None = None) -> Refusal:
    if whose is None:
        return Refusal(Reason.UNKNOWN_DEVICE, DeviceId(name), address=address)
    by = DeviceId("GW-1")
    return Refusal(Reason.UNKNOWN_DEVICE, DeviceId(name), (whose,), address, relayed_by=by)


def names(knocks: Knocks, whose: MunicipalityId | None = None) -> list[str]:
    return [str(knock.device_id) for knock in knocks.of(whose)]


def test_whoever_makes_up_names_pushes_out_but_their_own():
    knocks = Knocks(CountingIds())
    knocks.note(Door.MQTT, ghost("real", "10.0.0.1"), NOON, "")
    for n in range(3 * MOST_UNPROVEN):
        knocks.note(Door.MQTT, ghost(f"fake-{n}", "10.0.0.2"), NOON, "x" * 1_000)
    for n in range(3 * MOST_UNPROVEN):
        address = f"2001:db8:{n % 5}::{n:x}"  # five subscribers
        knocks.note(Door.TCP, ghost(f"sixth-{n}", address), NOON, "")
    assert "real" in names(knocks)
    assert sum("fake" in name for name in names(knocks)) == MOST_OF_AN_ADDRESS
    assert len(names(knocks)) == 1 + 6 * MOST_OF_AN_ADDRESS
    assert all(len(knock.payload) <= 200 for knock in knocks.of(None))


def test_the_list_is_bounded_by_whoever_has_most_in_it_giving_way():
    knocks = Knocks(CountingIds())
    for n in range(MOST_UNPROVEN):
        knocks.note(Door.MQTT, ghost(f"a-{n}", f"10.0.{n // 10}.1"), NOON, "")
    knocks.note(Door.MQTT, ghost("quiet", "192.168.1.1"), NOON, "")
    for n in range(MOST_UNPROVEN):
        knocks.note(Door.MQTT, ghost(f"b-{n}", f"10.1.{n // 10}.1"), NOON, "")
    assert len(names(knocks)) == MOST_UNPROVEN
    assert "quiet" in names(knocks)


def test_what_one_municipality_s_gateways_bring_takes_no_room_from_another_s():
    knocks = Knocks(CountingIds())
    knocks.note(Door.HTTP, ghost("theirs", "10.0.0.9", THERE), NOON, "")
    for n in range(MOST_RELAYED + 10):
        knocks.note(Door.HTTP, ghost(f"mine-{n}", "10.0.0.1", HERE), NOON, "")
    assert (len(names(knocks, HERE)), names(knocks, THERE)) == (MOST_RELAYED, ["theirs"])
    assert names(knocks) == []


def test_what_a_stranger_sends_is_made_harmless():
    knocks = Knocks(CountingIds())
    knocks.note(Door.TCP, ghost("a\x1b[2J\u202eb", "::1"), NOON, "\x00\ud800")
    (knock_,) = knocks.of(None)
    assert knock_.device_id.isprintable()
    assert knock_.payload.isprintable()
    knocks.note(Door.TCP, ghost("", "::1"), NOON, "")
    assert len(knocks.of(None)) == 1
