"""Copies that are kept for who subscribes later, found by filter without a scan.

All municipalities share the room; who needs most of it gives way first.
"""

from collections.abc import Iterator

from appliance.ports.sessions import Retained
from broker.topics import municipality_of


class _Node:
    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.here: Retained | None = None


class _Share:
    """What one municipality keeps."""

    __slots__ = ("bytes", "topics")

    def __init__(self) -> None:
        self.bytes = 0
        self.topics: dict[str, None] = {}


class RetainedCopies:
    """One copy for each topic, each municipality's apart, the one set longest ago first."""

    def __init__(self) -> None:
        self._root = _Node()
        self._copies: dict[str, Retained] = {}
        self._shares: dict[str, _Share] = {}
        """By the beginning that all topics of a municipality have."""
        self.bytes = 0

    def __len__(self) -> int:
        """Count the topics."""
        return len(self._copies)

    def get(self, topic: str) -> Retained | None:
        """Give a topic's copy."""
        return self._copies.get(topic)

    def first_to_go(self, *, for_bytes: bool) -> str:
        """Name the oldest copy of the municipality that keeps most: nobody pushes out another's."""
        shares = self._shares.values()
        largest = max(shares, key=lambda share: share.bytes if for_bytes else len(share.topics))
        return next(iter(largest.topics))

    def put(self, copy: Retained) -> None:
        """Keep a copy in the place of the one before."""
        self.remove(copy.topic)
        self._copies[copy.topic] = copy
        self.bytes += len(copy.payload)
        share = self._shares.setdefault(municipality_of(copy.topic), _Share())
        share.topics[copy.topic] = None
        share.bytes += len(copy.payload)
        node = self._root
        for level in copy.topic.split("/"):
            node = node.below.setdefault(level, _Node())
        node.here = copy

    def remove(self, topic: str) -> bool:
        """Drop a topic's copy; say whether there was one."""
        copy = self._copies.pop(topic, None)
        if copy is None:
            return False
        self.bytes -= len(copy.payload)
        self._leave_share(copy)
        levels = topic.split("/")
        way = [self._root]
        for level in levels:
            way.append(way[-1].below[level])
        way[-1].here = None
        for level, parent, node in zip(
            reversed(levels), reversed(way[:-1]), reversed(way[1:]), strict=True
        ):
            if node.below or node.here is not None:
                break
            del parent.below[level]
        return True

    def _leave_share(self, copy: Retained) -> None:
        walls = municipality_of(copy.topic)
        share = self._shares[walls]
        del share.topics[copy.topic]
        share.bytes -= len(copy.payload)
        if not share.topics:
            del self._shares[walls]

    def matching(self, topic_filter: str) -> list[Retained]:
        """Give what a filter finds."""
        levels = topic_filter.split("/")
        nodes = [self._root]
        for level in levels[:-1] if levels[-1] == "#" else levels:
            nodes = [deeper for node in nodes for deeper in _below(node, level)]
        if levels[-1] == "#":  # it matches its parent too (section 4.7.1.2)
            return [copy for node in nodes for copy in _all(node)]
        return [node.here for node in nodes if node.here is not None]


def _below(node: _Node, level: str) -> list[_Node]:
    if level == "+":
        return list(node.below.values())
    below = node.below.get(level)
    return [] if below is None else [below]


def _all(top: _Node) -> Iterator[Retained]:
    nodes = [top]
    while nodes:
        node = nodes.pop()
        if node.here is not None:
            yield node.here
        nodes.extend(node.below.values())
