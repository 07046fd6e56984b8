"""Base maps that a utility brings: PMTiles 3 and MBTiles 1.3 files, none of which is trusted.

Of a PMTiles file only the header is read here: browsers read the rest by Range. An MBTiles file is
SQLite, read as GeoPackages are: an authorizer allows reading and nothing else, its schema runs no
functions or triggers, and a view that takes too long is given up.
"""

import json
import math
import re
import struct
import time
import zlib
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import apsw

from appliance.domain.errors import Invalid
from appliance.domain.ids import MunicipalityId
from appliance.ports.map import BaseMapFacts
from appliance.ports.pages import Box
from storage.attachments import FolderFiles

MOST_ZOOM: Final = 24
LARGEST_TILE: Final = 8 << 20
LARGEST_METADATA: Final = 1 << 20
WITHIN: Final = 2.0
"""Seconds for one question to an MBTiles file."""
_SQLITE: Final = b"SQLite format 3\x00"
_PMTILES: Final = b"PMTiles"
_PMTILES_HEAD: Final = 127
_TYPES: Final = {
    1: "application/vnd.mapbox-vector-tile",
    2: "image/png",
    3: "image/jpeg",
    4: "image/webp",
    5: "image/avif",
}
"""PMTiles 3, 3.2: tile types."""
_FORMATS: Final = {"pbf": 1, "mvt": 1, "png": 2, "jpg": 3, "jpeg": 3, "webp": 4}
"""MBTiles 1.3: `format`."""
_COMPRESSIONS: Final = {1: "", 2: "gzip"}
_GZIP: Final = b"\x1f\x8b"
_MARKUP: Final = re.compile(r"<[^>]*>")


class FolderBaseMaps(FolderFiles):
    """Implements BaseMapFiles."""

    def look(self, path: Path) -> BaseMapFacts:
        with path.open("rb") as file:
            beginning = file.read(_PMTILES_HEAD)
        try:
            if beginning.startswith(_PMTILES):
                return _pmtiles(path, beginning)
            if beginning.startswith(_SQLITE):
                return _mbtiles(path)
        except (apsw.Error, ValueError, OverflowError) as error:
            raise _refused(f"it can't be read: {error}") from error
        raise _refused("it is neither a PMTiles nor an MBTiles file")

    def tile(self, municipality: MunicipalityId, name: str, place: tuple[int, int, int]) -> bytes:
        z, x, y = place
        row = None
        try:
            database = _open(self._path(municipality, name))
            try:
                row = database.execute(
                    "SELECT tile_data FROM tiles"
                    " WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                    (z, x, 2**z - 1 - y),  # MBTiles counts from the south (1.3, tiles)
                ).fetchone()
            finally:
                database.close()
        except apsw.Error as error:
            raise _refused(f"it can't be read: {error}") from error
        return row[0] if row is not None and isinstance(row[0], bytes) else b""


def _pmtiles(path: Path, head: bytes) -> BaseMapFacts:
    """Read the header (PMTiles 3, 3): every part that it names must lie in the file."""
    size = path.stat().st_size
    if len(head) < _PMTILES_HEAD or head[7] != 3:  # noqa: PLR2004
        raise _refused("only version 3 of PMTiles is known: convert it with `pmtiles convert`")
    parts = struct.unpack_from("<8Q", head, 8)
    if any(begin + length > size for begin, length in zip(parts[::2], parts[1::2], strict=True)):
        raise _refused("it is not whole: it was cut off, perhaps while it was copied")
    inner, compression, kind, least, most = struct.unpack_from("<5B", head, 97)
    degrees = [number / 1e7 for number in struct.unpack_from("<4i", head, 102)]
    if kind not in _TYPES or compression not in _COMPRESSIONS:
        raise _refused("its tiles are of a kind that browsers do not draw")
    said = _metadata(path, parts[2], parts[3], inner)
    return _facts("pmtiles", _TYPES[kind], _COMPRESSIONS[compression], (least, most), degrees, said)


