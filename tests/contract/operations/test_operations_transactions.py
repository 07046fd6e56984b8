"""All or nothing, readers that never wait, and a file that is shared and survives."""

import asyncio
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.domain.errors import Conflict, StorageFailed
from storage.operations.database import WAITING, SqliteOperations
from storage.operations.statements import OwnStatements
from storage.operations.transactions import Writing
from storage.sqlite import open_database
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.conftest import KEY
from tests.contract.operations.things import RULE, a_real_sensor, a_rule, all_of
from tests.fakes import FixedClock


class Interrupted(Exception):
    """Raised by a test inside a transaction."""


async def names(operations: SqliteOperations) -> list[str]:
    return [rule.name for rule in await operations.read(HERE, lambda t: t.rules.all())]


async def test_an_error_inside_a_change_comes_out_and_nothing_of_the_change_stays(
    operations: SqliteOperations,
):
    def change(tables):
        tables.rules.put(a_rule())
        raise Interrupted

    with pytest.raises(Interrupted):
        await operations.write(HERE, change)
    assert await names(operations) == []
    await operations.write(HERE, lambda t: t.rules.put(a_rule(name="after")))
    assert await names(operations) == ["after"]


async def test_a_conflict_that_is_caught_undoes_only_its_own_statement(
    operations: SqliteOperations,
):
    def change(tables):
        tables.sensors.add([(a_real_sensor(), b"1")])
        with pytest.raises(Conflict):
            tables.sensors.add([(a_real_sensor(id=9), b"2")])
        tables.rules.put(a_rule())

    await operations.write(HERE, change)
    assert await names(operations) == ["Low pressure"]
    assert len(await operations.read(HERE, lambda t: t.sensors.everything())) == 1


async def test_a_query_can_t_write(operations: SqliteOperations):
    with pytest.raises(StorageFailed, match="readonly"):
        await operations.read(HERE, lambda t: t.rules.put(a_rule()))
    assert await names(operations) == []


async def test_a_statement_that_names_no_municipality_is_not_run():
    with closing(open_database(None, None)) as connection, pytest.raises(AssertionError):
        OwnStatements(connection, HERE).rows("SELECT 1")


async def test_readers_see_the_last_commit_and_never_wait_for_a_long_writer(
    operations: SqliteOperations,
):
    written, go_on = threading.Event(), threading.Event()

    def slow(tables):
        tables.rules.put(a_rule())
        written.set()
        assert go_on.wait(30)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        writer = group.create_task(operations.write(HERE, slow))
        await asyncio.to_thread(written.wait)
        assert await names(operations) == []
        assert await operations.version() > 0
        assert not writer.done()
        go_on.set()
    assert await names(operations) == ["Low pressure"]


async def test_two_queries_run_side_by_side_and_a_query_sees_one_moment(
    operations: SqliteOperations,
):
    reading, go_on = threading.Event(), threading.Event()

    def slow(tables):
        before = tables.rules.all()
        reading.set()
        assert go_on.wait(30)
        return before, tables.rules.all()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        query = group.create_task(operations.read(HERE, slow))
        await asyncio.to_thread(reading.wait)
        await operations.write(HERE, lambda t: t.rules.put(a_rule()))
        assert await names(operations) == ["Low pressure"]
        go_on.set()
    assert query.result() == ([], [])


async def test_more_changes_than_may_wait_are_all_made_in_order(operations: SqliteOperations):
    order: list[int] = []
    async with asyncio.TaskGroup() as group:
        for n in range(WAITING + 50):
            group.create_task(operations.write(HERE, lambda t, n=n: order.append(n)))
    assert order == list(range(WAITING + 50))


async def test_a_change_whose_caller_gave_up_before_it_began_is_not_made(
    operations: SqliteOperations,
):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_tables):
        begun.set()
        assert go_on.wait(30)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(operations.write(HERE, slow))
        await asyncio.to_thread(begun.wait)
        given_up = group.create_task(operations.write(HERE, lambda t: t.rules.put(a_rule())))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        go_on.set()
    await operations.write(HERE, lambda t: None)
    assert await names(operations) == []


async def test_after_a_failed_sync_nothing_more_is_written():
    writing = Writing()

    def fail() -> None:
        raise apsw.IOError("disk I/O error")

    with closing(open_database(None, None)) as connection:
        with pytest.raises(StorageFailed, match="disk I/O error"):
            writing(connection, fail)
        with pytest.raises(StorageFailed, match="stopped after"):
            writing(connection, lambda: None)


