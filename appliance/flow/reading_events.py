"""Readings as live clients and MQTT subscribers see them (`clients.md`, "Live")."""

import json
from collections import Counter
from collections.abc import Set as AbstractSet

import numpy as np

from appliance.domain import instant
from appliance.domain.ids import DeviceId
from appliance.domain.instant import Instant
from appliance.domain.readings import Ints, StoredBatch
from appliance.domain.sensors import Sensor
from appliance.domain.telling import Cursor, LiveEvent
from appliance.flow.watches import Book
from appliance.ports.doors import Announcements, LastingAnnouncements, topic_of

Unusual = AbstractSet[tuple[int, int]]
"""(sensor, time) of readings that a method called unusual."""


def reading_events(
    batches: tuple[StoredBatch, ...], book: Book, unusual: Unusual
) -> tuple[LiveEvent, ...]:
    """Give one event for each trusted reading, in order."""
    return tuple(event for batch in batches for event in _events_of(batch, book, unusual))


def _events_of(batch: StoredBatch, book: Book, unusual: Unusual) -> list[LiveEvent]:
    trusted = batch.trusted()
    rows = zip(
        trusted.sensors.tolist(),
        trusted.times.tolist(),
        trusted.values.tolist(),
        _texts(trusted.times),
        strict=True,
    )
    municipality, cursor, sensors = batch.municipality, Cursor(batch.sequence, 0), book.sensors
    return [
        LiveEvent(
            municipality,
            "sensor_reading",
            _say(sensor, text, value, unusual=(key, time) in unusual),
            cursor,
        )
        for key, time, value, text in rows
        if (sensor := sensors.get(key)) is not None
    ]


def reading_data(
    sensor: Sensor, time: Instant, si_value: float, *, unusual: bool
) -> dict[str, object]:
    """Say a reading the way live clients read it."""
    return _say(sensor, instant.text(time), si_value, unusual=unusual)


def _say(sensor: Sensor, time: str, si_value: float, *, unusual: bool) -> dict[str, object]:
    unit = sensor.unit
    return {
        "sensor_id": sensor.id,
        "device_id": sensor.device_id,
        "value": unit.from_si(si_value),
        "unit": unit.symbol,
        "timestamp": time,
        "is_anomaly": unusual,
    }


def _texts(times: Ints) -> list[str]:
    """Write instants as `instant.text` writes each, ten times as fast."""
    written: list[str] = np.datetime_as_string(times.astype("datetime64[us]")).tolist()
    return [text.removesuffix(".000000") + "Z" for text in written]


def publish_readings(announcements: Announcements, events: tuple[LiveEvent, ...]) -> None:
    """Give MQTT subscribers a copy of readings that came by another door, where anybody listens.

    What came by MQTT the broker copies itself, as it was published.
    """
    for event in events:
        if announcements.wants(event.municipality):
            topic = topic_of(DeviceId(str(event.data["device_id"])), "data")
            announcements.publish(event.municipality, topic, _payload(event))


def publish_alerts(announcements: Announcements, events: tuple[LiveEvent, ...]) -> None:
    """Give MQTT subscribers alerts; they are retained, so also when nobody listens now.

    A closed alert is no longer retained: its last message is empty [MQTT-3.3.1-10].
    """
    for event in events:
        if event.type == "alert":
            topic = f"alerts/{event.data['id']}"
            announcements.publish(event.municipality, topic, _payload(event))
            if event.data["status"] == "closed":
                announcements.publish(event.municipality, topic, b"")


def withdraw_alerts(
    announcements: LastingAnnouncements, active: tuple[LiveEvent, ...], most: int
) -> None:
    """Take away what is retained of alerts that are not active: they were closed, and a crash came.

    Of a municipality with `most` active alerts, not all are in `active`: nothing of it is touched.
    """
    there = Counter(event.municipality for event in active)
    still = {(event.municipality, f"alerts/{event.data['id']}") for event in active}
    for municipality, topic in announcements.told() - still:
        if there[municipality] < most:
            announcements.publish(municipality, topic, b"")


def _payload(event: LiveEvent) -> bytes:
    return json.dumps(event.data, separators=(",", ":"), ensure_ascii=False).encode()
