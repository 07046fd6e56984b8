"""The newest lines of the log, kept in the data folder for who looks for a fault later.

The log itself goes to the console, or to the service manager's journal, which may keep nothing.
"""

import contextlib
import logging
import os
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

SIZE: Final = 1 << 20
"""Bytes of each of two files; when the newer one is full, the older one is given up."""


class _Keeper(RotatingFileHandler):
    """Writes what it can: on a full disk the lines are on the console only."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 as its base
        opener = os.open
        descriptor = opener(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        del record


@contextlib.contextmanager
def kept_log(file: Path) -> Iterator[None]:
    """Keep what is logged in this block; at most about twice SIZE."""
    try:
        keeper = _Keeper(file, maxBytes=SIZE, backupCount=1, encoding="utf-8")
    except OSError:
        yield  # nowhere to keep it: the console has it
        return
    keeper.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    root = logging.getLogger()
    root.addHandler(keeper)
    try:
        yield
    finally:
        root.removeHandler(keeper)
        keeper.close()


def kept_lines(file: Path) -> list[tuple[str, str]]:
    """Give the kept files by name with what is in them, the older one first."""
    found = []
    for each in (file.with_name(f"{file.name}.1"), file):
        with contextlib.suppress(OSError):
            found.append((each.name, each.read_text(encoding="utf-8", errors="replace")))
    return found
