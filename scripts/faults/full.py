"""Fill a disk and free it again, many times, while devices report; see `scripts/faults/full`."""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from shutil import copytree

import httpx

from tests.faults.filling import SmallDisk, small_disk
from tests.faults.town import HERE_DEVICES, Town
from tests.faults.witness import look_into
from tests.running import start

SOON = 10.0
"""Seconds within which everything must be as before once there is room."""
READINGS = 40
SETTLING = 5
NOWHERE = "127.0.0.1:1"
"""Where devices knock while the server only waits for room."""


ANY_PAGE = re.compile(r"^(?:ready|waiting for room on the disk) http=(\S+)()", re.MULTILINE)


class Cycles:
    """A town on a small disk. Odd cycles leave 2 %, even ones nothing at all.

    Whenever the server ends, it is started again as a service manager would.
    """

    def __init__(self, town: Town, disk: SmallDisk) -> None:
        self.town = town
        self.disk = disk
        self.starts = 0
        self.slowest = 0.0
        self.withheld = 0

    def one(self, number: int) -> None:
        """Fill, see acks withheld and 507 answered, free, and see everything go on."""
        self.town.wait_for_readings(READINGS)
        for _ in range(SETTLING):  # the ballast is released meanwhile, and ext4 makes up its mind
            self._fill(number)
            self._until(lambda: self._answer() == HTTPStatus.INSUFFICIENT_STORAGE, "507")
            time.sleep(0.2)
        before, began = self.town.acknowledged(), time.monotonic()
        while time.monotonic() < began + 3:
            self._keep_running()
            time.sleep(0.05)  # nothing may happen
        if self.town.acknowledged() != before:
            raise AssertionError("something was acknowledged on a full disk")
        self.withheld += 1
        began = time.monotonic()
        self.disk.make_room()
        self._until(lambda: self.town.acknowledged() >= before + READINGS, "acks again")
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _fill(self, number: int) -> None:
        if number % 2:
            self.disk.fill(leave=self.disk.total * 2 // 100)
        else:
            self.disk.fill_up()

    def finish(self) -> None:
        """Look that nothing is lost and nothing is doubled."""
        self.town.let_devices_finish()
        self.town.stop()
        for municipality in (self.town.here, self.town.there):
            found = look_into(self.town.folder, municipality)
            found.must_agree()
            for device in self.town.devices:
                mine = {(device.name, at) for at in device.acknowledged}
                if device.name in found.devices.values() and not mine <= set(found.journalled):
                    raise AssertionError(f"{device.name} has lost acknowledged readings")
            if municipality == self.town.here and len(found.alerts) != len(HERE_DEVICES):
                raise AssertionError("an alert is missing, or there are too many")

    def _until(self, seen: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SOON
        while not seen():
            self._keep_running()
            if time.monotonic() > deadline:
                log = self.town.weir.log[-3000:] if self.town.weir else ""
                raise AssertionError(f"no {what} within {SOON:.0f} s\n{log}")
            time.sleep(0.02)  # a process of its own: there is nothing to be woken by

    def _keep_running(self) -> None:
        weir = self.town.weir
        if weir is None or weir.process.poll() is not None:
            self.starts += 1
            weir = start(self.town.folder, "--disk-ballast", "4", line=ANY_PAGE)
            weir.mqtt = NOWHERE
            self.town.weir = weir
        if weir.mqtt == NOWHERE:
            with suppress(AssertionError):
                weir.wait_until_ready(within=0)

    def _answer(self) -> int:
        assert self.town.weir is not None  # noqa: S101
        try:
            return httpx.post(
                f"{self.town.weir.url}/api/v1/sensors/PS-9/readings",
                json={"value": 3.1, "unit": "bar"},
                headers={"X-API-Key": self.town.keys["PS-9"]},
                timeout=2,
            ).status_code
        except httpx.HTTPError:
            return 0


def main() -> int:
    """Run the cycles and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--tmpfs", action="store_true", help="in memory, not ext4 on a loop device")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-full-") as scratch:
        place = Path(scratch)
        (place / "founded").mkdir()
        founded = Town.founded(place / "founded" / "data")
        with small_disk(place / "data", wanted.megabytes, loop=not wanted.tmpfs) as disk:
            folder = Path(copytree(founded.folder, disk.path, dirs_exist_ok=True))
            town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
            town.weir = start(folder, "--disk-ballast", "4")
            town.let_devices_report()
            cycles = Cycles(town, disk)
            try:
                for number in range(1, wanted.cycles + 1):
                    cycles.one(number)
                    if not wanted.json:
                        print(f"cycle {number}: {town.acknowledged()} acks", flush=True)
                cycles.finish()
            finally:
                if town.weir.process.poll() is None:
                    town.weir.kill()
            seen = {
                "cycles": cycles.withheld,
                "acknowledged": town.acknowledged(),
                "lost": 0,
                "restarts": cycles.starts,
                "slowest_to_go_on_s": round(cycles.slowest, 2),
            }
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
