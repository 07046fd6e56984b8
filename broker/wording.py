"""A copy's bytes, worked out once for all who get it alike."""

from dataclasses import replace

from broker.codec.encode import publish
from broker.codec.packets import Publish

_ID_BYTES = 2


class Wording:
    """Remembers the last copy: it usually goes to several subscribers, one after the other."""

    def __init__(self) -> None:
        self._topic = ""
        self._payload = b""
        self._known: dict[tuple[int, bool, bool], tuple[bytes, bytes]] = {}
        """By QoS, RETAIN and DUP: what is before the packet identifier, and what is after it."""

    def of(self, copy: Publish, walls: str) -> bytes:
        """Give PUBLISH for one subscriber, whose topics begin with these walls inside the engine."""
        if copy.payload is not self._payload or copy.topic is not self._topic:
            self._topic, self._payload = copy.topic, copy.payload
            self._known.clear()
        kind = (copy.qos, copy.retain, copy.dup)
        parts = self._known.get(kind)
        if parts is None:
            parts = self._known[kind] = _parts(copy, copy.topic[len(walls) :])
        if not copy.qos:
            return parts[0]
        return b"".join((parts[0], copy.packet_id.to_bytes(_ID_BYTES, "big"), parts[1]))


def _parts(copy: Publish, topic: str) -> tuple[bytes, bytes]:
    whole = publish(replace(copy, topic=topic))
    if not copy.qos:
        return whole, b""
    after = len(whole) - len(copy.payload)
    return whole[: after - _ID_BYTES], copy.payload
