"""Sensor types: what kinds of sensors measure."""

from dataclasses import dataclass

from appliance.domain.access import AdministerSystem, Grant, SystemGrant, ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.ids import SensorTypeId
from appliance.domain.quantities import UNITS, Quantity, unit_of
from appliance.domain.sensors import SensorType
from appliance.services.names import must_be_named
from appliance.services.sensors import limits_in
from appliance.services.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSensorType:
    """A kind of sensor for all municipalities; limits are in its unit."""

    name: str
    code: str
    unit: str
    quantity: Quantity | None = None
    low: float | None = None
    high: float | None = None
    plausible_low: float | None = None
    plausible_high: float | None = None


class SensorTypes:
    """Adds and lists sensor types."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ViewNetwork]) -> list[SensorType]:
        """Give those that the municipality may use."""
        return await self._world.operations.read(grant.municipality, lambda t: t.sensors.types())

    async def add(self, grant: SystemGrant[AdministerSystem], new: NewSensorType) -> SensorType:
        """Add one for all municipalities; Conflict when the code is taken."""
        del grant
        must_be_named(new.name, "name")
        must_be_named(new.code, "code")
        quantity = new.quantity or quantity_meant(new.unit, f"{new.code} {new.name}")
        unit = unit_of(quantity, new.unit)
        added = SensorType(
            id=SensorTypeId(self._world.ids.new_id()),
            municipality=None,
            code=new.code.strip(),
            name=new.name.strip(),
            quantity=quantity,
            unit=unit.symbol,
            plausible=limits_in(unit, new.plausible_low, new.plausible_high),
            operating=limits_in(unit, new.low, new.high),
        )
        await self._world.operations.write_system(lambda t: t.put_sensor_type(added))
        self._world.watching.poke()
        return added


def quantity_meant(unit: str, words: str) -> Quantity:
    """Give the quantity of a unit; of several the one that the words name, else a length is a level.

    Older clients name a type and its unit only, and `m` may be pressure, level or rain.
    """
    possible = [q for q, spelling in UNITS if spelling == unit.strip().lower()]
    if not possible:
        known = sorted({u.symbol for u in UNITS.values()})
        raise Invalid(field="unit", problem=f"{unit!r} is unknown; known: {', '.join(known)}")
    named = [q for q in possible if q.value in words.casefold()]
    if "rain" in words.casefold() and Quantity.RAINFALL in possible:
        named = [Quantity.RAINFALL]
    if named:
        return named[0]
    return Quantity.LEVEL if Quantity.LEVEL in possible else possible[0]
