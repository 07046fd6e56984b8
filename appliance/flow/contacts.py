"""What is known of each device from its latest messages; kept outside history."""

from collections.abc import Sequence as Several

import numpy as np

from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from appliance.domain.readings import Contact, Readings, StoredBatch
from appliance.domain.sensors import LastContact


class Contacts:
    """Last reading, battery, signal and last sign of life of every sensor."""

    def __init__(self) -> None:
        self.known: dict[SensorId, LastContact] = {}
        self._changed: set[SensorId] = set()

    def begin(self, contacts: list[LastContact]) -> None:
        """Start from what was saved."""
        self.known = {contact.sensor: contact for contact in contacts}
        self._changed = set()

    def observe(self, batches: Several[StoredBatch]) -> None:
        """Learn from batches; the newest by the device's time counts as the last reading."""
        readings = Readings.joined([batch.trusted() for batch in batches])
        if len(readings):
            self._note_readings(readings)
        for batch in batches:
            for contact in batch.contacts:
                self._note_contact(contact)

    def _note_readings(self, readings: Readings) -> None:
        order = np.lexsort((readings.times, readings.sensors))  # stable: of equal times the last
        sensors = readings.sensors[order]
        starts = np.flatnonzero(np.append(True, sensors[1:] != sensors[:-1]))
        newest = order[np.append(starts[1:], len(order)) - 1]
        rows = zip(
            sensors[starts].tolist(),
            readings.times[newest].tolist(),
            readings.values[newest].tolist(),
            np.maximum.reduceat(readings.arrived[order], starts).tolist(),
            strict=True,
        )
        for sensor, time, value, arrived in rows:
            self._note_reading(SensorId(sensor), Instant(time), value, Instant(arrived))

    def _note_reading(
        self, sensor: SensorId, time: Instant, value: float, arrived: Instant
    ) -> None:
        known = self._of(sensor)
        is_newest = known.time is None or time >= known.time
        self._keep(
            LastContact(
                sensor,
                time if is_newest else known.time,
                value if is_newest else known.value_si,
                Instant(max(known.arrived or 0, arrived)),
                known.battery_percent,
                known.signal_dbm,
                known.usual_interval,
            )
        )

    def _note_contact(self, said: Contact) -> None:
        known = self._of(said.sensor)
        self._keep(
            LastContact(
                said.sensor,
                known.time,
                known.value_si,
                Instant(max(known.arrived or 0, said.arrived)),
                _newer(said.battery_percent, known.battery_percent),
                _newer(said.signal_dbm, known.signal_dbm),
                known.usual_interval,
            )
        )

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
