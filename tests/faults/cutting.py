"""Power cuts: the image of a file system is copied from under a stopped process.

What the process has written and not synced is in the kernel's memory and not in the image, as it
is with a disk when the power fails. The copy is mounted, its file system recovers, and life goes on
there. Only root may do this, and only where there are loop devices.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.fleet import Fleet
from tests.faults.killing import PATIENCE, Killer

SIZE: Final = 512 * 2**20
CONTROL_SIZE: Final = 300_000


def why_not() -> str:
    """Say what is missing here; empty when the power can be cut."""
    if os.geteuid() != 0:
        return "only root may mount a file system"
    missing = [tool for tool in ("losetup", "mkfs.ext4", "mount") if shutil.which(tool) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    free = subprocess.run(["losetup", "--find"], capture_output=True, text=True, check=False)
    return "" if free.returncode == 0 else f"no loop device: {free.stderr.strip()}"


@dataclass
class Machine:
    """One disk whose power can fail; `data` is on it."""

    scratch: Path
    mounted: bool = False
    unsynced_vanished: int = 0
    synced_stayed: int = 0
    cuts: int = 0

    @property
    def image(self) -> Path:
        return self.scratch / "disk.img"

    @property
    def disk(self) -> Path:
        return self.scratch / "disk"

    def make(self) -> None:
        """Make an empty disk and switch it on."""
        self.disk.mkdir(parents=True)
        with self.image.open("wb") as file:
            file.truncate(SIZE)
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        """Switch on: the file system recovers by itself."""
        _run("mount", "-o", "loop", str(self.image), str(self.disk))
        self.mounted = True

    def off(self) -> None:
        """Unmount, if it is mounted."""
        if self.mounted:
            _run("umount", str(self.disk))
        self.mounted = False

    def cut(self, process: int) -> None:
        """Stop the process where it is, lose what is only in memory, and switch on again."""
        name = f"control-{self.cuts}"
        (synced, unsynced) = (self.disk / f"{name}-synced", self.disk / f"{name}-unsynced")
        _write(synced, sync=True)
        os.kill(process, signal.SIGSTOP)
        _write(unsynced, sync=False)
        copy = self.scratch / "crash.img"
        _copy_at_one_moment(self.image, copy)
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        self.off()
        copy.replace(self.image)
        self.mount()
        self.cuts += 1
        self.synced_stayed += synced.exists() and synced.stat().st_size == CONTROL_SIZE
        self.unsynced_vanished += not unsynced.exists() or not any(unsynced.read_bytes())
        synced.unlink(missing_ok=True)
        unsynced.unlink(missing_ok=True)


@dataclass
class Outage:
    """A killer whose server stands on a machine of its own."""

    machine: Machine
    killer: Killer
    chance: random.Random
    serving_again: list[float] = field(default_factory=list)

    def cut(self, fleet: Fleet, most: int) -> None:
        """Let some messages be acknowledged, cut the power, and wait until acks come again."""
        self.wait(fleet, self.chance.randint(1, most))
        time.sleep(self.chance.random() * 0.2)  # any moment will do
        weir = self.killer.town.weir
        assert weir is not None
        assert weir.process.poll() is None, weir.log
        self.machine.cut(weir.process.pid)
        weir.process.wait(10)
        began = time.monotonic()
        self.killer.start()
        self.wait(fleet, 1)
        self.serving_again.append(time.monotonic() - began)

    def wait(self, fleet: Fleet, more: int) -> None:
        """Wait until so many more messages were acknowledged."""
        wanted = fleet.messages() + more
        deadline = time.monotonic() + PATIENCE
        while fleet.messages() < wanted:
            assert time.monotonic() < deadline, "no device gets its acks"
            time.sleep(0.01)  # other processes work meanwhile; there is nothing to be woken by


def _copy_at_one_moment(image: Path, copy: Path) -> None:
    """Copy again when the kernel has written something meanwhile: no disk is like that."""
    while True:
        before = image.stat().st_mtime_ns
        _run("cp", "--sparse=always", str(image), str(copy))
        if image.stat().st_mtime_ns == before:
            return


def _write(file: Path, *, sync: bool) -> None:
    with file.open("wb") as control:
        control.write(b"x" * CONTROL_SIZE)
        control.flush()
        if sync:
            os.fsync(control.fileno())


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
