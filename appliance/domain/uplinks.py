"""What devices on other networks (LoRaWAN, NB-IoT, GSM) say, as their network servers pass it on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.hardware import Hardware
from appliance.domain.quantities import Quantity
from appliance.domain.sensors import Sensor

Word = float | str | bool | None
"""A value as it came; nothing in it is believed yet."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One of the values that a device sent at once."""

    channel: str
    """How the device numbers or names it; empty where it has but one."""
    value: Word
    quantity: Quantity | None = None
    """None: the device does not say, and the sensor's own is meant."""
    unit: str | None = None
    names: tuple[str, ...] = ()
    """What else the channel is called."""

    def is_called(self, channel: str) -> bool:
        """Say whether this is the channel that a sensor names."""
        return channel == self.channel or channel in self.names


class UplinkKind(StrEnum):
    """What a network server tells of."""

    DATA = "data"
    STATUS = "status"
    """Of the device itself: its battery."""
    OTHER = "other"
    """Of its own affairs (joins, acknowledgements, logs), which are nothing to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One frame of a device."""

    hardware: Hardware
    kind: UplinkKind = UplinkKind.DATA
    values: tuple[Measured, ...] = ()
    problem: str = ""
    """Why its values can't be read, if so; whose frame it is is known all the same."""
    time: str | float | None = None
    frame: str = ""
    """Tells the frame from others of the device; empty where the network server does not say."""
    battery: float | None = None
    """Per cent."""
    signal: float | None = None
    """dBm, of the gateway that heard it best."""
    key: str = ""
    """The key, where the body carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text message with a reading."""

    sender: Hardware
    device_id: str
    value: str
    unit: str | None
    time: str | float | None = None
    key: str = ""


def assigned(
    sensors: Iterable[Sensor], values: tuple[Measured, ...]
) -> list[tuple[Sensor, Measured]]:
    """Say which value is whose: by channel, or else the only one of the sensor's quantity.

    A value whose quantity the device does not say is the sensor's where no other is left for it. What
    nobody is set up for is not a reading.
    """
    several = list(sensors)
    found = [
        (sensor, value)
        for sensor in several
        if sensor.channel
        and (value := _likeliest(sensor, [v for v in values if v.is_called(sensor.channel)]))
    ]
    taken = [value for _, value in found]
    left = [value for value in values if value not in taken]
    for sensor in several:
        if not sensor.channel:
            alike = [v for v in left if v.quantity is sensor.type.quantity]
            alike = alike or [v for v in left if v.quantity is None]
            if len(alike) == 1:
                found.append((sensor, alike[0]))
    return found


def _likeliest(sensor: Sensor, values: list[Measured]) -> Measured | None:
    """Choose among values of one channel: that of the sensor's quantity, else the least certain."""
    for quantity in (sensor.type.quantity, None):
        for value in values:
            if value.quantity is quantity:
                return value
    return values[0] if values else None