def _metadata(path: Path, begin: int, length: int, compression: int) -> dict[str, Any]:
    """Read the JSON metadata (PMTiles 3, 5); what can't be read is nothing: only names are in it."""
    if length > LARGEST_METADATA or compression not in _COMPRESSIONS:
        return {}
    with path.open("rb") as file:
        file.seek(begin)
        content = file.read(length)
    try:
        if compression != 1:
            content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, LARGEST_METADATA)
        said = json.loads(content)
    except (ValueError, zlib.error, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _mbtiles(path: Path) -> BaseMapFacts:
    database = _open(path)
    try:
        rows = database.execute("SELECT name, value FROM metadata LIMIT 1000").fetchall()
        said = {str(name): value for name, value in rows}
        sample = database.execute("SELECT zoom_level, tile_data FROM tiles LIMIT 1").fetchone()
        least, most = (_zoom(database, said, end) for end in ("min", "max"))
    finally:
        database.close()
    if sample is None or not isinstance(sample[1], bytes):
        raise _refused("it has no tiles")
    kind = _FORMATS.get(str(said.get("format", "")).lower())
    if kind is None:
        raise _refused("its `format` is none of pbf, png, jpg and webp")
    compression = "gzip" if sample[1].startswith(_GZIP) else ""
    numbers = [float(part) for part in str(said.get("bounds") or "-180,-85,180,85").split(",")]
    return _facts("mbtiles", _TYPES[kind], compression, (least, most), numbers, said)


def _zoom(database: apsw.Connection, said: dict[str, Any], end: str) -> int:
    """Give the least or greatest zoom, which older files do not say."""
    if f"{end}zoom" in said:
        return int(said[f"{end}zoom"])
    order = "ASC" if end == "min" else "DESC"
    row = database.execute(f"SELECT zoom_level FROM tiles ORDER BY zoom_level {order} LIMIT 1")  # noqa: S608
    return int((row.fetchone() or (0,))[0])


def _facts(
    form: str,
    tile_type: str,
    compression: str,
    zooms: tuple[int, int],
    sides: list[float],
    said: dict[str, Any],
) -> BaseMapFacts:
    least, most = zooms
    if not 0 <= least <= most <= MOST_ZOOM:
        raise _refused(f"its zooms {least} to {most} are none")
    if len(sides) != 4 or not all(map(math.isfinite, sides)):  # noqa: PLR2004
        raise _refused("its bounds are no four numbers")
    west, east = max(sides[0], -180.0), min(sides[2], 180.0)
    south, north = max(sides[1], -90.0), min(sides[3], 90.0)
    if west >= east or south >= north:
        raise _refused("its bounds are nowhere on earth")
    return BaseMapFacts(
        format=form,
        tile_type=tile_type,
        compression=compression,
        least_zoom=least,
        most_zoom=most,
        bounds=Box(west, south, east, north),
        title=_plain(said.get("name")),
        attribution=_plain(said.get("attribution")),
    )


def _plain(text: object) -> str:
    """Give words without their markup, which would run in the page."""
    return _MARKUP.sub("", str(text or "")).strip()[:500]


def _open(path: Path) -> apsw.Connection:
    database = apsw.Connection(
        f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1",
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    )
    for option, value in (
        (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
        (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    ):
        database.config(option, value)
    database.limit(apsw.SQLITE_LIMIT_LENGTH, LARGEST_TILE)
    database.execute("PRAGMA cell_size_check = ON")
    database.execute("PRAGMA mmap_size = 0")
    database.authorizer = _only_reading
    until = time.monotonic() + WITHIN
    database.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    return database


def _only_reading(
    action: int, _first: str | None, _second: str | None, _database: str | None, _by: str | None
) -> int:
    allowed = action in {apsw.SQLITE_SELECT, apsw.SQLITE_READ}
    return apsw.SQLITE_OK if allowed else apsw.SQLITE_DENY


def _refused(problem: str) -> Invalid:
    return Invalid(field="file", problem=problem)
