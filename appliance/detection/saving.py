"""What is remembered, as bytes: a header that says what they are, then the records as they are.

Header: magic, CRC-32 of the layout's description, CRC-32 of the records, their number. Whatever
does not fit, by damage or because a newer Weir remembers other things, is not read.
"""

import struct
import zlib
from typing import Final

import numpy as np

from appliance.detection.base import Records

_MAGIC: Final = b"weirwat1"
_HEADER: Final = struct.Struct("<8sIIQ")


def pack(records: Records) -> bytes:
    """Give the records as bytes."""
    body = np.ascontiguousarray(records).tobytes()
    layout = _fingerprint(records.dtype)
    return _HEADER.pack(_MAGIC, layout, zlib.crc32(body), len(records)) + body


def unpack(data: bytes, layout: np.dtype[np.void]) -> Records | None:
    """Give the records, or None where the bytes are not whole records of this layout."""
    if len(data) < _HEADER.size:
        return None
    magic, fingerprint, checksum, count = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if magic != _MAGIC or fingerprint != _fingerprint(layout):
        return None
    if len(body) != count * layout.itemsize or zlib.crc32(body) != checksum:
        return None
    return np.frombuffer(body, layout).copy()


def _fingerprint(layout: np.dtype[np.void]) -> int:
    return zlib.crc32(repr(layout.descr).encode())
