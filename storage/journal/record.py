"""A record: what one group commit writes. All of it is authenticated, its body is encrypted.

    magic │ check │ length │ kind │ count │ first │ stored_at │ epoch │ previous │ body │ tag
      4       4       4       4      4       8         8          8        8        …     16

`check` is a CRC of the header and of the record's place (segment, offset), so that headers can be
followed, and found again behind damage, without decrypting. The body is sealed with
ChaCha20-Poly1305; header and segment number are its associated data. The nonce is the epoch, drawn
at random whenever a segment is begun or gone on with, and the offset: within an epoch nothing is
written twice at one offset, because the writer never tries again. So a record that was copied to
another place, or comes from before a torn end was cut off, is none. `previous` is the end of the
tag of the record before, so that nothing can be put in its place.
"""

import struct
import zlib
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC: Final = b"\x93Wr\xd1"
BATCHES: Final = 1
MARK: Final = 2
"""Nothing but the promise that all before it is on disk: what is unreadable there was no torn end."""
SEAL: Final = 3
"""The same, and that the log goes on in the next segment."""

_HEADER: Final = struct.Struct("<4sIIIIQq8s8s")
_FIELDS: Final = struct.Struct("<IIIQq8s8s")
_PLACE: Final = struct.Struct("<QI")
_NUMBER: Final = struct.Struct("<Q")
_OFFSET: Final = struct.Struct("<I")
HEADER: Final = _HEADER.size
TAG: Final = 16
LINK: Final = 8
EPOCH: Final = 8
SMALLEST: Final = HEADER + TAG
NO_LINK: Final = bytes(LINK)
"""What the first record of all says of the one before it."""


class Unauthentic(Exception):
    """These bytes are not what was written here."""


class Record(NamedTuple):
    """A header whose check is right; the body may still be damaged."""

    offset: int
    length: int
    """Of the sealed body, in bytes."""
    kind: int
    batches: int
    first: int
    stored_at: int
    previous: bytes
    nonce: bytes
    header: bytes

    @property
    def end(self) -> int:
        """Where the next record begins."""
        return self.offset + HEADER + self.length

    @property
    def last(self) -> int:
        """The place of its last batch; of a mark, of the last batch before it."""
        return self.first + self.batches - 1


class Cipher:
    """Seals and opens the records of one journal."""

    def __init__(self, key: bytes) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"weir journal 1").derive(key)
        self._cipher = ChaCha20Poly1305(derived)

    def seal(self, number: int, record: Record, body: bytes) -> bytes:
        """Give a record's bytes; `record` is what `prepared` gave for this body."""
        sealed = self._cipher.encrypt(record.nonce, body, record.header + _NUMBER.pack(number))
        return record.header + sealed

    def open(self, number: int, record: Record, sealed: bytes | memoryview) -> bytes:
        """Give a record's body, or raise Unauthentic."""
        if len(sealed) != record.length:
            raise Unauthentic("it is cut off")
        try:
            return self._cipher.decrypt(record.nonce, sealed, record.header + _NUMBER.pack(number))
        except InvalidTag:
            raise Unauthentic("it is not what was written") from None

    def stamp(self, number: int, epoch: bytes, data: bytes) -> bytes:
        """Give the tag that goes with the head of a segment."""
        return self._cipher.encrypt(epoch + _OFFSET.pack(0), b"", data + _NUMBER.pack(number))

    def is_stamped(self, number: int, epoch: bytes, data: bytes, tag: bytes) -> bool:
        """Say whether this is the head that was written."""
        try:
            self._cipher.decrypt(epoch + _OFFSET.pack(0), tag, data + _NUMBER.pack(number))
        except InvalidTag:
            return False
        return True


class Content(NamedTuple):
    """What a header says of a record's body."""

    kind: int
    batches: int
    first: int
    stored_at: int


def prepared(
    number: int, offset: int, content: Content, *, epoch: bytes, previous: bytes, body: int
) -> Record:
    """Make the header of a record with a body of so many bytes, for this place only."""
    length = body + TAG
    fields = _FIELDS.pack(length, *content, epoch, previous)
    check = zlib.crc32(fields, zlib.crc32(_PLACE.pack(number, offset)))
    header = MAGIC + _OFFSET.pack(check) + fields
    return Record(offset, length, *content, previous, epoch + _OFFSET.pack(offset), header)


def header_in(data: bytes | memoryview, at: int, number: int, offset: int) -> Record | None:
    """Read the header that `data` has at `at` and the segment at `offset`; None if it is none."""
    if len(data) - at < HEADER:
        return None
    fields = _HEADER.unpack_from(data, at)
    magic, check, length, kind, batches, first, stored_at, epoch, previous = fields
    if magic != MAGIC or length < TAG:
        return None
    header = bytes(data[at : at + HEADER])
    if check != zlib.crc32(header[8:], zlib.crc32(_PLACE.pack(number, offset))):
        return None
    nonce = epoch + _OFFSET.pack(offset)
    return Record(offset, length, kind, batches, first, stored_at, previous, nonce, header)
