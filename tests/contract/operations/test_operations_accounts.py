"""People, sessions and API tokens."""

import asyncio
from dataclasses import replace

import pytest

from appliance.domain.access import Role
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.ids import SessionId, TokenId, UserId
from appliance.domain.instant import HOUR, Instant
from appliance.ports.pages import Page
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import (
    ALL,
    OTHERS,
    SESSION,
    USER,
    a_session,
    a_token,
    a_user,
)


async def test_a_user_comes_back_as_put_in_and_by_any_spelling_of_the_name(
    operations: SqliteOperations,
):
    user = a_user(username="Ströß", enabled=False, stamp=3)
    await operations.write(HERE, lambda t: t.users.put(user))
    assert await operations.read(HERE, lambda t: t.users.get(USER)) == user
    assert await operations.read_system(lambda s: s.user_named("STRÖSS")) == user
    assert await operations.read_system(lambda s: s.user(USER)) == user
    assert await operations.read_system(lambda s: s.user_named("stross")) is None


async def test_a_username_is_taken_for_everybody(operations: SqliteOperations):
    with pytest.raises(Conflict, match="TOM"):
        await operations.write(HERE, lambda t: t.users.put(a_user(username="TOM")))
    with pytest.raises(Conflict, match="Tom"):
        await operations.write_system(
            lambda s: s.put_user(a_user(username="Tom", municipality=None))
        )
    assert await operations.read(HERE, lambda t: t.users.page(ALL)) == ([], 0)


async def test_users_come_by_name_and_one_of_the_same_id_is_replaced(
    operations: SqliteOperations,
):
    b, a = a_user(username="b"), a_user(id=UserId(9), username="A")
    await operations.write(HERE, lambda t: [t.users.put(user) for user in (b, a)])
    changed = replace(b, role=Role.ADMIN, stamp=1)
    await operations.write(HERE, lambda t: t.users.put(changed))
    assert await operations.read(HERE, lambda t: t.users.page(ALL)) == ([a, changed], 2)
    page = await operations.read(HERE, lambda t: t.users.page(Page(limit=1, offset=1)))
    assert page == ([changed], 2)


async def test_another_municipality_s_people_can_t_be_seen_or_taken_over(
    operations: SqliteOperations,
):
    theirs = UserId(USER + OTHERS)
    assert await operations.read(HERE, lambda t: t.users.get(theirs)) is None
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: t.users.put(a_user(id=theirs)))
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.users.put(a_user(municipality=THERE)))
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.users.put(a_user(municipality=None)))
    await operations.write(HERE, lambda t: t.users.remove_token(0x70 + OTHERS))


async def test_a_super_admin_belongs_to_no_municipality(operations: SqliteOperations):
    admin = a_user(username="root", role=Role.SUPER_ADMIN, municipality=None)
    await operations.write_system(lambda s: s.put_user(admin))
    users = await operations.read_system(lambda s: s.users())
    assert [user.username for user in users] == ["root", "tom"]
    assert await operations.read(HERE, lambda t: t.users.get(USER)) is None


async def test_of_many_who_refresh_a_session_at_once_one_does(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.users.put(a_user()))
    assert await operations.write_system(lambda s: s.put_session(a_session(), was=None))
    assert not await operations.write_system(lambda s: s.put_session(a_session(), was=None))
    outcomes: list[bool] = []

    async def refresh(secret: bytes) -> None:
        fresh = a_session(refresh_hash=secret)
        outcomes.append(await operations.write_system(lambda s: s.put_session(fresh, was=b"first")))

    async with asyncio.TaskGroup() as thieves:
        for n in range(10):
            thieves.create_task(refresh(b"%d" % n))
    assert sorted(outcomes) == [False] * 9 + [True]
    kept = await operations.read_system(lambda s: s.session(SESSION))
    assert kept == a_session(refresh_hash=b"%d" % outcomes.index(True))


async def test_an_ended_session_is_gone_and_the_others_are_not(operations: SqliteOperations):
    other = a_session(id=SessionId(9))
    await operations.write(HERE, lambda t: t.users.put(a_user()))
    for session in (a_session(), other):
        await operations.write_system(lambda s, new=session: s.put_session(new, was=None))
    await operations.write_system(lambda s: s.end_session(SESSION))
    assert await operations.read_system(lambda s: s.session(SESSION)) is None
    assert await operations.read_system(lambda s: s.session(other.id)) == other


async def test_sessions_that_ran_out_go_when_somebody_signs_in(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.users.put(a_user()))
    await operations.write_system(lambda s: s.put_session(a_session(), was=None))
    later = a_session(id=SessionId(9), created_at=Instant(NOON + HOUR))
    await operations.write_system(lambda s: s.put_session(later, was=None))
    assert await operations.read_system(lambda s: s.session(SESSION)) is None


async def test_a_session_needs_its_user(operations: SqliteOperations):
    with pytest.raises(Conflict):
        await operations.write_system(lambda s: s.put_session(a_session(), was=None))


async def test_tokens_are_seen_by_their_municipality_and_by_the_system(
    operations: SqliteOperations,
):
    token = a_token(expires_at=Instant(NOON + HOUR))
    await operations.write(HERE, lambda t: t.users.add_token(token))
    assert await operations.read(HERE, lambda t: t.users.tokens()) == [token]
    known = await operations.read_system(lambda s: s.api_tokens())
    assert [(t.municipality, t.token_hash) for t in known] == [(HERE, b"hash"), (THERE, b"theirs")]
    with pytest.raises(Conflict):
        await operations.write(
            HERE, lambda t: t.users.add_token(a_token(id=TokenId(9), token_hash=b"theirs"))
        )
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.users.add_token(a_token(municipality=THERE)))
    await operations.write(HERE, lambda t: t.users.remove_token(token.id))
    assert await operations.read(HERE, lambda t: t.users.tokens()) == []
