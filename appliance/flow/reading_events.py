"""Readings as live clients and MQTT subscribers see them (`clients.md`, "Live")."""

import json

from appliance.domain import instant
from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from appliance.domain.sensors import Sensor
from appliance.domain.telling import Cursor, LiveEvent
from appliance.flow.watches import Book
from appliance.ports.doors import Announcements

Unusual = set[tuple[SensorId, Instant]]


def reading_events(
    batches: tuple[StoredBatch, ...], book: Book, unusual: Unusual
) -> tuple[LiveEvent, ...]:
    """Give one event for each trusted reading, in order."""
    return tuple(event for batch in batches for event in _events_of(batch, book, unusual))


def _events_of(batch: StoredBatch, book: Book, unusual: Unusual) -> list[LiveEvent]:
    trusted = batch.trusted()
    rows = zip(
        trusted.sensors.tolist(), trusted.times.tolist(), trusted.values.tolist(), strict=True
    )
    cursor = Cursor(batch.sequence, 0)
    return [
        LiveEvent(
            batch.municipality,
            "sensor_reading",
            _say(sensor, Instant(time), value, (SensorId(key), Instant(time)) in unusual),
            cursor,
        )
        for key, time, value in rows
        if (sensor := book.sensors.get(SensorId(key))) is not None
    ]


def _say(sensor: Sensor, time: Instant, si_value: float, unusual: bool) -> dict[str, object]:  # noqa: FBT001
    return {
        "sensor_id": sensor.id,
        "device_id": sensor.device_id,
        "value": sensor.unit.from_si(si_value),
        "unit": sensor.unit.symbol,
        "timestamp": instant.text(time),
        "is_anomaly": unusual,
    }


def publish(announcements: Announcements, events: tuple[LiveEvent, ...]) -> None:
    """Give MQTT subscribers a copy where anybody of that municipality listens."""
    for event in events:
        if event.type != "incident" and announcements.wants(event.municipality):
            topic = (
                f"sensors/{event.data['device_id']}/data"
                if event.type == "sensor_reading"
                else f"alerts/{event.data['id']}"
            )
            payload = json.dumps(event.data, separators=(",", ":"), ensure_ascii=False)
            announcements.publish(event.municipality, topic, payload.encode())
