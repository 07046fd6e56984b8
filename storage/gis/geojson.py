"""GeoJSON (RFC 7946): longitude first, WGS 84, unless a `crs` member of the 2008 form says otherwise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from appliance.domain.errors import FileRefused
from storage.gis.features import Feature, plan_of
from storage.gis.plan import NOWHERE, Coordinates, Drawing, Geometry
from storage.gis.text import decode, read_bytes

DEEPEST: Final = 16
REMEDY: Final = "export it again as a GeoJSON FeatureCollection (RFC 7946)"
_OTHERS: Final = {"Polygon": "polygon", "MultiPolygon": "polygon"}


class _Malformed(ValueError):
    """A member is not what RFC 7946 says."""


def read_geojson(path: Path) -> Drawing:
    """Give the points and lines of a FeatureCollection, a Feature or a bare geometry."""
    document = _load(path)
    try:
        features = list(_features(document))
        crs = _crs(document)
    except _Malformed as error:
        raise FileRefused(file=path.name, problem=str(error), remedy=REMEDY) from None
    name = document.get("name")
    layer = name if isinstance(name, str) and name else path.stem
    return Drawing(path.name, (plan_of(layer, crs, features),))


def is_geojson(beginning: str) -> bool:
    """Say whether text looks like GeoJSON."""
    return beginning.lstrip("\ufeff \t\r\n").startswith("{") and '"type"' in beginning


def _load(path: Path) -> dict[str, Any]:
    text = decode(read_bytes(path)).lstrip("\ufeff")
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FileRefused(file=path.name, problem=_where(text, error), remedy=REMEDY) from None
    if not isinstance(document, dict):
        raise FileRefused(file=path.name, problem="it is no GeoJSON object", remedy=REMEDY)
    return document


def _where(text: str, error: Exception) -> str:
    """Give the line and column of a mistake, which the fast decoder does not know."""
    try:
        json.loads(text)
    except json.JSONDecodeError as known:
        return f"line {known.lineno}, column {known.colno}: {known.msg}"
    except RecursionError:
        pass
    return f"it is not JSON as RFC 8259 has it: {error}"


def _crs(document: dict[str, Any]) -> str:
    """RFC 7946, 4: WGS 84. The 2008 form's named systems are honoured, its links are not followed."""
    member = document.get("crs")
    if member is None:
        return "EPSG:4326" if _says_degrees(document) else ""
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else ""


def _says_degrees(document: dict[str, Any]) -> bool:
    """Doubt a file without `crs` whose first coordinates can't be degrees: many programs forget it."""
    for feature in _features(document):
        geometry = feature.geometry
        points = np.concatenate([geometry.points, *geometry.lines])
        if len(points):
            with np.errstate(invalid="ignore"):
                return bool((np.abs(points[0]) <= (180, 90)).all())
    return True


def _features(document: dict[str, Any]) -> Iterator[Feature]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        members = document.get("features")
        if not isinstance(members, list):
            raise _Malformed("the FeatureCollection has no array of features")
    else:
        members = [document if kind == "Feature" else {"type": "Feature", "geometry": document}]
    for place, member in enumerate(members, 1):
        try:
            yield _feature(member, place)
        except _Malformed as error:
            raise _Malformed(f"feature {place}: {error}") from None


def _feature(member: object, place: int) -> Feature:
    if not isinstance(member, dict) or member.get("type") != "Feature":
        raise _Malformed("it is no Feature")
    properties = member.get("properties")
    own = member.get("id")
    return Feature(
        geometry=_geometry(member.get("geometry"), 0),
        properties=properties if isinstance(properties, dict) else {},
        number=place,
        own_id=str(own) if isinstance(own, str | int) else "",
    )


def _geometry(member: object, depth: int) -> Geometry:
    if member is None:
        return Geometry()
    if not isinstance(member, dict) or depth > DEEPEST:
        raise _Malformed("its geometry is no object")
    kind = member.get("type")
    if kind == "GeometryCollection":
        return _collection(member.get("geometries"), depth)
    if isinstance(kind, str) and kind in _OTHERS:
        return Geometry(others=(_OTHERS[kind],))
    return _simple(kind, member.get("coordinates"))


def _simple(kind: object, coordinates: object) -> Geometry:
    match kind:
        case "Point":
            return Geometry(points=_positions([coordinates] if coordinates else []))
        case "MultiPoint":
            return Geometry(points=_positions(coordinates))
        case "LineString":
            return Geometry(lines=_lines([coordinates]))
        case "MultiLineString":
            return Geometry(lines=_lines(coordinates))
        case _:
            raise _Malformed(f"its geometry has the type {str(kind)[:40]!r}")


def _collection(members: object, depth: int) -> Geometry:
    if not isinstance(members, list):
        raise _Malformed("its GeometryCollection has no geometries")
    parts = [_geometry(member, depth + 1) for member in members]
    return Geometry(
        np.concatenate([NOWHERE, *(part.points for part in parts)]),
        tuple(line for part in parts for line in part.lines),
        tuple(other for part in parts for other in part.others),
    )


def _lines(members: object) -> tuple[Coordinates, ...]:
    if not isinstance(members, list):
        raise _Malformed("its coordinates are no array")
    return tuple(line for line in map(_positions, members) if len(line))


def _positions(members: object) -> Coordinates:
    """RFC 7946, 3.1.1: two numbers or more, of which the height and the rest are dropped."""
    if not isinstance(members, list):
        raise _Malformed("its coordinates are no array")
    try:
        found = np.array([(member[0], member[1]) for member in members], np.float64)
    except (TypeError, ValueError, LookupError, OverflowError):
        raise _Malformed("a position is not made of two numbers") from None
    return found.reshape(-1, 2)
