"""Sensor types: the common ones that come with Weir, and a municipality's own."""

from functools import lru_cache
from typing import Final

from appliance.domain.errors import Conflict
from appliance.domain.ids import SensorTypeId
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.sensors import Limits, SensorType
from storage.operations.statements import Row, Statements, sql

_COLUMNS = (
    "SELECT id, municipality, code, name, quantity, unit, plausible_low, plausible_high,"
    " operating_low, operating_high FROM sensor_type"
)
_ADD = (
    "INSERT INTO sensor_type VALUES (:id, :municipality, :code, :name, :quantity, :unit,"
    " :plausible_low, :plausible_high, :operating_low, :operating_high)"
)

_COMMON: Final[tuple[tuple[int, str, str, Quantity, str, float | None, float | None], ...]] = (
    (1, "pressure", "Pressure", Quantity.PRESSURE, "bar", -1, 60),
    (2, "flow", "Flow", Quantity.FLOW, "m³/h", -20_000, 50_000),
    (3, "level", "Level", Quantity.LEVEL, "m", -5, 200),
    (4, "volume", "Volume (totaliser)", Quantity.VOLUME, "m³", -1e9, 1e12),
    (5, "temperature", "Temperature", Quantity.TEMPERATURE, "°C", -60, 150),
    (6, "chlorine", "Chlorine", Quantity.CHLORINE, "mg/l", -1, 100),
    (7, "turbidity", "Turbidity", Quantity.TURBIDITY, "NTU", -1, 10_000),
    (8, "ph", "pH", Quantity.PH, "pH", -1, 15),
    (9, "conductivity", "Conductivity", Quantity.CONDUCTIVITY, "µS/cm", -10, 200_000),
    (10, "velocity", "Velocity", Quantity.VELOCITY, "m/s", -20, 20),
    (11, "power", "Power", Quantity.POWER, "kW", -10_000, 100_000),
    (12, "noise", "Noise", Quantity.NOISE, "dB", -200, 200),
    (13, "rainfall", "Rainfall", Quantity.RAINFALL, "mm", -1, 2_000),
    (14, "valve_opening", "Valve opening", Quantity.RATIO, "%", -5, 105),
    (15, "battery", "Battery voltage", Quantity.VOLTAGE, "V", -1, 1_000),
    (16, "count", "Count", Quantity.COUNT, "1", None, None),
)
"""Id, code, name, quantity, unit, and the plausible range in that unit: what such an instrument
can report at all. Where the network should be is for its people to say, so operating is open."""


def common_types() -> list[SensorType]:
    """Give the types that come with Weir."""
    return [_common(*line) for line in _COMMON]


MOST_READ: Final = 4_096
"""Rows that are remembered as what they were read as."""


class SensorTypeRows:
    """Sensor types of all municipalities."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def missing(self) -> list[SensorType]:
        """Give the common types that are not there; changed ones are."""
        there = {row[0] for row in self._run.rows("SELECT id FROM sensor_type")}
        return [common for common in common_types() if common.id not in there]

    def add_common(self) -> None:
        """Add the common types that are not there."""
        for sensor_type in self.missing():
            self._run.change(_ADD, **_values(sensor_type))

    def all(self) -> dict[int, SensorType]:
        """Give every type by its id."""
        return {row[0]: _type(row) for row in self._run.rows(_COLUMNS)}

    def get(self, sensor_type: SensorTypeId) -> SensorType | None:
        """Give one type."""
        row = self._run.row(sql(_COLUMNS, "WHERE id = :id"), id=sensor_type)
        return None if row is None else _type(row)

    def put(self, sensor_type: SensorType) -> None:
        """Add or replace a type; Conflict when a type that is used beside it has its code."""
        values = _values(sensor_type)
        taken = self._run.row(
            "SELECT 1 FROM sensor_type WHERE code = :code AND id <> :id"
            " AND (municipality IS NULL OR :municipality IS NULL OR municipality = :municipality)",
            **{name: values[name] for name in ("code", "id", "municipality")},
        )
        if taken is not None:
            raise Conflict(what=f"there is a sensor type {sensor_type.code!r} already")
        update = (
            "ON CONFLICT (id) DO UPDATE SET municipality = :municipality, code = :code,"
            " name = :name, quantity = :quantity, unit = :unit, plausible_low = :plausible_low,"
            " plausible_high = :plausible_high, operating_low = :operating_low,"
            " operating_high = :operating_high"
        )
        self._run.change(sql(_ADD, update), **values)


def _common(
    number: int, code: str, name: str, quantity: Quantity, symbol: str, *range_: float | None
) -> SensorType:
    unit = unit_of(quantity, symbol)
    low, high = (None if value is None else unit.to_si(value) for value in range_)
    plausible = Limits(low, high)
    return SensorType(
        SensorTypeId(number), None, code, name, quantity, unit.symbol, plausible, Limits()
    )


def _values(sensor_type: SensorType) -> dict[str, object]:
    return {
        "id": sensor_type.id,
        "municipality": sensor_type.municipality,
        "code": sensor_type.code,
        "name": sensor_type.name,
        "quantity": sensor_type.quantity,
        "unit": sensor_type.unit,
        "plausible_low": sensor_type.plausible.low,
        "plausible_high": sensor_type.plausible.high,
        "operating_low": sensor_type.operating.low,
        "operating_high": sensor_type.operating.high,
    }


@lru_cache(MOST_READ)
def _type(row: Row) -> SensorType:
    key, municipality, code, name, quantity, unit, low, high, least, most = row
    return SensorType(
        key,
        municipality,
        code,
        name,
        Quantity(quantity),
        unit,
        plausible=Limits(low, high),
        operating=Limits(least, most),
    )
