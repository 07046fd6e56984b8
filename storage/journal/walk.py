"""Going through a segment from record to record, and finding on behind damage."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from storage.journal.disk import read_at
from storage.journal.record import (
    HEADER,
    MAGIC,
    SMALLEST,
    Cipher,
    Record,
    Unauthentic,
    header_in,
)

_AT_ONCE: Final = 1 << 17
_PIECE: Final = 1 << 20
_ZEROS: Final = bytes(_PIECE)


class Hole(NamedTuple):
    """Bytes that are no record, though they are not all zero."""

    offset: int
    end: int


class Window:
    """A file that is read in pieces or whole records; nothing behind `end` is looked at."""

    def __init__(self, file: int, end: int, piece: int = _AT_ONCE) -> None:
        self.end = end
        self._file = file
        self._least = piece
        self._start = 0
        self._data = b""

    def at(self, offset: int, size: int) -> memoryview:
        """Give these bytes, fewer where the file or the window ends."""
        size = max(0, min(size, self.end - offset))
        begin = offset - self._start
        if begin < 0 or begin + size > len(self._data):
            most = min(max(size, self._least), self.end - offset)
            self._start, self._data, begin = offset, read_at(self._file, most, offset), 0
        return memoryview(self._data)[begin : begin + size]

    def header(self, number: int, offset: int) -> Record | None:
        """Read the header at this place, None if there is none of a record that fits."""
        record = header_in(self.at(offset, HEADER), 0, number, offset)
        return record if record is not None and record.end <= self.end else None

    def body(self, record: Record) -> memoryview:
        """Give the sealed body of a record."""
        return self.at(record.offset + HEADER, record.length)


def walk(window: Window, number: int, cipher: Cipher, offset: int) -> Iterator[Record | Hole]:
    """Give records, as their headers say, and what lies between, up to the last record.

    Behind a header that is damaged it goes on at the next record that is authentic.
    """
    while offset + SMALLEST <= window.end:
        record = window.header(number, offset)
        if record is None:
            if is_zero(window, offset, window.end):
                return
            record = _next_authentic(window, number, cipher, offset)
            if record is None:
                break
            yield Hole(offset, record.offset)
        yield record
        offset = record.end
    if not is_zero(window, offset, window.end):
        yield Hole(offset, window.end)


def is_zero(window: Window, start: int, end: int) -> bool:
    """Say whether nothing has ever been written there."""
    return all(
        bytes(data) == (_ZEROS if len(data) == _PIECE else bytes(len(data)))
        for at in range(start, end, _PIECE)
        if (data := window.at(at, min(_PIECE, end - at)))
    )


def is_authentic(window: Window, number: int, cipher: Cipher, record: Record) -> bool:
    """Say whether a record is whole."""
    try:
        cipher.open(number, record, window.body(record))
    except Unauthentic:
        return False
    return True


def _next_authentic(window: Window, number: int, cipher: Cipher, offset: int) -> Record | None:
    for place in _magics(window, offset):
        record = window.header(number, place)
        if record is not None and is_authentic(window, number, cipher, record):
            return record
    return None


def _magics(window: Window, offset: int) -> Iterator[int]:
    """Give the places where a record may begin."""
    while offset + SMALLEST <= window.end:
        data = bytes(window.at(offset, _PIECE))
        if not data:
            return
        found = data.find(MAGIC)
        while found >= 0:
            yield offset + found
            found = data.find(MAGIC, found + 1)
        offset += max(1, len(data) - len(MAGIC) + 1)
