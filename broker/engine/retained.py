"""Copies that are kept for who subscribes later, found by filter without a scan."""

from collections.abc import Iterator

from appliance.ports.sessions import Retained


class _Node:
    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.here: Retained | None = None


class RetainedCopies:
    """One copy for each topic, the one set longest ago first."""

    def __init__(self) -> None:
        self._root = _Node()
        self._copies: dict[str, Retained] = {}
        self.bytes = 0

    def __len__(self) -> int:
        """Count the topics."""
        return len(self._copies)

    def get(self, topic: str) -> Retained | None:
        """Give a topic's copy."""
        return self._copies.get(topic)

    def oldest(self) -> str:
        """Name the topic whose copy was set longest ago."""
        return next(iter(self._copies))

    def put(self, copy: Retained) -> None:
        """Keep a copy in the place of the one before."""
        self.remove(copy.topic)
        self._copies[copy.topic] = copy
        self.bytes += len(copy.payload)
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
