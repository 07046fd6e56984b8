"""Runs the real parts in this process, on a port of its own, and talks to them as clients do."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from appliance.bootstrap.core import Core
from appliance.config.configuration import Address, Configuration
from appliance.machine.folder import DataFolder
from appliance.services.assembly import Services, open_services
from appliance.services.setup import FirstPerson
from appliance.services.signing_in import passwords
from appliance.supervisor import Part, Supervisor
from broker.http_front import fronts
from broker.options import HttpOptions
from broker.ways import Way
from tests.api.promises import must_keep_its_promise
from web.app import create_app
from web.http.server import WebServer
from web.options import WebOptions

PASSWORD = "a long enough pass phrase"
WAIT = 5.0


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: httpx.Headers


@dataclass
class Client:
    """Somebody (or nobody) who calls the API."""

    http: httpx.AsyncClient
    token: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    refresh_token: str = ""

    async def __call__(self, method: str, path: str, json: Any = None, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = path if path.startswith("/") else f"/api/v1/{path}"
        response = await self.http.request(method, url, json=json, headers=headers, **options)
        must_keep_its_promise(response)
        is_json = response.headers.get("content-type", "").startswith("application/json")
        body = response.json() if is_json and response.content else response.text
        return Answer(response.status_code, body, response.headers)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self("POST", path, json, **options)


@dataclass
class Town:
    """One municipality as a test sees it."""

    id: int
    admin: Client
    sensor: dict[str, Any]

    @property
    def key(self) -> str:
        return self.sensor["api_key"]


@dataclass
class Weir:
    """The appliance, and who can sign in to it."""

    core: Core
    services: Services
    http: httpx.AsyncClient
    port: int
    nobody: Client
    chief: Client
    here: Town
    there: Town

    async def sign_in(self, username: str, password: str = PASSWORD) -> Client:
        return await sign_in(self.http, username, password)

    async def person(self, town: Town, role: str) -> Client:
        """Add somebody with this role and sign them in."""
        name = f"{role}-{next(_numbers)}"
        added = await town.admin.post(
            "users", {"username": name, "password": PASSWORD, "email": "", "role": role}
        )
        assert added.status == 201, added
        return await self.sign_in(name)

    async def report(self, town: Town, payload: Any, **options: Any) -> Answer:
        """Have the town's device post something."""
        device = town.sensor["device_id"]
        headers = {"X-API-Key": town.key, **options.pop("headers", {})}
        return await self.nobody.post(
            f"sensors/{device}/readings", payload, headers=headers, **options
        )

    async def raise_alert(self, town: Town, value: float = 9.0) -> dict[str, Any]:
        """Make a rule that a value above 8 breaks, break it, and give the alert."""
        made = await town.admin.post("rules", a_rule(town))
        assert made.status == 201, made
        assert (await self.report(town, {"value": value, "unit": "bar"})).status == 201

        async def raised() -> dict[str, Any] | None:
            found = (await town.admin.get("alerts")).body
            return next((a for a in found if a["rule_id"] == made.body["id"]), None)

        return await eventually(raised)


_numbers = itertools.count(1)


def a_rule(town: Town, **overrides: Any) -> dict[str, Any]:
    """Above 8 bar at once."""
    return {
        "name": "Too high",
        "sensor_id": town.sensor["id"],
        "condition": {"type": "threshold", "operator": ">", "value": 8.0, "for_seconds": 0},
        "severity": "critical",
        "alert_type": "overpressure",
    } | overrides


async def eventually(look: Callable[[], Awaitable[Any]], within: float = WAIT) -> Any:
    """Give the first thing that is seen, or fail at the deadline."""
    async with asyncio.timeout(within):
        while not (seen := await look()):  # noqa: ASYNC110 - there is no event to wait for over HTTP
            await asyncio.sleep(0.01)
    return seen


