"""EPANET input files (EPANET 2.2 User Manual, appendix C.2; sections are cited by name).

Read are [TITLE], [JUNCTIONS], [RESERVOIRS], [TANKS], [PIPES], [PUMPS], [VALVES], [STATUS], [TAGS],
[OPTIONS], [COORDINATES], [VERTICES] and the map's unit in [BACKDROP]; the hydraulics in between
are left where they are. Lengths, diameters and elevations become SI by the file's flow unit (US
customary or metric, appendix A). A tag becomes a link's name; a valve without one is named by its
type. Such files say nothing about their coordinate system.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from appliance.domain.errors import FileRefused
from appliance.domain.network import LinkKind, NodeKind
from storage.gis.epanet_text import InpText, Row, split
from storage.gis.numbers import number
from storage.gis.plan import (
    Coordinates,
    Drawing,
    DrawnLink,
    DrawnNode,
    LinkFacts,
    NodeFacts,
    Plan,
)
from storage.gis.text import decode, read_bytes

FOOT, INCH, MILLIMETRE = 0.3048, 0.0254, 0.001
US_FLOWS: Final = frozenset({"CFS", "GPM", "MGD", "IMGD", "AFD"})
SI_FLOWS: Final = frozenset({"LPS", "LPM", "MLD", "CMH", "CMD", "CMS", "SI"})
RESERVOIR_WORDS: Final = 3
"""EPANET itself takes a tank of an id, a level and a pattern for a reservoir."""
PIPE_WORDS: Final = 6
MAP_DEGREES: Final = "EPSG:4326"
_STATUSES: Final = {"OPEN": "open", "CLOSED": "closed", "CV": "check_valve", "ACTIVE": "active"}
_PLACELESS: Final = "without coordinates"


@dataclass(slots=True)
class _Model:
    """What has been read so far."""

    inp: InpText
    length: float = FOOT
    diameter: float = INCH
    roughness: float = 1.0
    nodes: dict[str, NodeFacts] = field(default_factory=dict)
    links: dict[str, LinkFacts] = field(default_factory=dict)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    vertices: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)


def read_epanet(path: Path) -> Drawing:
    """Give the network of an INP file, or raise FileRefused naming the lines that are wrong."""
    model = _Model(split(path.name, decode(read_bytes(path))))
    _read_options(model)
    for read in (_read_nodes, _read_pipes, _read_pumps, _read_valves, _read_status, _read_tags):
        read(model)
    _read_places(model)
    model.inp.refuse_if_bad()
    if not model.nodes or not model.places:
        raise FileRefused(
            file=path.name,
            problem="it has no nodes" if not model.nodes else "it has no node coordinates",
            remedy="save the model from EPANET (or QGIS, WNTR …) with its map",
        )
    return Drawing(path.name, (_plan(model),))


def _read_options(model: _Model) -> None:
    """[OPTIONS] UNITS (GPM unless said) and HEADLOSS (Darcy-Weisbach roughness is a length)."""
    metric = False
    headloss = ""
    for row in model.inp.rows("OPTIONS", least=1):
        option, value = row.words[0].upper(), row.words[-1].upper()
        if option == "UNITS" and value not in US_FLOWS | SI_FLOWS:
            model.inp.note(row, f"{value!r} is not a flow unit of EPANET")
        elif option == "UNITS":
            metric = value in SI_FLOWS
        elif option == "HEADLOSS":
            headloss = value
    model.length, model.diameter = (1.0, MILLIMETRE) if metric else (FOOT, INCH)
    model.roughness = FOOT if headloss == "D-W" and not metric else 1.0  # 10⁻³ ft → mm


def _read_nodes(model: _Model) -> None:
    """[JUNCTIONS] id elevation …, [RESERVOIRS] id head …, [TANKS] id bottom-elevation …."""
    for section, kind in (
        ("JUNCTIONS", NodeKind.JUNCTION),
        ("RESERVOIRS", NodeKind.RESERVOIR),
        ("TANKS", NodeKind.TANK),
    ):
        for row in model.inp.rows(section, least=1):
            is_reservoir = kind is NodeKind.TANK and len(row.words) <= RESERVOIR_WORDS
            _add_node(model, row, NodeKind.RESERVOIR if is_reservoir else kind)


def _add_node(model: _Model, row: Row, kind: NodeKind) -> None:
    code = row.words[0]
    facts: NodeFacts = {"code": code, "kind": kind}
    if code in model.nodes:
        model.inp.note(row, f"node {code!r} was there before")
    if len(row.words) > 1:
        elevation = model.inp.numbers(row, 1)
        facts["elevation_m"] = elevation[0] * model.length if elevation else None
    model.nodes[code] = facts


def _read_pipes(model: _Model) -> None:
    """[PIPES] id node1 node2 length diameter roughness [minor loss] [status]."""
    for row in model.inp.rows("PIPES", least=PIPE_WORDS):
        numbers = model.inp.numbers(row, 3, 4, 5)
        facts = _add_link(model, row, LinkKind.PIPE)
        if numbers:
            facts["length_m"] = numbers[0] * model.length
            facts["diameter_m"] = numbers[1] * model.diameter
            facts["roughness"] = numbers[2] * model.roughness
        if len(row.words) > PIPE_WORDS:
            facts["status"] = _STATUSES.get(row.words[-1].upper(), "open")


def _read_pumps(model: _Model) -> None:
    """[PUMPS] id node1 node2 …."""
    for row in model.inp.rows("PUMPS", least=3):
        _add_link(model, row, LinkKind.PUMP)


def _read_valves(model: _Model) -> None:
    """[VALVES] id node1 node2 diameter type …; active unless [STATUS] says otherwise."""
    for row in model.inp.rows("VALVES", least=5):
        diameter = model.inp.numbers(row, 3)
        facts = _add_link(model, row, LinkKind.VALVE)
        facts["status"] = "active"
        facts["name"] = row.words[4].upper()
        if diameter:
            facts["diameter_m"] = diameter[0] * model.diameter


def _add_link(model: _Model, row: Row, kind: LinkKind) -> LinkFacts:
    code, start, end = row.words[:3]
    facts: LinkFacts = {"code": code, "kind": kind, "start": start, "end": end}
    if code in model.links:
        model.inp.note(row, f"link {code!r} was there before")
    for node in (start, end):
        if node not in model.nodes:
            model.inp.note(row, f"link {code!r} ends at node {node!r}, which is not defined")
    model.links[code] = facts
    return facts


def _read_status(model: _Model) -> None:
    """[STATUS] id OPEN, CLOSED, ACTIVE or a setting, where a pump's 0 means closed."""
    for row in model.inp.rows("STATUS", least=2):
        facts = model.links.get(row.words[0])
        said = row.words[1].upper()
        if facts is None:
            model.skipped["status of an unknown link"] += 1
        elif said in _STATUSES:
            facts["status"] = _STATUSES[said]
        elif facts["kind"] is LinkKind.PUMP:
            facts["status"] = "closed" if number(said) == 0 else "open"


