"""A backup of stores that go on being written: every reading is in it once, at whatever moment."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.errors import FileRefused, Invalid
from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import DAY, SECOND, Instant
from appliance.domain.work import Progress
from appliance.flow.follow import belong_together
from appliance.ports.backups import KeyWish, Made
from storage.backup import listing
from storage.backup.keys import opened, sealed
from storage.backup.making import BackupMaker, Source
from storage.backup.restoring import chosen, keys_of, restore
from storage.backup.verifying import verify
from storage.history.history import DuckHistory
from storage.journal.journal import FileJournal
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, OTHER_SENSOR, THERE, a_checked_batch, readings
from tests.fakes import FixedClock

KEY = bytes(range(32))
AUDIT_KEY = bytes(range(32, 64))
ALWAYS = {"since": Instant(0), "until": Instant(4_000 * 365 * DAY)}
PASSPHRASE = "wet stones under the weir"


def silent(progress: Progress) -> None:
    """Nobody looks."""


class Stores:
    """The stores of one folder, open."""

    def __init__(self, folder: Path, clock: FixedClock) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "history").mkdir(exist_ok=True)
        self.folder = folder
        self.clock = clock
        self.journal = FileJournal(folder / "journal", KEY, clock, segment_size=1 << 12)
        self.history = DuckHistory(folder / "history", clock, sealed=folder / "sealed")
        self.operations = SqliteOperations(folder / "operations.db", KEY, clock)

    async def take(self, n: int, *, start: Instant = NOON) -> None:
        """Take n readings of each of two municipalities."""
        for town, sensor in ((HERE, None), (THERE, OTHER_SENSOR)):
            which = {} if sensor is None else {"sensor": sensor}
            for i in range(0, n, 100):
                begin = Instant(start + i * SECOND)
                rows = readings(*range(i, min(n, i + 100)), start=begin, every=SECOND, **which)
                await self.journal.append([a_checked_batch(rows, municipality=town)])
        await self.follow()

    async def follow(self) -> None:
        """Have history hold what the journal does."""
        await belong_together(self.journal, self.history)
        while self.history.applied < self.journal.last:
            await self.history.apply(await self.journal.read(self.history.applied))

    async def seal_and_forget(self) -> None:
        """Seal what is closed, and have the journal forget it."""
        await self.history.tidy(self.clock.now())
        batch = await self.journal.batch(Sequence(await self.history.secured()))
        assert batch is not None
        await self.history.begin_after(batch)
        await self.journal.forget(batch.sequence)

    async def counted(self) -> dict[MunicipalityId, int]:
        found = {}
        for town in (HERE, THERE):
            placed = await self.history.of(town).placed(None, **ALWAYS)
            keys = set(
                zip(placed.readings.sensors.tolist(), placed.readings.times.tolist(), strict=True)
            )
            assert len(keys) == len(placed.readings), "a reading is there twice"
            found[town] = len(keys)
        return found

    def maker(self, pieces: Callable[[], Any] | None = None) -> BackupMaker:
        keys = {"weir.key": KEY, "audit.key": AUDIT_KEY}
        source = Source(self.folder, keys, pieces or self.journal.pieces, "1.0")
        return BackupMaker(source, self.clock, self.folder / "backups", KeyWish())


@asynccontextmanager
async def stores(folder: Path, clock: FixedClock) -> AsyncIterator[Stores]:
    found = Stores(folder, clock)
    await found.operations.start()
    await found.journal.start()
    await found.history.start()
    try:
        yield found
    finally:
        await found.history.stop()
        await found.journal.stop()
        await found.operations.stop()


async def restored(made: Made, to: Path, clock: FixedClock) -> dict[MunicipalityId, int]:
    """Restore a backup, take one more reading of each, and count what is there."""
    keys = await asyncio.to_thread(keys_of, made.folder, made.backup, passphrase=None, file=None)
    await asyncio.to_thread(restore, (made.folder, made.backup), keys, to, silent)
    async with stores(to, clock) as again:
        await again.follow()
        await again.take(1, start=Instant(NOON + 100 * DAY))
        return await again.counted()


async def test_a_backup_holds_every_reading_once_also_where_closed_days_are_sealed_and_forgotten(
    tmp_path: Path,
) -> None:
    clock = FixedClock(Instant(NOON + 10 * DAY))
    async with stores(tmp_path / "data", clock) as running:
        await running.take(700)
        await running.seal_and_forget()
        await running.take(50, start=Instant(NOON + 10 * DAY))
        await running.take(3, start=Instant(NOON + 9 * SECOND // 2))  # late ones of a sealed day
        assert running.journal.first > 1
        made = await running.maker().create(tmp_path / "to", None, silent)
    assert made.problems == ()
    there = await restored(made, tmp_path / "new", clock)
    assert there == {HERE: 754, THERE: 754}


async def test_days_sealed_and_forgotten_while_the_journal_is_copied_have_it_begin_again(
    tmp_path: Path,
) -> None:
    clock = FixedClock(Instant(NOON + 10 * DAY))
    async with stores(tmp_path / "data", clock) as running:
        await running.take(700)
        loop, rounds = asyncio.get_running_loop(), []

        def forgetting() -> Any:
            """Between the list of sealed files and the journal, history is put in order."""
            if not rounds:
                asyncio.run_coroutine_threadsafe(running.seal_and_forget(), loop).result(20)
            rounds.append(1)
            return running.journal.pieces()

        made = await running.maker(forgetting).create(tmp_path / "to", None, silent)
    assert len(rounds) == 2
    assert made.problems == ()
    assert await restored(made, tmp_path / "new", clock) == {HERE: 701, THERE: 701}


async def test_readings_that_arrive_while_it_is_made_hurt_neither_it_nor_themselves(
    tmp_path: Path,
) -> None:
    clock = FixedClock(Instant(NOON + DAY))
    async with stores(tmp_path / "data", clock) as running:
        await running.take(10)
        maker, taken = running.maker(), 10
        making = asyncio.ensure_future(maker.create(tmp_path / "to", None, silent))
        while not making.done():
            await running.take(5, start=Instant(NOON + taken * SECOND))
            taken += 5
        made = await making
        assert await running.counted() == {HERE: taken, THERE: taken}
    assert made.problems == ()
    there = await restored(made, tmp_path / "new", clock)
    assert 11 <= there[HERE] <= taken + 1
    assert made.backup.journal_last >= 2


async def two_backups(root: Path) -> Made:
    """Make one with sealed keys and one without any; give the first."""
    clock = FixedClock(Instant(NOON + 10 * DAY))
    async with stores(root / "data", clock) as running:
        (root / "data" / "maps").mkdir()
        (root / "data" / "maps" / "base.pmtiles").write_bytes(b"a map of a later version")
        for left_out in ("ballast", "control.json", "weir.log", "operations.db.damaged-1"):
            (root / "data" / left_out).write_bytes(b"not in a backup")
        await running.take(700)
        await running.seal_and_forget()
        maker = running.maker()
        first = await maker.create(root / "to", KeyWish(PASSPHRASE), silent)
        clock.advance(DAY)
        second = await maker.create(root / "to", KeyWish(apart=True), silent)
    assert first.problems == second.problems == ()
    return first


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    root = tmp_path_factory.mktemp("backups")
    return root, asyncio.run(two_backups(root))


@pytest.fixture
def made(once: tuple[Path, Made], tmp_path: Path) -> Made:
    """Give the first of two backups, in a copy that a test may damage."""
    root, first = once
    subprocess.run(["cp", "-a", f"{root}/.", str(tmp_path)], check=True)  # keeps hard links
    return replace(first, folder=tmp_path / "to" / first.folder.name)


def test_it_is_read_back_whole_and_every_changed_byte_is_named(made: Made) -> None:
    assert verify(made.folder, made.backup, KEY, silent) == []
    names = [part.path for part in made.backup.parts]
    assert {"operations.db", "keys.sealed", "maps/base.pmtiles", "sealed/manifest.json"} <= {*names}
    assert not {"ballast", "control.json", "weir.log", "operations.db.damaged-1"} & {*names}
    for name in names:
        file = made.folder / name
        whole = file.read_bytes()
        file.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert any(name in problem for problem in verify(made.folder, made.backup, None, silent))
        file.write_bytes(whole)
    (made.folder / names[-1]).unlink()
    assert len(verify(made.folder, made.backup, None, silent)) == 1


def test_a_list_made_anew_by_somebody_without_the_key_is_noticed(made: Made) -> None:
    listing.save(made.folder, made.backup, bytes(32))
    assert verify(made.folder, made.backup, None, silent) == []
    assert verify(made.folder, made.backup, KEY, silent) == [
        "backup.json was changed after it was made"
    ]


def test_a_list_that_names_a_file_outside_is_refused(made: Made, tmp_path: Path) -> None:
    file = made.folder / listing.NAME
    file.write_bytes(file.read_bytes().replace(b'"maps/base.pmtiles"', b'"../../../etc/passwd"'))
    backup = listing.load(made.folder)
    with pytest.raises(FileRefused, match="outside"):
        restore((made.folder, backup), {"weir.key": KEY}, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_the_keys_need_the_passphrase_or_the_copy_that_was_kept_apart(
    made: Made, tmp_path: Path
) -> None:
    both = {"weir.key": KEY, "audit.key": AUDIT_KEY}
    assert keys_of(made.folder, made.backup, passphrase=PASSPHRASE, file=None) == both
    with pytest.raises(Invalid, match="not the one of this backup"):
        keys_of(made.folder, made.backup, passphrase="dry stones over the weir", file=None)
    with pytest.raises(Invalid, match="have a passphrase"):
        keys_of(made.folder, made.backup, passphrase=None, file=None)
    folder, apart = chosen(tmp_path / "to", None)
    with pytest.raises(Invalid, match="not in this backup"):
        keys_of(folder, apart, passphrase=None, file=None)
    copies = tmp_path / "safe"
    copies.mkdir()
    (copies / "weir.key").write_bytes(KEY)
    (copies / "audit.key").write_bytes(AUDIT_KEY)
    assert keys_of(folder, apart, passphrase=None, file=copies / "weir.key") == both
    (copies / "weir.key").write_bytes(bytes(32))
    with pytest.raises(Invalid, match="not the one"):
        keys_of(folder, apart, passphrase=None, file=copies / "weir.key")
    assert KEY not in b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file())
    with pytest.raises(Invalid, match="12 characters"):
        sealed(both, "too short")
    with pytest.raises(Invalid, match="damaged"):
        opened(b"{}", PASSPHRASE)


def test_a_time_takes_the_newest_backup_made_until_then_and_none_is_refused(
    made: Made, tmp_path: Path
) -> None:
    later = Instant(made.backup.made_at + DAY)
    assert chosen(tmp_path / "to", Instant(later - 1))[0] == made.folder
    assert chosen(tmp_path / "to", later)[0] != made.folder
    with pytest.raises(FileRefused, match="the oldest backup in it was made at"):
        chosen(tmp_path / "to", Instant(made.backup.made_at - 1))
    with pytest.raises(FileRefused, match="no backup"):
        chosen(tmp_path / "data", None)


def test_nothing_is_restored_over_what_is_there_nor_from_what_is_damaged(
    made: Made, tmp_path: Path
) -> None:
    source = (made.folder, made.backup)
    with pytest.raises(Invalid, match="not empty"):
        restore(source, {"weir.key": KEY}, tmp_path / "data", silent)
    journal = next((made.folder / "journal").iterdir())
    journal.write_bytes(journal.read_bytes()[:-1] + b"?")
    with pytest.raises(FileRefused, match=journal.name):
        restore(source, {"weir.key": KEY}, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


async def test_files_that_never_change_are_shared_with_the_backup_before_and_the_oldest_go(
    made: Made, tmp_path: Path
) -> None:
    first, second = (folder for folder, _ in listing.all_in(tmp_path / "to"))
    parquet = sorted(file.name for file in (first / "sealed").glob("*.parquet"))
    assert parquet
    for name in parquet:
        assert (first / "sealed" / name).samefile(second / "sealed" / name)
    maker = Stores(tmp_path / "data", FixedClock()).maker()
    assert await maker.keep(tmp_path / "to", 1) == 1
    assert [folder for folder, _ in listing.all_in(tmp_path / "to")] == [second]
    assert verify(second, listing.load(second), KEY, silent) == []
