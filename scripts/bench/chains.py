"""Whole ways of a reading, from a device's PUBLISH until it can be asked for: Weir's and its peers'.

Nothing in a peer is set to lose or to hurry: Mosquitto queues without a limit for its subscriber
(its default drops beyond 1,000) with 20 messages on their way at a time (its default, and faster
than 1,000 or no limit), InfluxDB and VictoriaMetrics keep their defaults.
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Protocol

import httpx

from scripts.bench import servers
from scripts.bench.databases import InfluxDB, VictoriaMetrics
from scripts.bench.latency import import_sensors
from tests.running import PASSWORD, ROOT, environment, found, start

NODE_RED = ROOT / ".cache" / "bench" / "node-red"
HERE = Path(__file__).parent
FOR_ONE_SUBSCRIBER = ("max_queued_messages 0", "log_type subscribe", "log_dest stderr")
NEWEST = dict[str, tuple[int, float]]
"""By device: milliseconds since 1970, and bar."""


class Chain(Protocol):
    """One way; started empty for every round, so that no round pays for another's tidying."""

    port: int
    """Where devices publish."""

    def look(self, first_ms: int, last_ms: int) -> tuple[int, NEWEST]:
        """Ask how many readings there are from first to last, and for each device's newest."""
        ...

    def stop(self) -> None:
        """End all of its processes."""
        ...


class Weir:
    """All of Weir, with everything that it does beside: rules, ledger, alerts."""

    def __init__(self, folder: Path, prepared: Path) -> None:
        """Start on a copy of a folder that has the sensors."""
        shutil.copytree(prepared, folder)
        self._weir = start(folder)
        self.port = int(self._weir.mqtt.rsplit(":", 1)[1])
        self._api = httpx.Client(base_url=self._weir.url, timeout=120)
        answer = self._api.post(
            "/api/v1/auth/login", json={"username": "ada", "password": PASSWORD}
        ).raise_for_status()
        self._api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        sensors = self._api.get("/api/v1/sensors", params={"limit": 10_000}).raise_for_status()
        self._names = {one["id"]: one["device_id"] for one in sensors.json()}

    def look(self, first_ms: int, last_ms: int) -> tuple[int, NEWEST]:
        span = {"from": iso(first_ms), "to": iso(last_ms + 1), "step": "86400"}
        answer = self._api.get("/api/v1/readings/rollup", params=span).raise_for_status()
        sensors = answer.json()["sensors"]
        newest = {
            self._names[one["sensor_id"]]: (ms_of(one["last_timestamps"][-1]), one["last"][-1])
            for one in sensors
        }
        return sum(sum(one["count"]) for one in sensors), newest

    def stop(self) -> None:
        self._api.close()
        self._weir.stop(within=60)


class NodeRed:
    """Mosquitto, Node-RED with a flow of ours, InfluxDB 1.x."""

    def __init__(self, folder: Path, flow: str) -> None:
        """Start the three, in the order of the way back."""
        folder.mkdir()
        self._influx = InfluxDB(folder / "influxdb")
        self._broker = servers.mosquitto(folder / "mosquitto", *FOR_ONE_SUBSCRIBER)
        self.port = self._broker.port
        shutil.copy(HERE / flow, folder / "flow.json")
        (folder / "node_modules").symlink_to(NODE_RED / "node_modules")
        (folder / "settings.js").write_text(
            "module.exports = {flowFile: 'flow.json', uiHost: '127.0.0.1', httpAdminRoot: false, "
            "credentialSecret: 'bench', telemetry: {enabled: false}, "
            "logging: {console: {level: 'info'}}}\n"
        )
        port = servers.free_port()
        self._red = servers.Server(
            folder,
            [
                *(servers.program("node"), str(NODE_RED / "node_modules/node-red/red.js")),
                *("--userDir", str(folder), "--settings", str(folder / "settings.js")),
                *("--port", str(port), "flow.json"),
            ],
            port,
            environment={
                **environment(),
                "BENCH_MQTT_PORT": str(self.port),
                "BENCH_INFLUX_PORT": str(self._influx.port),
            },
        )
        servers.wait_until(lambda: subscribed(self._broker), "Node-RED subscribes")

    def look(self, first_ms: int, last_ms: int) -> tuple[int, NEWEST]:
        span = f"WHERE time >= {first_ms}ms AND time <= {last_ms}ms"
        counted = self._influx.ask(f"SELECT count(value) FROM reading {span}")  # noqa: S608
        last = self._influx.ask(
            f"SELECT last(value) FROM reading {span} GROUP BY device"  # noqa: S608
        )
        newest = {one["tags"]["device"]: tuple(one["values"][0]) for one in last}
        return (counted[0]["values"][0][1] if counted else 0), newest

    def stop(self) -> None:
        for server in (self._red, self._broker, self._influx):
            server.stop()


