"""A data folder with known content, as `kill -9` and as a clean stop leave it."""

import shutil
from pathlib import Path

from tests.faults.town import Admin, Town


def known_states(scratch: Path, readings: int = 1_500) -> tuple[Town, dict[str, Path]]:
    """Make both: readings of two towns, alerts, comments, people, and a rule for each."""
    (scratch / "town").mkdir(parents=True)
    town = Town.founded(scratch / "town" / "data")
    return town, states_of(town, scratch, readings)


def states_of(town: Town, scratch: Path, readings: int) -> dict[str, Path]:
    """Let a town live, and give its folder as it was killed, and as it was stopped."""
    town.start()
    town.let_devices_report()
    town.wait_for_readings(readings, within=120)
    admin = Admin(town, seed=4)
    admin.start()
    town.wait_for_readings(100)
    admin.stop()
    town.let_devices_finish()
    assert admin.said
    assert town.weir is not None
    with town.signed_in() as api:
        assert api.get("/api/v1/ledger").json()["received"] >= readings  # all has been watched
    town.kill()
    killed = shutil.copytree(town.folder, scratch / "killed")
    town.start()
    town.stop()
    stopped = shutil.copytree(town.folder, scratch / "stopped")
    return {"killed": killed, "stopped": stopped}
