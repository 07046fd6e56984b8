"""Fail the n-th change of a file, for every n; see `scripts/faults/nth`."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.nth import KINDS, Outcome, compiled, run
from tests.faults.town import Town


def main() -> int:
    """Sweep, print a line for each n, and give 1 when anything was wrong."""
    wanted = _arguments()
    wrong = 0
    summary: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="weir-nth-") as scratch:
        place = Path(scratch)
        (place / "founded").mkdir()
        library, founded = compiled(place), Town.founded(place / "founded" / "data")
        for kind in wanted.kinds:
            ways: Counter[str] = Counter()
            for n in _numbers(wanted):
                began = time.monotonic()
                outcome = run(founded, library, place / "run", kind, n)
                if outcome.fired is None:
                    break
                ways[outcome.how] += 1
                wrong += bool(outcome.wrong)
                _tell(kind, n, outcome, time.monotonic() - began)
            summary[kind] = dict(ways)
    print(
        json.dumps({"wrong": wrong, "runs": summary})
        if wanted.json
        else f"{wrong} wrong: {summary}"
    )
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, default=10**9, help="end even if faults still fire")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _numbers(wanted: argparse.Namespace) -> range:
    return range(wanted.first, wanted.last + 1, wanted.step)


def _tell(kind: str, n: int, outcome: Outcome, seconds: float) -> None:
    fired = outcome.fired
    what = f"{fired.call} of {Path(fired.path).name}" if fired else "nothing"
    verdict = "WRONG" if outcome.wrong else "ok"
    print(f"{kind:6} {n:5} {what:45} {outcome.how:20} {seconds:5.1f} s {verdict}", flush=True)
    if outcome.wrong:
        print(outcome.wrong, flush=True)


if __name__ == "__main__":
    sys.exit(main())
