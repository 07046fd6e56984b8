"""What a file is, by its content: JPEG, PNG, WebP, HEIC or PDF, whole and of a sane size. Pure.

Nothing is decoded but what says how large the picture is, and nothing of a file is ever run: a
decoder is what pictures attack. What else may be in the file (a second format behind the first, a
script in a comment) stays harmless because of how it is served: see decision 0020.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_Test = Callable[[bytes], bool]
_Read = Callable[[bytes], "Content"]

LARGEST_SIDE: Final = 30_000
MOST_PIXELS: Final = 200_000_000
"""A phone's best camera has 200 million; what claims more would burst the viewer that opens it."""
MOST_PARTS: Final = 10_000
"""Segments, chunks or boxes that are looked at."""


class NotTaken(ValueError):
    """The file is none that is taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is."""

    media_type: str
    ending: str
    width: int | None = None
    height: int | None = None


def recognised(data: bytes) -> Content:
    """Say what a file is, or raise NotTaken."""
    for begins, read in _FORMATS:
        if begins(data):
            try:
                content = read(data)
            except (struct.error, IndexError):
                raise NotTaken("the file is cut off") from None
            _must_be_sane(content)
            return content
    if not data:
        raise NotTaken("the file is empty")
    raise NotTaken("it is no JPEG, PNG, WebP or HEIC picture and no PDF")


def _must_be_sane(content: Content) -> None:
    width, height = content.width, content.height
    if width is None or height is None:
        return
    if not width or not height:
        raise NotTaken("the picture has no size")
    if max(width, height) > LARGEST_SIDE or width * height > MOST_PIXELS:
        raise NotTaken(f"the picture claims {width:,} × {height:,} points, which no camera has")


_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""SOF0 to SOF15 (ITU-T T.81, B.1.1.3)."""
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN: Final = 0xDA


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Give (marker, begin, end) of each segment before the first scan (ITU-T T.81, B.1.1.4)."""
    place = 2
    for _ in range(MOST_PARTS):
        while data[place] == 0xFF and data[place + 1] == 0xFF:  # noqa: PLR2004 fill bytes
            place += 1
        if data[place] != 0xFF:  # noqa: PLR2004
            raise NotTaken("the JPEG is damaged")
        marker = data[place + 1]
        place += 2
        if marker in _BARE:
            continue
        (length,) = struct.unpack_from(">H", data, place)
        if length < 2 or place + length > len(data):  # noqa: PLR2004
            raise NotTaken("the file is cut off")
        yield marker, place + 2, place + length
        if marker == _SCAN:
            return
        place += length


def _jpeg(data: bytes) -> Content:
    size: tuple[int, int] | None = None
    for marker, begin, _ in jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, begin + 1)
            size = (width, height)
        elif marker == _SCAN:
            break
    if size is None:
        raise NotTaken("the JPEG has no picture")
    if data.find(b"\xff\xd9", begin) < 0:
        raise NotTaken("the file is cut off")
    return Content("image/jpeg", "jpg", *size)


def _png(data: bytes) -> Content:
    place, size = 8, None
    for _ in range(MOST_PARTS):
        length, kind = struct.unpack_from(">I4s", data, place)
        if place + 12 + length > len(data):
            raise NotTaken("the file is cut off")
        if size is None:
            if kind != b"IHDR":
                raise NotTaken("the PNG is damaged")
            size = struct.unpack_from(">II", data, place + 8)
        if kind == b"IEND":
            return Content("image/png", "png", *size)
        place += 12 + length
    raise NotTaken("the PNG has too many parts")


def _webp(data: bytes) -> Content:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise NotTaken("the file is cut off")
    kind = data[12:16]
    if kind == b"VP8X":  # the canvas, in 24 bits less one
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return Content("image/webp", "webp", width, height)
    if kind == b"VP8L" and data[20] == 0x2F:  # noqa: PLR2004 its signature
        (bits,) = struct.unpack_from("<I", data, 21)
        return Content("image/webp", "webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return Content("image/webp", "webp", width & 0x3FFF, height & 0x3FFF)
    raise NotTaken("the WebP is damaged")


_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_INTO: Final = {b"meta": 4, b"iprp": 0, b"ipco": 0}
"""Boxes whose boxes are looked at, and the bytes before those (ISO/IEC 14496-12, 8.11)."""


def _heic(data: bytes) -> Content:
    sizes = list(_spatial_extents(data, 0, len(data)))
    if not sizes:
        raise NotTaken("the HEIC has no picture")
    return Content("image/heic", "heic", *max(sizes))


def _spatial_extents(data: bytes, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the sizes (`ispe`, ISO/IEC 23008-12, 6.5.3) of all pictures in the file."""
    for _ in range(MOST_PARTS):
        if place >= end:
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        header = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, place + 8)
            header = 16
        length = length or end - place
        if length < header or place + length > end:
            raise NotTaken("the file is cut off")
        if kind in _INTO:
            yield from _spatial_extents(data, place + header + _INTO[kind], place + length)
        elif kind == b"ispe":
            width, height = struct.unpack_from(">II", data, place + header + 4)
            yield width, height
        place += length


def _pdf(data: bytes) -> Content:
    if b"%%EOF" not in data[-2_048:]:
        raise NotTaken("the file is cut off")
    return Content("application/pdf", "pdf")


_FORMATS: Final[tuple[tuple[_Test, _Read], ...]] = (
    (lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    (lambda data: data[4:8] == b"ftyp" and data[8:12] in _BRANDS, _heic),
    (lambda data: data.startswith(b"%PDF-"), _pdf),
)
MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf")
