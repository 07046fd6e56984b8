"""Municipalities on a running appliance, each with people of every role and a sensor of its own."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.running import PASSWORD, Running

ROLES = ("admin", "operator", "technician", "viewer")
ROOT_NAME = "ada"
"""The super admin of every appliance of the tests."""


def signed_in(url: str, username: str) -> httpx.Client:
    """Give a client of the API that is signed in; close it."""
    credentials = {"username": username, "password": PASSWORD}
    tokens = httpx.post(f"{url}/api/v1/auth/login", json=credentials).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx.Client(base_url=f"{url}/api/v1", headers=bearer)


def made(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Create something over the API and give it as the server does."""
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@dataclass
class Town:
    """A municipality with one sensor whose pressure must stay over 2 bar."""

    weir: Running
    id: int
    name: str
    number: int
    sensor: int
    device: str
    key: str

    @property
    def operator(self) -> str:
        """Somebody who watches over it; the other roles are `person(role)`."""
        return self.person("operator")

    def person(self, role: str) -> str:
        """Give the username of the one with this role; the super admin is everybody's."""
        return ROOT_NAME if role == "super_admin" else f"{role}{self.number}"

    def report(self, value: float, at: datetime | None = None) -> None:
        """Let the device report over HTTP, and see that it is stored."""
        answer = httpx.post(
            f"{self.weir.url}/api/v1/sensors/{self.device}/readings",
            headers={"X-API-Key": self.key},
            json={
                "value": value,
                "unit": "bar",
                "timestamp": (at or datetime.now(UTC)).isoformat(),
            },
        )
        assert answer.json()["stored"] == 1, answer.text

    def api(self, role: str = "operator") -> httpx.Client:
        """Give a client that is signed in as the one with this role; close it."""
        return signed_in(self.weir.url, self.person(role))


class Utility:
    """Adds towns to a running appliance."""

    def __init__(self, weir: Running) -> None:
        self.weir = weir
        self._numbers = itertools.count(1)

    def town(self, sensor_name: str = "Mill Lane", roles: tuple[str, ...] = ("operator",)) -> Town:
        """Add a municipality, with everything of its own; roles cost a second of hashing each."""
        with signed_in(self.weir.url, ROOT_NAME) as admin:
            return self._town(admin, next(self._numbers), sensor_name, roles)

    def _town(
        self, admin: httpx.Client, number: int, sensor_name: str, roles: tuple[str, ...]
    ) -> Town:
        name = f"Town {number}"
        municipality = made(admin, "/municipalities", name=name)["id"]
        for role in roles:
            made(
                admin,
                "/users",
                username=f"{role}{number}",
                password=PASSWORD,
                email=f"{role}{number}@example.org",
                role=role,
                municipality_id=municipality,
            )
        sensor = made(
            admin,
            "/sensors",
            device_id="PS-001",
            name=sensor_name,
            sensor_type="pressure",
            unit="bar",
            municipality_id=municipality,
            location={"type": "Point", "coordinates": [13.4, 52.5]},
        )
        made(
            admin,
            "/rules",
            name="Pressure too low",
            sensor_id=sensor["id"],
            condition={"type": "threshold", "operator": "<", "value": 2.0, "for_seconds": 0},
            severity="critical",
            alert_type="low_pressure",
            municipality_id=municipality,
        )
        device, key = "PS-001", sensor["api_key"]
        return Town(self.weir, municipality, name, number, sensor["id"], device, key)
