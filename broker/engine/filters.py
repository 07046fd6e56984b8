"""Who subscribed to what, as a tree of topic levels: a topic finds its filters without a scan."""

from typing import Final

_ONE: Final = "+"
_ALL: Final = "#"


class _Node:
    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.here: dict[str, int] = {}


class FilterTree:
    """Filters of many clients, each with a QoS. Empty branches vanish."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, topic_filter: str, client: str, qos: int) -> None:
        """Subscribe a client, or subscribe it again with another QoS [MQTT-3.8.4-3]."""
        node = self._root
        for level in topic_filter.split("/"):
            node = node.below.setdefault(level, _Node())
        node.here[client] = qos

    def remove(self, topic_filter: str, client: str) -> None:
        """Unsubscribe a client: the filter must be the same, character by character."""
        way = [self._root]
        levels = topic_filter.split("/")
        for level in levels:
            below = way[-1].below.get(level)
            if below is None:
                return
            way.append(below)
        way[-1].here.pop(client, None)
        for level, parent, node in zip(
            reversed(levels), reversed(way[:-1]), reversed(way[1:]), strict=True
        ):
            if node.below or node.here:
                return
            del parent.below[level]

    def matching(self, topic: str) -> dict[str, int]:
        """Give whoever hears a topic, with the highest QoS of its filters [MQTT-3.3.5-1]."""
        found: dict[str, int] = {}
        nodes = [self._root]
        for level in topic.split("/"):
            deeper: list[_Node] = []
            for node in nodes:
                below = node.below
                if (rest := below.get(_ALL)) is not None:
                    _merge(found, rest)
                if (same := below.get(level)) is not None:
                    deeper.append(same)
                if (anyone := below.get(_ONE)) is not None:
                    deeper.append(anyone)
            nodes = deeper
        for node in nodes:
            _merge(found, node)
            if (rest := node.below.get(_ALL)) is not None:  # `a/#` matches `a` (4.7.1.2)
                _merge(found, rest)
        return found


def _merge(found: dict[str, int], node: _Node) -> None:
    for client, qos in node.here.items():
        if found.get(client, -1) < qos:
            found[client] = qos
