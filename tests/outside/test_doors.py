"""The three doors: what devices in the field send, what they are told, and what is counted."""

import json

import pytest

from tests.outside.town import (
    DOORS,
    HTTP,
    Town,
    at,
    eventually,
    line,
    lines,
    mosquitto_pub,
    plus,
    send,
)

THOUSAND = 1_000


@pytest.mark.parametrize("door", DOORS)
def test_a_single_object_is_taken_through_every_door(here: Town, there: Town, door: str) -> None:
    device, neighbour = here.device(), there.ledger()
    before = here.ledger()
    said = device.send(door, {"timestamp": at(seconds=5), "value": 3.2, "unit": "bar"})
    assert said.taken, said
    assert [r["value"] for r in here.readings(device)] == [3.2]
    assert here.ledger() == plus(before, stored=1)
    assert there.ledger() == neighbour


@pytest.mark.parametrize("door", ["http", "ingest", "mqtt"])
def test_a_backlog_of_a_thousand_readings_is_taken_and_one_more_is_not(
    here: Town, door: str
) -> None:
    device, before = here.device(), here.ledger()
    backlog = [
        {"timestamp": at(seconds=n), "value": round(3 + n / 1000, 3)}
        for n in range(THOUSAND, 0, -1)
    ]
    assert device.send(door, backlog).taken
    found = here.readings(device, limit=5_000)
    assert [r["value"] for r in found] == [one["value"] for one in reversed(backlog)]
    assert here.ledger() == plus(before, stored=THOUSAND)
    device.send(door, [*backlog, {"timestamp": at(seconds=0), "value": 1}])
    assert here.ledger() == plus(before, stored=THOUSAND, rejected={"too_large": 1})
    assert len(here.readings(device, limit=5_000)) == THOUSAND


def test_a_thousand_lines_over_tcp_get_a_thousand_answers_in_order(here: Town) -> None:
    device, before = here.device(), here.ledger()
    stamp = {"device_id": device.id, "api_key": device.key}
    backlog = [
        json.dumps(stamp | {"timestamp": at(seconds=n), "value": 3}) for n in range(THOUSAND, 0, -1)
    ]
    backlog[500] = json.dumps(stamp | {"value": "x"})
    answers = lines(here.weir, backlog)
    assert [n for n, a in enumerate(answers) if a["status"] != "ok"] == [500]
    assert here.ledger() == plus(before, stored=THOUSAND - 1, rejected={"value_missing": 1})


@pytest.mark.parametrize("door", DOORS)
def test_a_reading_without_a_time_has_the_time_of_its_arrival(here: Town, door: str) -> None:
    device, earliest = here.device(), at(seconds=0)
    assert device.send(door, {"value": 3.2}).taken
    assert earliest <= here.readings(device)[0]["timestamp"] <= at(seconds=0)


@pytest.mark.parametrize("door", DOORS)
def test_a_time_without_a_zone_is_taken_as_utc(here: Town, door: str) -> None:
    device, moment = here.device(), at(minutes=2)
    assert device.send(door, {"timestamp": moment.removesuffix("Z"), "value": 3.2}).taken
    assert [r["timestamp"] for r in here.readings(device)] == [moment]


@pytest.mark.parametrize("door", DOORS)
def test_a_late_reading_is_kept_and_counted_as_late(here: Town, door: str) -> None:
    device, before = here.device(), here.ledger()
    assert device.send(door, {"timestamp": at(hours=1, seconds=5), "value": 3.2}).taken
    assert len(here.readings(device)) == 1
    assert here.ledger() == plus(before, late=1)


@pytest.mark.parametrize("door", DOORS)
def test_a_time_more_than_five_minutes_ahead_is_rejected_with_what_to_do(
    here: Town, door: str
) -> None:
    device, before = here.device(), here.ledger()
    said = device.send(door, {"timestamp": at(minutes=-5, seconds=-2), "value": 3.2})
    # MQTT 3.1.1 has no answer to a publish but the ack.
    assert said.taken is (door == "mqtt"), said
    assert device.send(door, {"timestamp": at(minutes=-4), "value": 3.2}).taken
    assert here.ledger() == plus(before, stored=1, rejected={"in_the_future": 1})
    (rejection,) = here.rejections(device.id)
    assert rejection["reason"] == "in_the_future"
    assert "clock" in rejection["remedy"]


