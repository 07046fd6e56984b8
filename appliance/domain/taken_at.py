"""Where a camera says that a photo was taken: the GPS part of Exif 2.32 in a JPEG. Pure."""

import math
import struct
from collections.abc import Mapping
from typing import Final

from appliance.domain.pictures import NotTaken, jpeg_segments
from appliance.domain.sensors import Position

_APP1: Final = 0xE1
_GPS: Final = 0x8825
_MOST_ENTRIES: Final = 512
_RATIONAL: Final = 5
_ASCII: Final = 2


def place_of(data: bytes) -> Position | None:
    """Give the place, or None where there is none that can be read: it is only ever a suggestion."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        for marker, begin, end in jpeg_segments(data):
            if marker == _APP1 and data[begin : begin + 6] == b"Exif\0\0":
                return _place(data[begin + 6 : end])
    except (NotTaken, struct.error, IndexError, ZeroDivisionError, ValueError):
        return None
    return None


def _place(tiff: bytes) -> Position | None:
    order = {b"II": "<", b"MM": ">"}[tiff[:2]] if tiff[:2] in {b"II", b"MM"} else ""
    if not order:
        return None
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    pointer = _entries(tiff, order, first).get(_GPS)
    if pointer is None:
        return None
    (gps_at,) = struct.unpack_from(f"{order}I", tiff, pointer[2])
    gps = _entries(tiff, order, gps_at)
    latitude = _degrees(tiff, order, gps, 1, b"S")
    longitude = _degrees(tiff, order, gps, 3, b"W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004
        return None
    return Position(round(longitude, 7), round(latitude, 7))


def _entries(tiff: bytes, order: str, place: int) -> dict[int, tuple[int, int, int]]:
    """Give tag → (type, count, where its value or pointer is)."""
    (count,) = struct.unpack_from(f"{order}H", tiff, place)
    found = {}
    for number in range(min(count, _MOST_ENTRIES)):
        entry = place + 2 + 12 * number
        tag, kind, values = struct.unpack_from(f"{order}HHI", tiff, entry)
        found[tag] = (kind, values, entry + 8)
    return found


def _degrees(
    tiff: bytes, order: str, gps: Mapping[int, tuple[int, int, int]], tag: int, negative: bytes
) -> float | None:
    """Read degrees, minutes and seconds (tag + 1), and their direction (tag)."""
    direction, numbers = gps.get(tag), gps.get(tag + 1)
    if direction is None or numbers is None or numbers[:2] != (_RATIONAL, 3):
        return None
    (at,) = struct.unpack_from(f"{order}I", tiff, numbers[2])
    parts = struct.unpack_from(f"{order}6I", tiff, at)
    degrees, minutes, seconds = (parts[n] / parts[n + 1] for n in (0, 2, 4))
    found = float(degrees + minutes / 60 + seconds / 3_600)
    if not math.isfinite(found) or direction[0] != _ASCII:
        return None
    return -found if tiff[direction[2] : direction[2] + 1].upper() == negative else found
