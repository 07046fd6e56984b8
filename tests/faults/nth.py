"""A real server whose n-th change of a file fails, under load; and what must be true after it."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from appliance.machine.folder import DataFolder
from tests.faults.town import HERE_DEVICES, Town, copy_of
from tests.faults.witness import look_into
from tests.running import ROOT, start

KINDS = ("ENOSPC", "EIO", "SHORT")
SOURCE = ROOT / "scripts" / "faults" / "shim.c"
READINGS = 60
IN_TIME = 20.0
"""Seconds for the readings to be acknowledged, or for the program to end."""
ON_ITS_WAY = 1.0
"""Seconds for which an ack that was sent before a fault may take to be seen."""
HEALTHY = (0, 1)
"""Exit states that say what happened: stopped as asked, or a store failed."""


@dataclass(frozen=True, slots=True)
class Fired:
    """The fault."""

    call: str
    at: float
    path: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run. `wrong` says what must not be; nothing if all is well."""

    fired: Fired | None
    how: str
    wrong: str = ""


def compiled(folder: Path) -> Path:
    """Compile the library that makes calls fail."""
    if shutil.which("gcc") is None:
        raise RuntimeError("gcc is missing: sudo apt-get install gcc libc6-dev")
    library = folder / "shim.so"
    subprocess.run(
        ["gcc", "-O2", "-fPIC", "-shared", "-o", str(library), str(SOURCE), "-ldl", "-lpthread"],
        check=True,
    )
    return library


def run(founded: Town, library: Path, place: Path, kind: str, nth: int) -> Outcome:
    """Serve a copy of the town from start to stop with one fault; then again without."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    folder = copy_of(founded.folder, place / "data")
    town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
    report = place / "fired"
    settings = {
        "LD_PRELOAD": str(library),
        "WEIR_FAULT_UNDER": str(folder),
        "WEIR_FAULT_NTH": str(nth),
        "WEIR_FAULT_KIND": kind,
        "WEIR_FAULT_REPORT": str(report),
        "WEIR_FAULT_COUNT": str(place / "count"),
    }
    how = serve_with_a_fault(town, settings)
    fired = _fired(report)
    logs = "".join(log.read_text() for log in sorted(place.glob("*.log")))
    wrong = "an error that nobody expected" if "Traceback" in logs else ""
    try:
        check(town, fired)
    except AssertionError as error:
        wrong = f"{wrong} {error}".strip()
    finally:
        _clear(town)
    return Outcome(fired, how, f"{wrong}\n{logs[-3000:]}" if wrong else "")


def serve_with_a_fault(town: Town, settings: dict[str, str]) -> str:
    """Start, report and stop, as far as it gets; say how far."""
    try:
        town.weir = start(town.folder, extra=settings)
    except AssertionError:
        return "did not start"
    process = town.weir.process
    town.let_devices_report()
    deadline = time.monotonic() + IN_TIME
    while town.acknowledged() < READINGS and process.poll() is None:
        if time.monotonic() > deadline:
            town.weir.kill()
            return "stood still"
        time.sleep(0.01)  # a process of its own: there is nothing to be woken by
    if process.poll() is not None:
        return f"ended with {process.returncode}"
    try:
        return f"stopped with {town.weir.stop()}"
    except subprocess.TimeoutExpired:
        town.weir.kill()
        return "did not stop"


def check(town: Town, fired: Fired | None) -> None:
    """Start again with no human action, let everything be acknowledged, and look."""
    _no_ack_after_a_failed_sync(town, fired)
    town.start()
    if not town.devices:
        town.let_devices_report()
    town.wait_for_readings(20)
    town.let_devices_finish()
    town.stop()
    for municipality in (town.here, town.there):
        found = look_into(town.folder, municipality)
        found.must_agree()
        acked = {
            (device.name, at)
            for device in town.devices
            for at in device.acknowledged
            if device.name in found.devices.values()
        }
        lost = acked - set(found.journalled)
        assert not lost, f"{len(lost)} acknowledged readings are lost"
        if municipality == town.here:
            assert len(found.alerts) == len(HERE_DEVICES)


def _no_ack_after_a_failed_sync(town: Town, fired: Fired | None) -> None:
    journal = str(DataFolder(town.folder).journal)
    if fired is None or "sync" not in fired.call or not fired.path.startswith(journal):
        return
    late = [
        at for device in town.devices for at in device.acknowledged_at if at > fired.at + ON_ITS_WAY
    ]
    assert not late, f"{len(late)} acks after a failed sync of the journal"


def _fired(report: Path) -> Fired | None:
    if not report.exists():
        return None
    _, _, call, at, path = report.read_text().strip().split(" ", 4)
    return Fired(call, float(at), path)


def _clear(town: Town) -> None:
    for device in town.devices:
        device.give_up()
    if town.weir is not None and town.weir.process.poll() is None:
        town.weir.kill()
    for device in town.devices:
        device.join(10)
