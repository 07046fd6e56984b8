"""The live stream, as the control room opens it, and MQTT, as a program subscribes to it."""

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.outside.town import (
    DOORS,
    THRESHOLD,
    WAIT,
    Api,
    Town,
    at,
    eventually,
    mosquitto_pub,
    plus,
)
from web.live_hello import HELLO_WITHIN

ORIGINS = ("null", "file://", "app://weir", "http://localhost:3000", None)


def socket_of(
    town: Town, somebody: Api, origin: str | None = "null", *, whose: object = None, **query: Any
) -> contextlib.AbstractContextManager[ClientConnection]:
    pairs = "&".join(f"{k}={v}" for k, v in ({"token": somebody.token} | query).items())
    url = f"ws://{town.weir.http}/ws/{town.id if whose is None else whose}?{pairs}"
    return connect(url, origin=origin, open_timeout=WAIT, proxy=None)


def receive(live: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(live.recv(timeout=WAIT)))


def nothing_more(live: ClientConnection) -> bool:
    with pytest.raises(TimeoutError):
        live.recv(timeout=0.3)
    return True


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_event_comes_once_and_to_its_own_town_only(
    here: Town, there: Town, origin: str | None
) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD)
    with (
        socket_of(here, here.person("viewer"), origin, replay_limit=0) as live,
        socket_of(there, there.person("viewer"), origin, replay_limit=0) as foreign,
    ):
        assert receive(live)["type"] == receive(foreign)["type"] == "replay"
        moment = at(seconds=1)
        device.post({"timestamp": moment, "value": 9.25, "unit": "bar"})
        reading = receive(live)
        assert reading["type"] == "sensor_reading"
        assert reading["data"] == {
            "sensor_id": device.sensor["id"],
            "device_id": device.id,
            "value": 9.25,
            "unit": "bar",
            "timestamp": moment,
            "is_anomaly": False,
        }
        told, alert = receive(live), here.alert(rule)
        assert told["type"] == "alert"
        fields = ("id", "alert_type", "severity", "status", "title", "sensor_id", "location")
        for name in (*fields, "created_at"):
            assert told["data"][name] == alert[name], name
        here.admin.post(f"alerts/{alert['id']}/acknowledge", {}, status=200)
        assert receive(live)["data"]["status"] == "acknowledged"
        made = here.admin.post("incidents", {"title": f"Leak {origin}", "severity": "low"})
        incident = receive(live)
        assert (incident["type"], incident["data"]["id"]) == ("incident", made["id"])
        assert nothing_more(live)
        assert nothing_more(foreign)


def test_a_screen_is_told_what_came_before_as_far_as_it_asks(here: Town) -> None:
    device = here.device()
    for value in (1.5, 2.5, 3.5):
        device.post({"value": value})
    here.admin.get("alerts")
    for limit, values in ((2, [2.5, 3.5]), (0, [])):
        with socket_of(here, here.admin, replay_limit=limit) as live:
            replay = receive(live)
            assert replay["type"] == "replay"
            assert [e["data"]["value"] for e in replay["data"]] == values
            assert all(e["type"] == "sensor_reading" for e in replay["data"])
    with socket_of(here, here.admin) as live:
        assert 3 <= len(receive(live)["data"]) <= 50


def test_a_screen_that_comes_back_gets_what_it_missed_and_nothing_twice(here: Town) -> None:
    device = here.device()
    with socket_of(here, here.admin, replay_limit=0) as live:
        receive(live)
        device.post({"value": 1})
        cursor = receive(live)["cursor"]
    for value in (2, 3):
        device.post({"value": value})
    here.admin.get("alerts")  # what was answered before has been watched, and told
    with socket_of(here, here.admin, since=cursor) as live:
        replay = receive(live)
        assert [e["data"]["value"] for e in replay["data"]] == [2, 3]
        assert replay["complete"] is True
        device.post({"value": 4})
        assert receive(live)["data"]["value"] == 4


