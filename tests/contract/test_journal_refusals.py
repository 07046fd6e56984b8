"""A disk that refuses: nothing is acknowledged that is not there, and nothing is tried again."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from appliance.domain.errors import StorageFailed
from storage.journal.journal import FileJournal
from tests.contract.damaging import SIZE, batch_at, journal_in, look


class Disk:
    """Has one call of a function fail: the n-th of the writing thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, nth: int, how: str) -> None:
        self._really = getattr(os, name)
        self._nth = nth
        self._how = how
        self.calls = 0
        monkeypatch.setattr(os, name, self)

    def __call__(self, *arguments: object) -> object:
        if threading.current_thread().name != "journal-write":
            return self._really(*arguments)
        self.calls += 1
        if self.calls == self._nth and self._how == "short":
            file, data, offset = arguments
            return self._really(file, bytes(data[: len(data) // 2]), offset)  # type: ignore[index, arg-type]
        if self.calls >= self._nth and self._how == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.calls == self._nth and self._how == "broken":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self._really(*arguments)


async def append_until_it_fails(journal: FileJournal, most: int) -> tuple[list[int], bool]:
    acknowledged: list[int] = []
    for _ in range(most):
        place = journal.last + 1
        try:
            stored = await journal.append([batch_at(place), batch_at(place + 1)])
        except StorageFailed:
            return acknowledged, True
        acknowledged += [batch.sequence for batch in stored]
    return acknowledged, False


@pytest.mark.parametrize("name", ["pwrite", "fdatasync"])
@pytest.mark.parametrize("how", ["broken", "full"])
@pytest.mark.parametrize("nth", [1, 2, 3, 9, 17])
async def test_after_a_write_or_sync_that_failed_nothing_is_acknowledged_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: str, nth: int
) -> None:
    journal = journal_in(tmp_path / "journal")
    await journal.start()
    disk = Disk(monkeypatch, name, nth, how)
    acknowledged, has_failed = await append_until_it_fails(journal, 40)
    assert has_failed
    async with asyncio.timeout(5):
        await journal.failed()
    calls = disk.calls
    for _ in range(3):
        with pytest.raises(StorageFailed):
            await journal.append([batch_at(1)])
    await journal.stop()
    assert disk.calls == calls
    monkeypatch.undo()
    seen = await look(tmp_path / "journal")
    assert set(acknowledged) <= seen.sound
    assert not seen.damaged
    assert seen.named == ()


async def test_a_write_that_was_cut_short_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(tmp_path / "journal")
    await journal.start()
    Disk(monkeypatch, "pwrite", 3, "short")
    acknowledged, has_failed = await append_until_it_fails(journal, 10)
    await journal.stop()
    assert not has_failed
    assert (await look(tmp_path / "journal")).sound == set(acknowledged)


async def test_a_next_file_that_can_not_be_made_stops_acks_only_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(folder: Path, number: int, *_: object) -> int:
        raise OSError(errno.ENOSPC, f"no room for {number} in {folder}")

    journal = journal_in(tmp_path / "journal")
    monkeypatch.setattr("storage.journal.tail.make", no_room)
    await journal.start()
    acknowledged, has_failed = await append_until_it_fails(journal, 1_000)
    await journal.stop()
    assert has_failed
    assert len(acknowledged) > 10
    assert sorted(file.name for file in (tmp_path / "journal").iterdir()) == ["00000001.log"]
    monkeypatch.undo()
    seen = await look(tmp_path / "journal")
    assert seen.sound == set(acknowledged)


async def test_what_lay_written_but_not_synced_is_on_the_disk_before_anybody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(tmp_path / "journal")
    await journal.start()
    await journal.append([batch_at(1)])
    await journal.stop()
    synced: list[int] = []
    really = os.fdatasync

    def note(file: int) -> None:
        synced.append(os.fstat(file).st_ino)
        really(file)

    monkeypatch.setattr(os, "fdatasync", note)
    journal = journal_in(tmp_path / "journal")
    await journal.start()
    written = tmp_path / "journal" / "00000001.log"
    assert written.stat().st_ino in synced
    assert written.stat().st_size == SIZE
    await journal.stop()
