"""Kills a real server under load until both numbers are reached, then looks into its files.

Devices of two municipalities report all the time from a process of their own, which keeps the
ledger of acks. After the last kill the server is stopped in good order, and its journal, history,
ledger and alerts must say exactly what devices were told. Status 1 when they don't.
"""

import argparse
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.fleet import reporting
from tests.faults.holding_to import hold
from tests.faults.killing import PHASES, Killer, compiled
from tests.faults.town import Town
from tests.running import WEIR, command, environment, start

FIRST_STARTS = 12


def main() -> int:
    """Kill, look, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=320, help="at least so many (default 320)")
    parser.add_argument("--acked", type=int, default=1_000_000, help="readings, at least")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 to be repeated
    with tempfile.TemporaryDirectory(prefix="weir-kills-") as scratch:
        figures = kills(Path(scratch), asked.kills, asked.acked, chance)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:34} {value}")
    wrong = figures["lost"], figures["stored_twice"], figures["disagreements"], figures["flaws"]
    return int(any(wrong))


def kills(scratch: Path, wanted: int, acked: int, chance: random.Random) -> dict[str, object]:
    """Give the figures by name."""
    shim = compiled(scratch)
    killed_at_first = _kill_first_starts(scratch / "first", shim, chance)
    (scratch / "town").mkdir()
    town = Town.founded(scratch / "town" / "data")
    killer = Killer(town, shim, chance)
    a_cycle = acked // wanted // 6
    """Messages; there are some 9 readings in one, and many a kill comes before its time."""
    with reporting(scratch / "fleet", killer.port, killer.reporters()) as fleet:
        for phase in itertools.cycle(PHASES):
            if killer.done.kills.total() >= wanted and fleet.acknowledged() >= acked:
                break
            killer.cycle(phase, fleet, 2 * a_cycle)
            _say(f"{killer.done.kills.total()} kills, {fleet.acknowledged():,} acked")
        killer.start()
        fleet.finish()
    town.stop()
    verdict = hold(town, fleet)
    return {
        "acked_readings": fleet.acknowledged(),
        "stored_readings": verdict.stored,
        "lost": verdict.lost,
        "stored_twice": verdict.twice,
        "alerts": verdict.alerts,
        "disagreements": verdict.disagreements,
        "flaws": command(town.folder, "scrub")["flaws"],
        "kills": killer.done.kills.total() + killed_at_first,
        "kills_by_phase": dict(killer.done.kills) | {"migration": killed_at_first},
        "of_them_at_the_ordered_operation": dict(killer.done.by_order),
        "human_actions": 0,
        **_times(killer.done.serving_again),
    }


def _kill_first_starts(scratch: Path, shim: Path, chance: random.Random) -> int:
    """Kill starts on an empty folder while tables are made; the next start must not mind."""
    killed = 0
    for number in range(FIRST_STARTS):
        folder = scratch / str(number) / "data"
        folder.mkdir(parents=True)
        order = (
            f"{chance.choice(('write', 'sync', 'synced'))}:operations.db:{chance.randint(1, 40)}"
        )
        began = subprocess.run(  # noqa: S603
            [*WEIR, "user", "list", "--data", str(folder)],
            env={**environment(), "LD_PRELOAD": str(shim), "KILL_AT": order},
            capture_output=True,
            check=False,
            timeout=60,
        )
        killed += began.returncode == -signal.SIGKILL
        weir = start(folder)
        assert weir.stop() == 0, weir.log  # noqa: S101
    return killed


def _times(took: list[float]) -> dict[str, object]:
    took = sorted(took)
    return {
        "serving_again_p50_s": round(took[len(took) // 2], 2),
        "serving_again_p99_s": round(took[int(len(took) * 0.99)], 2),
        "serving_again_max_s": round(took[-1], 2),
    }


def _say(progress: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{time.strftime('%H:%M:%S')} {progress}\x1b[K")


if __name__ == "__main__":
    sys.exit(main())
