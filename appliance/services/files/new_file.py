"""Files that appear whole or not at all."""

import os
from pathlib import Path

from appliance.domain.errors import Conflict, StorageFailed


def partial_of(path: Path) -> Path:
    """Name the file that is written until it is whole; beside the other, so that it can be renamed."""
    return path.with_name(path.name + ".partial")


def must_be_new(path: Path) -> None:
    """Raise Conflict when there is something at this path already."""
    if path.exists() and path.stat().st_size:
        raise Conflict(what=f"{path} is there already; name another file")


def publish(partial: Path, path: Path) -> None:
    """Let a finished file (already synced) take its name, durably. Raises StorageFailed."""
    try:
        partial.replace(path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise StorageFailed(store=str(path), problem=error.strerror or str(error)) from error


class KeyFile:
    """Rows with secrets, readable by their owner only, on disk before the keys are worth anything.

    Until `publish`, they are in `<name>.partial`, which stays there if the program dies.
    """

    def __init__(self, path: Path) -> None:
        must_be_new(path)
        self._path = path
        self._partial = partial_of(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._file = os.fdopen(os.open(self._partial, flags, 0o600), "wb")
        except FileExistsError as error:
            raise Conflict(
                what=f"{self._partial} is there: it has the keys of an import that was cut short"
            ) from error
        except OSError as error:
            raise StorageFailed(store=str(path), problem=error.strerror or str(error)) from error

    def add(self, text: str) -> None:
        """Put text at the end, on disk."""
        try:
            self._file.write(text.encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageFailed(
                store=str(self._path), problem=error.strerror or str(error)
            ) from error

    def publish(self) -> None:
        """Give the file its name."""
        self._file.close()
        publish(self._partial, self._path)

    def keep_partial(self) -> None:
        """Leave what was written under its partial name."""
        self._file.close()
