"""Reading and authenticating all of the journal, to name what is damaged in it."""

import os
from pathlib import Path

from appliance.domain.ids import Sequence
from appliance.ports.journal import Damage
from storage.journal.catalogue import Catalogue
from storage.journal.disk import opened
from storage.journal.record import HEADER, LINK, Cipher, Record
from storage.journal.segment import HEAD, Head, Segment, look_at_head, path_of
from storage.journal.walk import Hole, Window, is_authentic, walk


class Scrub:
    """Goes through all segments once. `found` names each damage, in the order of the log."""

    def __init__(self, catalogue: Catalogue, cipher: Cipher, last: Sequence) -> None:
        self.found: list[Damage] = []
        self._catalogue = catalogue
        self._cipher = cipher
        self._next = catalogue.first
        self._last = last
        self._link: bytes | None = None
        """What the next record must say of the one before; None where that one is damaged."""
        self._before: Record | None = None
        self._path = Path()
        self._holes: list[tuple[Path, Hole]] = []

    @property
    def at(self) -> Sequence:
        """The batch that is looked for."""
        return self._next

    def run(self) -> None:
        """Look at everything up to the durable end; raises OSError where the disk can't be read."""
        segments = self._catalogue.segments
        number = segments[0].number
        for segment in segments:
            for missing in range(number, segment.number):
                self._miss(path_of(self._catalogue.folder, missing))
            number = segment.number + 1
            self._look_at(segment)
        self._lose(self._last + 1, segments[-1].path)

    def _miss(self, path: Path) -> None:
        self._holes.append((path, Hole(0, 0)))
        self._link = None

    def _look_at(self, segment: Segment) -> None:
        try:
            with opened(segment.path) as file:
                self._look_into(segment, file)
        except FileNotFoundError:
            if self._catalogue.has(segment):
                self._miss(segment.path)
            else:
                self._next, self._link = max(self._next, self._catalogue.first), None

    def _look_into(self, segment: Segment, file: int) -> None:
        if look_at_head(file, segment.number, self._cipher) is not Head.RIGHT:
            self._note(segment.path, Hole(0, HEAD), "the head is damaged", 0, -1)
        window = Window(file, self._catalogue.believed(segment, os.fstat(file).st_size))
        for found in walk(window, segment.number, self._cipher, HEAD):
            if isinstance(found, Hole):
                self._holes.append((segment.path, found))
                self._link = None
            elif is_authentic(window, segment.number, self._cipher, found):
                self._pass(segment, found, bytes(window.body(found)[-LINK:]))
            else:
                self._fail(segment, found)

    def _pass(self, segment: Segment, record: Record, link: bytes) -> None:
        before = self._before
        if before is not None and self._link not in {None, record.previous}:
            hole = Hole(before.offset, before.end)
            self._note(self._path, hole, "it was put in another's place", before.first, before.last)
        self._lose(record.first, segment.path)
        self._next = Sequence(max(self._next, record.last + 1))
        self._link, self._before, self._path = link, record, segment.path

    def _fail(self, segment: Segment, record: Record) -> None:
        self._lose(record.first, segment.path)
        hole = Hole(record.offset, record.end)
        self._note(segment.path, hole, "it is not what was written", record.first, record.last)
        self._next, self._link = Sequence(max(self._next, record.last + 1)), None

    def _lose(self, found: int, path: Path) -> None:
        """Name what is between the last batch and that which was found next."""
        holes, self._holes = self._holes, []
        if not holes and found > self._next:
            holes = [(path, Hole(HEAD, HEAD + HEADER))]
        for where, hole in holes:
            problem = "the file is missing" if hole.end == 0 else "these bytes are no record"
            self._note(where, hole, problem, self._next, found - 1)
            self._next = Sequence(max(self._next, found))

    def _note(self, path: Path, hole: Hole, problem: str, first: int, last: int) -> None:
        if last < first:
            first, last = self._next, self._next - 1
        size = hole.end - hole.offset
        self.found.append(
            Damage(path.name, hole.offset, size, Sequence(first), Sequence(last), problem)
        )
