"""Cut the journal at every byte of its last 8 KiB, fill it with nothing, zeros or garbage, and open it.

Each time it must open by itself, have everything that was whole before the cut and nothing else, and
take and give back another batch. `tests/contract/test_journal_damage.py` has a short version.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from storage.journal.record import Record
from tests.contract.damaging import SIZE, fill, look, records_in, segments

_FILES = 3
FILLINGS = ("nothing", "zeros", "garbage")


@dataclass
class Result:
    """What came out."""

    opened: int = 0
    wrong: int = 0
    cuts: int = 0
    seconds: float = 0.0


def main() -> int:
    """Cut, and say how it went; 0 when every cut went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=8_192, help="of the written end (8192)")
    parser.add_argument("--step", type=int, default=1, help="bytes from cut to cut (1)")
    parser.add_argument("--seed", type=int, default=1, help="of the garbage (1)")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = asyncio.run(tear(Path(scratch), asked.bytes, asked.step, asked.seed))
    if asked.json:
        print(json.dumps(asdict(result)))
    else:
        print(
            f"{result.cuts} cuts in {result.seconds:.0f} s: {result.opened} opened by themselves "
            f"with all that was whole, {result.wrong} did not"
        )
    return 0 if result.opened == result.cuts else 1


async def tear(scratch: Path, several: int, step: int, seed: int) -> Result:
    """Try every cut with every filling."""
    folder = scratch / "journal"
    await fill_up(folder, several)
    content = {file: file.read_bytes() for file in folder.iterdir()}
    newest = segments(folder)[-1]
    records = records_in(newest)
    end, result, began = records[-1].end, Result(), time.perf_counter()
    chance = random.Random(seed)  # noqa: S311 garbage, no secret
    for cut in range(end - several, end, step):
        for filling in FILLINGS:
            rest = {"nothing": b"", "zeros": bytes(SIZE - cut), "garbage": b""}[filling]
            if filling == "garbage":
                rest = chance.randbytes(SIZE - cut)
            put_back(folder, content)
            newest.write_bytes(content[newest][:cut] + rest)
            await judge(folder, cut, filling, records, result)
    result.seconds = time.perf_counter() - began
    return result


async def fill_up(folder: Path, several: int) -> None:
    """Have a newest file with more than so many bytes, behind at least two others."""
    await fill(folder, 40)
    while (
        len(segments(folder)) < _FILES or records_in(segments(folder)[-1])[-1].end < several + 500
    ):
        await fill(folder, 1)


def put_back(folder: Path, content: dict[Path, bytes]) -> None:
    """Have the folder as it was before."""
    for file in folder.iterdir():
        if file not in content:
            file.unlink()
    for file, data in content.items():
        file.write_bytes(data)


async def judge(
    folder: Path, cut: int, filling: str, records: list[Record], result: Result
) -> None:
    """Open, and count whether it has what was whole before the cut."""
    result.cuts += 1
    whole = max([records[0].first - 1, *(r.last for r in records if r.end <= cut)])
    try:
        seen = await look(folder)
        problem = "" if seen.sound == set(range(1, whole + 1)) else "it has not what was whole"
    except Exception as error:  # noqa: BLE001 whatever goes wrong is a finding
        problem = repr(error)
    if problem:
        result.wrong += 1
        print(f"cut at {cut}, then {filling}: {problem}", file=sys.stderr)
    else:
        result.opened += 1


if __name__ == "__main__":
    sys.exit(main())