class Paho:
    """Mosquitto, a small consumer that batches (consumer.py), VictoriaMetrics."""

    def __init__(self, folder: Path) -> None:
        """Start the three."""
        folder.mkdir()
        self._victoria = VictoriaMetrics(folder / "victoria")
        self._broker = servers.mosquitto(folder / "mosquitto", *FOR_ONE_SUBSCRIBER)
        self.port = self._broker.port
        self._consumer = servers.Server(
            folder,
            [sys.executable, str(HERE / "consumer.py"), str(self.port), str(self._victoria.port)],
            self._victoria.port,
        )
        servers.wait_until(lambda: subscribed(self._broker), "the consumer subscribes")

    def look(self, first_ms: int, last_ms: int) -> tuple[int, NEWEST]:
        span = f"[{last_ms - first_ms + 1}ms]"
        asked = {
            name: self._victoria.ask(
                "query", query=f"{name}(reading{span})", time=f"{last_ms / 1000:.3f}"
            )
            for name in ("count_over_time", "last_over_time", "tlast_over_time")
        }
        values = {
            name: {one["metric"]["device"]: float(one["value"][1]) for one in series}
            for name, series in asked.items()
        }
        newest = {
            device: (round(1000 * moment), values["last_over_time"][device])
            for device, moment in values["tlast_over_time"].items()
        }
        return int(sum(values["count_over_time"].values())), newest

    def stop(self) -> None:
        for server in (self._consumer, self._broker, self._victoria):
            server.stop()


def subscribed(broker: servers.Server) -> bool:
    """Tell whether somebody gets readings from this Mosquitto."""
    return "sensors/+/data" in broker.log.read_text()


def prepared_weir(folder: Path, devices: int) -> list[tuple[str, str]]:
    """Make a data folder with these sensors; give their ids and keys."""
    return import_sensors(folder, found(folder), devices)


def iso(ms: int) -> str:
    """Write an instant for Weir."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def ms_of(written: str) -> int:
    """Read one of Weir's."""
    return round(1000 * datetime.fromisoformat(written).timestamp())


def versions(names: list[str]) -> Mapping[str, str]:
    """Give the versions of what these chains are made of."""
    wanted: dict[str, Callable[[], str]] = {"weir": _git}
    if names != ["weir"]:
        wanted["mosquitto"] = lambda: servers.version(servers.program("mosquitto"), "-h")
    if any(name.startswith("node-red") for name in names):
        wanted |= {"node-red": _node_red, "node": _node, "influxdb": InfluxDB.version}
    if "paho" in names:
        wanted |= {"paho-mqtt": _paho, "victoria-metrics": VictoriaMetrics.version}
    return {name: version() for name, version in wanted.items()}


def _git() -> str:
    return servers.version("git", "-C", str(ROOT), "describe", "--always", "--dirty")


def _node() -> str:
    return servers.version(servers.program("node"), "--version")


def _node_red() -> str:
    package = NODE_RED / "node_modules/node-red/package.json"
    return str(json.loads(package.read_text())["version"])


def _paho() -> str:
    return metadata.version("paho-mqtt")
