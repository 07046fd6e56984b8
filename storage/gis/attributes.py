"""What the columns of plain GIS data mean, by the names that utilities usually give them.

Names are compared without case, blanks and punctuation, in this order of preference:

- code: code, asset id, facility id, pipe/link/node id, id, ref; else the feature's own id in
  GeoJSON, name, and last the database's gid, fid or object id. Without any: layer and number.
- diameter: diameter, diam, dia, dn, nominal/inner/outer diameter, bore. Millimetres, unless the
  name ends in a unit (`diam_in`), the value has one (`6 in`, `DN150`), or no value of the layer
  is above 3: then they can only be metres.
- length: length, len, pipe length, in metres unless the name ends in a unit. Never
  `Shape_Length`, which GIS programs compute in the units of the map.
- elevation: elevation, elev, ground level, invert, z; metres or as the name says.
- material, status, name, roughness, and the nodes at the ends (from/to, start/end, node1/node2,
  upstream/downstream), where EPANET and WNTR write them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from storage.gis.numbers import number

LONGEST_TEXT: Final = 200
LARGEST_EXACT: Final = 1e15
LARGEST_DIAMETER_M: Final = 3.0

_UNITS_M: Final = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3, "in": 0.0254, "ft": 0.3048}
_SPELT: Final = {
    "inch": "in",
    "inches": "in",
    '"': "in",
    "feet": "ft",
    "foot": "ft",
    "metres": "m",
    "meters": "m",
}
_SUFFIX: Final = r"(mm|cm|km|m|inches|inch|in|feet|foot|ft|metres|meters)?"
_MEASURE: Final = re.compile(
    r"(?:dn|od|id|ø|d)?[ .=]*([-+]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?)\s*"
    r'(mm|cm|km|m|inches|inch|in|"|feet|foot|ft|metres|meters)?',
    re.IGNORECASE,
)

_PLAIN: Final[Mapping[str, list[str]]] = {
    "code": [
        "code",
        "assetcode",
        "assetid",
        "facilityid",
        "assetref",
        "pipeid",
        "pipecode",
        "linkid",
        "nodeid",
        "edgeid",
        "elementid",
        "id",
        "uid",
        "ref",
        "reference",
    ],
    "row": ["gid", "fid", "objectid", "ogcfid"],
    "name": ["name", "label", "bezeichnung", "nom", "nombre"],
    "material": [
        "material",
        "mat",
        "matl",
        "pipematerial",
        "materialtype",
        "werkstoff",
        "materiau",
    ],
    "status": [
        "status",
        "state",
        "operationalstatus",
        "lifecycle",
        "lifecyclestatus",
        "initialstatus",
    ],
    "start": [
        "startnode",
        "startnodename",
        "startnodeid",
        "fromnode",
        "node1",
        "usnode",
        "upstreamnode",
        "start",
        "from",
    ],
    "end": [
        "endnode",
        "endnodename",
        "endnodeid",
        "tonode",
        "node2",
        "dsnode",
        "downstreamnode",
        "end",
        "to",
    ],
    "roughness": ["roughness", "hwc", "hazenwilliams", "cfactor"],
    "kind": [
        "kind",
        "linktype",
        "nodetype",
        "assettype",
        "elementtype",
        "featuretype",
        "featurety",
        "elementty",
        "objecttype",
        "type",
        "subtype",
        "category",
        "class",
    ],
}
_MEASURED: Final = {
    "diameter": r"diameter|diam|dia|dn|nominaldiameter|nominaldiam|nomdiam|innerdiameter|outerdiameter"
    r"|internaldiameter|bore|boresize|pipesize|pipediameter|pipediam|durchmesser|diametre",
    "length": r"length|len|pipelength|lengthof|longueur",
    "elevation": r"elevation|elev|groundlevel|groundelevation|invert|z",
}
_DEFAULT_UNIT: Final = {"diameter": "mm", "length": "m", "elevation": "m"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A column of lengths, and the unit of its bare numbers."""

    column: str
    unit_m: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a layer say what, best first."""

    plain: Mapping[str, tuple[str, ...]]
    measured: Mapping[str, tuple[Measured, ...]]

    def text(self, meaning: str, properties: Mapping[str, object]) -> str | None:
        """Give the first filled value with this meaning as text."""
        for column in self.plain[meaning]:
            said = as_text(properties.get(column))
            if said:
                return said
        return None

    def metres(self, meaning: str, properties: Mapping[str, object]) -> float | None:
        """Give the first readable measure with this meaning in metres."""
        for measured in self.measured[meaning]:
            found = _measure(properties.get(measured.column), measured.unit_m)
            if found is not None:
                return found
        return None


def columns_of(rows: Iterable[Mapping[str, object]]) -> Columns:
    """Find the meaning of a layer's columns."""
    several = list(rows)
    names: dict[str, str] = {}
    for name in dict.fromkeys(name for row in several for name in row):
        names[name] = re.sub(r"[\W_]+", "", name).lower()
    plain = {
        meaning: tuple(name for form in forms for name, short in names.items() if short == form)
        for meaning, forms in _PLAIN.items()
    }
    measured = {meaning: tuple(_measured(meaning, names)) for meaning in _MEASURED}
    return Columns(plain, measured | {"diameter": _in_metres(measured["diameter"], several)})


def as_text(value: object) -> str:
    """Give a value as one line of at most 200 characters; a whole number without decimals."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_EXACT:
        value = int(value)
    if value is None or isinstance(value, dict | list | bytes):
        return ""
    said = str(value)[: 2 * LONGEST_TEXT]
    if not said.isprintable():
        said = "".join(c if c.isprintable() else " " for c in said)
    return " ".join(said.split())[:LONGEST_TEXT]


def _measured(meaning: str, names: Mapping[str, str]) -> Iterable[Measured]:
    form = re.compile(f"(?:{_MEASURED[meaning]}){_SUFFIX}")
    for name, short in names.items():
        found = form.fullmatch(short)
        if found:
            unit = found[1] or _DEFAULT_UNIT[meaning]
            yield Measured(name, _UNITS_M[_SPELT.get(unit, unit)])


def _in_metres(
    diameters: tuple[Measured, ...], rows: list[Mapping[str, object]]
) -> tuple[Measured, ...]:
    """Take bare diameters for metres where none of the layer is above 3."""
    chosen = []
    for measured in diameters:
        bare = [value for row in rows if isinstance(value := row.get(measured.column), int | float)]
        fits = bare and 0 < max(bare) <= LARGEST_DIAMETER_M
        chosen.append(Measured(measured.column, 1.0) if fits else measured)
    return tuple(chosen)


def _measure(value: object, unit_m: float) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        found, scale = number(str(value)), unit_m
    else:
        said = _MEASURE.fullmatch(as_text(value))
        if said is None:
            return None
        unit = (said[2] or "").lower()
        found = number(said[1].replace(",", "."))
        scale = _UNITS_M[_SPELT.get(unit, unit)] if unit else unit_m
    return found * scale if found is not None else None
