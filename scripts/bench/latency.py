"""Latency of an alarm, start-up time and idle memory of a fresh server, measured from outside.

Each round publishes one value over a limit from a device of its own (MQTT, QoS 1) and waits for
the alert on a WebSocket that was opened before. The clock runs from before the PUBLISH is written
until the alert's message has been read.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import websockets
from paho.mqtt import client as mqtt

from tests.running import PASSWORD, Running, command, found, start

IDLE_SECONDS = 20.0
"""After which an idle server's memory is read."""


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="rounds (default 200)")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch) / "data", asked.count)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:42} {value:10.1f}")


def measure(folder: Path, count: int) -> dict[str, float]:
    """Give the figures by name; milliseconds, seconds and MiB as the name says."""
    municipality = found(folder)
    keys = import_sensors(folder, municipality, count)
    starts = []
    for _ in range(3):
        began = time.monotonic()
        weir = start(folder)
        starts.append(time.monotonic() - began)
        weir.stop()
    weir = start(folder)
    try:
        time.sleep(IDLE_SECONDS)
        idle = psutil.Process(weir.process.pid).memory_info().rss / 2**20
        took = asyncio.run(rounds(weir, municipality, keys))
    finally:
        weir.stop()
    took.sort()
    return {
        "start to ready, existing folder, s (median of 3)": statistics.median(starts),
        f"memory after {IDLE_SECONDS:.0f} s idle, MiB": idle,
        "alarms seen": float(len(took)),
        "PUBLISH to alarm on the WebSocket, ms, median": statistics.median(took),
        "PUBLISH to alarm on the WebSocket, ms, p95": took[int(len(took) * 0.95)],
        "PUBLISH to alarm on the WebSocket, ms, max": took[-1],
    }


def import_sensors(folder: Path, municipality: int, count: int) -> list[tuple[str, str]]:
    """Make sensors by CSV and give their device ids and keys."""
    rows = [f"PS-{n:04},Sensor {n},pressure,bar,52.5,{13 + n / 1000:.3f}" for n in range(count)]
    source, output = folder.parent / "sensors.csv", folder.parent / "keys.csv"
    source.write_text("device_id,name,sensor_type,unit,latitude,longitude\n" + "\n".join(rows))
    command(
        folder,
        "import",
        "sensors",
        str(source),
        "--municipality",
        str(municipality),
        "--output",
        str(output),
    )
    lines = output.read_text().splitlines()
    header = lines[0].split(",")
    return [
        (row[header.index("device_id")], row[header.index("api_key")])
        for row in (line.split(",") for line in lines[1:])
    ]


async def rounds(weir: Running, municipality: int, keys: list[tuple[str, str]]) -> list[float]:
    """Give the milliseconds of each round."""
    async with httpx.AsyncClient(base_url=weir.url) as api:
        token = await sign_in(api)
        rule = {
            "name": "High pressure",
            "sensor_type": "pressure",
            "severity": "high",
            "alert_type": "pressure",
            "municipality_id": municipality,
            "condition": {"type": "threshold", "operator": ">", "value": 6.0, "for_seconds": 0},
        }
        answer = await api.post(
            "/api/v1/rules", json=rule, headers={"Authorization": f"Bearer {token}"}
        )
        answer.raise_for_status()
    url = f"ws://{weir.http}/ws/{municipality}?token={token}&replay_limit=0"
    took = []
    async with websockets.connect(url, max_size=None) as socket:
        await socket.recv()
        await asyncio.sleep(1.0)
        for device, key in keys:
            client = await connected(weir, device, key)
            began = time.perf_counter()
            client.publish(
                f"sensors/{device}/data", json.dumps({"value": 7.1, "unit": "bar"}), qos=1
            )
            await alarm_of(socket, device)
            took.append(1000 * (time.perf_counter() - began))
            client.disconnect()
            client.loop_stop()
    return took


async def sign_in(api: httpx.AsyncClient) -> str:
    """Give an access token of the super admin."""
    answer = await api.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def connected(weir: Running, device: str, key: str) -> mqtt.Client:
    """Give a connected device."""
    host, port = weir.mqtt.rsplit(":", 1)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=device)
    client.username_pw_set(device, key)
    client.connect(host, int(port))
    client.loop_start()
    deadline = time.monotonic() + 5
    while not client.is_connected():
        if time.monotonic() > deadline:
            raise TimeoutError(device)
        await asyncio.sleep(0.001)
    return client


async def alarm_of(socket: websockets.ClientConnection, device: str) -> None:
    """Wait for the alarm of this device's sensor."""
    async with asyncio.timeout(10):
        while True:
            event = json.loads(await socket.recv())
            if event["type"] == "alert" and event["data"]["title"].endswith(
                f"Sensor {int(device.removeprefix('PS-'))}"
            ):
                return


if __name__ == "__main__":
    main()
