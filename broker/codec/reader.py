"""The incremental reader: bytes in any portions, packets out. No I/O here."""

from typing import Final

from broker.codec.decode import decode
from broker.codec.packets import Packet
from broker.codec.violation import PacketTooLarge, ProtocolViolation

LARGEST_PACKET: Final = 256 * 1024
_LENGTH_BYTES: Final = 4


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

    def feed(self, data: bytes) -> None:
        """Add what came in."""
        if self._at == len(self._buffer):
            self._buffer = data
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
