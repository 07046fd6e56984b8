"""Parquet files that are whole or not there: written aside, synced, read again, and then named.

They are not encrypted: DuckDB can write encrypted Parquet only with OpenSSL from an extension that
does not exist for this version (decision 0010).
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import Instant
from storage.history import encoding
from storage.history.manifest import sync_folder
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

    def write(self, span: Span, kind: Kind, source: str) -> SealedFile | None:
        """Put the rows of a query into a file, durable under its last name; None without rows.

        The query gives the columns of `encoding.readings_in` or `rollup_in`, and is run several
        times. Raises StorageFailed when what is read again is not what was to be written.
        """
        raw = kind in {Kind.READINGS, Kind.DOUBTFUL}
        if not raw:  # small, and dear to work out
            self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE rolled AS {source}").complete()
            source = "FROM rolled"
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
        self._cursor.execute(
            _COPY.format(
                query=encoded(source, "grains"),
                path=quoted(part),
                rows=_ROW_GROUP,
                about=_stem(span, kind),
            )
        ).complete()
        self._cursor.execute("DROP TABLE grains").complete()

    def _sum(self, source: str, *, raw: bool) -> tuple[int, ...]:
        """Give count, first and last time and arrival, and a hash of all rows in any order."""
        limits = _LIMITS[raw]
        (found,) = self._cursor.execute(
            f"SELECT count(*), {limits}, bit_xor(hash({_ROWS[raw]})) FROM ({source})"  # noqa: S608
        ).fetchall()
        return tuple(number or 0 for number in found)


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
