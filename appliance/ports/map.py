"""What the map of one municipality is made from. Geometry comes as well-known binary, WGS 84."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from appliance.domain.errors import Invalid
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from appliance.ports.files import AttachedFiles, NoFiles
from appliance.ports.pages import Box, Page

Where = Box | frozenset[int] | None
"""Some of the things on a map: those in a box, those with one of these ids, or all."""


class LinkRow(NamedTuple):
    """A pipe, pump or valve as it is drawn."""

    id: int
    code: str
    name: str | None
    kind: str
    diameter_m: float | None
    material: str | None
    status: str
    installed_on: str | None
    path: bytes
    """A LineString as well-known binary, little-endian."""


class NodeRow(NamedTuple):
    """A junction, reservoir, tank, hydrant or meter as it is drawn."""

    id: int
    code: str
    name: str | None
    kind: str
    status: str
    longitude: float
    latitude: float


class SensorRow(NamedTuple):
    """A sensor as it is drawn; those without a place are not."""

    id: int
    device_id: str
    name: str
    type: str
    status: str
    longitude: float
    latitude: float


class ZoneRow(NamedTuple):
    """A zone, or the part of it that is in a box."""

    id: int
    name: str
    kind: str
    area: bytes
    """A Polygon, MultiPolygon or collection of them as well-known binary, little-endian."""
    longitude: float
    """With `latitude` a place inside the whole zone, the same for every box: where its name goes."""
    latitude: float


class Found(NamedTuple):
    """Something that is called as somebody searches."""

    kind: str
    id: int
    name: str
    detail: str
    """Its code, device id or status: what tells it from others of its name."""
    subtype: str
    longitude: float | None
    latitude: float | None


class Happened(NamedTuple):
    """Something in the story of an asset."""

    kind: str
    """`maintenance`, `alert` or `incident`."""
    id: int
    at: Instant
    by: int | None
    what: str
    status: str
    longitude: float | None
    latitude: float | None
    """Of an incident that is here only because it was near; else nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPart:
    """What an edit did to one asset; JSON, None where it was or is not there."""

    asset: int
    code: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody did to assets in one go."""

    id: int
    municipality: MunicipalityId
    number: int
    at: Instant
    by: int
    what: str
    undoes: int | None
    undone_by: int | None
    parts: tuple[EditPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseMap:
    """The map below the network: a file, and what its header says of it."""

    municipality: MunicipalityId
    file: str
    name: str
    format: str
    """`pmtiles` or `mbtiles`."""
    tile_type: str
    """The media type of its tiles."""
    compression: str
    """Of its tiles: `gzip`, or empty for none."""
    size: int
    sha256: bytes
    least_zoom: int
    most_zoom: int
    bounds: Box
    attribution: str
    added_by: int
    added_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseMapFacts:
    """What the header of a base map's file says; `title` and `attribution` are plain text."""

    format: str
    tile_type: str
    compression: str
    least_zoom: int
    most_zoom: int
    bounds: Box
    title: str
    attribution: str


class BaseMapFiles(AttachedFiles, Protocol):
    """The files of base maps. Calls block."""

    def look(self, path: Path) -> BaseMapFacts:
        """Say what a file is; Invalid where it is no base map that can be drawn."""
        ...

    def tile(self, municipality: MunicipalityId, name: str, place: tuple[int, int, int]) -> bytes:
        """Give the tile z, x, y of an MBTiles file; nothing where there is none."""
        ...


class NoBaseMaps(NoFiles):
    """A BaseMapFiles that has no place: for commands and tests that add none."""

    def look(self, path: Path) -> BaseMapFacts:
        raise Invalid(field="file", problem=f"there is no place for {path.name}")

    def tile(self, municipality: MunicipalityId, name: str, place: tuple[int, int, int]) -> bytes:
        del municipality, name, place
        return b""


class Changed(NamedTuple):
    """What of links, nodes and sensors was added, changed or removed since something was read."""

    upto: int
    """The number of the newest change."""
    links: frozenset[int] = frozenset()
    nodes: frozenset[int] = frozenset()
    sensors: frozenset[int] = frozenset()


class MapTable(Protocol):
    """What is drawn of one municipality, by place; what is limited sees its zones alone."""

    def edition(self) -> int:
        """Give a number that is another one after any change to what is drawn."""
        ...

    def changes(self) -> int:
        """Give the number of the newest change of a link, node or sensor."""
        ...

    def changed(self, since: int) -> Changed | None:
        """Give what was changed after one of these; None when only the newest of it are known."""
        ...

    def links(self, where: Where, most: int) -> list[LinkRow]:
        """Give at most so many links: whose bounding boxes touch a box, or with one of these ids."""
        ...

    def nodes(self, where: Where, most: int) -> list[NodeRow]:
        """Give at most so many nodes in a box, or with one of these ids."""
        ...

    def sensors(self, where: Where, most: int) -> list[SensorRow]:
        """Give at most so many sensors in a box, or with one of these ids."""
        ...

    def zones(self, box: Box, tolerance: float, most: int) -> list[ZoneRow]:
        """Give what of zones is in a box, simplified by at most so many degrees."""
        ...

    def counts(self) -> dict[str, int]:
        """Count `pipes`, `assets`, `sensors` and `zones`."""
        ...

    def bounds(self) -> Box | None:
        """Give the box around everything; None when there is nothing."""
        ...

    def find(self, kind: str, words: str, most: int) -> list[Found]:
        """Give things of a kind with all these words in their names, newest or by name."""
        ...

    def story(self, asset: int, around: Box, most: int) -> list[Happened]:
        """Give work on an asset, alerts and incidents of it and its sensors, and incidents around it.

        Newest first, at most so many.
        """
        ...


class EditTable(Protocol):
    """Edits of assets that can be undone; only the newest are kept."""

    def add(self, edit: Edit) -> Edit:
        """Add one as the newest, and give it with its number; the oldest beyond a bound go."""
        ...

    def get(self, edit: int) -> Edit | None:
        """Give one."""
        ...

    def page(self, page: Page) -> tuple[list[Edit], int]:
        """Give one page, newest first, and how many are kept."""
        ...

    def of(self, asset: int, most: int) -> list[Edit]:
        """Give the newest that touched an asset, with what they did to it alone."""
        ...

    def note_undone(self, edit: int, by: int) -> None:
        """Note which edit took one back."""
        ...


class BaseMapTable(Protocol):
    """The base map of a municipality, or (opened for nobody) the one common to all."""

    def own(self) -> BaseMap | None:
        """Give the municipality's own."""
        ...

    def used(self) -> BaseMap | None:
        """Give its own, else the common one."""
        ...

    def put(self, base_map: BaseMap) -> None:
        """Have this one instead of any other."""
        ...

    def remove(self) -> None:
        """Have none of its own any more."""
        ...
