"""A real town on a real server that may be killed at any moment, and what must be true of it after."""

import json
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.device import Device
from tests.running import PASSWORD, ROOT, WEIR, Running, environment, found, start

HERE_DEVICES = ("PS-1", "PS-2", "PS-3")
THERE_DEVICE = "PS-9"
TOO_HIGH = 6.8
AS_USUAL = 3.1


@dataclass
class Town:
    """Two municipalities: one whose three sensors report too much, one that reports as usual."""

    folder: Path
    here: int = 0
    there: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    weir: Running | None = None
    token: str = ""
    devices: list[Device] = field(default_factory=list)

    @staticmethod
    def founded(folder: Path) -> "Town":
        """Make both, with a rule and a mail address to be told in each; nothing runs after it."""
        town = Town(folder, here=found(folder))
        town.start()
        with town.signed_in() as api:
            added = api.post("/api/v1/municipalities", json={"name": "Otherton"})
            town.there = added.raise_for_status().json()["id"]
            for municipality, devices in (
                (town.here, HERE_DEVICES),
                (town.there, (THERE_DEVICE,)),
            ):
                town._furnish(api, municipality, devices)
        town.stop()
        return town

    def _furnish(self, api: httpx.Client, municipality: int, devices: tuple[str, ...]) -> None:
        for device in devices:
            sensor = {"device_id": device, "name": device, "sensor_type": "pressure", "unit": "bar"}
            added = api.post("/api/v1/sensors", json=sensor | {"municipality_id": municipality})
            self.keys[device] = added.raise_for_status().json()["api_key"]
        for rule in api.get("/api/v1/rules", params={"limit": 100}).json():
            if rule["municipality_id"] == municipality:  # only ours shall raise anything
                api.delete(f"/api/v1/rules/{rule['id']}").raise_for_status()
        condition = {"type": "threshold", "operator": ">", "value": 5, "for_seconds": 0}
        rule = {
            "name": "High",
            "sensor_type": "pressure",
            "municipality_id": municipality,
            "severity": "high",
            "alert_type": "pressure",
            "condition": condition,
        }
        api.post("/api/v1/rules", json=rule).raise_for_status()
        channel = {"name": "Duty", "kind": "email", "target": "duty@example.org"}
        api.post(
            "/api/v1/channels", json=channel | {"municipality_id": municipality}
        ).raise_for_status()

    # Running

    def start(self) -> None:
        """Start the server."""
        self.weir = start(self.folder)

    def stop(self) -> None:
        """Stop the server as SIGTERM does."""
        assert self.weir is not None
        assert self.weir.stop() == 0, self.weir.log

    def kill(self) -> None:
        """Stop the server as the power does, nearly."""
        assert self.weir is not None
        self.weir.kill()

    def mqtt(self) -> str:
        """Where devices find the server."""
        assert self.weir is not None
        return self.weir.mqtt

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        """Give a client of the super admin; its token is good beyond restarts."""
        assert self.weir is not None
        with httpx.Client(base_url=self.weir.url, timeout=30) as api:
            if not self.token:
                answer = api.post(
                    "/api/v1/auth/login", json={"username": "ada", "password": PASSWORD}
                )
                self.token = answer.raise_for_status().json()["access_token"]
            api.headers["Authorization"] = f"Bearer {self.token}"
            yield api

    def journalled(self) -> int:
        """Count the batches in the journal."""
        assert self.weir is not None
        metrics = httpx.get(f"{self.weir.url}/metrics", timeout=30).text
        (line,) = (m for m in metrics.splitlines() if m.startswith("weir_journal_sequence "))
        return int(float(line.split()[1]))

    def let_devices_report(self) -> list[Device]:
        """Let all four devices report until they are told otherwise."""
        values = dict.fromkeys(HERE_DEVICES, TOO_HIGH) | {THERE_DEVICE: AS_USUAL}
        self.devices = [
            Device(name, self.keys[name], value, self.mqtt) for name, value in values.items()
        ]
        for device in self.devices:
            device.start()
        return self.devices

    def wait_for_readings(self, more: int, within: float = 20.0) -> None:
        """Wait until the devices have had so many more acknowledged."""
        wanted = self.acknowledged() + more
        deadline = time.monotonic() + within
        while self.acknowledged() < wanted:
            assert time.monotonic() < deadline, f"only {self.acknowledged()} of {wanted} acks"
            time.sleep(0.01)  # other threads work meanwhile; there is nothing to be woken by

    def acknowledged(self) -> int:
        """Count what devices have had acknowledged."""
        return sum(len(device.acknowledged) for device in self.devices)

    def let_devices_finish(self) -> None:
        """Let devices have the rest acknowledged, and wait for it."""
        for device in self.devices:
            device.finish()
        for device in self.devices:
            device.join(30)
            assert not device.is_alive(), f"{device.name} still waits for acks"


class Admin(threading.Thread):
    """Somebody who deals with alerts, whatever happens to the server.

    `said` has the comments that were answered with success.
    """

    def __init__(self, town: Town, seed: int) -> None:
        super().__init__(name="admin", daemon=True)
        self._town = town
        self._chance = random.Random(seed)
        self._stopping = threading.Event()
        self.said: list[tuple[int, str]] = []

    def run(self) -> None:
        number = 0
        while not self._stopping.wait(0.02):
            number += 1
            try:
                with self._town.signed_in() as api:
                    self._deal_with_one(api, f"comment {number}")
            except (httpx.HTTPError, json.JSONDecodeError):
                continue

    def wait_for_a_word(self, within: float = 20.0) -> None:
        """Wait until one more comment was answered with success."""
        before, deadline = len(self.said), time.monotonic() + within
        while len(self.said) == before:
            assert time.monotonic() < deadline, "nobody could comment an alert"
            time.sleep(0.01)  # the other thread works meanwhile

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self.join(20)

    def _deal_with_one(self, api: httpx.Client, words: str) -> None:
        alerts = api.get("/api/v1/alerts").json()
        if not isinstance(alerts, list) or not alerts:
            return
        alert = self._chance.choice(alerts)
        path = f"/api/v1/alerts/{alert['id']}"
        if alert["status"] == "open":
            api.post(f"{path}/acknowledge", json={"notes": "seen"})
        if api.post(f"{path}/comments", json={"comment": words}).is_success:
            self.said.append((alert["id"], words))


@contextmanager
def begun(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Begin a command and do something else meanwhile."""
    with subprocess.Popen(
        [*WEIR, *arguments, "--data", str(folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    ) as process:
        yield process


def copy_of(folder: Path, target: Path) -> Path:
    """Copy a data folder that nobody uses."""
    shutil.copytree(folder, target)
    return target
