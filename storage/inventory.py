"""What lies in a data folder, in numbers and names: no contents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from appliance.domain.instant import to_datetime
from storage.history import manifest
from storage.sqlite import open_database, storage_failures

MOST: Final = 20_000
"""Files that are listed; of more there is only the count."""


def tables(path: Path, key: bytes) -> dict[str, dict[str, int]]:
    """Give the rows and bytes of each table; raises StorageFailed."""
    connection = open_database(path, key, read_only=True)
    try:
        with storage_failures(path):
            names = [
                str(name)
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE"
                    " 'CREATE VIRTUAL%' ORDER BY name"
                )
            ]
            sizes: dict[str, int] = {
                str(name): int(size or 0)
                for name, size in connection.execute(
                    "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
                )
            }
            return {
                name: {
                    "rows": int(connection.execute(f'SELECT count(*) FROM "{name}"').get),  # noqa: S608
                    "bytes": sizes.get(name, 0),
                }
                for name in names
            }
    finally:
        connection.close()


def files(folder: Path) -> Iterator[dict[str, object]]:
    """Give each file's place, size and age; raises OSError."""
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number >= MOST:
            yield {"file": f"and more than these {MOST:,}"}
            return
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if not path.is_dir():
            yield {
                "file": path.relative_to(folder).as_posix(),
                "bytes": found.st_size,
                "changed": round(found.st_mtime),
            }


def sealed(folder: Path) -> dict[str, object]:
    """Give what the list of sealed files says; raises StorageFailed."""
    if not (folder / manifest.NAME).exists():
        return {}
    catalogue = manifest.load(folder)
    return {
        "edition": catalogue.edition,
        "epoch": catalogue.epoch,
        "resume": catalogue.resume,
        "entries": [
            {
                "municipality": f"{one.municipality:012x}",
                "since": str(to_datetime(one.since).date()),
                "until": str(to_datetime(one.until).date()),
                "through": one.through,
                "files": [file.name for file in one.files],
                "damaged": [file.name for file in one.damaged],
            }
            for one in catalogue.entries
        ],
    }
