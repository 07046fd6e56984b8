"""The pipe network on the map, in EPANET's words. Geometry is WGS 84, longitude first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.domain.ids import AssetId, MunicipalityId
from appliance.domain.sensors import Position

Details = Mapping[str, float | str]
"""What belongs to its kind, by the names in domain/assets.py, SI."""
Attributes = Mapping[str, str | float | bool | None]
"""The utility's own words for it."""


class NodeKind(StrEnum):
    """A point of the network."""

    JUNCTION = "junction"
    RESERVOIR = "reservoir"
    TANK = "tank"
    HYDRANT = "hydrant"
    METER = "meter"


class LinkKind(StrEnum):
    """A line of the network."""

    PIPE = "pipe"
    PUMP = "pump"
    VALVE = "valve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A junction, reservoir, tank, hydrant or meter."""

    code: str
    """Its id in the utility's own books; unique per municipality among nodes."""
    kind: NodeKind
    position: Position
    elevation_m: float | None = None
    """Of a reservoir: its hydraulic head."""
    name: str | None = None
    status: str = "open"
    material: str | None = None
    installed_on: str | None = None
    """ISO 8601 date."""
    details: Details = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A pipe, pump or valve between two nodes, or (from plain GIS data) between none."""

    code: str
    kind: LinkKind
    path: tuple[Position, ...]
    """At least two points."""
    start: str | None = None
    end: str | None = None
    length_m: float | None = None
    diameter_m: float | None = None
    roughness: float | None = None
    material: str | None = None
    status: str = "open"
    name: str | None = None
    installed_on: str | None = None
    """ISO 8601 date."""
    details: Details = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkModel:
    """A network as read from a file, transformed to WGS 84."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    source: str = ""
    source_crs: str = ""
    """Of the file, as `EPSG:n`."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """What the file had that is not kept: reason → how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A link as the API shows it."""

    id: AssetId
    municipality: MunicipalityId
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNode:
    """A node as the API shows it."""

    id: AssetId
    municipality: MunicipalityId
    node: Node


Asset = Pipeline | NetworkNode
