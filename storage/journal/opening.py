"""Opening the journal: what is there, where it ends, and a torn end cut off."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.domain.errors import StartRefused, StorageFailed
from storage.journal.catalogue import Catalogue, End
from storage.journal.disk import open_to_write, opened, sync, sync_folder, zero
from storage.journal.record import BATCHES, HEADER, LINK, NO_LINK, SEAL, Cipher, Record
from storage.journal.segment import (
    HEAD,
    LAYOUT,
    UNFINISHED,
    Head,
    Segment,
    look_at_head,
    make,
    numbers_in,
    path_of,
)
from storage.journal.tail import Spares, Tail
from storage.journal.walk import Window, is_authentic, is_zero, walk

_log = logging.getLogger(__name__)

_CUT: Final = ".cut"


@dataclass(frozen=True, slots=True)
class _Newest:
    """The last record that is whole."""

    record: Record
    link: bytes


def open_for_writing(folder: Path, key: bytes, size: int) -> tuple[Catalogue, Tail, int]:
    """Open the journal, made on the first start; give its segments, its end and its last place.

    A torn end has been cut off, and what is left is on the disk, when it returns. Raises
    StorageFailed, or StartRefused when another version of Weir has written it.
    """
    cipher = Cipher(key)
    try:
        _refuse_the_old(folder)
        _make_folder(folder)
        numbers = numbers_in(folder)
        if not numbers:
            os.close(make(folder, 1, size, cipher))
            numbers = [1]
        _must_be_ours(folder, numbers, cipher)
        return _opened(folder, numbers, cipher, size)
    except OSError as error:
        raise StorageFailed(store=str(folder), problem=str(error)) from error


def look(folder: Path, key: bytes) -> tuple[Catalogue, int]:
    """Give the segments and the last place of a journal that nobody writes, and change nothing.

    Raises StorageFailed or StartRefused as `open_for_writing` does.
    """
    cipher = Cipher(key)
    try:
        numbers = numbers_in(folder)
        if not numbers:
            raise StorageFailed(store=str(folder), problem="there is no journal")
        _must_be_ours(folder, numbers, cipher)
        active, newest = _active(folder, numbers, cipher)
        before = [number for number in numbers if number < active.number]
        segments = (*_sealed(folder, before, active, cipher), active)
        end = End(active.number, newest.record.end if newest else HEAD)
        return Catalogue(folder, segments, end), newest.record.last if newest else 0
    except OSError as error:
        raise StorageFailed(store=str(folder), problem=str(error)) from error


def _refuse_the_old(folder: Path) -> None:
    old = folder.with_name("journal.db")
    if old.exists():
        raise StartRefused(
            problem=f"{old} was written by a trial version of Weir, and can't be read any more",
            remedy="name a new folder with --data, or move that file away to begin anew",
        )


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)
    for unfinished in folder.glob(f"*{UNFINISHED}"):
        unfinished.unlink()
    sync_folder(folder)


def _must_be_ours(folder: Path, numbers: list[int], cipher: Cipher) -> None:
    """Refuse a key that fits nothing here, before anything is taken for a torn end."""
    heads = set()
    for number in numbers:
        with opened(path_of(folder, number)) as file:
            heads.add(look_at_head(file, number, cipher))
    if Head.NEWER in heads:
        raise StartRefused(
            problem=f"a newer Weir has written the journal (this one knows layout {LAYOUT})",
            remedy="start the newer version, or restore a backup of this one",
        )
    if Head.RIGHT in heads or any(_newest_in(folder, n, None, cipher) for n in numbers):
        return
    raise StorageFailed(
        store=str(folder), problem="the key does not fit these files, or they are no journal"
    )


def _opened(
    folder: Path, numbers: list[int], cipher: Cipher, size: int
) -> tuple[Catalogue, Tail, int]:
    active, newest = _active(folder, numbers, cipher)
    last = newest.record.last if newest else 0
    before = [number for number in numbers if number <= active.number]
    segments = (*_sealed(folder, before[:-1], active, cipher), active)
    if segments[0].number == 1:
        segments[0].first = 1  # nothing was forgotten yet, so what is missing is missing
    end = newest.record.end if newest else HEAD
    _cut_off(active, end, size)
    after = [number for number in numbers if number > active.number]
    spare = _spare(folder, after, active.number + 1, cipher, size)
    if newest and newest.record.kind == SEAL and spare not in after:
        _log.error("the journal went on after %s, but the file is gone", active.path.name)
    catalogue = Catalogue(folder, segments, End(active.number, end))
    tail = Tail(
        cipher,
        catalogue,
        Spares(folder, cipher, size, spare),
        last=last,
        link=newest.link if newest else NO_LINK,
        is_marked=newest is None or newest.record.kind != BATCHES,
    )
    return catalogue, tail, last


def _active(folder: Path, numbers: list[int], cipher: Cipher) -> tuple[Segment, _Newest | None]:
    """Give the segment with the newest record; where there is none, the oldest."""
    for number in reversed(numbers):
        segment = Segment(folder, number, 1)
        newest = _newest_in(folder, number, segment, cipher)
        if newest is not None:
            return segment, newest
    return Segment(folder, numbers[0], 1), None


def _newest_in(
    folder: Path, number: int, segment: Segment | None, cipher: Cipher
) -> _Newest | None:
    """Find the last record that is whole; the first one's place goes to `segment`."""
    with opened(path_of(folder, number)) as file:
        window = Window(file, os.fstat(file).st_size)
        last = None
        for found in walk(window, number, cipher, HEAD):
            if isinstance(found, Record):
                if segment is not None:
                    _note(segment, found, is_first=last is None)
                last = found
        if last is not None and not is_authentic(window, number, cipher, last):
            last = _last_authentic(window, number, cipher)
        return None if last is None else _Newest(last, bytes(window.body(last)[-LINK:]))


