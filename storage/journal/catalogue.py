"""Which segments the journal has, and how far readers may believe them."""

import threading
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

from appliance.domain.ids import Sequence
from storage.journal.disk import sync_folder
from storage.journal.segment import Segment


class End(NamedTuple):
    """Up to where the log is durable."""

    number: int
    offset: int


class Catalogue:
    """The segments in order, at least one. Writer, readers and forgetting share it."""

    def __init__(self, folder: Path, segments: tuple[Segment, ...], end: End) -> None:
        self.folder = folder
        self.segments = segments
        self.end = end
        self._lock = threading.Lock()
        self._forgetting = threading.Lock()

    @property
    def first(self) -> Sequence:
        """The place of the oldest batch."""
        return Sequence(self.segments[0].first)

    def add(self, segment: Segment) -> None:
        """Have the log go on in this one."""
        with self._lock:
            self.segments = (*self.segments, segment)

    def has(self, segment: Segment) -> bool:
        """Say whether it has not been forgotten meanwhile."""
        return segment.number >= self.segments[0].number

    def since(self, sequence: int) -> tuple[Segment, ...]:
        """Give the segments from that on which may have the batch."""
        segments = self.segments
        place = bisect_right(segments, sequence, key=lambda segment: segment.first)
        return segments[max(0, place - 1) :]

    def believed(self, segment: Segment, size: int) -> int:
        """Give the offset up to which a segment of this size may be read."""
        end = self.end
        if segment.number == end.number:
            return min(size, end.offset)
        return size if segment.number < end.number else 0

    def pieces(self) -> tuple[tuple[Path, int], ...]:
        """Give each file with how many of its bytes are durable: so much of each is a whole journal.

        Raises FileNotFoundError for one that is forgotten meanwhile: then ask again.
        """
        end = self.end
        return tuple(
            (one.path, end.offset if one.number == end.number else one.path.stat().st_size)
            for one in self.segments
            if one.number <= end.number
        )

    def forget(self, through: int) -> int:
        """Delete the segments that have nothing from this place on; give the bytes."""
        bytes_given_back = 0
        with self._forgetting:
            while len(self.segments) > 1 and self.segments[1].first <= through:
                oldest = self.segments[0]
                size = oldest.path.stat().st_size if oldest.path.exists() else 0
                oldest.path.unlink(missing_ok=True)
                with self._lock:
                    self.segments = self.segments[1:]
                bytes_given_back += size
            if bytes_given_back:
                sync_folder(self.folder)
        return bytes_given_back