async def test_after_a_full_disk_writing_goes_on():
    writing = Writing()

    def fail() -> None:
        raise apsw.FullError("database or disk is full")

    with closing(open_database(None, None)) as connection:
        with pytest.raises(StorageFailed, match="the disk is full"):
            writing(connection, fail)
        assert writing(connection, lambda: 5) == 5


async def test_a_database_that_is_not_open_says_so(file: Path, clock: FixedClock):
    with pytest.raises(StorageFailed, match="not open"):
        await SqliteOperations(file, KEY, clock).version()


async def test_everything_is_there_after_a_restart(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.rules.put(a_rule()))
    before = [await operations.read(m, all_of) for m in (HERE, THERE)]
    await operations.stop()
    await operations.stop()
    await operations.start()
    assert [await operations.read(m, all_of) for m in (HERE, THERE)] == before


async def test_the_version_changes_with_a_commit_and_not_without_one(
    operations: SqliteOperations,
):
    first = await operations.version()
    await names(operations)
    assert await operations.version() == first
    await operations.write(HERE, lambda t: t.rules.put(a_rule()))
    second = await operations.version()
    assert second != first
    with pytest.raises(Interrupted):
        await operations.write(HERE, interrupted)
    assert await operations.version() == second


def interrupted(tables) -> None:
    tables.rules.remove(RULE)
    raise Interrupted


async def test_the_setup_version_changes_only_with_what_is_set_up(operations: SqliteOperations):
    seen = [await operations.setup_version()]

    async def changed(change) -> bool:
        await operations.write(HERE, change)
        seen.append(await operations.setup_version())
        return seen[-1] != seen[-2]

    assert await changed(lambda t: t.sensors.add([(a_real_sensor(), b"1")]))
    assert await changed(lambda t: t.sensors.change(a_real_sensor(name="new")))
    assert await changed(lambda t: t.sensors.rotate_key(a_real_sensor().id, b"2", old_until=NOON))
    assert await changed(lambda t: t.rules.put(a_rule()))
    assert await changed(lambda t: t.rules.remove(RULE))
    assert not await changed(lambda t: t.preferences.remember("push", "a", b"", NOON))
    assert len(set(seen[:-1])) == len(seen) - 1


ANOTHER_PROGRAM = """
import asyncio, sys
from pathlib import Path
from storage.operations.database import SqliteOperations
from tests.builders import HERE
from tests.contract.operations.things import a_rule
from tests.fakes import FixedClock

async def main():
    database = SqliteOperations(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), FixedClock())
    await database.start()
    await database.write(HERE, lambda t: t.rules.put(a_rule(name="by another program")))
    await database.stop()

asyncio.run(main())
"""


async def test_what_another_program_commits_changes_the_version_and_is_seen(
    operations: SqliteOperations, file: Path
):
    before = await operations.version(), await operations.setup_version()
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", ANOTHER_PROGRAM, str(file), KEY.hex()],
        check=True,
        cwd=Path(__file__).parents[3],
        timeout=60,
    )
    assert await operations.version() != before[0]
    assert await operations.setup_version() != before[1]
    assert await names(operations) == ["by another program"]
    await operations.write(HERE, lambda t: t.rules.put(a_rule(name="by this one")))
    assert await names(operations) == ["by this one"]


async def test_another_program_can_start_and_read_while_this_one_writes_for_long(
    operations: SqliteOperations, file: Path, clock: FixedClock
):
    begun, go_on = threading.Event(), threading.Event()

    def slow(tables):
        tables.rules.put(a_rule())
        begun.set()
        assert go_on.wait(30)

    other = SqliteOperations(file, KEY, clock)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(operations.write(HERE, slow))
        await asyncio.to_thread(begun.wait)
        await other.start()
        assert await names(other) == []
        go_on.set()
    assert await names(other) == ["Low pressure"]
    await other.stop()


async def test_nothing_waits_on_the_event_loop(
    operations: SqliteOperations, nothing_blocks: object
):
    await operations.write(HERE, lambda t: t.rules.put(a_rule()))
    assert await names(operations) == ["Low pressure"]
    assert await operations.version() > 0
    await operations.stop()
    await operations.start()
