"""Reading every block of a DuckDB file, checksum by checksum, used or free.

DuckDB checks a block when it reads it: damage in a month that nobody asks for stays unknown. Three
headers of 4 KiB and blocks of 256 KiB each begin with a checksum of the rest.
"""

import time
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

_HEADER: Final = 4_096
_HEADERS: Final = 3
BLOCK: Final = 262_144
_MULTIPLIER: Final = np.uint64(0xBF58476D1CE4E5B9)
_SEED: Final = np.uint64(5381)
_AGAIN: Final = 5
"""Looks at a block that seems damaged: a checkpoint may just be writing it."""


def damaged_places(path: Path) -> list[int]:
    """Give the offsets of headers and blocks that are not what DuckDB wrote; it may be at work."""
    size = path.stat().st_size
    first = _HEADER * _HEADERS
    with path.open("rb", buffering=0) as file:
        places = [(at, _HEADER) for at in range(0, first, _HEADER)]
        places += [(at, BLOCK) for at in range(first, size, BLOCK)]
        return [at for at, length in places if not _is_sound(file, at, length)]


def _is_sound(file: BinaryIO, at: int, length: int) -> bool:
    for _ in range(_AGAIN):
        file.seek(at)
        block = file.read(length)
        if len(block) == length and _checksum(block[8:]) == int.from_bytes(block[:8], "little"):
            return True
        time.sleep(0.02)  # in a thread of the scrub
    return False


def _checksum(content: bytes) -> int:
    words = np.frombuffer(content, np.uint64)
    return int(np.bitwise_xor.reduce(words * _MULTIPLIER) ^ _SEED)
