"""Writes readings to a file that other programs read."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.domain.readings import Floats, Ints

Texts = NDArray[np.object_]


class ExportFormat(StrEnum):
    """What kind of file."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, eq=False)
class ExportedReadings:
    """Readings as people exchange them; columns of equal length n."""

    device_ids: Texts
    times: Ints
    """Instant, shape (n,)."""
    values: Floats
    """In the unit beside it, shape (n,)."""
    units: Texts
    quality: Floats
    """NaN where there is none, shape (n,)."""

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.times)


class ReadingsFile(Protocol):
    """A file being written: columns device_id, timestamp, value, unit, quality. Calls block."""

    def add(self, readings: ExportedReadings) -> None:
        """Add rows at the end."""
        ...

    def close(self) -> None:
        """Finish the file; when it returns, what was added is on disk. Raises StorageFailed."""
        ...

    def abandon(self) -> None:
        """Give up, and leave nothing behind."""
        ...


class Exporter(Protocol):
    """Makes such files."""

    def create(self, path: Path, form: ExportFormat) -> ReadingsFile:
        """Begin a file that must not be there yet."""
        ...
