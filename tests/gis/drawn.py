"""Small files of every format, written by the libraries and by hand."""

import json
import struct
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import shapefile

DATA = Path(__file__).parent / "data"
GREEK_PRJ = (
    'PROJCS["GGRS87_Greek_Grid",GEOGCS["GCS_GGRS_1987",DATUM["D_GGRS_1987",'
    'SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",24.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
ATHENS = (476000.0, 4204000.0)
"""In the Greek Grid (EPSG:2100)."""
ATHENS_LONLAT = (23.72840013, 37.98592280)


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def geojson(path: Path, *features: dict[str, Any], **members: Any) -> Path:
    document = {"type": "FeatureCollection", "features": list(features)} | members
    path.write_text(json.dumps(document))
    return path


def wkb_line(points: Sequence[tuple[float, float]], order: str = "<") -> bytes:
    head = struct.pack(f"{order}BII", order == "<", 2, len(points))
    return head + np.array(points).astype(f"{order}f8").tobytes()


def wkb_point(x: float, y: float) -> bytes:
    return struct.pack("<BIdd", 1, 1, x, y)


def gpkg_geometry(wkb: bytes, srs: int = 2100) -> bytes:
    return b"GP\0\x01" + struct.pack("<i", srs) + wkb


def geopackage(
    path: Path,
    layers: dict[str, Iterable[tuple[bytes | None, str, float | None]]],
    *,
    srs: tuple[int, str, int, str] = (2100, "EPSG", 2100, ""),
    script: str = "",
) -> Path:
    """Write layers of (geometry, code, dn); then run a script, as a hostile author would."""
    database = apsw.Connection(str(path))
    database.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
    database.execute(
        "PRAGMA application_id = 0x47504B47;"
        "CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id INTEGER PRIMARY KEY, organization,"
        " organization_coordsys_id INTEGER, definition, description);"
        "CREATE TABLE gpkg_contents (table_name PRIMARY KEY, data_type, identifier, srs_id);"
        "CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name,"
        " srs_id, z, m)"
    )
    database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('', ?, ?, ?, ?, '')", srs)
    for name, rows in layers.items():
        database.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY, geom, code, dn)')
        database.execute("INSERT INTO gpkg_contents VALUES (?, 'features', '', ?)", (name, srs[0]))
        database.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', ?, 0, 0)",
            (name, srs[0]),
        )
        for row in rows:
            database.execute(f'INSERT INTO "{name}" (geom, code, dn) VALUES (?, ?, ?)', row)
    if script:
        database.execute(script)
    database.close()
    return path


def a_shapefile(folder: Path, name: str = "pipes", *, prj: str = GREEK_PRJ) -> Path:
    """Write two pipes (one of two parts) with a code and a diameter in inches."""
    with shapefile.Writer(str(folder / name), shapeType=shapefile.POLYLINE) as writer:
        writer.field("PIPE_ID", "C", size=20)
        writer.field("DIAM_IN", "N", size=10, decimal=2)
        writer.field("MATERIAL", "C", size=20)
        x, y = ATHENS
        writer.line([[[x, y], [x + 100, y], [x + 100, y + 50]]])
        writer.record("A-1", 6, "PVC")
        writer.line([[[x, y], [x, y + 10]], [[x, y + 20], [x, y + 30]]])
        writer.record("A-2", 4.5, "gußeisern")
    if prj:
        (folder / f"{name}.prj").write_text(prj)
    return folder / f"{name}.shp"


def zipped(path: Path, *files: Path, under: str = "data/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, under + file.name)
    return path
