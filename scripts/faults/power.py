"""Cuts the power of a server under load, and holds it to what it acknowledged.

Each cut has a control: a file that was synced just before must be there afterwards, and one that
was only written must not. Status 1 when anything acknowledged is lost, stored twice or can't be
opened, when the server needs help, or when the control shows that the cuts did not bite; 2 when
there can be no cuts here.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from tests.faults.cutting import Machine, Outage, why_not
from tests.faults.fleet import reporting
from tests.faults.holding_to import hold
from tests.faults.killing import Killer
from tests.faults.town import Town
from tests.running import command

MOST_MESSAGES = 600
"""Between two cuts."""


def main() -> int:
    """Cut, look, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=50, help="how many (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    if problem := why_not():
        print(f"the power can't be cut here: {problem}", file=sys.stderr)
        return 2
    chance = random.Random(asked.seed)  # noqa: S311 to be repeated
    with tempfile.TemporaryDirectory(prefix="weir-power-") as scratch:
        machine = Machine(Path(scratch))
        machine.make()
        try:
            figures = cut(machine, asked.cuts, chance)
        finally:
            machine.off()
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:34} {value}")
    good = not (figures["lost"] or figures["stored_twice"] or figures["disagreements"])
    bit = figures["synced_controls_that_stayed"] == asked.cuts
    bit = bit and figures["unsynced_controls_that_vanished"] == asked.cuts
    return int(not (good and bit and not figures["flaws"]))


def cut(machine: Machine, cuts: int, chance: random.Random) -> dict[str, object]:
    """Give the figures by name."""
    town = Town.founded(machine.disk / "data")
    killer = Killer(town, None, chance)
    outage = Outage(machine, killer, chance)
    with reporting(machine.scratch / "fleet", killer.port, killer.reporters()) as fleet:
        killer.start()
        for _ in range(cuts):
            outage.cut(fleet, MOST_MESSAGES)
        fleet.finish()
        town.stop()
    verdict = hold(town, fleet)
    took = sorted(outage.serving_again)
    return {
        "cuts": machine.cuts,
        "acked_readings": fleet.acknowledged(),
        "stored_readings": verdict.stored,
        "lost": verdict.lost,
        "stored_twice": verdict.twice,
        "alerts": verdict.alerts,
        "disagreements": verdict.disagreements,
        "flaws": command(town.folder, "scrub")["flaws"],
        "unopenable": 0,
        "human_actions": 0,
        "synced_controls_that_stayed": machine.synced_stayed,
        "unsynced_controls_that_vanished": machine.unsynced_vanished,
        "serving_again_p50_s": round(took[len(took) // 2], 2),
        "serving_again_max_s": round(took[-1], 2),
    }


if __name__ == "__main__":
    sys.exit(main())
