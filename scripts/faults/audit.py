"""Kills a real server between and around changes, then holds its audit log to what was answered.

Two people change rules of two municipalities all the time. Each kill comes at a write or sync of the
database or at a write of the notes of heads. After the last one every answered change must have its
line, every rule must be there or gone as the log says, and `weir audit verify` must find all chains
whole. Status 1 when not.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.killing import compiled
from tests.faults.recording import Clerk, hold, verified
from tests.faults.town import Town
from tests.running import start

ORDERS = (
    ("write:operations.db-wal$", 120),
    ("sync:operations.db-wal$", 30),
    ("synced:operations.db-wal$", 30),
    ("write:operations.db$", 40),
    ("write:audit.heads$", 30),
)


def main() -> int:
    """Kill, look, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)  # noqa: S311 to be repeated
    with tempfile.TemporaryDirectory(prefix="weir-audit-") as scratch:
        figures = kills(Path(scratch), asked.kills, chance)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:34} {value}")
    return int(any(figures[name] for name in ("missing", "twice", "unrecorded", "unsound")))


def kills(scratch: Path, wanted: int, chance: random.Random) -> dict[str, int]:
    """Give the figures by name."""
    shim = compiled(scratch)
    (scratch / "town").mkdir()
    town = Town.founded(scratch / "town" / "data")
    town.start()
    with town.signed_in():
        clerks = [Clerk(town, municipality) for municipality in (town.here, town.there)]
    for clerk in clerks:
        clerk.start()
    for number in range(wanted):
        town.kill()
        what, up_to = ORDERS[number % len(ORDERS)]
        order = f"{what}:{chance.randint(1, up_to)}"
        _serve_until_killed(town, {"LD_PRELOAD": str(shim), "KILL_AT": order})
    town.start()
    for clerk in clerks:
        clerk.wait_for_changes(5)
        clerk.stop()
    verdicts = [hold(town, clerk) for clerk in clerks]
    chains = verified(town.folder)
    town.stop()
    return {
        "kills": wanted,
        "answered_changes": sum(verdict.answered for verdict in verdicts),
        "lines": sum(verdict.lines for verdict in verdicts),
        "missing": sum(len(verdict.missing) for verdict in verdicts),
        "twice": sum(len(verdict.twice) for verdict in verdicts),
        "unrecorded": sum(len(verdict.unrecorded) for verdict in verdicts),
        "unsound": sum(not chain["sound"] for chain in chains),
    }


def _serve_until_killed(town: Town, extra: dict[str, str]) -> None:
    """Start with an order to die, and wait for that; some orders come while it starts."""
    try:
        town.weir = start(town.folder, extra=extra)
    except AssertionError:
        town.start()  # it died while it started, as ordered
        return
    with contextlib.suppress(subprocess.TimeoutExpired):  # then any moment will do
        town.weir.process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
