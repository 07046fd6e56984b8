"""The incremental reader: bytes in any portions, packets out. No I/O here."""

from collections.abc import Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from broker.codec.decode import decode
from broker.codec.packets import Packet
from broker.codec.violation import PacketTooLarge, ProtocolViolation

LARGEST_PACKET: Final = 256 * 1024
_LENGTH_BYTES: Final = 4
_SHORT_REST: Final = 4_096
"""Bytes of an unfinished packet that are copied together with what comes next."""
_SIMPLE: Final = frozenset({0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B})
"""First bytes of PUBLISH with QoS 0 or 1 that obey [MQTT-3.3.1-2]."""
_QOS_1: Final = 0x02
_RETAIN: Final = 0x01
_DUP: Final = 0x08
_PUBACK: Final = b"\x40\x02"
_NO_ID: Final = b"\0\0"

T = TypeVar("T")


class Run(NamedTuple, Generic[T]):
    """Some PUBLISH of QoS 0 or 1 that follow each other; columns of equal length."""

    subjects: list[T]
    """What their topics stand for."""
    payloads: list[bytes]
    firsts: list[int]
    """Their first bytes: see `qos_of`, `is_retained` and `is_repeated`."""
    acks: list[bytes]
    """One PUBACK for each of QoS 1."""


def qos_of(first: int) -> int:
    """Read the QoS of a PUBLISH from its first byte."""
    return (first >> 1) & 3


def is_retained(first: int) -> bool:
    """Read RETAIN of a PUBLISH from its first byte."""
    return first & _RETAIN != 0


def is_repeated(first: int) -> bool:
    """Read DUP of a PUBLISH from its first byte."""
    return first & _DUP != 0


class PacketReader:
    """Cuts a stream into packets; the same packets however the stream is portioned.

    Bounded: keeps at most one unfinished packet of `largest` bytes beside what one `feed` brought,
    and refuses a larger one as soon as its length is known. After a ProtocolViolation the stream
    can't be trusted any more and the reader is of no further use.
    """

    def __init__(self, largest: int = LARGEST_PACKET) -> None:
        self.largest = largest
        self._buffer: bytes | bytearray = b""
        self._at = 0

    @property
    def has_more(self) -> bool:
        """Say whether any bytes wait to be read."""
        return self._at < len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Add what came in."""
        if self._at == len(self._buffer):
            self._buffer = data
        elif len(self._buffer) - self._at <= _SHORT_REST:
            self._buffer = bytes(self._buffer[self._at :]) + data
        elif isinstance(self._buffer, bytearray):
            del self._buffer[: self._at]
            self._buffer += data
        else:
            self._buffer = bytearray(self._buffer[self._at :])
            self._buffer += data
        self._at = 0

    def next(self) -> Packet | None:
        """Give the next packet, None when more bytes are needed; raises ProtocolViolation."""
        buffer, start = self._buffer, self._at
        if len(buffer) - start < 2:  # noqa: PLR2004 - a type and a length
            return None
        length, body = buffer[start + 1], start + 2
        if length & 0x80:
            length, body = self._long_length(start)
            if body == 0:
                return None
        if length > self.largest:
            raise PacketTooLarge(length, self.largest)
        end = body + length
        if end > len(buffer):
            return None
        self._at = end
        return decode(buffer[start], bytes(buffer[body:end]))

    def publishes(  # noqa: C901, PLR0912, PLR0915 - the innermost loop of the door: no calls
        self, topics: Mapping[bytes, T], most: int
    ) -> Run[T] | None:
        """Give the PUBLISH that come next, at most that many, on topics that are known.

        Ends before whatever is not simple, short, complete and right: `next` deals with that. None
        where that comes first.
        """
        buffer = self._buffer
        run: Run[T] = Run([], [], [], [])
        if not isinstance(buffer, bytes):
            return None
        at, end, largest = self._at, len(buffer), self.largest
        while end - at > _LENGTH_BYTES and len(run.payloads) < most:
            first, length, body = buffer[at], buffer[at + 1], at + 2
            if length & 0x80:
                if buffer[body] & 0x80:
                    break
                length, body = (length & 0x7F) | buffer[body] << 7, body + 1
            beyond = body + length
            if first not in _SIMPLE or length > largest or beyond > end:
                break
            topic_at = body + 2
            topic_end = topic_at + (buffer[body] << 8) + buffer[body + 1]
            subject = topics.get(buffer[topic_at:topic_end])
            if subject is None:
                break
            if first & _QOS_1:
                payload_at = topic_end + 2
                packet_id = buffer[topic_end:payload_at]
                if packet_id == _NO_ID or payload_at > beyond:
                    break
                run.acks.append(_PUBACK + packet_id)
                run.payloads.append(buffer[payload_at:beyond])
            elif topic_end > beyond:
                break
            else:
                run.payloads.append(buffer[topic_end:beyond])
            run.subjects.append(subject)
            run.firsts.append(first)
            at = beyond
        self._at = at
        return run if run.payloads else None

    def _long_length(self, start: int) -> tuple[int, int]:
        """Read a length of two to four bytes (section 2.2.3): it and where the body begins, or 0."""
        length = 0
        for place in range(_LENGTH_BYTES):
            at = start + 1 + place
            if at >= len(self._buffer):
                return 0, 0
            byte = self._buffer[at]
            length |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                return length, at + 1
        raise ProtocolViolation("MQTT-2.2.3", "a remaining length of more than four bytes")
