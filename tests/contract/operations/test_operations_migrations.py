"""Numbered steps forward, each all or nothing, and the schema that they add up to."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.domain.errors import StartRefused, StorageFailed
from storage.migrations.runner import Migration, migrate, shipped
from storage.operations import database
from storage.operations.database import SqliteOperations
from storage.sqlite import open_database
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.conftest import KEY
from tests.contract.operations.things import all_of
from tests.fakes import FixedClock

FIRST = Migration(1, "first", "CREATE TABLE a (x); INSERT INTO a VALUES (1)")
SECOND = Migration(2, "second", "ALTER TABLE a ADD COLUMN y")
BROKEN = Migration(2, "broken", "ALTER TABLE a ADD COLUMN y; DROP TABLE a; CREATE TABLE a (x; ")


@pytest.fixture
def connection() -> Iterator[apsw.Connection]:
    with closing(open_database(None, None, spatial=True)) as opened:
        yield opened


def schema(connection: apsw.Connection) -> set[tuple[str, str, str]]:
    """All that is there, whitespace apart."""
    rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema")
    return {(kind, name, " ".join(text.split())) for kind, name, text in rows}


def record(connection: apsw.Connection) -> list[tuple[int, str, int]]:
    return connection.execute("SELECT * FROM migration ORDER BY number").fetchall()


def test_steps_are_applied_once_and_recorded(connection: apsw.Connection):
    assert migrate(connection, NOON, (FIRST,)) == 1
    assert migrate(connection, NOON, (FIRST, SECOND)) == 1
    assert migrate(connection, NOON, (FIRST, SECOND)) == 0
    assert record(connection) == [(1, "first", NOON), (2, "second", NOON)]
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, None)]


def test_a_step_that_fails_leaves_nothing_of_itself_behind(connection: apsw.Connection):
    migrate(connection, NOON, (FIRST,))
    before = schema(connection)
    with pytest.raises(StorageFailed, match="0002_broken was undone"):
        migrate(connection, NOON, (FIRST, BROKEN))
    assert schema(connection) == before
    assert record(connection) == [(1, "first", NOON)]
    assert connection.execute("SELECT * FROM a").fetchall() == [(1,)]
    assert not connection.in_transaction
    assert migrate(connection, NOON, (FIRST, SECOND)) == 1


def test_a_first_step_that_fails_leaves_an_empty_database(connection: apsw.Connection):
    with pytest.raises(StorageFailed):
        migrate(connection, NOON, (Migration(1, "none", BROKEN.sql),))
    assert schema(connection) == set()


def test_a_refusal_of_spatialite_fails_the_step(connection: apsw.Connection):
    refused = Migration(1, "refused", "SELECT AddGeometryColumn('none', 'g', 4326, 'POINT', 'XY')")
    with pytest.raises(StorageFailed, match="SpatiaLite refused"):
        migrate(connection, NOON, (refused,))
    assert schema(connection) == set()


async def test_a_newer_file_is_refused_untouched(
    operations: SqliteOperations, file: Path, monkeypatch: pytest.MonkeyPatch
):
    await operations.stop()
    older = shipped()[:-1]
    with monkeypatch.context() as patch:
        patch.setattr(database, "migrate", lambda connection, now: migrate(connection, now, older))
        with pytest.raises(StartRefused, match=r"this program knows only \d") as refusal:
            await SqliteOperations(file, KEY, FixedClock()).start()
    assert "newer version" in refusal.value.advice


def test_the_written_schema_is_what_the_migrations_make(connection: apsw.Connection):
    migrate(connection, NOON)
    written = Path(database.__file__).with_name("schema.sql").read_text(encoding="utf-8")
    with closing(open_database(None, None, spatial=True)) as other:
        assert all(row[0] != 0 for row in other.execute(written))
        assert schema(other) == schema(connection)


def test_nothing_in_the_schema_needs_to_be_trusted(connection: apsw.Connection):
    migrate(connection, NOON)
    ours = "('node', 'link', 'sensor')"
    triggers = connection.execute(
        f"SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN {ours}"
    ).fetchall()
    assert triggers
    assert not [sql for (sql,) in triggers if "RTreeAlign" in sql or "GeometryConstraints" in sql]


async def test_a_database_of_the_first_step_comes_forward_with_all_it_has(
    operations: SqliteOperations, tmp_path: Path, clock: FixedClock
):
    written = Path(__file__).with_name("first_step.sql").read_text(encoding="utf-8")
    file = tmp_path / "old.db"
    with closing(open_database(file, KEY, spatial=True)) as old:
        migrate(old, NOON, shipped()[:1])
        old.execute(f"BEGIN; PRAGMA defer_foreign_keys = ON; {written} COMMIT")

    new = SqliteOperations(file, KEY, clock)
    await new.start()
    for municipality in (HERE, THERE):
        expected = await operations.read(municipality, all_of)
        assert await new.read(municipality, all_of) == expected
    await new.stop()


def test_channels_of_before_there_were_languages_go_on_in_english(connection: apsw.Connection):
    known = shipped()
    step = next(each.number for each in known if each.name == "languages_of_channels")
    migrate(connection, NOON, known[: step - 1])
    for town in (HERE, THERE):
        connection.execute(
            "INSERT INTO municipality (id, name, time_zone, demo, lateness, require_whitelist,"
            " created_at) VALUES (?, ?, 'UTC', 0, 0, 0, 0)",
            (town, f"Town {town}"),
        )
        connection.execute(
            "INSERT INTO channel (id, municipality, name, kind, target, secret, least_severity,"
            " enabled, created_at) VALUES (?, ?, 'Duty', 'email', 'a@b.example', '', 'low', 1, 0)",
            (town, town),
        )
    migrate(connection, NOON)
    kept = connection.execute("SELECT municipality, name, language FROM channel ORDER BY id")
    assert kept.fetchall() == sorted((town, "Duty", "en") for town in (HERE, THERE))
