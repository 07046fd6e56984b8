"""The power fails under load: what was acknowledged is there, and what was only written is not.

Collected only where file systems may be mounted (conftest.py); `scripts/faults/power` cuts more.
"""

import os
import random
from pathlib import Path

from tests.faults.cutting import Machine, Outage
from tests.faults.fleet import reporting
from tests.faults.holding_to import hold
from tests.faults.killing import Killer
from tests.faults.town import Town, copy_of
from tests.running import command

CUTS = 2


def test_after_power_cuts_every_ack_was_true_and_nothing_needs_help(
    founded: Town, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    machine.make()
    try:
        folder = copy_of(founded.folder, machine.disk / "data")
        os.sync()  # the copy is no doing of Weir's
        town = Town(folder, founded.here, founded.there, founded.keys, token=founded.token)
        chance = random.Random(3)
        outage = Outage(machine, Killer(town, None, chance), chance)
        killer = outage.killer
        with reporting(tmp_path / "fleet", killer.port, killer.reporters()) as fleet:
            killer.start()
            for _ in range(CUTS):
                outage.cut(fleet, 200)
            fleet.finish()
            town.stop()
        hold(town, fleet).must_be_good()
        assert command(folder, "scrub")["flaws"] == []
    finally:
        machine.off()
    assert machine.synced_stayed == CUTS
    assert machine.unsynced_vanished == CUTS, "the cuts did bite"
