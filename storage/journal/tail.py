"""The end of the log: where the next record goes."""

import os
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from storage.journal.catalogue import Catalogue, End
from storage.journal.disk import open_to_write, sync, write_at
from storage.journal.record import (
    BATCHES,
    EPOCH,
    LINK,
    MARK,
    SEAL,
    SMALLEST,
    Cipher,
    Content,
    prepared,
)
from storage.journal.segment import HEAD, Segment, make, path_of


class Spares:
    """Has the next segment ready before it is needed, so that no ack waits for one."""

    def __init__(self, folder: Path, cipher: Cipher, size: int, number: int) -> None:
        self._folder = folder
        self._cipher = cipher
        self._size = size
        self._number = number
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal-prepare")
        there = path_of(folder, number)
        self._next = self._ask(lambda: open_to_write(there) if there.exists() else self._make())

    def take(self) -> tuple[int, int]:
        """Give a segment's number and the file opened for writing; raises OSError.

        Waits where it is not ready yet; what went wrong in advance is tried once more.
        """
        try:
            file = self._next.result()
        except OSError:
            file = self._make()
        taken = self._number
        self._number += 1
        self._next = self._ask(self._make)
        return taken, file

    def stop(self) -> None:
        """Close the one that was not needed; it stays for the next start."""
        self._thread.shutdown()
        if self._next.exception() is None:
            os.close(self._next.result())

    def _ask(self, work: Callable[[], int]) -> Future[int]:
        return self._thread.submit(work)

    def _make(self) -> int:
        return make(self._folder, self._number, self._size, self._cipher)


class Tail:
    """Writes records one after another. One thread uses it, and after an OSError only `close`."""

    def __init__(
        self,
        cipher: Cipher,
        catalogue: Catalogue,
        spares: Spares,
        *,
        last: int,
        link: bytes,
        is_marked: bool,
    ) -> None:
        self._cipher = cipher
        self._catalogue = catalogue
        self._spares = spares
        self._segment = catalogue.segments[-1]
        self._file = open_to_write(self._segment.path)
        self._offset = catalogue.end.offset
        self._size = os.fstat(self._file).st_size
        self._epoch = secrets.token_bytes(EPOCH)
        self._link = link
        self._last = last
        self.is_marked = is_marked
        """Whether nothing was written since the last mark."""

    def append(self, count: int, stored_at: int, body: bytes) -> None:
        """Have the disk keep the next `count` batches; raises OSError."""
        room = self._size - self._offset - SMALLEST  # for a seal
        if SMALLEST + len(body) > room and self._offset > HEAD:
            self._roll()
        self._segment.index.note(self._last + 1, self._offset)
        self._write(BATCHES, count, stored_at, body)
        sync(self._file)
        self._last += count
        self._catalogue.end = End(self._segment.number, self._offset)
        self.is_marked = False

    def mark(self, kind: int = MARK) -> None:
        """Say in the log that all before is on disk; this itself needs no sync."""
        self.is_marked = True
        if self._offset + SMALLEST <= self._size:
            self._write(kind, 0, 0, b"")

    def close(self) -> None:
        """Close what is open, and wait for the segment that is being prepared."""
        os.close(self._file)
        self._spares.stop()

    def _write(self, kind: int, count: int, stored_at: int, body: bytes) -> None:
        content = Content(kind, count, self._last + 1, stored_at)
        record = prepared(
            self._segment.number,
            self._offset,
            content,
            epoch=self._epoch,
            previous=self._link,
            body=len(body),
        )
        data = self._cipher.seal(self._segment.number, record, body)
        write_at(self._file, data, self._offset)
        self._offset = record.end
        self._link = data[-LINK:]

    def _roll(self) -> None:
        """Go on in the next segment."""
        self.mark(SEAL)
        number, file = self._spares.take()
        os.close(self._file)
        self._file, self._offset, self._size = file, HEAD, os.fstat(file).st_size
        self._epoch = secrets.token_bytes(EPOCH)
        self._segment = Segment(self._catalogue.folder, number, self._last + 1)
        self._catalogue.add(self._segment)
