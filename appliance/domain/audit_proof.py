"""Proof that an audit chain is whole: which lines were removed, changed, moved or put in.

The quick way: when every line has the hash of what it says and is tied to the line before, and the last
one is signed, all of it is what was written: that signature speaks for all that went into the hash. Only when something does not add up every signature is looked at, to name the lines.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from appliance.domain.audit import BEGINNING, AuditLine, Head, hash_of, link
from appliance.domain.ids import MunicipalityId

FAR: Final = 1_000
NEAR: Final = 4
MOST_SEARCHES: Final = 100

IsSigned = Callable[[bytes, bytes], bool]
"""Says whether a hash has this signature."""


class Wrong(StrEnum):
    """What is wrong with lines of a chain."""

    CHANGED = "changed"
    """The line is not what was written: it was changed, or put in by somebody without the key."""
    MOVED = "moved"
    """The line was written under another number."""
    REMOVED = "removed"
    """The line is not there."""
    CUT_OFF = "cut_off"
    """Lines at the end are not there, though they are noted outside of the database."""
    REPEATED = "repeated"
    """There are several lines of this number."""
    REPLACED = "replaced"
    """The line is genuine, but not the one that followed here, or that was noted."""
    NOT_KNOWN = "not_known"
    """A head that was noted elsewhere is in no chain."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Lines `first` to `last` of a chain that are not what was written."""

    municipality: MunicipalityId
    wrong: Wrong
    first: int
    last: int
    words: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What verifying a chain has shown."""

    municipality: MunicipalityId
    lines: int
    head: Head | None
    findings: tuple[Finding, ...]


_WORDS: Final = {
    Wrong.CHANGED: "not what was written: changed, or put in",
    Wrong.REMOVED: "removed",
    Wrong.CUT_OFF: "cut off at the end: audit.heads, outside of the database, knows of them",
    Wrong.REPEATED: "there more than once",
    Wrong.REPLACED: "not the one that followed here when it was written",
}


class Chain:
    """Verifies one chain, fed with its lines in the order of their numbers, a part at a time."""

    def __init__(
        self,
        municipality: MunicipalityId,
        noted: Iterable[Head] = (),
        wanted: frozenset[bytes] = frozenset(),
    ) -> None:
        self.municipality = municipality
        self._noted = {(h.number, h.hash) for h in noted if h.municipality == municipality}
        self._wanted = wanted
        self.met_wanted: set[bytes] = set()
        """Those of the wanted hashes that are in this chain."""
        self._met: set[tuple[int, bytes]] = set()
        self._last: AuditLine | None = None
        self._sound = True
        self.lines = 0

    def feed(self, lines: Several[AuditLine]) -> None:
        """Look at further lines."""
        last = self._last
        for line in lines:
            number, previous = (1, BEGINNING) if last is None else (last.number + 1, link(last))
            tied = line.number == number and line.previous == previous
            if not (tied and line.municipality == self.municipality and hash_of(line) == line.hash):
                self._sound = False
            if (line.number, line.hash) in self._noted:
                self._met.add((line.number, line.hash))
            if line.hash in self._wanted:
                self.met_wanted.add(line.hash)
            last = line
        self._last = last
        self.lines += len(lines)

    def is_sound(self, is_signed: IsSigned) -> bool:
        """Whether all of it is what was written. When it is not, `name_wrongs` says where."""
        if self._met != self._noted or not self._sound:
            return False
        return self._last is None or is_signed(self._last.hash, self._last.signature)

    @property
    def head(self) -> Head | None:
        """The newest line's place and hash."""
        if self._last is None:
            return None
        return Head(self.municipality, self._last.number, self._last.hash)