@pytest.mark.parametrize(
    "case", ["no token", "bad token", "neighbour", "global", "nowhere", "foreign page"]
)
def test_who_may_not_listen_is_closed_with_1008(here: Town, there: Town, case: str) -> None:
    mine = here.admin
    opened = {
        "no token": lambda: connect(f"ws://{here.weir.http}/ws/{here.id}", proxy=None),
        "bad token": lambda: socket_of(here, Api(here.weir.url, "nonsense")),
        "neighbour": lambda: socket_of(there, mine),
        "global": lambda: socket_of(here, mine, whose="global"),
        "nowhere": lambda: socket_of(here, here.chief, whose="nowhere"),
        "foreign page": lambda: socket_of(here, mine, "http://evil.example"),
    }[case]()
    with opened as live, pytest.raises(ConnectionClosed) as closed:
        live.recv(timeout=HELLO_WITHIN + WAIT)  # who says nothing has that long to say it
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason


def test_the_super_admin_hears_all_towns(here: Town, there: Town, chief: Api) -> None:
    mine, theirs = here.device(), there.device()
    with socket_of(here, chief, whose="global", replay_limit=0) as live:
        assert receive(live)["data"] == []
        mine.post({"value": 1})
        theirs.post({"value": 2})
        heard = [receive(live)["data"]["device_id"] for _ in range(2)]
    assert heard == [mine.id, theirs.id]
    with socket_of(there, chief, replay_limit=1) as live:
        assert receive(live)["data"][0]["data"]["device_id"] == theirs.id


# MQTT


@contextlib.contextmanager
def subscribed(
    town: Town, *topics: str, name: str = "", clean: bool = True, qos: int = 1
) -> Iterator["queue.Queue[mqtt.MQTTMessage]"]:
    """Give what a program with an API token of this town hears."""
    heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
    granted = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
    client.username_pw_set("token", town_token(town))
    client.on_message = lambda c, u, message: heard.put(message)
    client.on_subscribe = lambda *a: granted.set()
    host, port = town.weir.mqtt.rsplit(":", 1)
    client.connect(host, int(port))
    client.loop_start()
    try:
        client.subscribe([(topic, qos) for topic in topics])
        assert granted.wait(WAIT)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def town_token(town: Town) -> str:
    if "token" not in town.weir.extra.setdefault(str(town.id), {}):
        made = town.admin.post("tokens", {"name": "SCADA"})
        town.weir.extra[str(town.id)]["token"] = made["token"]
    return str(town.weir.extra[str(town.id)]["token"])


def all_heard(heard: "queue.Queue[mqtt.MQTTMessage]", most: float = 0.5) -> list[mqtt.MQTTMessage]:
    """Give what has come, and what comes until it is quiet."""
    found = []
    with contextlib.suppress(queue.Empty):
        while True:
            found.append(heard.get(timeout=most))
    return found


def test_a_program_hears_the_readings_of_every_door_once_and_its_own_towns_only(
    here: Town, there: Town
) -> None:
    device, foreign = here.device(), there.device()
    with subscribed(here, "sensors/#") as heard, subscribed(there, "sensors/#") as next_door:
        for n, door in enumerate(DOORS):
            assert device.send(door, {"timestamp": at(seconds=9 - n), "value": n + 1}).taken
        foreign.post({"value": 7})
        messages = [heard.get(timeout=WAIT) for _ in DOORS]
        assert {m.topic for m in messages} == {f"sensors/{device.id}/data"}
        # What came by MQTT is copied by the broker itself, without waiting for the others.
        assert sorted(json.loads(m.payload)["value"] for m in messages) == [1, 2, 3, 4]
        assert all_heard(heard) == []
        (other,) = all_heard(next_door)
        assert other.topic == f"sensors/{foreign.id}/data"
    assert town_token(here) not in here.weir.log


def test_a_duplicate_or_rejected_reading_is_not_heard_again(here: Town) -> None:
    device, moment = here.device(), at(seconds=30)
    with subscribed(here, "sensors/#") as heard:
        for door in DOORS:
            device.send(door, {"timestamp": moment, "value": 3})
            device.send(door, {"value": "x"})
            device.send(door, {"value": 9_000})
        assert len(all_heard(heard)) == 1


