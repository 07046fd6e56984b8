"""Readings between NumPy and DuckDB."""

from collections.abc import Sequence as Several
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.domain.readings import Ints, Readings, StoredBatch

Columns = dict[str, NDArray[Any]]


def columns_of(batches: Several[StoredBatch]) -> Columns:
    """Give the readings of the batches under each other, with their places."""
    tables = [_finite(batch.readings) for batch in batches]
    lengths = np.array([len(table) for table in tables])
    begins = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return {
        "municipality": np.repeat(np.array([b.municipality for b in batches]), lengths),
        "sensor": np.concatenate([table.sensors for table in tables]),
        "time": np.concatenate([table.times for table in tables]),
        "arrived": np.concatenate([table.arrived for table in tables]),
        "value": np.concatenate([table.values for table in tables]) + 0.0,  # no zero below zero
        "quality": np.concatenate([table.quality for table in tables]),
        "marks": np.concatenate([table.marks for table in tables]),
        "sequence": np.repeat(np.array([b.sequence for b in batches]), lengths),
        "place": (np.arange(len(begins)) - begins).astype(np.int32),
    }


def _finite(table: Readings) -> Readings:
    """Leave out what the doors should have refused: it would stop history at this place for ever."""
    finite = np.isfinite(table.values)
    return table if finite.all() else table.take(finite)


def chosen(rows: Columns, which: NDArray[np.bool_]) -> Columns:
    """Give some of the rows."""
    return rows if which.all() else {name: column[which] for name, column in rows.items()}


def readings_of(rows: Columns) -> Readings:
    """Give what a query for readings has found."""
    return Readings(
        rows["sensor"],
        rows["time"],
        rows["arrived"],
        rows["value"],
        np.ma.filled(rows["quality"], np.nan),  # DuckDB takes NaN for NULL, NumPy masks NULL
        rows["marks"],
    )


def pairs_of(sensors: Ints, times: Ints) -> Columns:
    """Give (sensor, time) pairs, numbered."""
    return {
        "number": np.arange(len(sensors)),
        "sensor": np.ascontiguousarray(sensors, np.int64),
        "time": np.ascontiguousarray(times, np.int64),
    }
