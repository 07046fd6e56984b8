"""GeoPackage (OGC 12-128r18), read through SQLite without trusting a byte of it.

Only plain tables that gpkg_geometry_columns lists are read, with SELECT and nothing else: an
authorizer denies functions, pragmas, attaching and writing; triggers, views, virtual tables and
functions in the schema do not run, extensions can't be loaded.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from appliance.domain.errors import FileRefused
from storage.gis.features import Feature, plan_of
from storage.gis.plan import Drawing, Geometry, Plan
from storage.gis.wkb import BadGeometry, parse

MOST_FEATURES: Final = 5_000_000
LONGEST_VALUE: Final = 64 << 20
MAGIC: Final = b"SQLite format 3\x00"
_ENVELOPES: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
"""Bytes of the envelope by its code (2.1.3, table 1)."""
_HEAD: Final = 8
_REMEDY: Final = "export the layers again, for example with QGIS, as a new GeoPackage"


def read_geopackage(path: Path) -> Drawing:
    """Give every feature layer as a plan of its own; raises FileRefused."""
    try:
        database = _open(path)
        try:
            layers = _layers(database)
            plans = tuple(_plan(database, *layer) for layer in layers)
        finally:
            database.close()
    except (apsw.Error, UnicodeDecodeError, OSError) as error:
        raise FileRefused(
            file=path.name, problem=f"it can't be read: {error}", remedy=_REMEDY
        ) from error
    if not plans:
        raise FileRefused(file=path.name, problem="it has no feature layers", remedy=_REMEDY)
    return Drawing(path.name, plans)


def _open(path: Path) -> apsw.Connection:
    """Open for reading; edits that a GIS program still keeps in its write-ahead log are seen."""
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    database = apsw.Connection(
        f"file:{quote(str(path.absolute()))}?{mode}",
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    )
    for option, value in (
        (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
        (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    ):
        database.config(option, value)
    database.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    database.execute("PRAGMA cell_size_check = ON")
    database.execute("PRAGMA mmap_size = 0")
    database.authorizer = _only_reading
    return database


def _only_reading(
    action: int, _first: str | None, _second: str | None, _database: str | None, _by: str | None
) -> int:
    allowed = action in {apsw.SQLITE_SELECT, apsw.SQLITE_READ}
    return apsw.SQLITE_OK if allowed else apsw.SQLITE_DENY


def _layers(database: apsw.Connection) -> list[tuple[str, str, str]]:
    """Give table, geometry column and coordinate system of each feature layer (1.1.3, 2.1.5)."""
    listed = database.execute(
        "SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition"
        " FROM gpkg_geometry_columns AS g"
        " JOIN gpkg_contents AS c ON c.table_name = g.table_name AND c.data_type = 'features'"
        " LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        " ORDER BY g.table_name"
    ).fetchall()
    tables = {
        str(name).lower()
        for name, sql in database.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
        )
        if not str(sql).lstrip().upper().startswith("CREATE VIRTUAL")
    }
    return [
        (str(table), str(column), _crs(organization, code, definition))
        for table, column, organization, code, definition in listed
        if str(table).lower() in tables
    ]


def _crs(organization: object, code: object, definition: object) -> str:
    """1.1.2: EPSG codes are named; -1 and 0 are undefined; others are given as WKT."""
    if isinstance(code, int) and str(organization).upper() == "EPSG" and code > 0:
        return f"EPSG:{code}"
    return definition if isinstance(definition, str) else ""


def _plan(database: apsw.Connection, table: str, column: str, crs: str) -> Plan:
    skipped: Counter[str] = Counter()
    features = list(_features(database, table, column, skipped))
    return plan_of(table, crs, features, skipped)


def _features(
    database: apsw.Connection, table: str, column: str, skipped: Counter[str]
) -> Iterator[Feature]:
    rows = database.execute(f"SELECT * FROM {_quoted(table)} LIMIT {MOST_FEATURES}")  # noqa: S608
    names: list[str] = []
    for number, row in enumerate(rows, 1):
        names = names or [str(described[0]) for described in rows.description]
        properties = dict(zip(names, row, strict=True))
        try:
            geometry = geometry_of(properties.pop(column, None))
        except BadGeometry:
            skipped["feature with a damaged geometry"] += 1
            continue
        yield Feature(geometry, properties, number)


def geometry_of(blob: object) -> Geometry:
    """Read a GeoPackage geometry (2.1.3): the header GP, then well-known binary; raises BadGeometry."""
    if blob is None:
        return Geometry()
    if not isinstance(blob, bytes) or len(blob) < _HEAD or blob[:2] != b"GP":
        raise BadGeometry("no GeoPackage geometry")
    flags = blob[3]
    envelope = _ENVELOPES.get(flags >> 1 & 7)
    if blob[2] != 0 or envelope is None or flags & 0x20:
        raise BadGeometry("a GeoPackage geometry of an unknown form")
    if flags & 0x10:  # "empty geometry"
        return Geometry()
    return parse(blob[_HEAD + envelope :])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
