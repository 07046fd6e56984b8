"""Every byte that was written is read back: each damage is found, told from a crash, and named."""

import asyncio
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from appliance.domain.errors import StartRefused
from storage.commits import CommitNote
from storage.history.blocks import BLOCK, damaged_places
from storage.operations.database import SqliteOperations
from storage.scrub import HistoryFile, KeyFile, SqliteFile
from storage.sqlite import open_database
from storage.sqlite_pages import PAGE, look_at_file, look_at_log
from tests.fakes import FixedClock
from tests.faults.town import Town
from tests.running import command

KEY = bytes(range(32))
FRAME = PAGE + 24
FIRST_BLOCK = 3 * 4_096


def flip(file: Path, place: int, bit: int = 0) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(place)
        (byte,) = damaged.read(1)
        damaged.seek(place)
        damaged.write(bytes((byte ^ 1 << bit,)))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A closed file with used and free pages."""
    file = tmp_path / "some.db"
    connection = open_database(file, KEY)
    connection.execute("CREATE TABLE thing (a, b)")
    connection.executemany("INSERT INTO thing VALUES (?, ?)", ((i, "x" * 90) for i in range(900)))
    connection.execute("DELETE FROM thing WHERE a < 700")
    assert connection.pragma("freelist_count") > 10
    connection.close()
    return file


def test_every_flipped_bit_of_an_operations_page_is_found_also_in_free_pages(
    database: Path,
) -> None:
    chance = random.Random(5)
    whole = database.read_bytes()
    pages = len(whole) // PAGE
    assert look_at_file(database, KEY) == look_at_file(database, KEY)
    assert look_at_file(database, KEY).damaged == ()
    for _ in range(40):
        place = chance.randrange(len(whole))
        flip(database, place, chance.randrange(8))
        found = look_at_file(database, KEY)
        assert found.read == pages
        assert found.damaged == (place // PAGE + 1,)
        database.write_bytes(whole)


def test_pages_that_changed_places_are_found(database: Path) -> None:
    whole = bytearray(database.read_bytes())
    whole[PAGE : 2 * PAGE], whole[2 * PAGE : 3 * PAGE] = (
        whole[2 * PAGE : 3 * PAGE],
        whole[PAGE : 2 * PAGE],
    )
    database.write_bytes(whole)
    assert look_at_file(database, KEY).damaged == (2, 3)


def test_a_flipped_bit_in_the_log_is_found_while_the_file_is_open(database: Path) -> None:
    connection = open_database(database, KEY)
    try:
        for number in range(5):
            connection.execute("INSERT INTO thing VALUES (?, 'late')", (number,))
        log = database.with_name("some.db-wal")
        assert look_at_log(database, KEY).damaged == ()
        flip(log, 32 + FRAME + 24 + 1_000)
        assert look_at_log(database, KEY).damaged == (2,)
    finally:
        connection.close()


@pytest.fixture
def operations_file(tmp_path: Path) -> Path:
    return tmp_path / "operations.db"


def commit(file: Path, times: int) -> None:
    """Make commits, and leave the files as a killed process does."""

    async def committing() -> None:
        operations = SqliteOperations(file, KEY, FixedClock())
        await operations.start()
        for number in range(times):
            await operations.write_system(lambda t, n=number: t.remember("it", b"%d" % n))
        crashed = file.parent / "crashed"
        shutil.copytree(file.parent, crashed, ignore=shutil.ignore_patterns("crashed"))
        await operations.stop()
        for left in crashed.iterdir():
            left.replace(file.parent / left.name)
        crashed.rmdir()

    asyncio.run(committing())


def after_a_start(file: Path) -> tuple[CommitNote, int]:
    """Start and stop; give the note, and the newest commit that is there."""

    async def starting() -> tuple[CommitNote, int]:
        operations = SqliteOperations(file, KEY, FixedClock())
        await operations.start()
        it = await operations.read_system(lambda t: t.recall("it"))
        await operations.stop()
        return operations.note, int(it or b"-1")

    return asyncio.run(starting())


def test_commits_that_a_flip_in_the_log_undid_are_missed_and_named_until_somebody_is_told(
    operations_file: Path,
) -> None:
    commit(operations_file, 20)
    log = operations_file.with_name("operations.db-wal")
    (before, newest) = (log.stat().st_size, 19)
    flip(log, before - 3 * FRAME)
    note, it = after_a_start(operations_file)
    assert it < newest
    assert note.loss is not None
    assert note.loss.commits == newest - it
    again, _ = after_a_start(operations_file)
    assert again.loss == note.loss, "it is not forgotten by another start"
    store = SqliteFile(operations_file, KEY, again, keeps="alerts", remedy="a backup")
    (flaw,) = store.known()
    assert f"its newest {newest - it} commits are gone" in flaw.problem
    again.open(it + 1, FixedClock().now())
    store.told()
    again.close()
    assert after_a_start(operations_file)[0].loss is None


def test_after_a_crash_that_lost_nothing_nothing_is_missed(operations_file: Path) -> None:
    commit(operations_file, 5)
    note, it = after_a_start(operations_file)
    assert (note.loss, it) == (None, 4)
    assert not note.unreadable


def test_a_change_that_changes_nothing_is_no_commit(operations_file: Path) -> None:
    async def idle() -> tuple[bytes, bytes]:
        operations = SqliteOperations(operations_file, KEY, FixedClock())
        await operations.start()
        before = operations.note.path.read_bytes()
        await operations.write_system(lambda t: t.recall("it"))
        after = operations.note.path.read_bytes()
        await operations.stop()
        return before, after

    before, after = asyncio.run(idle())
    assert before == after


@pytest.mark.parametrize("content", [b"", bytes(64), b"noise" * 13])
def test_a_note_that_is_damaged_is_made_anew(operations_file: Path, content: bytes) -> None:
    commit(operations_file, 3)
    operations_file.with_name("operations.db.commits").write_bytes(content)
    note, it = after_a_start(operations_file)
    assert (note.loss, it) == (None, 2)
    assert note.unreadable == content.startswith(b"noise")


def test_a_damaged_operations_database_refuses_the_start_and_says_what_to_put_back(
    operations_file: Path,
) -> None:
    commit(operations_file, 3)
    after_a_start(operations_file)
    flip(operations_file, operations_file.stat().st_size - 2_000)
    with pytest.raises(
        StartRefused,
        match=r"operations\.db can.t be used: (page .* not what was written|.*malformed)",
    ) as no:
        after_a_start(operations_file)
    assert "put operations.db back from the newest backup" in no.value.advice


def test_a_page_that_a_crash_tore_is_whole_again_from_the_log(operations_file: Path) -> None:
    commit(operations_file, 3)
    assert operations_file.with_name("operations.db-wal").stat().st_size > FRAME
    flip(operations_file, 100)
    note, it = after_a_start(operations_file)
    assert (note.loss, it) == (None, 2)


@pytest.mark.parametrize("place", [100, 4_200, -9_000])
def test_every_damaged_block_of_history_is_found_and_has_it_made_anew(
    tmp_path: Path, place: int
) -> None:
    file = tmp_path / "history.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE a AS SELECT random() AS b FROM range(300_000)")
        connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE a")
        connection.execute("CHECKPOINT")  # its blocks are free, and looked at all the same
    suspected: list[bool] = []
    store = HistoryFile(file, lambda: suspected.append(True))
    assert asyncio.run(store.flaws()) == ()
    place %= file.stat().st_size
    flip(file, place)
    begin = place // 4_096 * 4_096 if place < FIRST_BLOCK else place - (place - FIRST_BLOCK) % BLOCK
    assert damaged_places(file) == [begin]
    (flaw,) = asyncio.run(store.flaws())
    assert flaw.heals
    assert suspected == [True]


def test_a_key_that_changed_under_a_running_server_is_put_right(tmp_path: Path) -> None:
    file = tmp_path / "weir.key"
    file.write_bytes(KEY)
    store = KeyFile(file, KEY, file.write_bytes)
    assert asyncio.run(store.flaws()) == ()
    flip(file, 7)
    (flaw,) = asyncio.run(store.flaws())
    assert flaw.heals
    assert file.read_bytes() == KEY
    Path(file).unlink()
    assert len(asyncio.run(store.flaws())) == 1
    assert file.read_bytes() == KEY


def test_weir_scrub_names_each_damage_with_weir_running_or_not_and_a_start_says_what_to_do(
    town: Town,
) -> None:
    assert command(town.folder, "scrub")["flaws"] == []
    flip(town.folder / "history" / "history.duckdb", 5_000)
    town.start()
    flip(town.folder / "broker.db", PAGE + 5)
    (broker,) = command(town.folder, "scrub", status=1)["flaws"][:1]
    assert broker["file"] == "broker.db"
    town.kill()
    town.start()  # both are begun anew
    named = {flaw["file"].partition(".damaged-")[0] for flaw in flaws_of(town)}
    assert named <= {"broker.db", "history.duckdb"}
    assert "broker.db" in named
    town.stop()

    flip(town.folder / "operations.db", 10 * PAGE + 3)
    with pytest.raises(
        AssertionError, match=r"page 11 of .* not what was written; put operations\.db back"
    ):
        town.start()
    (flaw, *_) = [flaw for flaw in flaws_of(town) if flaw["file"] == "operations.db"]
    assert "page 11" in flaw["problem"]


def flaws_of(town: Town) -> list[dict[str, str]]:
    found: list[dict[str, str]] = command(town.folder, "scrub", status=1)["flaws"]
    return found