def _read_tags(model: _Model) -> None:
    """[TAGS] NODE or LINK, id, tag."""
    for row in model.inp.rows("TAGS", least=3):
        facts = model.links.get(row.words[1])
        if row.words[0].upper() == "LINK" and facts is not None:
            facts["name"] = row.words[2]


def _read_places(model: _Model) -> None:
    """[COORDINATES] node x y; [VERTICES] link x y, in order from node1 to node2."""
    for row in model.inp.rows("COORDINATES", least=3):
        place = model.inp.numbers(row, 1, 2)
        if row.words[0] not in model.nodes:
            model.skipped["coordinates of an unknown node"] += 1
        elif place:
            model.places[row.words[0]] = (place[0], place[1])
    for row in model.inp.rows("VERTICES", least=3):
        place = model.inp.numbers(row, 1, 2)
        if row.words[0] not in model.links:
            model.skipped["vertex of an unknown link"] += 1
        elif place:
            model.vertices.setdefault(row.words[0], []).append((place[0], place[1]))


def _plan(model: _Model) -> Plan:
    nodes = tuple(
        DrawnNode(facts, np.array(model.places[code]))
        for code, facts in model.nodes.items()
        if code in model.places
    )
    paths = [(facts, _path(model, facts)) for facts in model.links.values()]
    links = tuple(DrawnLink(facts, path) for facts, path in paths if len(path) > 1)
    for what, lost in (
        ("node", len(model.nodes) - len(nodes)),
        ("link", len(paths) - len(links)),
    ):
        if lost:
            model.skipped[f"{what} {_PLACELESS}"] += lost
    return Plan(model.inp.file, nodes, links, _map_crs(model.inp), model.skipped)


def _path(model: _Model, facts: LinkFacts) -> Coordinates:
    ends = [model.places.get(facts[end] or "") for end in ("start", "end")]
    path = [ends[0], *model.vertices.get(facts["code"], ()), ends[1]]
    return np.array([place for place in path if place is not None]).reshape(-1, 2)


def _map_crs(inp: InpText) -> str:
    """[BACKDROP] UNITS Degrees is the one hint that a file may give."""
    for row in inp.rows("BACKDROP", least=2):
        if row.words[0].upper() == "UNITS" and row.words[1].upper() == "DEGREES":
            return MAP_DEGREES
    return ""
