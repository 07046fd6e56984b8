"""Reads a network from whatever file a utility has, chosen by what is in it and not by its name."""

from pathlib import Path
from typing import Final

from appliance.domain.errors import FileRefused
from appliance.domain.network import NetworkModel
from appliance.domain.sensors import Position
from storage.gis.crs import named
from storage.gis.epanet import read_epanet
from storage.gis.epanet_text import is_inp
from storage.gis.geojson import is_geojson, read_geojson
from storage.gis.geopackage import MAGIC, read_geopackage
from storage.gis.local_plane import LocalOrigin, parse_origin
from storage.gis.placing import place
from storage.gis.plan import Drawing
from storage.gis.shapefile import SHP_MAGIC, ZIP_MAGIC, read_shapefile, read_zipped_shapefiles
from storage.gis.text import decode

Origin = LocalOrigin | tuple[float, float] | str
"""Also (longitude, latitude), or the text of --local-origin: `LONGITUDE,LATITUDE[,X,Y][,m|ft]`."""

BEGINNING: Final = 64 << 10


def read_network(
    path: Path, *, crs: str | None = None, origin: Origin | None = None
) -> NetworkModel:
    """Give the network of an EPANET, GeoJSON, GeoPackage or Shapefile (.shp or .zip), in WGS 84.

    `crs` is `EPSG:n`; it goes before what the file says. `origin` places a drawing without a
    coordinate system. Without both the system is detected, or FileRefused asks for it. Reads
    nothing but the file and, for a .shp, the .dbf, .prj and .cpg beside it. Takes seconds for
    50,000 pipes: call it in a thread.
    """
    chosen = named(crs) if crs else None
    drawing = _read(path)
    if not any(plan.nodes or plan.links for plan in drawing.plans):
        raise FileRefused(
            file=path.name,
            problem=_empty(drawing),
            remedy="export the layers of pipes (lines) and nodes (points)",
        )
    return place(drawing, crs=chosen, origin=_origin(origin))


def read_network_file(path: Path, crs: str | None, origin: str | None) -> NetworkModel:
    """Give it as people ask for it: `crs` and `origin` are the texts of --crs and --local-origin."""
    return read_network(path, crs=crs or None, origin=parse_origin(origin) if origin else None)


def _origin(said: Origin | None) -> LocalOrigin | None:
    if isinstance(said, str):
        return parse_origin(said)
    return LocalOrigin(Position(*said)) if isinstance(said, tuple) else said


def _read(path: Path) -> Drawing:
    data = _beginning(path)
    if data.startswith(MAGIC):
        return read_geopackage(path)
    if data.startswith(ZIP_MAGIC):
        return read_zipped_shapefiles(path)
    if data.startswith(SHP_MAGIC):
        return read_shapefile(path)
    text = decode(data)
    if is_geojson(text):
        return read_geojson(path)
    if is_inp(text):
        return read_epanet(path)
    raise FileRefused(
        file=path.name,
        problem="it is neither EPANET INP nor GeoJSON, GeoPackage, Shapefile or a .zip of one",
        remedy="for a Shapefile name its .shp; save .net projects as .inp in EPANET",
    )


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(BEGINNING)
    except OSError as error:
        raise FileRefused(
            file=path.name, problem=error.strerror or str(error), remedy="check the path"
        ) from error


def _empty(drawing: Drawing) -> str:
    left_out = [
        f"{count} × {reason}" for plan in drawing.plans for reason, count in plan.skipped.items()
    ]
    return "there is no pipe or node in it" + (f" ({', '.join(left_out)})" if left_out else "")