def _note(segment: Segment, record: Record, *, is_first: bool) -> None:
    segment.index.note(record.first, record.offset)
    if is_first:
        segment.first = record.first


def _last_authentic(window: Window, number: int, cipher: Cipher) -> Record | None:
    last = None
    for found in walk(window, number, cipher, HEAD):
        if isinstance(found, Record) and is_authentic(window, number, cipher, found):
            last = found
    return last


def _sealed(
    folder: Path, numbers: list[int], active: Segment, cipher: Cipher
) -> tuple[Segment, ...]:
    """Give the segments before the active one; one of which nothing can be read has no batches."""
    found: list[Segment] = []
    first = active.first
    for number in reversed(numbers):
        first = _first_in(folder, number, cipher) or first
        found.insert(0, Segment(folder, number, first))
    return tuple(found)


def _first_in(folder: Path, number: int, cipher: Cipher) -> int | None:
    with opened(path_of(folder, number)) as file:
        window = Window(file, os.fstat(file).st_size, piece=HEADER)
        for found in walk(window, number, cipher, HEAD):
            if isinstance(found, Record):
                return found.first
    return None


def _cut_off(active: Segment, end: int, size: int) -> None:
    """Have zeros after the last record, and all before it on the disk."""
    file = open_to_write(active.path)
    try:
        there = os.fstat(file).st_size
        if not is_zero(Window(file, there), end, there):
            _log.warning("a torn end was cut off %s at byte %s", active.path.name, end)
            zero(file, end, max(there, size))
        elif there < size:
            zero(file, there, size)
        sync(file)
    finally:
        os.close(file)


def _spare(folder: Path, after: list[int], number: int, cipher: Cipher, size: int) -> int:
    """Give the number of the next segment; what is no empty segment is put aside."""
    for there in after:
        path = path_of(folder, there)
        with opened(path) as file:
            window = Window(file, os.fstat(file).st_size)
            empty = is_zero(window, HEAD, window.end)
            head = look_at_head(file, there, cipher)
        if there == number and empty and head is Head.RIGHT and window.end == size:
            continue
        if empty:
            path.unlink()
        else:
            _log.warning("%s holds no whole record, and was put aside", path.name)
            path.replace(path.with_name(path.name + _CUT))
    sync_folder(folder)
    return number