async def sign_in(http: httpx.AsyncClient, username: str, password: str = PASSWORD) -> Client:
    client = Client(http)
    answer = await client.post("auth/login", {"username": username, "password": password})
    assert answer.status == 200, answer
    client.token = answer.body["access_token"]
    client.refresh_token = answer.body["refresh_token"]
    client.user = answer.body["user"]
    return client


def configuration(folder: Path) -> Configuration:
    here = Address("127.0.0.1", 0)
    return Configuration(
        data=folder,
        http=here,
        mqtt=here,
        tcp=here,
        insecure_lan=False,
        mqtt_free_topics=(),
        demo=False,
        demo_burst_after=0.0,
        public_url="",
        smtp_host="",
        smtp_port=25,
        smtp_security="none",
        smtp_username="",
        smtp_password="",
        smtp_from="",
        allow_loopback_webhooks=True,
        origins=(),
        log_level="warning",
    )


@contextlib.contextmanager
def quick_passwords() -> Iterator[None]:
    """Let hashes cost next to nothing: six of them were half of what each test began with."""
    usual = passwords.PasswordHasher
    passwords.PasswordHasher = lambda **_: usual(time_cost=1, memory_cost=8, parallelism=1)
    try:
        yield
    finally:
        passwords.PasswordHasher = usual


@contextlib.asynccontextmanager
async def bare(
    folder: Path, way: Way | None = None
) -> AsyncIterator[tuple[Core, Services, httpx.AsyncClient, int]]:
    """Run an appliance that nobody has set up yet."""
    way = way or Way()
    data = DataFolder(folder)
    data.make()
    data.history.mkdir(exist_ok=True)
    core = Core(configuration(folder), data, data.key())
    opened: dict[str, Any] = {}

    async def start() -> None:
        with quick_passwords():
            opened["services"] = await open_services(core.world)
            assert core.backups  # made before anybody asks, as by the program
        opened["web"] = WebServer(create_app(opened["services"], WebOptions()), way.proxies)
        opened["port"] = await opened["web"].listen("127.0.0.1", 0, fronts(HttpOptions())(way))

    async def run() -> None:
        await opened["web"].run()

    async def stop() -> None:
        await opened["web"].stop()

    until, ready = asyncio.Event(), asyncio.Event()
    parts = [*core.parts(), Part("web", start, run, stop)]
    async with asyncio.TaskGroup() as group:
        group.create_task(Supervisor().run(parts, ready.set, until))
        async with asyncio.timeout(20):
            await ready.wait()
        base = f"http://127.0.0.1:{opened['port']}"
        try:
            async with httpx.AsyncClient(base_url=base, timeout=15) as http:
                yield core, opened["services"], http, opened["port"]
        finally:
            until.set()


@contextlib.asynccontextmanager
async def running(folder: Path, way: Way | None = None) -> AsyncIterator[Weir]:
    async with bare(folder, way) as (core, services, http, port):
        first = FirstPerson(municipality="Here", username="chief", password=PASSWORD)
        here = await services.setup.initialise(first)
        chief = await sign_in(http, "chief")
        added = await chief.post("municipalities", {"name": "There"})
        there = added.body["id"]
        yield Weir(
            core,
            services,
            http,
            port,
            Client(http),
            chief,
            await _settle(chief, here, "Mill Lane"),
            await _settle(chief, there, "Secret Spring"),
        )


async def _settle(chief: Client, municipality: int, sensor_name: str) -> Town:
    name = f"admin-{municipality}"
    person = {
        "username": name,
        "password": PASSWORD,
        "email": f"{name}@example.org",
        "role": "admin",
        "municipality_id": municipality,
    }
    assert (await chief.post("users", person)).status == 201
    admin = await sign_in(chief.http, name)
    sensor = await admin.post(
        "sensors",
        {
            "device_id": "PS-001",
            "name": sensor_name,
            "sensor_type": "pressure",
            "unit": "bar",
            "location": {"type": "Point", "coordinates": [13.4, 52.5]},
        },
    )
    assert sensor.status == 201, sensor
    return Town(municipality, admin, sensor.body)
