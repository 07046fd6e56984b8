"""A release: what an update brings, as its signed list says."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from appliance.domain.errors import FileRefused

FORMAT: Final = 1
PROGRAM: Final = "weir"
"""The program within a release; a release of one file has nothing else."""
_VERSION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9}){0,3})(?:(a|b|rc)(\d{1,9}))?")
_STAGES: Final = {"a": 0, "b": 1, "rc": 2}
_FINAL: Final = 3
_MOST_FILES: Final = 20_000


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file, or a link to another one."""

    path: str
    size: int = 0
    sha256: str = ""
    executable: bool = False
    link: str = ""
    """Where it points to, within the release; empty for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version of Weir for one platform."""

    version: str
    platform: str
    """Such as `linux-x86_64`."""
    minimum: str
    """The oldest version that can go to this one."""
    formats: Mapping[str, int]
    """How it lays out its files."""
    files: tuple[ReleaseFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def is_one_file(self) -> bool:
        """Whether it is the program as one file."""
        return [file.path for file in self.files] == [PROGRAM]


def order_of(version: str) -> tuple[tuple[int, ...], int, int]:
    """Give what versions are compared by: 1.2rc1 < 1.2 = 1.2.0 < 1.10; ValueError for no version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is no version such as 1.2.3")
    numbers = [int(number) for number in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    if found[2] is None:
        return tuple(numbers), _FINAL, 0
    return tuple(numbers), _STAGES[found[2]], int(found[3])


def written(release: Release) -> bytes:
    """Write the list that is signed."""
    return json.dumps({"format": FORMAT, **asdict(release)}, separators=(",", ":")).encode()


def parsed(name: str, content: bytes) -> Release:
    """Read a list whose signature was right; FileRefused for one that this program can't follow."""
    try:
        given: dict[str, Any] = json.loads(content)
        if given.pop("format") != FORMAT:
            raise _refused(name, "it needs a newer Weir to unpack it", "update in steps")
        files = tuple(ReleaseFile(**file) for file in given.pop("files"))
        release = Release(**given, files=files)
        order_of(release.version)
        order_of(release.minimum)
        _check_files(files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(name, f"its list is no list of a release ({error})", "get it anew") from None
    return release


def _check_files(files: tuple[ReleaseFile, ...]) -> None:
    names = {file.path for file in files}
    if len(names) != len(files) or len(files) > _MOST_FILES or PROGRAM not in names:
        raise ValueError("files are missing or named twice")
    for file in files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or str(path) != file.path or "\\" in file.path:
            raise ValueError(f"{file.path!r} leads outside")
        if file.link and not _stays_inside(path, PurePosixPath(file.link)):
            raise ValueError(f"{file.path!r} points outside")
        if any(str(above) in names for above in path.parents):
            raise ValueError(f"{file.path!r} lies in a file")


def _stays_inside(path: PurePosixPath, link: PurePosixPath) -> bool:
    depth = len(path.parts) - 1
    for part in link.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return not link.is_absolute()


def _refused(name: str, problem: str, remedy: str) -> FileRefused:
    return FileRefused(file=name, problem=problem, remedy=remedy)
