"""A network as it is drawn in a file. Its coordinates still are the file's; placing it makes a model."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Required, TypedDict

import numpy as np
from numpy.typing import NDArray

from appliance.domain.network import LinkKind, NodeKind

Coordinates = NDArray[np.float64]
"""Shape (k, 2): easting or longitude first."""

NOWHERE: Final[Coordinates] = np.empty((0, 2), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """The points and lines of one feature, and the names of what else it is made of."""

    points: Coordinates = field(default_factory=lambda: NOWHERE)
    lines: tuple[Coordinates, ...] = ()
    others: tuple[str, ...] = ()

    def is_empty(self) -> bool:
        """Say whether nothing at all is drawn."""
        return not (len(self.points) or self.lines or self.others)


class NodeFacts(TypedDict, total=False):
    """What is known of a node but its position; the fields of `domain.network.Node`."""

    code: Required[str]
    kind: Required[NodeKind]
    elevation_m: float | None


class LinkFacts(TypedDict, total=False):
    """What is known of a link but its path; the fields of `domain.network.Link`."""

    code: Required[str]
    kind: Required[LinkKind]
    start: str | None
    end: str | None
    length_m: float | None
    diameter_m: float | None
    roughness: float | None
    material: str | None
    status: str
    name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class DrawnNode:
    """A node and where it is drawn, shape (2,)."""

    facts: NodeFacts
    at: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLink:
    """A link and how it is drawn: at least two points."""

    facts: LinkFacts
    path: Coordinates


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One layer of a file, or all of it: everything in it shares one coordinate system."""

    name: str
    nodes: tuple[DrawnNode, ...] = ()
    links: tuple[DrawnLink, ...] = ()
    crs: str = ""
    """What the file says of its coordinate system: `EPSG:n` or WKT; empty when it says nothing."""
    skipped: Counter[str] = field(default_factory=Counter)

    def coordinates(self) -> Coordinates:
        """Give the nodes' positions and then the links' paths, one below the other."""
        nodes = [node.at.reshape(1, 2) for node in self.nodes]
        return np.concatenate([NOWHERE, *nodes, *(link.path for link in self.links)])


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """All that was read from a file."""

    source: str
    """The file's name."""
    plans: tuple[Plan, ...]
