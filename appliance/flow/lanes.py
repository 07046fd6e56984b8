"""What a device's words mean, remembered: nearly all readings of a device say the same ones."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.ids import DeviceId, MunicipalityId, SensorId
from appliance.domain.instant import SECOND, Instant
from appliance.domain.readings import AdmittedDevice, RawMessage
from appliance.flow.checking import number_said, plausible_span, sensor_meant, unit_meant
from appliance.flow.decoding import Said

MOST_DEVICES: Final = 20_000
MOST_OF_A_DEVICE: Final = 2_000
"""A device can spell a unit in many ways. Full forgets all, which costs time only."""

Words = tuple[DeviceId, str | None, str | int | None, str | None]
"""Whom the topic names, `device_id`, `sensor_id` and `unit` of the payload."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a reading goes: its sensor, and how its number becomes SI and is judged."""

    sensor: SensorId
    factor: float
    offset: float
    """`si = number * factor + offset`."""
    low: float
    high: float
    """What such an instrument can report, SI."""


class Lanes:
    """The lanes of one device as it was admitted."""

    def __init__(self, device: AdmittedDevice, unstamped: int = 0) -> None:
        self.device = device
        self.known: dict[Words, Lane] = {}
        self.unstamped = unstamped
        """The last time that was given to a reading without one."""

    def moment(self, arrived: Instant) -> Instant:
        """Give the time of a reading that has none: of arrival, each a little after the one before.

        What a device sends in one go arrives at one time, and would be taken for the same reading.
        """
        self.unstamped = max(arrived, self.unstamped + 1 if self._is_near(arrived) else 0)
        return Instant(self.unstamped)

    def _is_near(self, arrived: Instant) -> bool:
        """Say whether the clock was not set back since the last such reading."""
        return self.unstamped - arrived < SECOND

    def find(self, words: Words, message: RawMessage, said: Said) -> Lane:
        """Give the lane of a reading that has a number; raises Unreadable where something is wrong."""
        sensor = sensor_meant(message, said)
        number_said(said)
        unit = unit_meant(sensor, said.unit)
        low, high = plausible_span(sensor)
        if len(self.known) >= MOST_OF_A_DEVICE:
            self.known.clear()
        lane = Lane(sensor.id, unit.factor, unit.offset, low, high)
        self.known[words] = lane
        return lane


class LanesOfDevices:
    """Remembers lanes from batch to batch: of each device as it was admitted last."""

    def __init__(self) -> None:
        self._known: dict[tuple[MunicipalityId, DeviceId], Lanes] = {}

    def __len__(self) -> int:
        """Count the devices that are remembered."""
        return len(self._known)

    def of(self, device: AdmittedDevice) -> Lanes:
        """Give a device's lanes; one that was admitted again begins afresh, but for the time."""
        name = device.municipality, device.device_id
        known = self._known.get(name)
        if known is not None and known.device is device:
            return known
        if len(self._known) >= MOST_DEVICES:
            self._known.clear()
        lanes = self._known[name] = Lanes(device, 0 if known is None else known.unstamped)
        return lanes
