"""A small consumer: readings from Mosquitto into VictoriaMetrics, as an ordinary program does it.

paho's own loop decodes each message; a second thread writes what has come, at least four times a
second or when 10,000 readings wait. It holds what it has not written in memory only.
"""

import json
import queue
import sys
import threading
import time
from collections import defaultdict

import httpx
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

AT_MOST = 10_000
AT_LEAST_EVERY_S = 0.25

waiting: "queue.Queue[tuple[str, list[dict[str, float]]]]" = queue.Queue()


def take(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
    """Decode a message."""
    payload = json.loads(message.payload)
    device = message.topic.split("/")[1]
    waiting.put((device, payload if isinstance(payload, list) else [payload]))


def subscribe(client: mqtt.Client, *_: object) -> None:
    """Ask for all readings, also after a reconnection."""
    client.subscribe("sensors/+/data", qos=1)


def gather() -> tuple[bytes, int]:
    """Give what has come, as lines of VictoriaMetrics' JSON, one for each device."""
    values: dict[str, list[float]] = defaultdict(list)
    times: dict[str, list[float]] = defaultdict(list)
    found = 0
    until = time.monotonic() + AT_LEAST_EVERY_S
    while found < AT_MOST and (left := until - time.monotonic()) > 0:
        try:
            device, readings = waiting.get(timeout=left)
        except queue.Empty:
            break
        values[device] += [reading["value"] for reading in readings]
        times[device] += [reading["timestamp"] for reading in readings]
        found += len(readings)
    lines = [
        json.dumps(
            {
                "metric": {"__name__": "reading", "device": device},
                "values": values[device],
                "timestamps": times[device],
            }
        )
        for device in values
    ]
    return "\n".join(lines).encode(), found


def write(port: int) -> None:
    """Write for ever."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while True:
            lines, found = gather()
            if found:
                client.post("/api/v1/import", content=lines).raise_for_status()


def main() -> None:
    """Subscribe and go on until killed."""
    mqtt_port, http_port = int(sys.argv[1]), int(sys.argv[2])
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="consumer")
    client.on_message = take
    client.on_connect = subscribe
    client.connect("127.0.0.1", mqtt_port)
    threading.Thread(target=write, args=(http_port,), daemon=True).start()
    client.loop_forever()


if __name__ == "__main__":
    main()
