"""Reads the files in which utilities keep their networks."""

from pathlib import Path
from typing import Protocol

from appliance.domain.errors import FileRefused
from appliance.domain.network import NetworkModel


class ReadNetwork(Protocol):
    """Reads a network file of any known format. Blocks, for seconds where there are many pipes."""

    def __call__(self, path: Path, crs: str | None, origin: str | None) -> NetworkModel:
        """Give the network in WGS 84; Invalid or FileRefused says what is wrong.

        `crs` is `EPSG:n`, `origin` is `LON,LAT[,X,Y][,m|ft]` for plan coordinates without a system.
        """
        ...


def read_nothing(path: Path, crs: str | None, origin: str | None) -> NetworkModel:
    """Refuse every file: for commands and tests that read none."""
    del crs, origin
    raise FileRefused(file=path.name, problem="nothing here reads it", remedy="use `weir import`")
