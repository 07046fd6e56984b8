"""What the tests from outside hold in their hands: a running server and two towns in it.

Everything goes through the doors that the installed clients use: HTTP, MQTT, TCP, WebSocket.
"""

import itertools
import json
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from tests.running import PASSWORD, Running

WAIT = 30.0
DOORS = ("http", "ingest", "mqtt", "tcp")
"""`ingest` is the second path of the HTTP door."""

HTTP = httpx.Client(timeout=15)

T = TypeVar("T")
_numbers = itertools.count(1)


def eventually(look: Callable[[], T], within: float = WAIT) -> T:
    """Give the first thing that is seen, or fail at the deadline with the last."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {seen!r}"
        time.sleep(0.02)  # another process: there is nothing to be woken by
    return seen


def at(**ago: float) -> str:
    """Write the time so long ago (or, negative, still to come) as devices do."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat().replace("+00:00", "Z")


@dataclass
class Api:
    """Somebody who calls the API, or nobody."""

    url: str
    token: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = f"{self.url}{path}" if path.startswith("/") else f"{self.url}/api/v1/{path}"
        return HTTP.request(method, url, headers=headers, **options)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        answer = self("GET", path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, json: Any = None, status: int = 201, **options: Any) -> Any:
        answer = self("POST", path, json=json, **options)
        assert answer.status_code == status, answer.text
        return answer.json()


def sign_in(url: str, username: str, password: str = PASSWORD) -> Api:
    """Sign somebody in."""
    said = {"username": username, "password": password}
    answer = HTTP.post(f"{url}/api/v1/auth/login", json=said)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return Api(url, body["access_token"], body["user"], body)


@dataclass
class Device:
    """A device in the field and its key."""

    weir: Running
    sensor: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.sensor["device_id"])

    @property
    def key(self) -> str:
        return str(self.sensor["api_key"])

    def send(self, door: str, payload: Any, *, name: str = "", key: str = "") -> "Said":
        """Send a payload through a door, as who one claims to be; give what the door said."""
        return send(self.weir, door, name or self.id, key or self.key, payload)

    def post(self, payload: Any) -> dict[str, Any]:
        """Send what must be taken."""
        said = self.send("http", payload)
        assert said.taken, said
        return dict(said.body)


@dataclass
class Said:
    """What a door answered."""

    taken: bool
    body: Any


def send(weir: Running, door: str, name: str, key: str, payload: Any) -> Said:
    """Send one message through one door."""
    match door:
        case "http":
            answer = HTTP.post(
                f"{weir.url}/api/v1/sensors/{name}/readings",
                json=payload,
                headers={"X-API-Key": key},
            )
            return Said(answer.status_code == 201, answer.json())
        case "ingest":
            answer = HTTP.post(
                f"{weir.url}/api/v1/ingest/sensors/{name}/data",
                json=payload,
                headers={"Authorization": f"Bearer {key}"},
            )
            return Said(answer.status_code == 201, answer.json())
        case "mqtt":
            done = mosquitto_pub(weir, name, key, f"sensors/{name}/data", json.dumps(payload))
            return Said(done.returncode == 0, done.stderr)
        case "tcp":
            answers = [
                line(weir, one | {"device_id": name, "api_key": key})
                for one in (payload if isinstance(payload, list) else [payload])
            ]
            return Said(all(a["status"] == "ok" for a in answers), answers[-1])
        case _:
            raise AssertionError(door)


def mosquitto_pub(
    weir: Running, name: str, key: str, topic: str, payload: str, *options: str, qos: int = 1
) -> subprocess.CompletedProcess[str]:
    """Publish as the programs do that everybody has."""
    host, port = weir.mqtt.rsplit(":", 1)
    return subprocess.run(
        [
            *("mosquitto_pub", "-h", host, "-p", port, "-u", name, "-P", key, "-q", str(qos)),
            *("-t", topic, *(("-m", payload) if len(payload) < 1_000 else ("-s",)), *options),
        ],
        input=payload,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )


def line(weir: Running, said: Any) -> dict[str, Any]:
    """Send one line over TCP and give the answer."""
    return lines(weir, [json.dumps(said)])[0]


def lines(weir: Running, several: list[str]) -> list[dict[str, Any]]:
    """Send lines over one TCP connection; give the answers, one for each line."""
    host, port = weir.tcp.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall("".join(f"{one}\n" for one in several).encode())
        with connection.makefile() as answers:
            return [json.loads(answers.readline()) for _ in several]


@dataclass
class Town:
    """One municipality with somebody of each role."""

    weir: Running
    chief: Api
    id: int
    name: str
    people: dict[str, Api] = field(default_factory=dict)

    def person(self, role: str) -> Api:
        """Give somebody of this role, signed in."""
        if role not in self.people:
            username = f"{role}-{self.id:x}"
            said = {"username": username, "password": PASSWORD, "email": "", "role": role}
            self.chief.post("users", said | {"municipality_id": self.id})
            self.people[role] = sign_in(self.weir.url, username)
        return self.people[role]

    @property
    def admin(self) -> Api:
        return self.person("admin")

    def device(self, device_id: str = "", **fields: Any) -> Device:
        """Add a sensor; give its device."""
        name = device_id or f"PS-{next(_numbers):03}"
        said = {"device_id": name, "name": f"Sensor {name}", "sensor_type": "pressure"}
        said |= {"unit": "bar"}
        return Device(self.weir, self.admin.post("sensors", said | fields))

    def rule(self, device: Device | None, condition: dict[str, Any], **fields: Any) -> Any:
        """Add a rule."""
        said: dict[str, Any] = {
            "name": f"Rule {next(_numbers)}",
            "condition": condition,
            "severity": "high",
            "alert_type": condition["type"],
        }
        if device is not None:
            said["sensor_id"] = device.sensor["id"]
        return self.admin.post("rules", said | fields)

    def alerts(self, rule: Any = None, **query: Any) -> list[dict[str, Any]]:
        """Give the alerts, those of one rule where one is named."""
        found = self.admin.get("alerts", params=query)
        return [a for a in found if rule is None or a["rule_id"] == rule["id"]]

    def alert(self, rule: Any) -> dict[str, Any]:
        """Wait for the one alert of a rule."""
        return eventually(lambda: self.alerts(rule))[0]

    def readings(self, device: Device, **query: Any) -> list[dict[str, Any]]:
        """Give a sensor's readings, newest first."""
        path = f"sensors/{device.sensor['id']}/readings"
        return list(self.admin.get(path, params={"hours": 24} | query))

    def ledger(self, **query: Any) -> dict[str, Any]:
        """Give the ledger; it must add up."""
        found = self.admin.get("ledger", params=query)
        columns = ("stored", "duplicate", "late", "quarantined")
        assert found["received"] == sum(found[c] for c in columns) + sum(found["rejected"].values())
        return dict(found)

    def rejections(self, device: str) -> list[dict[str, Any]]:
        """Give what a device sent in vain, newest first."""
        return list(self.admin.get("intake/rejections", params={"device_id": device}))


THRESHOLD = {"type": "threshold", "operator": ">", "value": 8.0, "for_seconds": 0}


def plus(before: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Give the ledger as it must be after so many more."""
    after = json.loads(json.dumps(before))
    for name, count in more.pop("rejected", {}).items():
        after["rejected"][name] = after["rejected"].get(name, 0) + count
        after["received"] += count
    for column, count in more.items():
        after[column] += count
        after["received"] += count
    return dict(after)
