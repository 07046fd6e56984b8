"""An installation with two municipalities, to whose devices it must never break a promise."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from paho.mqtt import client as mqtt

from storage.sqlite import open_database
from tests.cli.test_serving import import_sensors
from tests.running import PASSWORD, Running, found, start
from tests.updating.versions import Publisher, weir

WATCH = "--watch=4"


@dataclass
class Device:
    """A device that publishes with QoS 1 all the time, and knows what was acknowledged."""

    name: str
    key: str
    port: int
    sent: dict[int, float] = field(default_factory=dict)
    """The number of each message, by the id of its packet."""
    confirmed: set[int] = field(default_factory=set)
    longest_wait: float = 0.0
    every: float = 0.05
    """Seconds between two messages."""

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._last = time.monotonic()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=self.name)
        self.client.username_pw_set(self.name, self.key)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_publish = self._acknowledged
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _acknowledged(self, client: Any, data: Any, mid: int, reason: Any, properties: Any) -> None:
        now = time.monotonic()
        self.longest_wait = max(self.longest_wait, now - self._last)
        self._last = now
        self.confirmed.add(mid)

    @property
    def acked(self) -> set[float]:
        """The numbers that are on the disk, as the device was told."""
        return {number for mid, number in list(self.sent.items()) if mid in self.confirmed}

    def _run(self) -> None:
        number = 0.0
        while not self._stop.wait(self.every):
            number += 1.0
            now = datetime.now(UTC).isoformat()
            body = json.dumps({"value": number / 1000, "unit": "bar", "timestamp": now})
            info = self.client.publish(f"sensors/{self.name}/data", body, qos=1)
            self.sent[info.mid] = number

    def stop(self) -> None:
        """Publish no more, and wait until all was acknowledged."""
        self._stop.set()
        self._thread.join()
        deadline = time.monotonic() + 20
        while len(self.confirmed) < len(self.sent) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.client.disconnect()
        self.client.loop_stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass
class Site:
    """An installation with two municipalities, and a device of each."""

    root: Path
    data: Path
    server: Running
    publisher: Publisher
    devices: list[Device]
    http: str
    built_with_key: bool = False
    """Whether the program itself knows the publisher, who needn't be named then."""

    @property
    def program(self) -> Path:
        return self.root / "current" / "weir"

    def update(self, package: Path, *options: str, status: int = 0) -> Any:
        return weir(
            self.program,
            "update",
            str(package),
            f"--data={self.data}",
            f"--root={self.root}",
            *([] if self.built_with_key else [f"--update-key={self.publisher.public}"]),
            WATCH,
            *options,
            status=status,
            within=300,
        )

    def status(self) -> dict[str, Any]:
        said = weir(self.program, "update", "--status", f"--data={self.data}")
        assert isinstance(said, dict)
        state: dict[str, Any] = said["update"]
        return state

    def pid(self) -> int:
        return int(json.loads((self.data / "control.json").read_text())["pid"])

    def schema(self) -> int:
        key = (self.data / "weir.key").read_bytes()
        connection = open_database(self.data / "operations.db", key, read_only=True)
        try:
            return int(connection.execute("SELECT max(number) FROM migration").get)
        finally:
            connection.close()

    def everything_acknowledged_is_there(self) -> None:
        """Ask the API for every value that a device was told is on the disk."""
        with httpx.Client(base_url=self.http, timeout=20) as api:
            sign_in(api)
            sensors = {s["device_id"]: s["id"] for s in api.get("/api/v1/sensors").json()}
            for device in self.devices:
                acked, there = set(device.acked), set()
                deadline = time.monotonic() + 20
                while not acked <= there:
                    assert time.monotonic() < deadline, sorted(acked - there)[:10]
                    there = values_of(api, sensors[device.name])
        assert acked


def values_of(api: httpx.Client, sensor: int) -> set[float]:
    found: set[float] = set()
    offset = 0
    while page := api.get(
        f"/api/v1/sensors/{sensor}/readings", params={"limit": 1000, "offset": offset}
    ).json():
        found |= {round(row["value"] * 1000) for row in page}
        offset += len(page)
    return found


@contextlib.contextmanager
def serving(folder: Path, root: Path, every: float = 0.05) -> Iterator[Site]:
    """Have the version that is current in `root` serve two municipalities, a device of each reporting."""
    program, data = root / "current" / "weir", folder / "data"
    data.mkdir()
    first = found(data)
    http, port = free_port(), free_port()
    server = start(
        data,
        f"--http=127.0.0.1:{http}",
        f"--mqtt=127.0.0.1:{port}",
        program=[str(program)],
    )
    devices: list[Device] = []
    try:
        with httpx.Client(base_url=server.url, timeout=20) as api:
            sign_in(api)
            made = api.post("/api/v1/municipalities", json={"name": "Millbrook"}).json()
        keys = import_sensors(data, first, "HERE-1") | import_sensors(data, made["id"], "THERE-1")
        devices += [Device(name, key, port, every=every) for name, key in keys.items()]
        publisher = Publisher(folder / "publisher")
        yield Site(root, data, server, publisher, devices, f"http://127.0.0.1:{http}")
    finally:
        for device in devices:
            device.stop()
        end_whoever_serves(data)
        server.process.wait(20)
    for device in devices:
        assert device.acked == set(device.sent.values()), "a reading was never acknowledged"


def sign_in(api: httpx.Client) -> None:
    """Have the client be the super admin."""
    answer = api.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def end_whoever_serves(data: Path) -> None:
    """End the server that the last update has started."""
    control = data / "control.json"
    if control.exists():
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(int(json.loads(control.read_text())["pid"])).terminate()
