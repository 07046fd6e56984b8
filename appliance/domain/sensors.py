"""Sensors, their types, and the devices that carry them."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.hardware import Hardware
from appliance.domain.ids import (
    AssetId,
    DeviceId,
    MunicipalityId,
    SensorId,
    SensorTypeId,
)
from appliance.domain.instant import Instant
from appliance.domain.quantities import Quantity, Unit, unit_of


class SensorStatus(StrEnum):
    """What the utility says of a sensor; `inactive` refuses its readings."""

    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    INACTIVE = "inactive"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Limits:
    """A closed range in SI units; None is open."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SensorType:
    """What a kind of sensor measures.

    `plausible` is what such an instrument can physically report: a value outside is quarantined
    at the door. `operating` is where the network should be: a value outside is a finding.
    A type without a municipality belongs to all of them.
    """

    id: SensorTypeId
    municipality: MunicipalityId | None
    code: str
    name: str
    quantity: Quantity
    unit: str
    plausible: Limits
    operating: Limits


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84 (EPSG:4326), degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measured point; its device reports under `device_id` with a key of its own."""

    id: SensorId
    municipality: MunicipalityId
    device_id: DeviceId
    name: str
    type: SensorType
    unit: Unit
    status: SensorStatus
    whitelisted: bool
    protocol: str
    position: Position | None
    pipeline: AssetId | None
    operating: Limits
    """The sensor's own operating limits; where open, those of its type hold."""
    created_at: Instant
    updated_at: Instant
    gateway: DeviceId | None = None
    """The device of the same municipality that reports for this one besides itself."""
    hardware: Hardware | None = None
    """What its device is called on its own network; several sensors may be of one device."""
    channel: str | None = None
    """Which of that device's values this is; None: the only one of its quantity."""

    @property
    def limits(self) -> Limits:
        """The operating limits in force, SI."""
        own, common = self.operating, self.type.operating
        return Limits(
            own.low if own.low is not None else common.low,
            own.high if own.high is not None else common.high,
        )


@dataclass(frozen=True, slots=True)
class LastContact:
    """What is known of a sensor's device from its latest messages; kept outside history."""

    sensor: SensorId
    time: Instant | None = None
    value_si: float | None = None
    arrived: Instant | None = None
    battery_percent: float | None = None
    signal_dbm: float | None = None
    usual_interval: int | None = None
    """Median time between readings in microseconds, None until it is known."""


def unit_for(sensor_type: SensorType, symbol: str | None) -> Unit:
    """Give the unit named, or the type's own; raises UnitUnknown."""
    return unit_of(sensor_type.quantity, symbol or sensor_type.unit)
