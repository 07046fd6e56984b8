"""Esri Shapefiles (white paper of July 1998): the .shp named, its .dbf, .prj and .cpg beside it.

Or a .zip of one or more of them. pyshp gets open streams only, never a name: by a name it would
also download. Unpacking is bounded by what really comes out, not by what the archive says.
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import shapefile

from appliance.domain.errors import FileRefused
from storage.gis.features import Feature, plan_of
from storage.gis.plan import NOWHERE, Coordinates, Drawing, Geometry, Plan
from storage.gis.text import LARGEST, decode, read_bytes

SHP_MAGIC: Final = b"\x00\x00\x27\x0a"
ZIP_MAGIC: Final = b"PK\x03\x04"
MOST_MEMBERS: Final = 1_000
PARTS: Final = ("shp", "dbf", "prj", "cpg")
_LENGTH_AT: Final = 24
_DBF_HEAD: Final = 32
_REMEDY: Final = "export the layer again; .shp, .dbf and .prj belong together"
_POINTS: Final = frozenset({1, 11, 21, 8, 18, 28})
_LINES: Final = frozenset({3, 13, 23})
_POLYGON: Final = 5
_BROKEN: Final = (
    shapefile.ShapefileException,
    struct.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    AssertionError,
    EOFError,
)
"""What pyshp is known to raise for files that are damaged or hostile."""

Parts = Mapping[str, bytes]
"""The files of one layer by their extension."""


def read_shapefile(path: Path) -> Drawing:
    """Give the layer of a .shp with what lies beside it; raises FileRefused."""
    parts = {"shp": read_bytes(path)}
    for part in PARTS[1:]:
        beside = next((p for p in _siblings(path, part) if p.is_file()), None)
        if beside is not None:
            parts[part] = read_bytes(beside)
    return Drawing(path.name, (_plan(path.name, path.stem, parts),))


def read_zipped_shapefiles(path: Path) -> Drawing:
    """Give every layer of a .zip; raises FileRefused, also for one that would grow beyond 1 GiB."""
    try:
        layers = _unpacked(path)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ) as error:
        raise FileRefused(
            file=path.name, problem=f"the archive is damaged: {error}", remedy=_REMEDY
        ) from error
    plans = tuple(_plan(path.name, name, parts) for name, parts in layers.items() if "shp" in parts)
    if not plans:
        raise FileRefused(file=path.name, problem="there is no .shp in the archive", remedy=_REMEDY)
    return Drawing(path.name, plans)


def _siblings(path: Path, part: str) -> Iterator[Path]:
    for extension in (part, part.upper()):
        yield path.with_suffix(f".{extension}")


def _unpacked(path: Path) -> dict[str, dict[str, bytes]]:
    layers: dict[str, dict[str, bytes]] = {}
    room = LARGEST
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise _too_large(path, f"it has {len(members)} members")
        for member in members:
            name = PurePosixPath(member.filename)
            part = name.suffix.lower().removeprefix(".")
            if part not in PARTS or name.name.startswith("."):
                continue
            with archive.open(member) as stream:
                data = stream.read(room + 1)
            room -= len(data)
            if room < 0:
                raise _too_large(path, "it unpacks to more than 1 GiB")
            layers.setdefault(name.stem, {})[part] = data
    return layers


def _too_large(path: Path, problem: str) -> FileRefused:
    return FileRefused(
        file=path.name, problem=problem, remedy="pack only the layers of the network"
    )


def _plan(file: str, layer: str, parts: Parts) -> Plan:
    skipped: Counter[str] = Counter()
    try:
        shapes = _whole(file, layer, parts["shp"])
        with warnings.catch_warnings():  # pyshp tells the console what it thinks of field names
            warnings.simplefilter("ignore")
            features = list(_features(shapes, parts))
    except _BROKEN as error:
        raise FileRefused(
            file=file, problem=f"{layer}.shp is damaged: {error}", remedy=_REMEDY
        ) from error
    except MemoryError as error:
        raise FileRefused(
            file=file, problem=f"{layer}.shp announces more than it can hold", remedy=_REMEDY
        ) from error
    return plan_of(layer, decode(parts.get("prj", b"")).strip("\ufeff\x00 \r\n"), features, skipped)


def _whole(file: str, layer: str, shapes: bytes) -> bytes:
    """Give as many bytes as the header announces (in 16-bit words at byte 24), or refuse."""
    announced = 2 * struct.unpack_from(">I", shapes, _LENGTH_AT)[0]
    if announced > len(shapes):
        raise FileRefused(
            file=file,
            problem=f"{layer}.shp is cut off: {len(shapes)} of {announced} bytes are there",
            remedy="copy or export it again",
        )
    return shapes[:announced]


def _features(shapes: bytes, parts: Parts) -> Iterator[Feature]:
    """Read shapes and records side by side; a missing .dbf leaves the shapes without attributes."""
    reader = shapefile.Reader(
        shp=io.BytesIO(shapes),
        dbf=io.BytesIO(parts["dbf"]) if "dbf" in parts else None,
        encoding=_encoding(parts),
        encodingErrors="replace",
    )
    with closing(reader):
        records = reader.iterRecords() if "dbf" in parts else iter(())
        for number, shape in enumerate(reader.iterShapes(), 1):
            record = next(records, None)
            properties = record.as_dict() if record is not None else {}
            yield Feature(_geometry(shape), properties, number)


def _encoding(parts: Parts) -> str:
    """The .cpg's, else UTF-8 where the whole table is, else Windows-1252."""
    said = parts.get("cpg", b"").decode("ascii", "ignore").strip().lower().replace("ansi ", "cp")
    try:
        "".encode(said or "utf-8")
        parts.get("dbf", b"")[_DBF_HEAD:].decode(said or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return "cp1252"
    return said or "utf-8"


def _geometry(shape: shapefile.Shape | None) -> Geometry:
    kind = getattr(shape, "shapeType", 0)
    if shape is None or kind == 0:
        return Geometry()
    if kind in _POINTS:
        return Geometry(points=_positions(shape.points))
    if kind in _LINES:
        points = _positions(shape.points)
        starts = [int(part) for part in shape.parts]
        lines = (points[a:b] for a, b in zip(starts, [*starts[1:], len(points)], strict=True))
        return Geometry(lines=tuple(line for line in lines if len(line)))
    return Geometry(others=("polygon" if kind % 10 == _POLYGON else f"shape of type {kind}",))


def _positions(points: object) -> Coordinates:
    found = [(point[0], point[1]) for point in points] if isinstance(points, list) else []
    return np.array(found, np.float64).reshape(-1, 2) if found else NOWHERE
