"""Mutated MQTT streams against the whole connection: frames a second, and whatever went wrong.

Each stream is a connection of its own: most sign in, then publish, subscribe and acknowledge, with
bytes changed, cut out and put in. Wrong is an exception that is logged or reaches the loop, a
connection that stays open, a session or task that stays, a turn of 100 ms and more of processor
time, and memory that grows.
"""

import argparse
import asyncio
import logging
import os
import sys
import time

from broker.options import DoorOptions
from tests.broker.doors import Doors
from tests.broker.hostile import Attacker, attack
from tests.faults.process import MEGABYTE, resident

LONGEST = 0.1
WARM_UP = 2_000
MOST_PROBLEMS = 20
MOST_GROWTH = 30 * MEGABYTE


class Problems(logging.Handler):
    """Keeps the first few errors that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.note(self.format(record))

    def note(self, problem: str) -> None:
        """Keep one."""
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(problem)


async def fuzz(seconds: float, seed: int, problems: Problems) -> int:
    """Attack for so long and give how many frames that were."""
    doors = Doors(options=DoorOptions(free_topics=("notes/#",), most_retained=50))
    doors.intake.has_room.set()
    loop, pid = asyncio.get_running_loop(), os.getpid()
    loop.set_exception_handler(lambda _, what: problems.note(repr(what)))
    attacker, frames, streams, base = Attacker(seed), 0, 0, 0
    async with doors.open():
        until = time.monotonic() + seconds
        while time.monotonic() < until and not problems.found:
            began = time.process_time()
            frames += await attack(doors, attacker)
            streams += 1
            if time.process_time() - began > LONGEST:
                problems.note(f"stream {streams} took {time.process_time() - began:.3f} s")
            doors.intake.taken.clear()
            doors.intake.refusals.clear()
            if streams == WARM_UP:
                base = resident(pid)
        await asyncio.sleep(2)
        unnamed = [name for name in doors.session_ids() if "unnamed" in name]
        if unnamed or doors.door.figures().connections:
            problems.note(f"left behind: {unnamed[:5]}, {doors.door.figures()}")
        if base and resident(pid) - base > MOST_GROWTH:
            problems.note(f"memory grew by {(resident(pid) - base) / MEGABYTE:.1f} MB")
    return frames


def main() -> int:
    """Fuzz, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    problems = Problems()
    logging.getLogger().addHandler(problems)
    began = time.monotonic()
    frames = asyncio.run(fuzz(options.seconds, options.seed, problems))
    rate = frames / (time.monotonic() - began)
    sys.stdout.write(f"seed {options.seed}: {frames:,} frames, {rate:,.0f} a second\n")
    for problem in problems.found:
        sys.stdout.write(f"FAILED: {problem}\n")
    return 1 if problems.found else 0


if __name__ == "__main__":
    sys.exit(main())
