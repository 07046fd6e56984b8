"""Readings in files for others: CSV (RFC 4180) and Parquet, in constant memory, synced at the end."""

import csv
import os
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import IO, Final, Protocol

import duckdb
import numpy as np

from appliance.domain.errors import StorageFailed
from appliance.domain.spreadsheets import guarded
from appliance.ports.exporting import ExportedReadings, ExportFormat, ReadingsFile

COLUMNS: Final = ("device_id", "timestamp", "value", "unit", "quality")
MEMORY: Final = "256MB"
ROW_GROUP: Final = 122_880


class FileExporter:
    """The port's Exporter."""

    def create(self, path: Path, form: ExportFormat) -> ReadingsFile:
        return CsvReadings(path) if form is ExportFormat.CSV else ParquetReadings(path)


class CsvReadings:
    """A CSV file in UTF-8; times as `2026-05-01T03:00:00Z`, an unknown quality is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: IO[str] = path.open("x", encoding="utf-8", newline="")
        except OSError as error:
            raise _failed(path, error) from error
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def add(self, readings: ExportedReadings) -> None:
        quality = ["" if text == "nan" else text for text in _numbers(readings.quality)]
        columns = (
            map(guarded, readings.device_ids.tolist()),
            _times(readings),
            _numbers(readings.values),
            readings.units.tolist(),
            quality,
        )
        try:
            self._writer.writerows(zip(*columns, strict=True))
        except OSError as error:
            raise _failed(self._path, error) from error

    def close(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _failed(self._path, error) from error

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


class ParquetReadings:
    """A Parquet file (zstd); `timestamp` is an instant in UTC with microseconds.

    Rows wait in a DuckDB file beside it, since a Parquet file can only be written in one go.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = path.with_name(path.name + ".rows")
        folder = str(path.parent.absolute())
        try:
            path.touch(exist_ok=False)
            self._waiting.unlink(missing_ok=True)  # of an export that died
            self._rows = duckdb.connect(
                self._waiting,
                config={
                    "memory_limit": MEMORY,
                    "threads": 1,
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "temp_directory": str(self._waiting) + ".tmp",
                },
            )
            self._rows.execute(f"SET allowed_directories = [{_literal(folder)}]")
            self._rows.execute("SET enable_external_access = false")
            self._rows.execute("SET lock_configuration = true")
            self._rows.execute(
                "CREATE TABLE rows (device_id VARCHAR, timestamp BIGINT, value DOUBLE,"
                " unit VARCHAR, quality DOUBLE)"
            )
            self._rows.execute(
                "CREATE VIEW ordered AS SELECT device_id, make_timestamptz(timestamp) AS timestamp,"
                " value, unit, quality FROM rows"
            )
        except (duckdb.Error, OSError) as error:
            raise _failed(path, error) from error

    def add(self, readings: ExportedReadings) -> None:
        chunk = {
            "device_id": readings.device_ids,
            "timestamp": readings.times,
            "value": readings.values,
            "unit": readings.units,
            "quality": readings.quality,
        }
        try:
            self._rows.register("chunk", chunk)
            self._rows.execute(
                "INSERT INTO rows SELECT device_id, timestamp, value, unit,"
                " CASE WHEN isnan(quality) THEN NULL ELSE quality END FROM chunk"
            )
            self._rows.unregister("chunk")
        except duckdb.Error as error:
            raise _failed(self._path, error) from error

    def close(self) -> None:
        try:
            self._rows.execute(
                f"COPY ordered TO {_literal(str(self._path.absolute()))}"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )
            self._forget_rows()
            with self._path.open("rb+") as written:
                os.fsync(written.fileno())
        except (duckdb.Error, OSError) as error:
            raise _failed(self._path, error) from error

    def abandon(self) -> None:
        self._forget_rows()
        self._path.unlink(missing_ok=True)

    def _forget_rows(self) -> None:
        self._rows.close()
        for file in (self._waiting, self._waiting.with_name(self._waiting.name + ".wal")):
            file.unlink(missing_ok=True)


class _WithNumbers(Protocol):
    def tolist(self) -> list[float]: ...


def _numbers(values: _WithNumbers) -> list[str]:
    """Write numbers in at most 12 significant digits, which hides binary dust."""
    return list(map(format, values.tolist(), repeat(".12g")))


def _times(readings: ExportedReadings) -> list[str]:
    """Write instants as ISO 8601 in UTC, with microseconds only where there are any."""
    texts = np.datetime_as_string(readings.times.astype("datetime64[us]"), unit="us")
    return [text.removesuffix(".000000") + "Z" for text in texts.tolist()]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _failed(path: Path, error: Exception) -> StorageFailed:
    return StorageFailed(store=str(path), problem=str(error))
