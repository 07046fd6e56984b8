"""Where the demo takes place: EPA's Net3, put on the map (data/README.md)."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from appliance.domain.network import Link, LinkKind, NetworkModel, Node, NodeKind
from appliance.domain.sensors import Position

NAME: Final = "Marram Bay (demo)"
TIME_ZONE: Final = "Europe/Berlin"
SOURCE: Final = "EPANET Example Network 3, US EPA, public domain; its place is made up"


def network() -> NetworkModel:
    """Give the network; reads a file, so call it in a thread."""
    said = json.loads(files(__package__).joinpath("data", "network.json").read_text("utf-8"))
    return NetworkModel(
        nodes=tuple(_node(node) for node in said["nodes"]),
        links=tuple(_link(link) for link in said["links"]),
        source=SOURCE,
        source_crs="EPSG:4326",
    )


def positions(model: NetworkModel) -> dict[str, Position]:
    """Give where things are: nodes by `P` or `L` and code, middles of links by `F` and code."""
    found = {f"{kind}{node.code}": node.position for node in model.nodes for kind in "PL"}
    return found | {f"F{link.code}": _middle(link.path) for link in model.links}


def _node(said: Mapping[str, Any]) -> Node:
    return Node(
        code=said["code"],
        kind=NodeKind(said["kind"]),
        position=Position(*said["position"]),
        elevation_m=said["elevation_m"],
    )


def _link(said: Mapping[str, Any]) -> Link:
    return Link(
        code=said["code"],
        kind=LinkKind(said["kind"]),
        path=tuple(Position(*point) for point in said["path"]),
        start=said["start"],
        end=said["end"],
        length_m=said["length_m"],
        diameter_m=said["diameter_m"],
        roughness=said["roughness"],
    )


def _middle(path: tuple[Position, ...]) -> Position:
    """Give the middle of the middle piece; near enough for a symbol on a map."""
    index = (len(path) - 1) // 2
    a, b = path[index], path[index + 1]
    return Position((a.longitude + b.longitude) / 2, (a.latitude + b.latitude) / 2)
