"""Coordinate systems, by EPSG code or by the well-known text that files carry."""

import re
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import Invalid

LONGEST_WKT: Final = 20_000

_CODE: Final = re.compile(r"(?:EPSG:|urn:ogc:def:crs:EPSG:[\w.]*:)?(\d{4,7})", re.IGNORECASE)
_CRS84: Final = re.compile(r"(?:urn:ogc:def:crs:OGC:[\w.]*:)?(?:OGC:)?CRS84", re.IGNORECASE)
_WKT: Final = re.compile(
    r'\s*(?:PROJCS|GEOGCS|PROJCRS|GEOGCRS|GEODCRS)\[\s*"([^"]*)"', re.IGNORECASE
)
_OWN_CODE: Final = re.compile(
    r'(?:AUTHORITY|ID)\[\s*"EPSG"\s*,\s*"?(\d{4,7})"?[^\[\]]*\]\s*\]\s*$', re.IGNORECASE
)
_NAMES_FILES: Final = re.compile(r"EXTENSION|PARAMETERFILE|nadgrids|pipeline", re.IGNORECASE)
"""Parts of a text that could make PROJ open a file of somebody else's choice."""


_BEFORE_EPSG: Final = {900913: 3857, 102100: 3857, 102113: 3857}
"""What Web Mercator was called before it had a code."""


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system: how we call it, and what PROJ understands."""

    name: str
    definition: str


WGS84: Final = Crs("EPSG:4326", "EPSG:4326")


def epsg(code: int | str) -> Crs:
    """Give a system by its code in the EPSG registry."""
    known = _BEFORE_EPSG.get(int(code), int(code))
    return Crs(f"EPSG:{known}", f"EPSG:{known}")


def named(text: str) -> Crs:
    """Read `EPSG:2100`, `2100`, `urn:ogc:def:crs:EPSG::2100` or `CRS84`; raises Invalid."""
    found = _CODE.fullmatch(text.strip())
    if found:
        return epsg(found[1])
    if _CRS84.fullmatch(text.strip()):
        return WGS84
    raise Invalid(field="crs", problem=f"{text[:80]!r} is not of the form EPSG:2100")


def from_file(text: str) -> Crs | None:
    """Give the system that a file names by code or WKT; None when that says nothing usable.

    WKT that ends with its EPSG code is taken by the code. Other WKT (Esri's .prj files have no
    codes) goes to PROJ as it is, unless it could name files.
    """
    if _CODE.fullmatch(text.strip()) or _CRS84.fullmatch(text.strip()):
        return named(text)
    name = _WKT.match(text)
    if name is None or len(text) > LONGEST_WKT:
        return None
    own = _OWN_CODE.search(text)
    if own:
        return epsg(own[1])
    return None if _NAMES_FILES.search(text) else Crs(name[1], text.strip())
