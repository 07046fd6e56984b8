"""How far each chain of the audit log has come, noted in a file beside the database.

A line for each commit that wrote into the log: `chain number hash`. Whoever cuts the end off a chain in
the database leaves this file ahead of it. It is written after the commit and not synced, so after a power
cut it may be behind, never ahead.
"""

import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from appliance.domain.audit import Head
from appliance.domain.ids import MunicipalityId

_log: Final = logging.getLogger(__name__)

MOST: Final = 1024 * 1024
"""Bytes; a longer file is thinned to the newest line of each chain, once all of it has been verified."""
LONGEST: Final = 4 * MOST
"""Bytes; past it the oldest notes are given up even when something does not add up."""
_PARTS: Final = 3
MISSING: Final = "# this file was missing when Weir started, so a lost end may go unnoticed\n"


class HeadsFile:
    """The file. A note that can't be written is no reason to stop; the next one says more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._complained = False

    def begin(self, heads: Iterable[Head]) -> None:
        """Bring the notes up to what the database holds when it is opened, and note if they were gone."""
        there = tuple(heads)
        if there and not self.path.exists():
            self._write(MISSING)
        known = {head.municipality: head.number for head in self.known()}
        self.keep(head for head in there if head.number > known.get(head.municipality, 0))

    def begin_anew(self, heads: Iterable[Head]) -> None:
        """Forget all notes but these: somebody has taken notice of what did not add up."""
        part = self.path.with_name(self.path.name + ".part")
        part.unlink(missing_ok=True)
        HeadsFile(part).keep(heads)
        if part.exists():
            part.replace(self.path)

    def keep(self, heads: Iterable[Head]) -> None:
        text = "".join(f"{h.municipality} {h.number} {h.hash.hex()}\n" for h in heads)
        if text:
            self._write(text)

    def _write(self, text: str) -> None:
        try:
            with os.fdopen(
                os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w"
            ) as f:
                f.write(text)
        except OSError as problem:
            if not self._complained:
                _log.warning("%s can't be written: %s", self.path, problem)
            self._complained = True
        else:
            self._complained = False

    def known(self) -> tuple[Head, ...]:
        try:
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return ()
        return tuple(head for line in lines if (head := _head(line)) is not None)

    def problem(self) -> str:
        with contextlib.suppress(OSError):
            content = self.path.read_text(encoding="ascii", errors="replace")
            return MISSING.strip("# \n") if MISSING in content else ""
        return f"{self.path.name} is missing or can't be read"

    def thin(self, *, sound: bool) -> None:
        """Leave only what is needed of a file that has grown long; while something is wrong, nearly all."""
        with contextlib.suppress(OSError):
            size = self.path.stat().st_size
            if size <= (MOST if sound else LONGEST):
                return
            newest = {head.municipality: head for head in self.known()}
            self.begin_anew(newest.values())


def _head(line: str) -> Head | None:
    parts = line.split()
    if len(parts) != _PARTS:
        return None  # the torn end of a crash
    with contextlib.suppress(ValueError):
        found = bytes.fromhex(parts[2])
        if len(found) == 32:  # noqa: PLR2004 SHA-256
            return Head(MunicipalityId(int(parts[0])), int(parts[1]), found)
    return None
