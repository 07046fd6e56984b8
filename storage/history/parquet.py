"""Parquet files that are whole or not there: written aside, synced, read again, and then named.

They are not encrypted: DuckDB can write encrypted Parquet only with OpenSSL from an extension that
does not exist for this version (decision 0010).
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import Instant
from storage.durable import sync_folder
from storage.history import encoding
from storage.history.sealed import Kind, Sealed, SealedFile

_ROW_GROUP: Final = 20_480
"""Small enough that one sensor is found without reading its neighbours."""
_COPY: Final = """
COPY ({query}) TO '{path}' (FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd,
  ROW_GROUP_SIZE {rows}, DICTIONARY_SIZE_LIMIT 1, KV_METADATA {{weir: '{about}'}})
"""
"""Without dictionaries: sorted numbers are smaller as differences."""
_ROWS: Final = {
    True: "sensor, time, arrived, value, quality, marks, sequence, place",
    False: "sensor, start, n, low, high, last, last_time",
}
_LIMITS: Final = {
    True: "min(time), max(time), min(arrived), max(arrived)",
    False: "min(start), max(start), 0, 0",
}
_ALL_SENSORS: Final = (-(2**63), 2**63 - 1)
_MOST_SORTED: Final = 1_000_000
Step = Callable[[str], None]
_Cursor = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Span:
    """What a new file is about."""

    municipality: MunicipalityId
    since: Instant
    until: Instant
    epoch: int
    through: Sequence


class Writer:
    """Writes sealed files into one folder. `step` is told of each step, for tests that stop there."""

    def __init__(self, folder: Path, cursor: _Cursor, step: Step) -> None:
        self._folder = folder
        self._cursor = cursor
        self._step = step
        self._slices = [_ALL_SENSORS]

    def slice_by(self, readings: str) -> None:
        """Sort and roll up so many sensors at once as have few enough of these readings.

        DuckDB needs memory for what it sorts, and can't always do with what it has.
        """
        counts = self._cursor.execute(
            f"SELECT sensor, count(*) FROM ({readings}) GROUP BY sensor ORDER BY sensor"  # noqa: S608
        ).fetchall()
        self._slices = list(_packed(counts))

    def write(self, span: Span, kind: Kind, source: str) -> SealedFile | None:
        """Put the rows of a query into a file, durable under its last name; None without rows.

        The query gives the columns of `encoding.readings_in` or `rollup_in`, and is run several
        times. Raises StorageFailed when what is read again is not what was to be written.
        """
        raw = kind in {Kind.READINGS, Kind.DOUBTFUL}
        if not raw:  # small, and dear to work out
            source = self._worked_out(source)
        expected = self._sum(source, raw=raw)
        if not expected[0]:
            return None
        part = self._folder / f"{_stem(span, kind)}.tmp"
        self._copy(part, source, span, kind, raw=raw)
        self._step(f"{kind} written")
        _sync(part)
        self._step(f"{kind} synced")
        back = (encoding.readings_in if raw else encoding.rollup_in)(listed([part]))
        if (found := self._sum(back, raw=raw)) != expected:
            raise StorageFailed(
                store="sealed history",
                problem=f"{part.name} was not written as it should be: {found} is not {expected}",
            )
        digest = sha256(part)
        self._step(f"{kind} verified")
        name = f"{_stem(span, kind)}.{digest[:16]}.parquet"
        size = part.stat().st_size
        part.replace(self._folder / name)
        sync_folder(self._folder)
        self._step(f"{kind} renamed")
        rows, *limits, _ = expected
        return SealedFile(name, kind, rows, size, digest, *(Instant(limit) for limit in limits))

    def _copy(self, part: Path, source: str, span: Span, kind: Kind, *, raw: bool) -> None:
        grains = encoding.grains_of_readings if raw else encoding.grains_of_rollup
        encoded = encoding.encoded_readings if raw else encoding.encoded_rollup
        with suppress(FileNotFoundError):
            part.unlink()
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE grains AS {grains(source)}").complete()
        pieces = [part] if len(self._slices) == 1 else self._pieces(part)
        for piece, sensors in zip(pieces, self._slices, strict=True):
            self._copy_query(piece, encoded(_of(source, sensors), "grains"), kind, span)
        if len(pieces) > 1:  # each is in order, and so are they
            self._copy_query(part, f"FROM read_parquet({listed(pieces)})", kind, span)
            for piece in pieces:
                piece.unlink()
        self._cursor.execute("DROP TABLE grains").complete()

    def _pieces(self, part: Path) -> list[Path]:
        return [part.with_suffix(f".{number}.tmp") for number in range(len(self._slices))]

    def _copy_query(self, path: Path, query: str, kind: Kind, span: Span) -> None:
        about = _stem(span, kind)
        copy = _COPY.format(query=query, path=quoted(path), rows=_ROW_GROUP, about=about)
        self._cursor.execute(copy).complete()

    def _worked_out(self, source: str) -> str:
        """Give a query for what a dear one has given."""
        first, *others = self._slices
        self._cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE rolled AS {_of(source, first)}"
        ).complete()
        for sensors in others:
            self._cursor.execute(f"INSERT INTO rolled {_of(source, sensors)}").complete()
        return "FROM rolled"

    def _sum(self, source: str, *, raw: bool) -> tuple[int, ...]:
        """Give count, first and last time and arrival, and a hash of all rows in any order."""
        limits = _LIMITS[raw]
        (found,) = self._cursor.execute(
            f"SELECT count(*), {limits}, bit_xor(hash({_ROWS[raw]})) FROM ({source})"  # noqa: S608
        ).fetchall()
        return tuple(number or 0 for number in found)


def _of(source: str, sensors: tuple[int, int]) -> str:
    """Limit a query to a range of sensors."""
    if sensors == _ALL_SENSORS:
        return source
    first, last = sensors
    return f"SELECT * FROM ({source}) WHERE sensor >= {first} AND sensor <= {last}"  # noqa: S608


def _packed(counts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Divide all sensors there can be, so that each part has few enough readings to be sorted."""
    first, readings = _ALL_SENSORS[0], 0
    for sensor, n in counts:
        if readings and readings + n > _MOST_SORTED:
            yield first, sensor - 1
            first, readings = sensor, 0
        readings += n
    yield first, _ALL_SENSORS[1]


def sha256(path: Path) -> str:
    """Read the whole file and give its hash."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(paths: list[Path]) -> str:
    """Give the files as a list in SQL."""
    return "[" + ", ".join(f"'{quoted(path)}'" for path in paths) + "]"


def quoted(path: Path) -> str:
    """Give a path for between the quotes of SQL."""
    return str(path).replace("'", "''")


def _stem(span: Span, kind: Kind) -> str:
    about = Sealed(span.municipality, span.since, span.until, span.epoch, span.through, ())
    return f"{kind}.{about.place}"


def _sync(path: Path) -> None:
    """Have the file on disk, and have it read from there next time, where the system lets us."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
