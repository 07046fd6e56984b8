"""Devices on other networks report through their network servers, with payloads as vendors document them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.appliance import Answer, Town, Weir, eventually

CAPTURED = Path(__file__).parent / "captured"
CHIRPSTACK_EUI, THINGS_EUI = "0101010101010101", "0004A30B001C0530"


def captured(name: str) -> Any:
    return json.loads((CAPTURED / f"{name}.json").read_text())


async def sensor(town: Town, device_id: str, **more: Any) -> dict[str, Any]:
    said = {"device_id": device_id, "name": device_id, "sensor_type": "temperature"} | more
    made = await town.admin.post("sensors", said)
    assert made.status == 201, made
    return made.body


async def post(weir: Weir, path: str, payload: Any, key: str = "", **options: Any) -> Answer:
    headers = {"X-API-Key": key} if key else {}
    return await weir.nobody.post(f"iot/{path}", payload, headers=headers, **options)


async def values(town: Town, made: dict[str, Any]) -> list[float]:
    found = await town.admin.get(f"sensors/{made['id']}/readings?from=2020-01-01T00:00:00Z")
    return [reading["value"] for reading in found.body]


async def ledger(town: Town) -> dict[str, Any]:
    body: dict[str, Any] = (await town.admin.get("ledger")).body
    return {name: n for name, n in body.items() if n}


async def test_cayenne_lpp_in_hexadecimal_is_stored_by_channel(weir: Weir):
    gateway = await sensor(weir.here, "LNS-1", sensor_type="count")
    names = {"dev_eui": "00-04-a3-0b-00-1c-05-30", "gateway_device_id": "LNS-1"}
    third = await sensor(weir.here, "T-3", **names, channel="3")
    fifth = await sensor(weir.here, "T-5", **names, channel="temperature_5")
    assert third["dev_eui"] == THINGS_EUI
    frame = {
        "device_eui": THINGS_EUI.lower(),
        "payload": "03670110056700FF",
        "metadata": {"rssi": -87, "snr": 7.5, "f_cnt": 12, "battery_level": 91},
        "frequency": 868.1,
    }
    answer = await post(weir, "lorawan/uplink", frame, gateway["api_key"])
    assert answer.status == 201, answer
    assert answer.body["stored"] == 2
    assert (await values(weir.here, third), await values(weir.here, fifth)) == ([27.2], [25.5])
    shown = (await weir.here.admin.get(f"sensors/{third['id']}")).body
    assert (shown["signal_strength"], shown["battery_level"]) == (-87, 91)

    again = await post(weir, "lorawan/uplink", frame, gateway["api_key"])
    assert again.body["duplicate"] == 2  # heard by a second gateway
    assert await ledger(weir.here) == {"received": 4, "stored": 2, "duplicate": 2}
    assert await ledger(weir.there) == {}


@pytest.mark.parametrize(
    ("name", "eui", "value", "signal"),
    [
        ("chirpstack_up", CHIRPSTACK_EUI, 27.2, -36),
        ("chirpstack_up_decoded", CHIRPSTACK_EUI, 22.5, -36),
        ("things_stack_up", THINGS_EUI, 27.2, -35),
        ("things_stack_up_decoded", THINGS_EUI, 27.2, -35),
    ],
)
async def test_what_network_servers_post_is_stored_once_with_the_best_signal(
    weir: Weir, name: str, eui: str, value: float, signal: float
):
    made = await sensor(weir.here, "T-1", dev_eui=eui)
    key, frame = made["api_key"], captured(name)
    bearer = {"Authorization": f"Bearer {key}"}
    first = await weir.nobody.post("iot/lorawan/uplink?event=up", frame, headers=bearer)
    assert first.status == 201, first
    again = await post(weir, "lorawan/uplink?event=up", frame, key)
    assert (again.body["received"], again.body["duplicate"]) == (1, 1)
    assert await values(weir.here, made) == [value]
    shown = (await weir.here.admin.get(f"sensors/{made['id']}")).body
    assert shown["signal_strength"] == signal
    assert await ledger(weir.there) == {}


async def test_chirpstack_s_status_brings_the_battery_and_its_joins_are_nothing_to_us(weir: Weir):
    made = await sensor(weir.here, "T-1", dev_eui=CHIRPSTACK_EUI)
    for event in ("join", "status"):
        said = captured(f"chirpstack_{event}")
        answer = await post(weir, f"lorawan/uplink?event={event}", said, made["api_key"])
        assert answer.status == 201, answer
    shown = (await weir.here.admin.get(f"sensors/{made['id']}")).body
    assert shown["battery_level"] == 88.3
    assert await ledger(weir.here) == {"received": 1, "stored": 1}


async def test_the_key_decides_whose_a_device_is_that_two_municipalities_have_noted(weir: Weir):
    mine = await sensor(weir.here, "T-1", dev_eui=THINGS_EUI)
    theirs = await sensor(weir.there, "T-9", dev_eui=THINGS_EUI)
    frame = {"device_eui": THINGS_EUI, "payload": "0067010F"}
    assert (await post(weir, "lorawan/uplink", frame, theirs["api_key"])).status == 201
    assert await values(weir.there, theirs) == [27.1]
    assert await values(weir.here, mine) == []
    guessed = await post(weir, "lorawan/uplink", frame, "guessed")
    assert (guessed.status, guessed.body["reason"]) == (401, "wrong_key")
    assert await ledger(weir.here) == {}
    assert await ledger(weir.there) == {"received": 1, "stored": 1}


async def test_a_gateway_speaks_for_its_own_devices_and_learns_nothing_of_others(weir: Weir):
    await sensor(weir.there, "T-9", dev_eui=THINGS_EUI)
    gateway = await sensor(weir.here, "LNS-1", sensor_type="count")
    answers = [
        await post(
            weir, "lorawan/uplink", {"device_eui": eui, "payload": "0067010F"}, gateway["api_key"]
        )
        for eui in (THINGS_EUI, "FFFFFFFFFFFFFFF0")
    ]
    assert [a.status for a in answers] == [401, 401]
    assert answers[0].body == answers[1].body  # theirs, and nobody's

    async def counted() -> bool:
        return (await ledger(weir.here)).get("rejected") == {"unknown_device": 2}

    await eventually(counted)
    assert await ledger(weir.there) == {}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"device_eui": THINGS_EUI, "payload": "0367"}, "malformed"),
        ({"device_eui": THINGS_EUI, "payload": "zz"}, "malformed"),
        ({"device_eui": THINGS_EUI}, "malformed"),
        ({"device_eui": "1", "payload": "00670110"}, "malformed"),
        ([], "malformed"),
        ({"device_eui": THINGS_EUI, "payload": "006800"}, "unknown_channel"),
    ],
)
async def test_a_frame_that_can_t_be_read_is_refused_with_the_reason_and_counted(
    weir: Weir, frame: Any, reason: str
):
    made = await sensor(weir.here, "T-1", dev_eui=THINGS_EUI)
    answer = await post(weir, "lorawan/uplink", frame, made["api_key"])
    assert (answer.status, answer.body["reason"]) == (422, reason)
    assert (await post(weir, "lorawan/uplink", frame)).status == 401

    async def counted() -> bool:
        return (await ledger(weir.here)).get("rejected", {}).get(reason) == 1

    await eventually(counted)
    assert "rejected" not in await ledger(weir.there)


async def test_an_nbiot_device_is_known_by_its_imei_and_the_key_in_the_body(weir: Weir):
    made = await sensor(weir.here, "P-1", sensor_type="pressure", imei="490154203237518")
    said = {
        "imei": "490154203237518",
        "value": 3.25,
        "timestamp": "2026-05-01T03:00:00Z",
        "signal_strength": -97,
        "battery_level": 64,
    }
    answer = await post(weir, "nbiot/message", said | {"api_key": made["api_key"]})
    assert (answer.status, answer.body["late"]) == (201, 1), answer
    assert await values(weir.here, made) == [3.25]
    shown = (await weir.here.admin.get(f"sensors/{made['id']}")).body
    assert (shown["signal_strength"], shown["battery_level"]) == (-97, 64)
    for key, status in ((weir.there.key, 401), ("", 401)):
        assert (await post(weir, "nbiot/message", said | {"api_key": key})).status == status
    missing = await post(weir, "nbiot/message", {"imei": said["imei"]}, made["api_key"])
    assert missing.body["rejected"] == {"value_missing": 1}


async def test_an_sms_counts_if_it_comes_from_the_number_noted_for_its_device(weir: Weir):
    gateway = await sensor(weir.here, "SMS-1", sensor_type="count")
    made = await sensor(
        weir.here,
        "P-1",
        sensor_type="pressure",
        phone_number="0049 171 555-0100",
        gateway_device_id="SMS-1",
    )
    unnoted = await sensor(weir.here, "P-2", sensor_type="pressure", gateway_device_id="SMS-1")
    key = gateway["api_key"]
    said = {
        "phone_number": "+491715550100",
        "message": "P-1:46:psi",
        "timestamp": "2026-05-01T03:00:00Z",
    }
    assert (await post(weir, "gsm/sms", said, key)).status == 201
    assert [round(v, 4) for v in await values(weir.here, made)] == [3.1716]

    other = said | {"phone_number": "+491715550199"}
    for message, sender, with_key, reason in (
        ("P-1:3,2:bar", other, key, "wrong_number"),
        ("P-1:3,2:bar", other, made["api_key"], "wrong_number"),
        ("P-2:3,2:bar", said, key, "wrong_number"),
        ("P-1:3,2:bar", said, weir.there.key, "unknown_device"),
        ("P-1:3,2:bar", said, "guessed", "wrong_key"),
        ("no reading", said, key, "malformed"),
    ):
        refused = await post(weir, "gsm/sms", sender | {"message": message}, with_key)
        assert refused.body.get("reason") == reason, (message, refused)
    own = await post(weir, "gsm/sms", said | {"message": "P-2:3,2"}, unnoted["api_key"])
    assert own.status == 201, own
    assert await values(weir.here, unnoted) == [3.2]


async def test_two_sensors_can_t_claim_one_channel_and_a_device_is_on_one_network(weir: Weir):
    await sensor(weir.here, "T-1", dev_eui=THINGS_EUI, channel="3")
    said = {"device_id": "T-2", "name": "T", "sensor_type": "temperature", "dev_eui": THINGS_EUI}
    assert (await weir.here.admin.post("sensors", said | {"channel": "3"})).status == 409
    assert (await weir.here.admin.post("sensors", said | {"imei": "490154203237518"})).status == 422
    assert (await weir.here.admin.post("sensors", said | {"dev_eui": "xyz"})).status == 422
    assert (await weir.here.admin.post("sensors", said | {"channel": "4"})).status == 201
    assert (await weir.there.admin.post("sensors", said | {"channel": "3"})).status == 201


@pytest.mark.parametrize("path", ["lorawan/uplink", "nbiot/message", "gsm/sms"])
async def test_no_body_and_no_key_makes_the_doors_fail(weir: Weir, path: str):
    made = await sensor(weir.here, "T-1", dev_eui=THINGS_EUI)
    bodies = (
        b"",
        b"\xff",
        b"null",
        b"[" * 100_000,
        b'{"imei": "490154203237518", "value": 1, "api_key": "\\ud800"}',
        b'{"imei": "490154203237518", "value": 1e999}',
        b'{"phone_number": "+491715550100", "message": "T-1:\\ud800:bar", "api_key": "\\udfff"}',
        b'{"phone_number": "+491715550100", "message": "' + b"x" * 70_000 + b':1:bar"}',
        b'{"device_eui": "0004A30B001C0530", "payload": "' + b"0067010F" * 50_000 + b'"}',
        b'{"deviceInfo": {"devEui": "0004A30B001C0530"}, "object": {"a": 1e308, "b": NaN}}',
        b'{"deviceInfo": {"devEui": "0004A30B001C0530"}, "object": {"a": 12345678901234567890123}}',
        b'{"end_device_ids": {"dev_eui": "0004A30B001C0530"}, "uplink_message": {"f_cnt": []}}',
    )
    for body in bodies:
        for key in (b"", b"\xe4\xff", made["api_key"].encode()):
            answer = await weir.nobody.post(f"iot/{path}", content=body, headers={"X-API-Key": key})
            assert answer.status < 500, (path, body[:80], key, answer)
    assert await ledger(weir.there) == {}
