"""Fails when a file of a build needs a newer C library than documented: symbols.py FOLDER GLIBC."""

import re
import sys
from pathlib import Path

_SYMBOL = re.compile(rb"GLIBC_(\d+)\.(\d+)(?:\.\d+)?\x00")
Version = tuple[int, int]


def needed(file: Path) -> Version | None:
    """Give the newest version of glibc that a file names; None for what is no ELF file."""
    with file.open("rb") as opened:
        if opened.read(4) != b"\x7fELF":
            return None
        found = _SYMBOL.findall(opened.read())
    return max(((int(major), int(minor)) for major, minor in found), default=(2, 0))


def newer(folder: Path, limit: Version) -> dict[Path, Version]:
    """Give the files of a folder that need more than the limit."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and not f.is_symlink())
    return {f: v for f in files if (v := needed(f)) is not None and v > limit}


def main(place: str, limit: str) -> int:
    """Name every file that is too new; 1 when there is any."""
    major, minor = map(int, limit.split("."))
    bad = newer(Path(place), (major, minor))
    for file, (first, second) in bad.items():
        sys.stderr.write(f"weir: {file} needs glibc {first}.{second}, newer than {limit}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