@pytest.mark.parametrize("door", DOORS)
def test_a_repeated_reading_is_a_duplicate_whatever_its_value(here: Town, door: str) -> None:
    device, before, moment = here.device(), here.ledger(), at(minutes=1)
    for value in (3.2, 3.2, 4.0):
        assert device.send(door, {"timestamp": moment, "value": value}).taken
    assert [r["value"] for r in here.readings(device)] == [3.2]
    assert here.ledger() == plus(before, stored=1, duplicate=2)


def test_one_moment_reported_through_different_doors_is_one_reading(here: Town) -> None:
    device, before, moment = here.device(), here.ledger(), at(minutes=1)
    for door in DOORS:
        assert device.send(door, {"timestamp": moment, "value": 3.2}).taken
    assert len(here.readings(device)) == 1
    assert here.ledger() == plus(before, stored=1, duplicate=len(DOORS) - 1)


@pytest.mark.parametrize("door", DOORS)
def test_what_can_not_be_believed_is_rejected_and_the_rest_is_kept(here: Town, door: str) -> None:
    device, before = here.device(), here.ledger()
    bad = [
        ({"value": 3.2, "unit": "furlong"}, "unknown_unit"),
        ({"value": "n/a"}, "value_missing"),
        ({"unit": "bar"}, "value_missing"),
        ({"value": 3.2, "timestamp": "yesterday"}, "bad_timestamp"),
    ]
    for payload, reason in bad:
        assert device.send(door, payload).taken is (door == "mqtt")
        assert here.rejections(device.id)[0]["reason"] == reason
    assert device.send(door, {"value": 46, "unit": "psi"}).taken
    (kept,) = here.readings(device)
    assert kept["unit"] == "bar"
    assert kept["value"] == pytest.approx(46 * 0.06894757293168361)
    reasons = {"unknown_unit": 1, "value_missing": 2, "bad_timestamp": 1}
    assert here.ledger() == plus(before, stored=1, rejected=reasons)


@pytest.mark.parametrize("door", DOORS)
def test_a_value_that_no_such_instrument_reports_is_quarantined(here: Town, door: str) -> None:
    device, before = here.device(), here.ledger()
    assert device.send(door, {"value": 500, "unit": "bar"}).taken
    assert here.readings(device) == []
    assert here.ledger() == plus(before, quarantined=1)


@pytest.mark.parametrize("door", DOORS)
def test_who_is_not_welcome_is_told_why_and_is_counted_and_shown(
    here: Town, there: Town, door: str
) -> None:
    device, other = here.device(), there.device()
    before, neighbour = here.ledger(), there.ledger()
    refused = {}
    said = device.send(door, {"value": 1}, key=other.key)
    assert not said.taken
    refused["wrong_key"] = said.body
    path = f"sensors/{device.sensor['id']}"
    for reason, change, back in (
        ("disabled", {"status": "inactive"}, {"status": "active"}),
        ("not_whitelisted", {"whitelisted": False}, {"whitelisted": True}),
    ):
        assert here.admin("PATCH", path, json=change).status_code == 200
        said = device.send(door, {"value": 1})
        assert not said.taken
        refused[reason] = said.body
        assert here.admin("PATCH", path, json=back).status_code == 200
    assert here.ledger() == plus(before, rejected=dict.fromkeys(refused, 1))
    assert there.ledger() == neighbour
    shown = here.rejections(device.id)
    assert [r["reason"] for r in reversed(shown)] == list(refused)
    assert all(r["remedy"] and r["municipality_id"] == here.id for r in shown)
    assert device.key not in json.dumps(shown)
    assert other.key not in json.dumps(shown)
    for reason, body in refused.items():
        assert _says(door, reason, body), body
    assert device.send(door, {"value": 1}).taken


def _says(door: str, reason: str, body: object) -> bool:
    """Whether a person who reads the answer knows what is wrong."""
    if door == "mqtt":  # CONNACK has five codes [MQTT-3.2.2-3]
        said = "bad user name or password" if reason == "wrong_key" else "not authori"
        return said in str(body).lower()
    assert isinstance(body, dict)
    return body["reason"] == reason and bool(body["detail"]) and bool(body["hint"])


