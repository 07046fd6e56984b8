"""A disk that takes no more: no ack without durability, one clear end, and nothing lost after it."""

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.town import HERE_DEVICES, Town, copy_of
from tests.faults.witness import look_into


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 40 MB, as far as we may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "weir-test", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def let_it_end(town: Town) -> None:
    """Wait for the end that the full disk brings, and check that it was a clear one."""
    weir = town.weir
    assert weir is not None
    assert weir.process.wait(30) == 1
    assert "nothing acknowledged is lost; start Weir again to recover" in weir.log
    assert "Traceback" not in weir.log
    for device in town.devices:
        device.give_up()
    for device in town.devices:
        device.join(10)


def recover(town: Town, devices: list) -> None:
    """Start again where there is room, and check that all that was acknowledged is there."""
    town.start()
    again = town.let_devices_report()
    town.wait_for_readings(40)
    town.let_devices_finish()
    town.stop()
    here = look_into(town.folder, town.here)
    here.must_agree()
    acked = {
        (device.name, at)
        for device in [*devices, *again]
        for at in device.acknowledged
        if device.name in HERE_DEVICES
    }
    assert acked <= set(here.journalled)
    assert len(here.alerts) == len(HERE_DEVICES)


def test_on_a_full_disk_it_acknowledges_nothing_more_says_why_and_recovers_with_room(
    founded: Town, small_disk: Path
) -> None:
    folder = copy_of(founded.folder, small_disk / "data")
    town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
    town.start()
    devices = town.let_devices_report()
    town.wait_for_readings(50)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        fill(ballast)
    let_it_end(town)
    ballast.unlink()
    recover(town, devices)


def fill(file: Path) -> None:
    """Take all the room there is."""
    with file.open("wb", buffering=0) as target:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    target.write(b"x" * size)
            except OSError:
                if size == 1:
                    raise


def test_when_the_journal_cant_grow_it_acknowledges_nothing_more_and_recovers(town: Town) -> None:
    town.start()
    devices = town.let_devices_report()
    town.wait_for_readings(50)
    assert town.weir is not None
    log = town.folder / "journal.db-wal"
    limit = log.stat().st_size + 50_000
    resource.prlimit(town.weir.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    let_it_end(town)
    recover(town, devices)
