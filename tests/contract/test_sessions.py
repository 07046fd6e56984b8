"""What every store of the MQTT door's sessions promises, the one in memory and the one on disk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.errors import StorageFailed
from appliance.domain.instant import Instant
from appliance.ports.sessions import (
    Away,
    Change,
    CopyNumber,
    Done,
    Dropped,
    Finished,
    Kept,
    KeptSession,
    NotRetained,
    Opened,
    Queued,
    Received,
    Retained,
    Sent,
    SessionNumber,
    SessionStore,
    Subscribed,
    Taken,
    Unsubscribed,
)
from storage.memory.sessions import MemorySessions
from storage.sessions.sessions import SqliteSessions
from tests.builders import NOON
from tests.fakes import FixedClock

KEY = bytes(range(32))
ONE, TWO = SessionNumber(1), SessionNumber(2)


def a_copy(number: int = 1, session: SessionNumber = ONE, **fields: object) -> Queued:
    given = {"topic": "sensors/P/data", "payload": b"\0\xff", "qos": 2, "retain": False}
    return Queued(session, CopyNumber(number), **given | fields)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "disk"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SessionStore]:
    if request.param == "memory":
        yield MemorySessions()
        return
    on_disk = SqliteSessions(tmp_path / "broker.db", KEY, FixedClock())
    await on_disk.start()
    yield on_disk
    await on_disk.stop()


async def kept(store: SessionStore, *changes: Change) -> Kept:
    await store.keep(changes)
    return await store.everything()


async def test_a_new_store_is_empty(store: SessionStore):
    assert await store.everything() == Kept()
    await store.keep([])
    assert await store.everything() == Kept()


async def test_a_session_is_kept_with_all_that_is_its_own_and_nothing_of_another(
    store: SessionStore,
):
    found = await kept(
        store,
        Opened(ONE, "m1/ü"),
        Opened(TWO, "m2/x"),
        Subscribed(ONE, "sensors/#", 1),
        Subscribed(ONE, "sensors/#", 2),
        Subscribed(TWO, "a/+", 0),
        a_copy(7, retain=True),
        a_copy(3, payload=b""),
        a_copy(5, TWO, qos=1, packet_id=65_535),
        Taken(TWO, 9),
        Taken(TWO, 9),
        Taken(ONE, 65_535),
        Away(TWO, NOON),
    )
    assert found == Kept(
        [
            KeptSession(
                ONE,
                "m1/ü",
                None,
                {"sensors/#": 2},
                [a_copy(3, payload=b""), a_copy(7, retain=True)],
                {65_535},
            ),
            KeptSession(
                TWO, "m2/x", NOON, {"a/+": 0}, [a_copy(5, TWO, qos=1, packet_id=65_535)], {9}
            ),
        ]
    )


async def test_every_change_can_be_followed_by_its_end(store: SessionStore):
    await kept(store, Opened(ONE, "x"), Subscribed(ONE, "a", 1), Taken(ONE, 1), Away(ONE, NOON))
    await kept(store, a_copy(1), a_copy(2), a_copy(3))
    found = await kept(
        store,
        Unsubscribed(ONE, "a"),
        Finished(ONE, 1),
        Away(ONE, None),
        Sent(ONE, CopyNumber(1), 4),
        Sent(ONE, CopyNumber(2), 5),
        Received(ONE, CopyNumber(2)),
        Done(ONE, CopyNumber(3)),
    )
    copies = [a_copy(1, packet_id=4), a_copy(2, packet_id=5, received=True)]
    assert found == Kept([KeptSession(ONE, "x", copies=copies)])


async def test_a_dropped_session_takes_everything_with_it_and_its_name_may_come_again(
    store: SessionStore,
):
    mine = (Opened(ONE, "x"), Subscribed(ONE, "a", 1), a_copy(1), Taken(ONE, 1))
    theirs = (Opened(TWO, "y"), a_copy(2, TWO), Taken(TWO, 1))
    found = await kept(store, *mine, *theirs, Dropped(ONE), Opened(SessionNumber(3), "x"))
    assert found == Kept(
        [
            KeptSession(TWO, "y", copies=[a_copy(2, TWO)], taken={1}),
            KeptSession(SessionNumber(3), "x"),
        ]
    )


async def test_a_change_of_what_is_not_there_changes_nothing(store: SessionStore):
    number = CopyNumber(1)
    found = await kept(
        store,
        Away(ONE, NOON),
        Subscribed(ONE, "a", 1),
        Unsubscribed(ONE, "a"),
        a_copy(1),
        Sent(ONE, number, 1),
        Received(ONE, number),
        Done(ONE, number),
        Taken(ONE, 1),
        Finished(ONE, 1),
        Dropped(ONE),
        NotRetained("a"),
    )
    assert found == Kept()


async def test_a_topic_has_one_retained_copy_and_the_newest_comes_last(store: SessionStore):
    found = await kept(
        store,
        Retained("a", b"1", 1),
        Retained("b", b"\0" * 300_000, 2),
        Retained("c", b"3", 0),
        Retained("a", b"4", 0),
        NotRetained("c"),
    )
    assert found == Kept([], [Retained("b", b"\0" * 300_000, 2), Retained("a", b"4", 0)])


changes = st.one_of(
    st.builds(Opened, st.sampled_from([ONE, TWO]), st.just("x")),
    st.builds(Away, st.sampled_from([ONE, TWO]), st.none() | st.integers(0, 2**60).map(Instant)),
    st.builds(Dropped, st.sampled_from([ONE, TWO])),
    st.builds(Subscribed, st.just(ONE), st.sampled_from(["a", "ü/+"]), st.integers(0, 2)),
    st.builds(Unsubscribed, st.just(ONE), st.sampled_from(["a", "ü/+"])),
    st.builds(
        Queued,
        st.sampled_from([ONE, TWO]),
        st.integers(1, 3).map(CopyNumber),
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))),
        st.binary(),
        st.integers(0, 2),
        st.booleans(),
        st.integers(0, 65_535),
        st.booleans(),
    ),
    st.builds(Sent, st.just(ONE), st.integers(1, 3).map(CopyNumber), st.integers(1, 65_535)),
    st.builds(Received, st.just(ONE), st.integers(1, 3).map(CopyNumber)),
    st.builds(Done, st.just(ONE), st.integers(1, 3).map(CopyNumber)),
    st.builds(Taken, st.sampled_from([ONE, TWO]), st.integers(1, 3)),
    st.builds(Finished, st.just(ONE), st.integers(1, 3)),
    st.builds(Retained, st.sampled_from("abc"), st.binary(), st.integers(0, 2)),
    st.builds(NotRetained, st.sampled_from("abc")),
).map(lambda change: Opened(TWO, "y") if change == Opened(TWO, "x") else change)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(changes, max_size=20), max_size=4))
async def test_both_stores_keep_the_same_also_when_opened_again(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Change]]
):
    path = tmp_path_factory.mktemp("sessions") / "broker.db"
    memory = MemorySessions()
    for batch in batches:
        disk = SqliteSessions(path, KEY, FixedClock())
        await disk.start()
        await disk.keep(batch)
        await memory.keep(batch)
        assert await disk.everything() == await memory.everything()
        await disk.stop()


# On disk


async def test_nothing_in_the_file_is_in_plain_text(tmp_path: Path):
    path = tmp_path / "broker.db"
    disk = SqliteSessions(path, KEY, FixedClock())
    await disk.start()
    await disk.keep([Opened(ONE, "secret"), a_copy(1, topic="secret", payload=b"secret" * 9)])
    found = b"".join(file.read_bytes() for file in tmp_path.iterdir())  # noqa: ASYNC240
    assert len(found) > 4_096
    assert b"secret" not in found
    await disk.stop()


async def test_after_a_failed_write_nothing_is_taken_any_more(tmp_path: Path):
    disk = SqliteSessions(tmp_path / "broker.db", KEY, FixedClock())
    await disk.start()
    await disk.keep([Opened(ONE, "x")])
    assert disk._connection is not None
    disk._connection.pragma("query_only", 1)
    with pytest.raises(StorageFailed):
        await disk.keep([Opened(TWO, "y")])
    disk._connection.pragma("query_only", 0)
    with pytest.raises(StorageFailed):
        await disk.keep([Opened(TWO, "y")])
    await disk.stop()


async def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path):
    disk = SqliteSessions(tmp_path / "broker.db", KEY, FixedClock())
    await disk.start()
    broken = Queued(ONE, CopyNumber(1), "x", None, 1, False)  # type: ignore[arg-type]
    with pytest.raises((StorageFailed, TypeError)):
        await disk.keep([Opened(ONE, "x"), Retained("a", b"1", 1), broken])
    await disk.stop()
    again = SqliteSessions(tmp_path / "broker.db", KEY, FixedClock())
    await again.start()
    assert await again.everything() == Kept()
    await again.stop()


async def test_many_changes_grow_neither_the_log_nor_the_time(tmp_path: Path):
    disk = SqliteSessions(tmp_path / "broker.db", KEY, FixedClock())
    await disk.start()
    await disk.keep([Opened(ONE, "x")])
    for first in range(1, 40_000, 1_000):
        await disk.keep(
            [a_copy(number, payload=b"x" * 200) for number in range(first, first + 1_000)]
        )
        await disk.keep([Done(ONE, CopyNumber(n)) for n in range(first, first + 1_000)])
    assert (await disk.everything()).sessions[0].copies == []
    assert (tmp_path / "broker.db-wal").stat().st_size < 30_000_000
    await disk.stop()
