"""How far each chain of the audit log has come, noted in a file beside the database.

A line for each commit that wrote into the log: `chain number hash check`, the check being CRC-32 of what
stands before it (lines of older versions have none). Whoever cuts the end off a chain in the database
leaves this file ahead of it. It is written after the commit and not synced, so after a power cut it may
be behind or end in the middle of a line, never ahead.
"""

import asyncio
import contextlib
import logging
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from appliance.domain.audit import Head
from appliance.domain.ids import MunicipalityId
from appliance.ports.scrub import Flaw

_log: Final = logging.getLogger(__name__)

MOST: Final = 1024 * 1024
"""Bytes; a longer file is thinned to the newest line of each chain, once all of it has been verified."""
LONGEST: Final = 4 * MOST
"""Bytes; past it the oldest notes are given up even when something does not add up."""
_PARTS: Final = 3
MISSING: Final = "# this file was missing when Weir started, so a lost end may go unnoticed\n"
DAMAGED: Final = "# this file held no note when Weir started, so a lost end may go unnoticed\n"


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
        elif there and self._cut_torn_end() and not self._lines():
            self._write(DAMAGED)
        if damage := self.damage():
            _log.error("%s: %s", self.path.name, damage)
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
        text = "".join(map(_noted, heads))
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

    def _cut_torn_end(self) -> bool:
        """Cut off what a crash has left of a line, that the next note begins one; say if there was any."""
        with contextlib.suppress(OSError), self.path.open("r+b") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            file.truncate(whole)
            return whole < len(content)
        return False

    def _lines(self) -> list[str]:
        """Give all lines that have an end: the last may be on its way, or torn."""
        try:
            return self.path.read_text(encoding="ascii", errors="replace").split("\n")[:-1]
        except OSError:
            return []

    def known(self) -> tuple[Head, ...]:
        return tuple(head for line in self._lines() if (head := _head(line)) is not None)

    def damage(self) -> str:
        """Say that there are lines which are not what was written; empty when there are none."""
        lines = self._lines()
        if DAMAGED.strip("\n") in lines:
            return DAMAGED.strip("# \n")
        bad = sum(_head(line) is None for line in lines if f"{line}\n" != MISSING)
        said = f"{bad} of its {len(lines)} lines {'is' if bad == 1 else 'are'} not what was written"
        return f"{said}, so a lost end may go unnoticed" if bad else ""

    def problem(self) -> str:
        if damage := self.damage():
            return f"{self.path.name}: {damage}"
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


class HeadsOnDisk:
    """The file as something that can tell whether it is what was written. Implements Verifiable."""

    def __init__(self, path: Path) -> None:
        self._file = HeadsFile(path)

    async def flaws(self) -> tuple[Flaw, ...]:
        damage = await asyncio.to_thread(self._file.damage)
        if not damage:
            return ()
        return (
            Flaw(
                self._file.path.name,
                damage,
                "only whether the newest lines of the audit log are all there",
                "run `weir audit verify`; if it names nothing else, `weir audit accept` begins this "
                "file anew",
            ),
        )

    def known(self) -> tuple[Flaw, ...]:
        return ()

    def told(self) -> None:
        """Nothing is remembered here."""


def _noted(head: Head) -> str:
    said = f"{head.municipality} {head.number} {head.hash.hex()}"
    return f"{said} {_check(said)}\n"


def _check(said: str) -> str:
    return f"{zlib.crc32(said.encode('ascii', 'replace')):08x}"


def _head(line: str) -> Head | None:
    said, parts = line, line.split(" ")
    if len(parts) == _PARTS + 1:
        said, _, check = line.rpartition(" ")
        if check != _check(said):
            return None
    elif len(parts) != _PARTS:
        return None
    with contextlib.suppress(ValueError):
        found = bytes.fromhex(parts[2])
        if len(found) == 32:  # noqa: PLR2004 SHA-256
            return Head(MunicipalityId(int(parts[0])), int(parts[1]), found)
    return None
