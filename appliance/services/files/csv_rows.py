"""CSV as people have it (RFC 4180, and what spreadsheets make of it), read a block at a time.

Comma, semicolon or tab, found out from the header; quotes; LF or CRLF; UTF-8 with or without BOM,
UTF-16 with BOM, else Windows-1252. A decimal comma is understood where the comma does not separate.
One line is one row: a quote that is not closed costs its own line, never the rest of the file.
Memory stays constant whatever the file's length, and that of its lines.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from appliance.domain.errors import FileRefused

BLOCK: Final = 1 << 20
LOOKED_AT: Final = 1 << 20
"""Bytes from which the encoding is found out."""
LONGEST_LINE: Final = 1 << 16
EXCERPT: Final = 120
_SEPARATORS: Final = ",;\t"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BadLine(ValueError):
    """The line is no row of the table."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of a file."""

    first: int
    """The number of the first, from 1."""
    lines: tuple[str, ...]
    bytes_done: int
    """How much of the file has been read."""

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Give the lines that are not blank with their numbers."""
        return ((n, line) for n, line in enumerate(self.lines, self.first) if line.strip())


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a file are."""

    separator: str
    width: int
    places: dict[str, int] = field(default_factory=dict)

    def fields(self, line: str) -> list[str]:
        """Split a line; raises BadLine when it is not a row of this table."""
        if len(line) > LONGEST_LINE:
            raise BadLine("the line is longer than 65,536 characters")
        found = line.split(self.separator) if '"' not in line else self._quoted(line)
        if len(found) != self.width:
            raise BadLine(f"{len(found)} values instead of {self.width}")
        return found

    def decimal(self, text: str) -> str:
        """Give a number with a point where it has a decimal comma."""
        return text if self.separator == "," else text.replace(",", ".")

    def _quoted(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.separator, strict=True))
        except csv.Error:
            raise BadLine("a quotation mark is not closed or out of place") from None


class CsvFile:
    """An open CSV file. Its methods block: call them in a thread, one at a time."""

    def __init__(self, path: Path, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
        self.name = path.name
        try:
            self._file: IO[bytes] = path.open("rb")
            self.bytes_total = path.stat().st_size
        except OSError as error:
            raise FileRefused(
                file=path.name, problem=error.strerror or str(error), remedy="check the path"
            ) from error
        self._lines = self._read(_encoding(self._file))
        try:
            self.layout = self._head(required, optional)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def blocks(self) -> Iterator[Block]:
        """Give the lines below the header, a mebibyte at a time."""
        return self._lines

    def _head(self, required: tuple[str, ...], optional: tuple[str, ...]) -> Layout:
        block = next(self._lines, Block(1, ("",), 0))
        header, rest = block.lines[0], block.lines[1:]
        separator = max(_SEPARATORS, key=header.count)
        try:
            names = next(csv.reader([header], delimiter=separator), [])
        except csv.Error:
            names = []
        names = [name.strip().lower() for name in names]
        missing = [name for name in required if name not in names]
        if missing or len(header) > LONGEST_LINE:
            raise FileRefused(
                file=self.name,
                problem=f"line 1 does not name the column{'s' * (len(missing) > 1)} "
                + ", ".join(missing),
                remedy=f"let the first line be {','.join((*required, *optional))}",
            )
        wanted = (*required, *optional)
        self._lines = _after(Block(2, rest, block.bytes_done), self._lines)
        self.header = tuple(names)
        places = {name: names.index(name) for name in wanted if name in names}
        return Layout(separator, len(names), places)

    def _read(self, encoding: str) -> Iterator[Block]:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        rest, number = "", 1
        while data := self._file.read(BLOCK):
            *lines, rest = (rest + decoder.decode(data)).split("\n")
            rest = rest[: LONGEST_LINE + 1]  # longer is refused anyway, so it need not be kept
            if lines:
                yield Block(number, _chomped(lines), self._file.tell())
                number += len(lines)
        rest += decoder.decode(b"", final=True)
        if rest:
            yield Block(number, _chomped([rest]), self._file.tell())


def excerpt(line: str) -> str:
    """Give the beginning of a line, fit to be shown."""
    shown = line if line.isprintable() else line.encode("unicode_escape").decode()
    return shown[:EXCERPT]


def _chomped(lines: list[str]) -> tuple[str, ...]:
    return tuple(line.removesuffix("\r") for line in lines)


def _after(first: Block, others: Iterator[Block]) -> Iterator[Block]:
    if first.lines:
        yield first
    yield from others


def _encoding(file: IO[bytes]) -> str:
    """Look at the beginning, and go back to the beginning."""
    beginning = file.read(LOOKED_AT)
    file.seek(0)
    for mark, encoding in _BOMS:
        if beginning.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
