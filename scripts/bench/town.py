"""Sensors and rules for benchmarks of detection."""

from itertools import count

from appliance.detection.defaults import default_rules
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, SensorTypeId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.rules import Rule
from appliance.domain.sensors import Limits, Sensor, SensorStatus, SensorType

TOWN = MunicipalityId(1)


def a_sensor(number: int, name: str, quantity: Quantity, unit: str, limits: Limits) -> Sensor:
    """Give a sensor of a type named like its quantity."""
    return Sensor(
        SensorId(number),
        TOWN,
        DeviceId(name),
        name,
        SensorType(
            SensorTypeId(1),
            None,
            quantity.value,
            quantity.value,
            quantity,
            unit,
            Limits(),
            Limits(),
        ),
        unit_of(quantity, unit),
        SensorStatus.ACTIVE,
        whitelisted=True,
        protocol="mqtt",
        position=None,
        pipeline=None,
        operating=limits,
        created_at=Instant(0),
        updated_at=Instant(0),
    )


def first_rules() -> tuple[Rule, ...]:
    """Give the rules that every municipality begins with."""
    numbers = count(1)
    return tuple(default_rules(TOWN, lambda: next(numbers), Instant(0)))
