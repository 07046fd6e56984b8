"""A file system of its own, small enough to be filled."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MIB = 2**20


class SmallDisk:
    """A mounted file system; `fill` and `free` change how much of it others use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._others = path / "somebody-elses"

    @property
    def total(self) -> int:
        found = os.statvfs(self.path)
        return found.f_blocks * found.f_frsize

    @property
    def free(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize + self._ballast()

    def _ballast(self) -> int:
        """Give the size of Weir's ballast, which counts as free."""
        try:
            return (self.path / "ballast").stat().st_size
        except FileNotFoundError:
            return 0

    def fill(self, leave: int) -> None:
        """Take room as `dd` does, until no more than so many bytes are left for Weir."""
        with self._others.open("ab", buffering=0) as file:
            while (more := self.free - leave) > 0:
                try:
                    file.write(b"x" * min(more, MIB))
                except OSError:  # it is full to the brim
                    break

    def fill_up(self) -> None:
        """Take all the room there is, to the last byte."""
        with self._others.open("ab", buffering=0) as file:
            for size in (MIB, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Give it all back."""
        self._others.unlink(missing_ok=True)


@contextmanager
def small_disk(at: Path, megabytes: int, *, loop: bool = False) -> Iterator[SmallDisk]:
    """Mount one: in memory, or an ext4 image through a loop device. Needs root."""
    at.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="weir-disk-") as folder:
        if loop:
            image = Path(folder) / "disk.img"
            with image.open("wb") as file:
                file.truncate(megabytes * MIB)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
            mount = ["mount", "-o", "loop", str(image), str(at)]
        else:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "weir-test", str(at)]
        subprocess.run(mount, check=True)
        try:
            yield SmallDisk(at)
        finally:
            subprocess.run(["umount", str(at)], check=True)
