"""Cayenne Low Power Payload: bytes to values. No I/O.

The types of myDevices' specification and of the extensions in common use; a type is the number of
its IPSO object less 3200. Big endian; what is signed is two's complement.
"""

from typing import Final, NamedTuple

from appliance.domain.quantities import Quantity
from appliance.domain.uplinks import Measured

MOST_VALUES: Final = 64
"""That are looked at, of what a network server has decoded."""
LONGEST: Final = 255
"""Bytes: what LoRaWAN carries at most is 242."""


class NotLpp(Exception):
    """The bytes are no Cayenne LPP."""


class Part(NamedTuple):
    """One number of a value: bytes, its resolution, and its name among several."""

    size: int
    step: float
    signed: bool = False
    name: str = ""


class Kind(NamedTuple):
    """One type of value."""

    name: str
    parts: tuple[Part, ...]
    quantity: Quantity | None = None
    unit: str | None = None


def _signed(size: int, step: float, name: str = "") -> Part:
    return Part(size, step, signed=True, name=name)


def _several(one: Part, *names: str) -> tuple[Part, ...]:
    return tuple(one._replace(name=name) for name in names)


KINDS: Final = {
    0: Kind("digital_in", (Part(1, 1),)),
    1: Kind("digital_out", (Part(1, 1),)),
    2: Kind("analog_in", (_signed(2, 0.01),)),
    3: Kind("analog_out", (_signed(2, 0.01),)),
    100: Kind("generic", (Part(4, 1),)),
    101: Kind("luminosity", (Part(2, 1),)),
    102: Kind("presence", (Part(1, 1),)),
    103: Kind("temperature", (_signed(2, 0.1),), Quantity.TEMPERATURE, "°C"),
    104: Kind("relative_humidity", (Part(1, 0.5),), Quantity.RATIO, "%"),
    113: Kind("accelerometer", _several(_signed(2, 0.001), "x", "y", "z")),
    115: Kind("barometric_pressure", (Part(2, 0.1),), Quantity.PRESSURE, "hPa"),
    116: Kind("voltage", (Part(2, 0.01),), Quantity.VOLTAGE, "V"),
    117: Kind("current", (Part(2, 0.001),), Quantity.CURRENT, "A"),
    118: Kind("frequency", (Part(4, 1),), Quantity.FREQUENCY, "Hz"),
    120: Kind("percentage", (Part(1, 1),), Quantity.RATIO, "%"),
    121: Kind("altitude", (_signed(2, 1),), Quantity.LEVEL, "m"),
    122: Kind("load", (_signed(3, 0.001),)),
    125: Kind("concentration", (Part(2, 1),)),
    128: Kind("power", (Part(2, 1),), Quantity.POWER, "W"),
    130: Kind("distance", (Part(4, 0.001),), Quantity.LEVEL, "m"),
    131: Kind("energy", (Part(4, 0.001),), Quantity.ENERGY, "kWh"),
    132: Kind("direction", (Part(2, 1),)),
    133: Kind("unix_time", (Part(4, 1),)),
    134: Kind("gyrometer", _several(_signed(2, 0.01), "x", "y", "z")),
    135: Kind("colour", _several(Part(1, 1), "red", "green", "blue")),
    136: Kind(
        "gps",
        (
            _signed(3, 0.0001, "latitude"),
            _signed(3, 0.0001, "longitude"),
            _signed(3, 0.01, "altitude"),
        ),
    ),
    142: Kind("switch", (Part(1, 1),)),
}
_DIGITS: Final = 9
"""More than any resolution has: takes away the dust of binary fractions."""


def decode(data: bytes) -> tuple[Measured, ...]:
    """Give the values of a payload, in its order; raises NotLpp.

    The channel of a value with several parts has the part's name behind it: `5.latitude`.
    """
    if not data:
        raise NotLpp("an empty payload")
    if len(data) > LONGEST:
        raise NotLpp(f"{len(data)} bytes are longer than any frame")
    found: list[Measured] = []
    at = 0
    while at < len(data):
        channel, kind = _head(data, at)
        at += 2
        for part in kind.parts:
            beyond = at + part.size
            if beyond > len(data):
                raise NotLpp(f"it ends within a {kind.name}")
            number = int.from_bytes(data[at:beyond], "big", signed=part.signed)
            found.append(_measured(channel, kind, part, number))
            at = beyond
    return tuple(found)


def _head(data: bytes, at: int) -> tuple[int, Kind]:
    if at + 2 > len(data):
        raise NotLpp("it ends within a channel")
    kind = KINDS.get(data[at + 1])
    if kind is None:
        raise NotLpp(f"byte {at + 1}: there is no type {data[at + 1]}")
    return data[at], kind


def _measured(channel: int, kind: Kind, part: Part, number: int) -> Measured:
    value = round(number * part.step, _DIGITS)
    end = f".{part.name}" if part.name else ""
    names = (f"{kind.name}_{channel}{end}",)
    return Measured(f"{channel}{end}", value, kind.quantity, kind.unit, names)


_BY_NAME: Final = {kind.name: kind for kind in KINDS.values()} | {
    # As ChirpStack's codec for Cayenne LPP writes them.
    "digitalInput": KINDS[0],
    "digitalOutput": KINDS[1],
    "analogInput": KINDS[2],
    "analogOutput": KINDS[3],
    "illuminanceSensor": KINDS[101],
    "presenceSensor": KINDS[102],
    "temperatureSensor": KINDS[103],
    "humiditySensor": KINDS[104],
    "barometer": KINDS[115],
}


def named(path: str, value: float) -> Measured:
    """Give a value that a network server has decoded; where its name is LPP's, so is its meaning.

    The Things Stack writes `temperature_3`, ChirpStack `temperatureSensor.3`.
    """
    for separator in "._":
        name, _, channel = path.rpartition(separator)
        kind = _BY_NAME.get(name)
        if kind is not None and channel.isascii() and channel.isdigit():
            return Measured(path, value, kind.quantity, kind.unit, (channel,))
    return Measured(path, value)
