"""Damages any persisted file: flips 1 to 64 bits, zeroes or swaps 4 KiB pages, or cuts the end off.

The folder has two municipalities with known content, once as `kill -9` left it and once as a clean
stop did. Status 1 when an answer is wrong and nothing says so, when a damage that is still there is
not named, or when a start fails in other than plain words.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.flipping import BAD, Bench, Run
from tests.faults.known import known_states


def main() -> int:
    """Damage, ask, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="weir-flips-") as scratch:
        town, states = known_states(Path(scratch))
        (Path(scratch) / "bench").mkdir()
        bench = Bench(town, states, Path(scratch) / "bench")
        for number in range(asked.runs):
            chance = random.Random(f"{asked.seed}-{number}")  # noqa: S311 to be repeated
            runs.append(bench.run(chance))
            if runs[-1].outcome in BAD:
                _complain(number, runs[-1])
    figures = {
        "runs": len(runs),
        "outcomes": dict(Counter(run.outcome.value for run in runs)),
        "by_file": _by_file(runs),
        "healed_by_themselves": sum(run.healed for run in runs),
        "silent_wrong_answers": sum(run.outcome is BAD[1] for run in runs),
        "values_compared": bench.questions_with_content(),
    }
    print(json.dumps(figures) if asked.json else json.dumps(figures, indent=2))
    return int(any(run.outcome in BAD for run in runs))


def _by_file(runs: list[Run]) -> dict[str, dict[str, int]]:
    return {
        family: dict(Counter(run.outcome.name for run in runs if run.damage.family == family))
        for family in sorted({run.damage.family for run in runs})
    }


def _complain(number: int, run: Run) -> None:
    damage = run.damage
    print(
        f"run {number}: {damage.file} {damage.kind} at {damage.place}: {run.outcome.value}; "
        f"wrong: {run.wrong[:4]}; errors: {run.errors[:4]}; said: {run.said[:12]}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
