"""Takes one check away at a time, and counts how many of these faults the matrix finds.

    scripts/faults/mutants [words of the names of those wanted]

Exit status 1 when fewer than 95 % are found. `below` marks those that no answer of a route tells of,
only a query of the store by itself.
"""

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.api.matrix import deviations, everybody_and_everything, sign_in_again
from tests.api.matrix_store import BELOW
from tests.api.mutants import all_mutants, killed_by

ENOUGH = 0.95
SIGNED_IN_FOR = 240.0
"""Seconds; access tokens live for ten minutes."""


async def main(words: list[str]) -> int:
    """Run the mutants and print the score."""
    logging.disable(logging.CRITICAL)
    began, killed, below, survivors = time.monotonic(), 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        async with everybody_and_everything(Path(folder)) as world:
            mutants, everything = await all_mutants(world)
            wanted = [m for m in mutants if all(word in m.name for word in words)]
            signed_in = time.monotonic()
            for mutant in wanted:
                if time.monotonic() - signed_in > SIGNED_IN_FOR:
                    await sign_in_again(world)
                    signed_in = time.monotonic()
                found = await killed_by(world, mutant, everything)
                killed += bool(found)
                below += found.startswith(BELOW)
                how = "below" if found.startswith(BELOW) else "killed" if found else "SURVIVED"
                print(f"{how:8} {mutant.name}", flush=True)
                if not found:
                    survivors.append(mutant.name)
                elif words:
                    print(f"         {found[:200]}")
            await sign_in_again(world)
            left = await deviations(world, iter(everything))
    seconds = time.monotonic() - began
    share = killed / len(wanted) if wanted else 1.0
    print(
        f"{killed} of {len(wanted)} mutants killed ({share:.1%}, {below} below) in {seconds:.0f} s"
    )
    for name in survivors:
        print(f"survived: {name}")
    if left:
        print(f"the world is not what it was: {left[:5]}")
    return 0 if share >= ENOUGH and not left else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
