"""Reading the fields of a packet's body, and what strings, topics and filters may be."""

from broker.codec.violation import ProtocolViolation


class Fields:
    """Takes one field after the other off a body; never reads beyond it."""

    __slots__ = ("_at", "_body")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def byte(self) -> int:
        """Take one byte."""
        return self._take(1)[0]

    def word(self) -> int:
        """Take two bytes, the high one first (section 1.5.2)."""
        return int.from_bytes(self._take(2), "big")

    def data(self) -> bytes:
        """Take bytes with their length before them."""
        return self._take(self.word())

    def text(self) -> str:
        """Take a string (section 1.5.3)."""
        return text_of(self.data())

    def packet_id(self) -> int:
        """Take a packet identifier, which is never 0 [MQTT-2.3.1-1]."""
        found = self.word()
        if found == 0:
            raise ProtocolViolation("MQTT-2.3.1-1", "a packet identifier is 0")
        return found

    def more(self) -> bool:
        """Say whether anything is left."""
        return self._at < len(self._body)

    def skip(self) -> None:
        """Pass over what is left."""
        self._at = len(self._body)

    def end(self) -> None:
        """Insist that nothing is left."""
        if self.more():
            raise ProtocolViolation("MQTT-2.2.3", "a packet is longer than its fields")

    def _take(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if self._at > len(self._body):
            raise ProtocolViolation("MQTT-2.2.3", "a packet is shorter than its fields")
        return self._body[start : self._at]


def text_of(data: bytes) -> str:
    """Read UTF-8 without surrogates [MQTT-1.5.3-1] and without U+0000 [MQTT-1.5.3-2]."""
    try:
        found = data.decode()
    except UnicodeDecodeError as problem:
        raise ProtocolViolation("MQTT-1.5.3-1", "a string is not UTF-8") from problem
    if "\0" in found:
        raise ProtocolViolation("MQTT-1.5.3-2", "a string holds U+0000")
    return found


def checked_topic(topic: str) -> str:
    """Give a topic name back: not empty [MQTT-4.7.3-1] and without wildcards [MQTT-3.3.2-2]."""
    if not topic:
        raise ProtocolViolation("MQTT-4.7.3-1", "a topic name is empty")
    if "#" in topic or "+" in topic:
        raise ProtocolViolation("MQTT-3.3.2-2", "a topic name holds a wildcard")
    return topic


def checked_filter(topic_filter: str) -> str:
    """Give a filter back: not empty, `#` only as the whole last level, `+` only as a whole level."""
    if not topic_filter:
        raise ProtocolViolation("MQTT-4.7.3-1", "a topic filter is empty")
    if "#" in topic_filter and ("#" in topic_filter[:-1] or topic_filter[-2:] not in {"#", "/#"}):
        raise ProtocolViolation("MQTT-4.7.1-2", "'#' is not the whole last level of a filter")
    if "+" in topic_filter and any(
        "+" in level and level != "+" for level in topic_filter.split("/")
    ):
        raise ProtocolViolation("MQTT-4.7.1-3", "'+' is not a whole level of a filter")
    return topic_filter