def name_wrongs(
    municipality: MunicipalityId,
    lines: Several[AuditLine],
    noted: Several[Head],
    is_signed: IsSigned,
) -> tuple[Finding, ...]:
    """Name every line that was removed, changed, moved or put in."""
    mine = [head for head in noted if head.municipality == municipality]
    wrongs: dict[int, tuple[Wrong, str]] = {}
    genuine: dict[int, AuditLine] = {}
    search = _Search()
    for line in lines:
        wrong = _look(line, municipality, genuine, is_signed, search)
        if wrong is not None:
            wrongs.setdefault(line.number, wrong)
    _look_at_order(genuine, wrongs)
    _look_at_notes(genuine, mine, wrongs)
    found = [
        *_grouped(municipality, wrongs),
        *_gaps(municipality, {line.number for line in lines}, mine),
    ]
    return tuple(sorted(found, key=lambda finding: finding.first))


def _gaps(municipality: MunicipalityId, there: set[int], noted: list[Head]) -> Iterator[Finding]:
    """Name the runs of numbers that are not there."""
    before = 0
    for number in sorted(there):
        if number > before + 1:
            words = _WORDS[Wrong.REMOVED]
            yield Finding(municipality, Wrong.REMOVED, before + 1, number - 1, words)
        before = number
    last = max((head.number for head in noted), default=0)
    if last > before:
        yield Finding(municipality, Wrong.CUT_OFF, before + 1, last, _WORDS[Wrong.CUT_OFF])


def _look(
    line: AuditLine,
    municipality: MunicipalityId,
    genuine: dict[int, AuditLine],
    is_signed: IsSigned,
    search: "_Search",
) -> tuple[Wrong, str] | None:
    if line.number in genuine:
        return Wrong.REPEATED, _WORDS[Wrong.REPEATED]
    signed = is_signed(line.hash, line.signature)
    if signed and line.municipality == municipality and hash_of(line) == line.hash:
        genuine[line.number] = line
        return None
    origin = search.origin(line) if signed else None
    if origin is not None:
        return Wrong.MOVED, f"line {origin} stands here"
    return Wrong.CHANGED, _WORDS[Wrong.CHANGED]


class _Search:
    """Looks for the number under which a genuine line was written; far away only so many times."""

    def __init__(self) -> None:
        self._far_ones = MOST_SEARCHES

    def origin(self, line: AuditLine) -> int | None:
        """Give the number, if it is within FAR."""
        for distance in range(1, FAR if self._far_ones > 0 else NEAR):
            for number in (line.number - distance, line.number + distance):
                if number > 0 and hash_of(replace(line, number=number)) == line.hash:
                    return number
        self._far_ones -= 1
        return None


def _look_at_order(genuine: dict[int, AuditLine], wrongs: dict[int, tuple[Wrong, str]]) -> None:
    """Compare each genuine line with the genuine one before it: both may be, of two histories."""
    for number, line in genuine.items():
        before = genuine.get(number - 1)
        expected = BEGINNING if number == 1 else before and link(before)
        if expected is not None and line.previous != expected:
            wrongs.setdefault(number, (Wrong.REPLACED, _WORDS[Wrong.REPLACED]))


def _look_at_notes(
    genuine: dict[int, AuditLine], noted: list[Head], wrongs: dict[int, tuple[Wrong, str]]
) -> None:
    for head in noted:
        line = genuine.get(head.number)
        if line is not None and line.hash != head.hash:
            words = "another one than audit.heads, outside of the database, noted"
            wrongs.setdefault(head.number, (Wrong.REPLACED, words))


def _grouped(
    municipality: MunicipalityId, wrongs: dict[int, tuple[Wrong, str]]
) -> Iterator[Finding]:
    """Put neighbours of which the same is to be said together."""
    open_: Finding | None = None
    for number in sorted(wrongs):
        wrong, words = wrongs[number]
        if open_ is not None and (open_.last + 1, open_.wrong, open_.words) == (
            number,
            wrong,
            words,
        ):
            open_ = replace(open_, last=number)
            continue
        if open_ is not None:
            yield open_
        open_ = Finding(municipality, wrong, number, number, words)
    if open_ is not None:
        yield open_
