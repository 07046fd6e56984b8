"""The file system with the data folder, and the ballast in it."""

import asyncio
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from appliance.domain.disk import MIB, Usage
from appliance.domain.instant import SECOND
from appliance.ports.clock import Clock

BALLAST: Final = "ballast"
LEFT_AFTER: Final = 3_600.0
"""Seconds after which what a command has written is no longer under way."""


class SystemVolume:
    """Implements Volume for a folder of this computer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / BALLAST

    def usage(self) -> Usage:
        if sys.platform == "win32":
            found = shutil.disk_usage(self._folder)
            return Usage(found.total, found.free)
        found = os.statvfs(self._folder)
        free = found.f_bavail * found.f_frsize
        return Usage((found.f_blocks - found.f_bfree) * found.f_frsize + free, free)

    def ballast(self) -> int:
        try:
            found = self._ballast.stat()
        except FileNotFoundError:
            return 0
        # Blocks, where they are known: a file system may have kept a promise only in part.
        return int(getattr(found, "st_blocks", found.st_size // 512) * 512)

    def release_ballast(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def make_ballast(self, size: int) -> None:
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _fill(descriptor, size)
            os.fsync(descriptor)
        except OSError:
            self._ballast.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _fill(descriptor: int, size: int) -> None:
    """Take the room: promised by the file system, or else written with what can't be compressed."""
    if sys.platform == "linux":
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in {errno.EOPNOTSUPP, errno.EINVAL}:
                raise
        else:
            return
    for start in range(0, size, MIB):
        os.write(descriptor, os.urandom(min(MIB, size - start)))


class Leftovers:
    """A Derived: what commands that were cut off have left in their scratch folder."""

    def __init__(self, scratch: Path, clock: Clock) -> None:
        self._scratch = scratch
        self._clock = clock

    async def give_room_back(self) -> None:
        await asyncio.to_thread(self._remove)

    def _remove(self) -> None:
        before = self._clock.now() / SECOND - LEFT_AFTER
        for left in self._scratch.glob("*"):
            if left.stat().st_mtime < before:
                shutil.rmtree(left, ignore_errors=True)
