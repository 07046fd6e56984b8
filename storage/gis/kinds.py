"""What a feature is: by its own column where that speaks of kinds, else by the name of its layer.

A column `type` may as well hold materials or pressure zones. It is believed only when at least
one of its values in the layer is a kind that we know; then its unknown values are left out, and
counted. Lines that nobody calls anything are pipes, points are junctions.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from appliance.domain.network import LinkKind, NodeKind
from storage.gis.attributes import as_text

_LINKS: Final = {
    LinkKind.VALVE: "valve prv psv pbv fcv tcv gpv schieber vanne valvula válvula",
    LinkKind.PUMP: "pump pompe bomba",
    LinkKind.PIPE: (
        "pipe main conduit distribution transmission service supply trunk lateral rising "
        "leitung rohr conduite tuber condotta"
    ),
}
_NODES: Final = {
    NodeKind.HYDRANT: "hydrant hidrante",
    NodeKind.TANK: "tank tower cistern behälter standpipe depósito",
    NodeKind.RESERVOIR: "reservoir borehole well spring intake",
    NodeKind.JUNCTION: "junction node knoten noeud nodo fitting joint tee bend",
}


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A kind that the network model does not have, in the file's word."""

    word: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """How the features of one layer say what they are."""

    layer: str
    columns: tuple[str, ...]

    def link(self, properties: Mapping[str, object]) -> LinkKind | Unmapped:
        """Say what a line is."""
        for word in self._words(properties):
            return link_kind(word) or Unmapped(word)
        return link_kind(self.layer) or LinkKind.PIPE

    def node(self, properties: Mapping[str, object]) -> NodeKind | Unmapped:
        """Say what a point is; a valve or pump that is drawn as a point has no place in the model."""
        for word in self._words(properties):
            return node_kind(word) or Unmapped(word)
        found = node_kind(self.layer)
        if found is None and link_kind(self.layer) in {LinkKind.VALVE, LinkKind.PUMP}:
            return Unmapped(self.layer)
        return found or NodeKind.JUNCTION

    def _words(self, properties: Mapping[str, object]) -> Iterable[str]:
        return filter(None, (as_text(properties.get(column)) for column in self.columns))


def kinds_of(layer: str, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> Kinds:
    """Find out which columns speak of kinds."""
    several = list(rows)
    believed = tuple(
        column
        for column in columns
        if any(_is_known(word) for word in {as_text(row.get(column)) for row in several})
    )
    return Kinds(layer, believed)


@lru_cache(maxsize=1024)
def link_kind(word: str) -> LinkKind | None:
    """Give the kind of line that a word names."""
    return next((kind for kind, forms in _LINKS.items() if _names(word, forms)), None)


@lru_cache(maxsize=1024)
def node_kind(word: str) -> NodeKind | None:
    """Give the kind of point that a word names."""
    return next((kind for kind, forms in _NODES.items() if _names(word, forms)), None)


def _names(word: str, forms: str) -> bool:
    """Say whether one of the words begins or ends with a form: `valves`, `gatevalve`; not steel: tee."""
    tokens = re.split(r"[\W_\d]+", word.lower())
    return any(t.startswith(form) or t.endswith(form) for form in forms.split() for t in tokens)


def _is_known(word: str) -> bool:
    return bool(word) and (link_kind(word) is not None or node_kind(word) is not None)
