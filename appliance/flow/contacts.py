"""What is known of each device from its latest messages; kept outside history."""

from dataclasses import replace

from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from appliance.domain.readings import StoredBatch
from appliance.domain.sensors import LastContact


class Contacts:
    """Last reading, battery, signal and last sign of life of every sensor."""

    def __init__(self) -> None:
        self.known: dict[SensorId, LastContact] = {}
        self._changed: set[SensorId] = set()

    def begin(self, contacts: list[LastContact]) -> None:
        """Start from what was saved."""
        self.known = {contact.sensor: contact for contact in contacts}

    def observe(self, batch: StoredBatch) -> None:
        """Learn from a batch; the newest by the device's time counts as the last reading."""
        trusted = batch.trusted()
        rows = zip(
            trusted.sensors.tolist(),
            trusted.times.tolist(),
            trusted.arrived.tolist(),
            trusted.values.tolist(),
            strict=True,
        )
        for sensor, time, arrived, value in rows:
            self._note_reading(SensorId(sensor), Instant(time), Instant(arrived), value)
        for contact in batch.contacts:
            known = self._of(contact.sensor)
            self._keep(
                replace(
                    known,
                    arrived=Instant(max(known.arrived or 0, contact.arrived)),
                    battery_percent=_newer(contact.battery_percent, known.battery_percent),
                    signal_dbm=_newer(contact.signal_dbm, known.signal_dbm),
                )
            )

    def _note_reading(
        self, sensor: SensorId, time: Instant, arrived: Instant, value: float
    ) -> None:
        known = self._of(sensor)
        arrived = Instant(max(known.arrived or 0, arrived))
        if known.time is None or time >= known.time:
            known = replace(known, time=time, value_si=value)
        self._keep(replace(known, arrived=arrived))

    def _of(self, sensor: SensorId) -> LastContact:
        return self.known.get(sensor) or LastContact(sensor)

    def _keep(self, contact: LastContact) -> None:
        self.known[contact.sensor] = contact
        self._changed.add(contact.sensor)

    def take_changed(self) -> list[LastContact]:
        """Give what has changed since the last call, to be saved."""
        changed, self._changed = self._changed, set()
        return [self.known[sensor] for sensor in changed]


def _newer(said: float | None, known: float | None) -> float | None:
    return said if said is not None else known
