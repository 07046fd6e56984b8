"""Assets as features and as rows of a table: what export writes, import reads."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from appliance.domain.assets import DETAILS, kind_of
from appliance.domain.errors import FileRefused, WeirError
from appliance.domain.network import Asset
from appliance.domain.sensors import Position
from appliance.domain.spreadsheets import guarded, unguarded
from appliance.domain.work import RefusedLine
from appliance.services.assets import AssetDraft, draft_of
from appliance.services.files.csv_rows import BadLine, CsvFile, excerpt

MOST: Final = 10_000
"""Assets in one file: they go in one transaction."""
REQUIRED: Final = ("kind", "code", "geometry")
OPTIONAL: Final = (
    "name",
    "status",
    "material",
    "installed_on",
    "start_node",
    "end_node",
    "details",
    "attributes",
)
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
_TEXTS: Final = ("name", "status", "material", "installed_on", "start_node", "end_node")
_WKT: Final = re.compile(r"\s*(POINT|LINESTRING)\s*\(([-+.eE\d\s,]*)\)\s*", re.IGNORECASE)
Pair = Annotated[tuple[float, ...], Meta(min_length=2, max_length=3)]


class _Point(Struct, tag="Point", tag_field="type"):
    coordinates: Pair


class _Line(Struct, tag="LineString", tag_field="type"):
    coordinates: Annotated[list[Pair], Meta(max_length=20_000)]


class _Feature(Struct):
    geometry: _Point | _Line | None = None
    properties: dict[str, Any] | None = None


class _Collection(Struct):
    type: str
    features: list[msgspec.Raw] = []


@dataclass(frozen=True, slots=True)
class Numbered:
    """An asset of a file: the line it stands in, or which feature it is, from 1."""

    line: int
    draft: AssetDraft
    excerpt: str


Found = Numbered | RefusedLine


def read_features(path: Path) -> Iterator[Found]:
    """Give the features of a GeoJSON FeatureCollection (RFC 7946), and those that are none of ours."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Collection)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_geojson(str(error)) from None
    if found.type != "FeatureCollection":
        raise _no_geojson(f"its type is {found.type[:40]!r}")
    if len(found.features) > MOST:
        raise _too_many()
    for number, raw in enumerate(found.features, 1):
        shown = excerpt(bytes(raw)[:200].decode(errors="replace"))
        try:
            yield Numbered(number, _of_feature(msgspec.json.decode(raw, type=_Feature)), shown)
        except (msgspec.MsgspecError, WeirError, BadLine) as error:
            yield RefusedLine(number, str(error), shown)


def read_rows(path: Path) -> Iterator[Found]:
    """Give the rows of a CSV file with REQUIRED and perhaps OPTIONAL columns; geometry is WKT."""
    file = CsvFile(path, REQUIRED, OPTIONAL)
    try:
        lines = (pair for block in file.blocks() for pair in block.numbered())
        for count, (number, line) in enumerate(lines, 1):
            if count > MOST:
                raise _too_many()
            try:
                fields = file.layout.fields(line)
                said = {n: unguarded(fields[at].strip()) for n, at in file.layout.places.items()}
                yield Numbered(number, _of_row(said), excerpt(line))
            except (msgspec.MsgspecError, WeirError, BadLine) as error:
                yield RefusedLine(number, str(error), excerpt(line))
    finally:
        file.close()


def feature(asset: Asset) -> dict[str, Any]:
    """Write an asset as a feature."""
    draft = draft_of(asset)
    points = [[p.longitude, p.latitude] for p in draft.path]
    is_point = len(points) == 1
    properties: dict[str, Any] = {"kind": draft.kind, "code": draft.code}
    properties |= {name: getattr(draft, name) for name in OPTIONAL}
    return {
        "type": "Feature",
        "geometry": {
            "type": "Point" if is_point else "LineString",
            "coordinates": points[0] if is_point else points,
        },
        "properties": properties,
    }


def row(asset: Asset) -> list[str]:
    """Write an asset as a row of COLUMNS."""
    draft = draft_of(asset)
    pairs = ", ".join(f"{p.longitude!r} {p.latitude!r}" for p in draft.path)
    kind = "POINT" if len(draft.path) == 1 else "LINESTRING"
    texts = [guarded(str(getattr(draft, name) or "")) for name in _TEXTS]
    said = [msgspec.json.encode(part).decode() for part in (draft.details, draft.attributes)]
    return [draft.kind, guarded(draft.code or ""), f"{kind} ({pairs})", *texts, *said]


def _of_feature(found: _Feature) -> AssetDraft:
    said = dict(found.properties or {})
    kind = said.pop("kind", None)
    if not isinstance(kind, str):
        raise BadLine("the property `kind` is missing")
    path = _path(found.geometry)
    attributes = _object(said.pop("attributes", None), "attributes")
    details = _object(said.pop("details", None), "details")
    texts = {name: _text(said.pop(name, None), name) for name in ("code", *_TEXTS)}
    known = DETAILS[kind_of(kind)]
    details |= {name: said.pop(name) for name in list(said) if name in known}
    return _draft(kind, path, texts, details, attributes | said)


def _path(geometry: _Point | _Line | None) -> tuple[Position, ...]:
    match geometry:
        case _Point(pair):
            return (Position(pair[0], pair[1]),)
        case _Line(pairs):
            return tuple(Position(pair[0], pair[1]) for pair in pairs)
        case None:
            return ()


def _of_row(said: Mapping[str, str]) -> AssetDraft:
    details, attributes = (
        _object(msgspec.json.decode(said.get(name) or "{}"), name)
        for name in ("details", "attributes")
    )
    texts = {name: said.get(name) or None for name in ("code", *_TEXTS)}
    return _draft(said["kind"], _wkt(said["geometry"]), texts, details, attributes)


def _draft(
    kind: str,
    path: tuple[Position, ...],
    texts: Mapping[str, str | None],
    details: dict[str, Any],
    attributes: dict[str, Any],
) -> AssetDraft:
    if not texts["code"]:
        raise BadLine("`code` is missing: by it the asset is known again")
    for name, value in attributes.items():
        if isinstance(value, dict | list):
            raise BadLine(f"the attribute {name[:64]!r} is no plain value")
    fields = {name: value for name, value in texts.items() if value is not None}
    return AssetDraft(kind=kind, path=path, details=details, attributes=attributes, **fields)


def _wkt(text: str) -> tuple[Position, ...]:
    if not text:
        return ()
    found = _WKT.fullmatch(text)
    try:
        pairs = [] if found is None else [part.split() for part in found.group(2).split(",")]
        return tuple(Position(float(x), float(y)) for x, y in pairs if found is not None) or _bad()
    except ValueError:
        return _bad()


def _bad() -> tuple[Position, ...]:
    raise BadLine("geometry is POINT (13.4 52.5) or LINESTRING (13.4 52.5, 13.5 52.5)")


def _object(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadLine(f"`{name}` is no JSON object")
    return dict(value)


def _text(value: object, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    raise BadLine(f"`{name}` is no text")


def _no_geojson(problem: str) -> FileRefused:
    return FileRefused(
        file="the upload", problem=problem, remedy="send a GeoJSON FeatureCollection (RFC 7946)"
    )


def _too_many() -> FileRefused:
    return FileRefused(
        file="the upload",
        problem=f"it has more than {MOST:,} rows",
        remedy="send it in parts, or use `weir import` at the computer",
    )