def test_alerts_are_heard_and_kept_for_who_comes_later(here: Town, there: Town) -> None:
    device = here.device()
    rule = here.rule(device, THRESHOLD)
    with subscribed(here, "alerts/#") as heard, subscribed(there, "alerts/#") as next_door:
        device.post({"value": 9})
        alert = here.alert(rule)
        topic = f"alerts/{alert['id']}"
        told = eventually(lambda: [m for m in all_heard(heard) if m.topic == topic])[0]
        said = json.loads(told.payload)
        assert {n: said[n] for n in ("id", "severity", "status", "title")} == {
            n: alert[n] for n in ("id", "severity", "status", "title")
        }
        assert all_heard(next_door) == []
    with subscribed(here, topic) as later:
        kept = later.get(timeout=WAIT)
        assert kept.retain
        assert json.loads(kept.payload)["status"] == "open"
    for step in ("resolve", "close"):
        here.admin.post(f"alerts/{alert['id']}/{step}", {}, status=200)
    with subscribed(here, topic) as later:
        assert all_heard(later) == []


def test_a_session_that_lasts_hears_what_came_while_it_was_away(here: Town) -> None:
    device = here.device()
    with subscribed(here, "sensors/#", name="scada", clean=False):
        pass
    for value in (1, 2):
        assert device.send("mqtt", {"timestamp": at(seconds=9 - value), "value": value}).taken
    assert device.send("http", {"value": 3}).taken
    here.readings(device)
    with subscribed(here, "sensors/#", name="scada", clean=False) as heard:
        values = [json.loads(heard.get(timeout=WAIT).payload)["value"] for _ in range(3)]
        assert values == [1, 2, 3]
        assert all_heard(heard) == []


def mosquitto_sub(town: Town, token: str, topic: str) -> subprocess.CompletedProcess[str]:
    host, port = town.weir.mqtt.rsplit(":", 1)
    said = ("-h", host, "-p", port, "-u", "token", "-P", token, "-t", topic, "-W", "2")
    return subprocess.run(["mosquitto_sub", *said], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("topic", ["#", "+/#", "$SYS/#", "m/#"])
def test_a_subscription_to_anything_else_is_denied(here: Town, topic: str) -> None:
    assert "denied" in mosquitto_sub(here, town_token(here), topic).stderr.lower()


def test_a_token_that_is_revoked_or_was_none_hears_nothing(here: Town) -> None:
    made = here.admin.post("tokens", {"name": "Short"})
    assert here.admin("DELETE", f"tokens/{made['id']}").status_code == 204
    for token in (made["token"], "nonsense", ""):
        done = mosquitto_sub(here, token, "sensors/#")
        assert done.returncode != 0
        assert "bad user name or password" in done.stderr


def test_a_client_id_of_another_identity_disturbs_nobody(here: Town, there: Town) -> None:
    device, other = here.device(), there.device()
    with subscribed(here, "sensors/#", name="same") as heard:
        for one in (device, other):
            topic = f"sensors/{one.id}/data"
            done = mosquitto_pub(here.weir, one.id, one.key, topic, '{"value": 2}', "-i", "same")
            assert done.returncode == 0
        (message,) = all_heard(heard)
        assert message.topic == f"sensors/{device.id}/data"


@pytest.mark.parametrize("change", [{"status": "inactive"}, {"whitelisted": False}])
def test_a_device_that_is_switched_off_while_it_is_connected_is_sent_away_and_its_next_try_counted(
    here: Town, change: dict[str, Any]
) -> None:
    device, before = here.device(), here.ledger()
    gone, refused = threading.Event(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(device.id, device.key)
    client.on_disconnect = lambda *a: gone.set()
    client.on_connect = lambda c, u, f, reason, p: refused.set() if reason.is_failure else None
    host, port = here.weir.mqtt.rsplit(":", 1)
    client.connect(host, int(port))
    client.loop_start()
    try:
        topic = f"sensors/{device.id}/data"
        client.publish(topic, '{"value": 1}', qos=1).wait_for_publish(WAIT)
        assert here.ledger() == plus(before, stored=1)
        path = f"sensors/{device.sensor['id']}"
        assert here.admin("PATCH", path, json=change).status_code == 200
        client.publish(topic, '{"value": 2}', qos=1)
        assert gone.wait(WAIT)
        assert refused.wait(WAIT), "it comes back by itself"
    finally:
        client.disconnect()
        client.loop_stop()
    reason = "disabled" if "status" in change else "not_whitelisted"
    assert here.rejections(device.id)[0]["reason"] == reason
    assert len(here.readings(device)) == 1