@pytest.mark.parametrize("door", DOORS)
def test_a_device_that_nobody_knows_is_refused_and_shown_to_the_super_admin_alone(
    here: Town, there: Town, door: str
) -> None:
    towns = [(town, town.ledger()) for town in (here, there)]
    name = f"stranger-{door}"
    said = send(here.weir, door, name, "guess", {"value": 1})
    assert not said.taken
    assert _says(door, "wrong_key" if door == "mqtt" else "unknown_device", said.body), said
    for town, before in towns:
        assert town.ledger() == before
        assert town.rejections(name) == []
    (shown,) = here.chief.get("intake/rejections", params={"device_id": name})
    assert shown["reason"] == "unknown_device"
    assert shown["municipality_id"] is None
    assert "add the device" in shown["remedy"]


@pytest.mark.parametrize("path", ["sensors/{}/readings", "ingest/sensors/{}/data"])
@pytest.mark.parametrize("how", ["X-API-Key", "Authorization"])
def test_both_paths_take_the_key_in_either_header(here: Town, path: str, how: str) -> None:
    device = here.device()
    value = device.key if how == "X-API-Key" else f"Bearer {device.key}"
    url = f"{here.weir.url}/api/v1/{path.format(device.id)}"
    answer = HTTP.post(url, headers={how: value}, json={"value": 3.2})
    assert answer.status_code == 201
    assert answer.json()["stored"] == 1
    without = HTTP.post(url, json={"value": 3.2})
    assert without.status_code == 401
    assert isinstance(without.json()["detail"], str)


@pytest.mark.parametrize("name", ["device_id", "sensor_id"])
def test_a_payload_may_name_its_device_either_way_and_no_other(here: Town, name: str) -> None:
    device, other = here.device(), here.device()
    before = here.ledger()
    for door in ("http", "mqtt"):
        assert device.send(door, {name: device.id, "value": 3.2}).taken
        device.send(door, {name: other.id, "value": 3.2})
    assert line(here.weir, {name: device.id, "value": 3, "api_key": device.key})["status"] == "ok"
    assert len(here.readings(device)) == 3
    assert here.readings(other) == []
    assert here.ledger() == plus(before, stored=3, rejected={"device_mismatch": 2})


def test_what_a_device_says_of_itself_is_on_its_sensor(here: Town) -> None:
    device = here.device()
    moment = at(seconds=3)
    device.post(
        {"timestamp": moment, "value": 3.2, "unit": "bar"}
        | {"quality": 0.9, "battery_level": 87, "signal_strength": -71}
    )
    (row,) = [r for r in here.admin.get("sensors") if r["device_id"] == device.id]
    assert (row["battery_level"], row["signal_strength"]) == (87, -71)
    assert (row["last_reading"], row["last_reading_at"]) == (3.2, moment)
    assert here.readings(device)[0]["quality_score"] == 0.9


@pytest.mark.parametrize("stream", ["status", "heartbeat"])
def test_status_and_heartbeat_are_signs_of_life_and_no_readings(here: Town, stream: str) -> None:
    device, before = here.device(), here.ledger()
    said = json.dumps({"battery_level": 55, "signal_strength": -90})
    topic = f"sensors/{device.id}/{stream}"
    assert mosquitto_pub(here.weir, device.id, device.key, topic, said).returncode == 0
    found = here.admin.get(f"sensors/{device.sensor['id']}")
    assert (found["battery_level"], found["signal_strength"]) == (55, -90)
    assert found["last_seen_at"] is not None
    assert found["last_reading"] is None
    assert here.readings(device) == []
    assert here.ledger() == plus(before, stored=1)


@pytest.mark.parametrize("payload", ["online", '"ok"', "", "{}"])
def test_a_heartbeat_may_say_anything_or_nothing(here: Town, payload: str) -> None:
    device, before = here.device(), here.ledger()
    for stream in ("heartbeat", "status"):
        topic = f"sensors/{device.id}/{stream}"
        assert mosquitto_pub(here.weir, device.id, device.key, topic, payload).returncode == 0
    assert here.ledger() == plus(before, stored=2)
    assert here.admin.get(f"sensors/{device.sensor['id']}")["last_seen_at"] is not None


