"""What is measured, and in what: SI inside, the person's and the device's units at the edge.

A sensor knows its quantity, so an array of its values is never unitless. Factors are exact
where the unit is defined exactly (BIPM SI Brochure, 9th ed., table 8; NIST SP 811, app. B).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.domain.errors import UnitUnknown

Values = NDArray[np.float64]


class Quantity(StrEnum):
    """A kind of measurement; the comment is the SI unit in which Weir keeps it."""

    PRESSURE = "pressure"  # Pa
    FLOW = "flow"  # m³/s
    LEVEL = "level"  # m
    VOLUME = "volume"  # m³
    TEMPERATURE = "temperature"  # K
    CHLORINE = "chlorine"  # kg/m³
    TURBIDITY = "turbidity"  # NTU (ISO 7027 has no SI unit)
    PH = "ph"  # 1
    CONDUCTIVITY = "conductivity"  # S/m
    VELOCITY = "velocity"  # m/s
    POWER = "power"  # W
    ENERGY = "energy"  # J
    VOLTAGE = "voltage"  # V
    CURRENT = "current"  # A
    FREQUENCY = "frequency"  # Hz
    RATIO = "ratio"  # 1: valve opening, humidity, speed
    NOISE = "noise"  # dB, acoustic loggers
    RAINFALL = "rainfall"  # m
    COUNT = "count"  # 1: anything else that is a bare number


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of one quantity: `si = value * factor + offset`."""

    symbol: str
    quantity: Quantity
    factor: float
    offset: float = 0.0

    def to_si(self, value: float) -> float:
        """Give the SI value."""
        return value * self.factor + self.offset

    def from_si(self, value: float) -> float:
        """Give the value in this unit, rounded to 12 significant digits to hide binary dust."""
        return float(f"{(value - self.offset) / self.factor:.12g}")

    def array_from_si(self, values: Values) -> Values:
        """Give the values in this unit; same shape."""
        return (values - self.offset) / self.factor


