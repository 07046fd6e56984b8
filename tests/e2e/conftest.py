"""The browser, and a utility with two municipalities on a really running appliance."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.e2e.chromium import Browser, Page, browser
from tests.running import PASSWORD, Running, running

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("Chromium is missing; install it with: bash scripts/lib/setup.sh chromium")
    with browser(program) as found:
        yield found


@pytest.fixture
def chromium(running_browser: Browser) -> Iterator[Browser]:
    """One browser for all tests; a test's pages are closed at its end."""
    yield running_browser
    running_browser.close_pages()


@dataclass
class Town:
    """A municipality with one operator and one sensor whose pressure must stay over 2 bar."""

    weir: Running
    id: int
    operator: str
    sensor: int
    device: str
    key: str

    def report(self, value: float) -> None:
        """Let the device report over HTTP, and see that it is stored."""
        answer = httpx.post(
            f"{self.weir.url}/api/v1/sensors/{self.device}/readings",
            headers={"X-API-Key": self.key},
            json={"value": value, "unit": "bar", "timestamp": datetime.now(UTC).isoformat()},
        )
        assert answer.json()["stored"] == 1, answer.text

    def sign_in(self, page: Page) -> Page:
        """Sign the operator in with the keyboard and the mouse, and wait for the live line."""
        page.goto(self.weir.url)
        page.wait_for("document.body.dataset.view === 'signin'")
        page.fill("#signin-form [name=username]", self.operator)
        page.fill("#signin-form [name=password]", PASSWORD)
        page.click("#signin-form button")
        page.wait_for("document.querySelector('#line').dataset.state === 'live'")
        page.wait_for(f"document.querySelector('#sensor-list li[data-key=\"{self.sensor}\"]')")
        return page

    def api(self) -> httpx.Client:
        """Give a client that is signed in as the operator."""
        return signed_in(self.weir.url, self.operator)


def signed_in(url: str, username: str) -> httpx.Client:
    credentials = {"username": username, "password": PASSWORD}
    tokens = httpx.post(f"{url}/api/v1/auth/login", json=credentials).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx.Client(base_url=f"{url}/api/v1", headers=bearer)


@pytest.fixture(scope="module")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("weir") / "data") as found:
        yield found


class Utility:
    """Adds towns to a running appliance."""

    def __init__(self, weir: Running) -> None:
        self.weir = weir
        self._numbers = itertools.count(1)

    def town(self, sensor_name: str = "Mill Lane") -> Town:
        """Add a municipality, with everything of its own."""
        with signed_in(self.weir.url, "ada") as admin:
            return self._town(admin, next(self._numbers), sensor_name)

    def _town(self, admin: httpx.Client, number: int, sensor_name: str) -> Town:
        municipality = made(admin, "/municipalities", name=f"Town {number}")["id"]
        operator = f"operator{number}"
        made(
            admin,
            "/users",
            username=operator,
            password=PASSWORD,
            email=f"{operator}@example.org",
            role="operator",
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
        return Town(self.weir, municipality, operator, sensor["id"], "PS-001", sensor["api_key"])


def made(admin: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def utility(weir: Running) -> Utility:
    return Utility(weir)