def test_a_topic_that_is_not_the_devices_is_acked_refused_counted_and_shown(
    here: Town, there: Town
) -> None:
    device, other = here.device(), here.device()
    before, neighbour = here.ledger(), there.ledger()
    for topic in (f"sensors/{other.id}/data", "alerts/1", "anything", f"sensors/{device.id}/x"):
        done = mosquitto_pub(here.weir, device.id, device.key, topic, '{"value": 1}')
        assert done.returncode == 0, done.stderr
    assert here.ledger() == plus(before, rejected={"not_its_topic": 4})
    shown = here.rejections(device.id)
    assert {r["reason"] for r in shown} == {"not_its_topic"}
    assert here.readings(other) == []
    assert there.ledger() == neighbour


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_every_qos_stores_a_reading_once(here: Town, qos: int) -> None:
    device, before = here.device(), here.ledger()
    topic, said = f"sensors/{device.id}/data", json.dumps({"timestamp": at(seconds=1), "value": 2})
    assert mosquitto_pub(here.weir, device.id, device.key, topic, said, qos=qos).returncode == 0
    eventually(lambda: here.readings(device))
    assert here.ledger() == plus(before, stored=1)


@pytest.mark.parametrize(
    "sent", ["not json", "[1, 2", "[]", "42", '{"value": 1e999}', '{"value": NaN}', "null"]
)
def test_a_payload_that_says_nothing_is_one_rejection(here: Town, sent: str) -> None:
    device, before = here.device(), here.ledger()
    url = f"{here.weir.url}/api/v1/sensors/{device.id}/readings"
    answer = HTTP.post(url, headers={"X-API-Key": device.key}, content=sent)
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert set(detail) == {"loc", "msg", "type"}
    topic = f"sensors/{device.id}/data"
    assert mosquitto_pub(here.weir, device.id, device.key, topic, sent).returncode == 0
    reason = "not_finite" if "value" in sent else "malformed"
    assert here.ledger() == plus(before, rejected={reason: 2})
    assert all(r["remedy"] for r in here.rejections(device.id))


def test_a_line_that_says_nothing_gets_a_clear_answer_and_the_next_is_taken(here: Town) -> None:
    device = here.device()
    good = json.dumps({"device_id": device.id, "value": 1, "api_key": device.key})
    answers = lines(here.weir, ["not json", "[]", "{}", '{"device_id": "x"}', good])
    assert [a["status"] for a in answers] == ["error"] * 4 + ["ok"]
    assert all(a["reason"] and a["detail"] and a["hint"] for a in answers[:4])


def test_the_ledger_counts_from_and_to(here: Town) -> None:
    device, total = here.device(), here.ledger()
    device.post({"value": 1})
    assert here.ledger() == plus(total, stored=1)
    assert here.ledger(**{"from": at(hours=-1)})["received"] == 0
    assert here.ledger(to=at(hours=2), **{"from": at(hours=3)})["received"] == 0
    since = here.ledger(**{"from": at(minutes=30), "to": at(minutes=-1)})
    assert since == plus(total, stored=1)
    naive = here.admin("GET", "ledger", params={"from": "2026-01-01T00:00:00"})
    assert naive.status_code == 422


@pytest.mark.parametrize("door", DOORS)
def test_a_new_key_opens_every_door_and_the_old_one_as_long_as_it_may(
    here: Town, door: str
) -> None:
    device = here.device()
    path, old = f"sensors/{device.sensor['id']}/rotate-key", device.key
    new = here.admin.post(path, {"old_valid_for_seconds": 600}, status=200)["api_key"]
    assert new != old
    for key in (old, new):
        assert device.send(door, {"value": 1}, key=key).taken
    last = here.admin.post(path, {}, status=200)["api_key"]
    for key, taken in ((old, False), (new, False), (last, True)):
        assert device.send(door, {"value": 1}, key=key).taken is taken
    assert here.admin("DELETE", f"sensors/{device.sensor['id']}").status_code == 204
    assert not device.send(door, {"value": 1}, key=last).taken


@pytest.mark.parametrize("door", ["http", "mqtt"])
def test_a_thousand_readings_with_every_field_fit_into_one_message(here: Town, door: str) -> None:
    device, before = here.device(f"pressure-logger-{door}-0123456789"), here.ledger()
    said = {"device_id": device.id, "unit": "bar", "quality_score": 0.987654321}
    said |= {"battery_level": 87.123456, "signal_strength": -71.123456}
    backlog = [
        said | {"timestamp": at(seconds=n).replace("Z", "+00:00"), "value": 3.123456789012345}
        for n in range(THOUSAND, 0, -1)
    ]
    assert device.send(door, backlog).taken
    assert here.ledger() == plus(before, stored=THOUSAND)