_TABLE: Final[tuple[tuple[Quantity, float, float, str], ...]] = (
    (Quantity.PRESSURE, 1.0, 0.0, "Pa pascal"),
    (Quantity.PRESSURE, 1e3, 0.0, "kPa"),
    (Quantity.PRESSURE, 1e6, 0.0, "MPa"),
    (Quantity.PRESSURE, 1e2, 0.0, "mbar hPa"),
    (Quantity.PRESSURE, 1e5, 0.0, "bar barg"),
    (Quantity.PRESSURE, 6894.757293168361, 0.0, "psi psig"),
    (Quantity.PRESSURE, 9806.65, 0.0, "mH2O m mwc mca mH₂O"),
    (Quantity.PRESSURE, 2989.06692, 0.0, "ftH2O ft"),
    (Quantity.PRESSURE, 101325.0, 0.0, "atm"),
    (Quantity.FLOW, 1.0, 0.0, "m³/s m3/s cms"),
    (Quantity.FLOW, 1 / 3600, 0.0, "m³/h m3/h cmh"),
    (Quantity.FLOW, 1 / 86400, 0.0, "m³/d m3/d cmd"),
    (Quantity.FLOW, 1e-3, 0.0, "l/s lps"),
    (Quantity.FLOW, 1e-3 / 60, 0.0, "l/min lpm"),
    (Quantity.FLOW, 1e-3 / 3600, 0.0, "l/h lph"),
    (Quantity.FLOW, 1e3 / 86400, 0.0, "Ml/d mld"),
    (Quantity.FLOW, 0.003785411784 / 60, 0.0, "gpm gal/min"),
    (Quantity.FLOW, 3785.411784 / 86400, 0.0, "mgd"),
    (Quantity.FLOW, 0.028316846592, 0.0, "ft³/s ft3/s cfs"),
    (Quantity.LEVEL, 1.0, 0.0, "m"),
    (Quantity.LEVEL, 1e-2, 0.0, "cm"),
    (Quantity.LEVEL, 1e-3, 0.0, "mm"),
    (Quantity.LEVEL, 0.3048, 0.0, "ft"),
    (Quantity.LEVEL, 0.0254, 0.0, "in"),
    (Quantity.VOLUME, 1.0, 0.0, "m³ m3"),
    (Quantity.VOLUME, 1e-3, 0.0, "l litre liter"),
    (Quantity.VOLUME, 0.003785411784, 0.0, "gal"),
    (Quantity.VOLUME, 0.028316846592, 0.0, "ft³ ft3"),
    (Quantity.TEMPERATURE, 1.0, 0.0, "K kelvin"),
    (Quantity.TEMPERATURE, 1.0, 273.15, "°C C degC celsius"),
    (Quantity.TEMPERATURE, 5 / 9, 459.67 * 5 / 9, "°F F degF fahrenheit"),
    (Quantity.CHLORINE, 1.0, 0.0, "kg/m³ kg/m3 g/l"),
    (Quantity.CHLORINE, 1e-3, 0.0, "mg/l ppm"),
    (Quantity.TURBIDITY, 1.0, 0.0, "NTU FNU"),
    (Quantity.PH, 1.0, 0.0, "pH ph"),
    (Quantity.CONDUCTIVITY, 1.0, 0.0, "S/m"),
    (Quantity.CONDUCTIVITY, 1e-1, 0.0, "mS/cm"),
    (Quantity.CONDUCTIVITY, 1e-4, 0.0, "µS/cm uS/cm μS/cm"),
    (Quantity.VELOCITY, 1.0, 0.0, "m/s"),
    (Quantity.VELOCITY, 0.3048, 0.0, "ft/s"),
    (Quantity.POWER, 1.0, 0.0, "W"),
    (Quantity.POWER, 1e3, 0.0, "kW"),
    (Quantity.ENERGY, 1.0, 0.0, "J"),
    (Quantity.ENERGY, 3.6e6, 0.0, "kWh"),
    (Quantity.VOLTAGE, 1.0, 0.0, "V"),
    (Quantity.VOLTAGE, 1e-3, 0.0, "mV"),
    (Quantity.CURRENT, 1.0, 0.0, "A"),
    (Quantity.CURRENT, 1e-3, 0.0, "mA"),
    (Quantity.FREQUENCY, 1.0, 0.0, "Hz"),
    (Quantity.FREQUENCY, 1 / 60, 0.0, "rpm"),
    (Quantity.RATIO, 1.0, 0.0, "1"),
    (Quantity.RATIO, 1e-2, 0.0, "% percent"),
    (Quantity.NOISE, 1.0, 0.0, "dB"),
    (Quantity.RAINFALL, 1.0, 0.0, "m"),
    (Quantity.RAINFALL, 1e-3, 0.0, "mm"),
    (Quantity.RAINFALL, 0.0254, 0.0, "in"),
    (Quantity.COUNT, 1.0, 0.0, "1 count"),
)

UNITS: Final[dict[tuple[Quantity, str], Unit]] = {
    (quantity, name.lower()): Unit(names.split()[0], quantity, factor, offset)
    for quantity, factor, offset, names in _TABLE
    for name in names.split()
}


def unit_of(quantity: Quantity, symbol: str) -> Unit:
    """Find a unit by any of its spellings, case ignored; raises UnitUnknown naming the choices."""
    found = UNITS.get((quantity, symbol.strip().lower()))
    if found is None:
        raise UnitUnknown(symbol=symbol, quantity=quantity, known=symbols_of(quantity))
    return found


def symbols_of(quantity: Quantity) -> tuple[str, ...]:
    """List the preferred spellings of a quantity's units."""
    return tuple(dict.fromkeys(u.symbol for u in UNITS.values() if u.quantity is quantity))


def quantity_of(symbol: str) -> Quantity | None:
    """Guess the quantity of a unit whose spelling belongs to one quantity only."""
    found = {q for q, name in UNITS if name == symbol.strip().lower()}
    return found.pop() if len(found) == 1 else None
