"""The file: encrypted, refused with a wrong key, and safe from SpatiaLite's crash."""

import asyncio
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.domain.errors import StartRefused, StorageFailed
from storage import sqlite
from storage.operations.database import SqliteOperations
from storage.sqlite import find_spatialite, open_database
from tests.builders import HERE
from tests.contract.operations.conftest import KEY
from tests.contract.operations.things import a_rule
from tests.fakes import FixedClock


async def test_neither_the_file_nor_its_log_holds_plain_text(
    operations: SqliteOperations, file: Path
):
    await operations.write(HERE, lambda t: t.rules.put(a_rule(name="unmistakable")))
    program = "import sys; print([b'unmistakable' in open(f, 'rb').read() for f in sys.argv[1:]])"
    files = [str(file), f"{file}-wal"]  # read by another process: it has no locks to lose
    found = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program, *files],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "[False, False]"


@pytest.mark.parametrize("key", [b"x" * 32, None], ids=["another key", "no key"])
async def test_without_the_key_the_file_is_refused(
    operations: SqliteOperations, file: Path, key: bytes | None
):
    with pytest.raises(StorageFailed, match="the key does not fit"):
        open_database(file, key)


async def test_a_wrong_key_refuses_the_start_and_the_right_one_still_opens(
    operations: SqliteOperations, file: Path
):
    await operations.stop()
    stranger = SqliteOperations(file, b"x" * 32, FixedClock())
    with pytest.raises(StartRefused, match="the key does not fit"):
        await stranger.start()
    await operations.start()


def test_a_key_of_another_length_is_no_key(tmp_path: Path):
    with pytest.raises(ValueError, match="32 bytes, not 5"):
        open_database(tmp_path / "a.db", b"short")


def test_a_file_in_plain_text_is_refused(tmp_path: Path):
    file = tmp_path / "plain.db"
    open_database(file, None).close()
    with pytest.raises(StorageFailed, match="not encrypted"):
        open_database(file, KEY)


def test_what_is_no_database_is_refused(tmp_path: Path):
    file = tmp_path / "noise.db"
    file.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(StorageFailed, match=r"noise\.db failed: the key does not fit"):
        open_database(file, KEY)


def test_a_damaged_page_is_found_by_its_tag(tmp_path: Path):
    file = tmp_path / "damaged.db"
    with closing(open_database(file, KEY)) as connection:
        connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(9000))")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[-2000] ^= 1
    file.write_bytes(content)
    damaged = open_database(file, KEY)
    with pytest.raises(apsw.Error):
        damaged.execute("SELECT * FROM t").fetchall()
    damaged.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StorageFailed, match=r"nowhere.*unable to open"):
        open_database(tmp_path / "nowhere" / "a.db", KEY)


def test_every_connection_syncs_and_distrusts_its_schema(tmp_path: Path):
    file = tmp_path / "a.db"
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "foreign_keys": 1,
        "temp_store": 2,
    }
    with closing(open_database(file, KEY)) as first:
        assert {name: first.pragma(name) for name in wanted} == wanted
    with closing(open_database(file, KEY, read_only=True)) as second:
        assert {name: second.pragma(name) for name in wanted} == wanted


def test_a_query_that_was_compiled_once_is_not_compiled_again(tmp_path: Path):
    connection = open_database(tmp_path / "x.db", KEY)
    connection.execute("CREATE TABLE t (m, r, at); CREATE INDEX i ON t (m, r, at)")
    asked: list[object] = []

    def note(*what: object) -> int:
        asked.append(what)
        return apsw.SQLITE_OK

    connection.authorizer = note
    query = "SELECT * FROM t WHERE m = :m AND r = :r ORDER BY at DESC LIMIT 1"
    for number in range(3):
        connection.execute(query, {"m": number, "r": number}).fetchall()
        if number == 0:
            assert asked
            asked.clear()
    assert asked == []
    connection.close()


def test_another_opening_of_a_file_leaves_the_locks_of_this_process_alone(tmp_path: Path):
    file = tmp_path / "a.db"
    writer = open_database(file, KEY)
    writer.execute("CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
    open_database(file, KEY).close()
    program = (
        "import sys; from pathlib import Path; from storage.sqlite import open_database\n"
        "c = open_database(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))\n"
        "c.set_busy_timeout(0)\n"
        "try: c.execute('BEGIN IMMEDIATE')\n"
        "except Exception as error: print(type(error).__name__)"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(file), KEY.hex()],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert other.stdout.strip() == "BusyError"
    writer.execute("COMMIT")
    writer.close()


NEAREST = """
from storage.sqlite import open_database
connection = open_database(None, None, spatial=True)
connection.execute("SELECT InitSpatialMetaData(1, 'NONE')").fetchall()
connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)")
connection.execute("SELECT AddGeometryColumn('p', 'g', 4326, 'POINT', 'XY')").fetchall()
for statement in {statements!r}:
    try:
        print("ran", connection.execute(statement).fetchall())
    except Exception as error:
        print(error)
"""


def test_nearest_neighbour_tables_are_refused_before_they_crash_the_process():
    statements = [
        "SELECT * FROM knn WHERE f_table_name = 'p' AND ref_geometry = MakePoint(1, 2)",
        "SELECT count(*) FROM KNN AS innocent",
        "CREATE TEMP VIEW v AS SELECT * FROM knn",
        "SELECT * FROM v",
        "ALTER TABLE knn RENAME TO other",
        "CREATE VIRTUAL TABLE other USING VirtualKNN()",
        "CREATE VIRTUAL TABLE other USING virtualknn2()",
    ]
    done = subprocess.run(
        [sys.executable, "-c", NEAREST.format(statements=statements)],
        check=True,  # a crash has a status of its own
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(statements)
    refused = [answer for answer in answers if answer.startswith(("not authorized", "access to"))]
    assert "ran []" in answers  # making a view is allowed, using it is not
    assert len(refused) == len(statements) - 1


def test_other_extensions_can_t_be_loaded_by_sql():
    with (
        closing(open_database(None, None, spatial=True)) as connection,
        pytest.raises(apsw.Error, match="not authorized"),
    ):
        connection.execute("SELECT load_extension('mod_spatialite')")


def test_a_missing_spatialite_says_which_command_installs_it(monkeypatch: pytest.MonkeyPatch):
    assert find_spatialite().name.startswith("mod_spatialite")
    monkeypatch.setattr(sqlite, "_PLACES", ())
    with pytest.raises(StartRefused) as refusal:
        find_spatialite()
    assert "apt-get install libsqlite3-mod-spatialite" in refusal.value.advice
