"""Sessions, second factors and known places: each is one person's, and all of it is bounded."""

from dataclasses import replace

from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import HOUR, SECOND, Instant
from appliance.domain.people import SecondFactor
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON
from tests.contract.operations.things import SESSION, USER, a_session, a_user

OTHER = UserId(USER + 1)
FACTOR = SecondFactor(user=USER, secret=b"s" * 20, confirmed_at=NOON, last_step=7)
THEIRS = replace(FACTOR, user=OTHER, secret=b"t" * 20)


async def with_two(operations: SqliteOperations) -> None:
    await operations.write(HERE, lambda t: t.users.put(a_user()))
    await operations.write(HERE, lambda t: t.users.put(a_user(id=OTHER, username="tim")))


async def test_a_session_is_ended_by_its_owner_s_name_only(operations: SqliteOperations):
    await with_two(operations)
    later = a_session(id=SessionId(9), used_at=Instant(NOON + SECOND), address="::1", agent="app")
    for session in (a_session(), later):
        await operations.write_system(lambda s, new=session: s.put_session(new, was=None))
    assert await operations.read_system(lambda s: s.sessions.of(USER)) == [later, a_session()]
    assert await operations.read_system(lambda s: s.sessions.of(OTHER)) == []
    assert not await operations.write_system(lambda s: s.sessions.end(OTHER, SESSION))
    assert await operations.write_system(lambda s: s.sessions.end_others(OTHER, None)) == 0
    assert await operations.write_system(lambda s: s.sessions.end_others(USER, SESSION)) == 1
    assert await operations.read_system(lambda s: s.sessions.of(USER)) == [a_session()]
    assert await operations.write_system(lambda s: s.sessions.end(USER, SESSION))


async def test_of_too_many_sessions_the_longest_unused_end(operations: SqliteOperations):
    await with_two(operations)
    for number in range(1, 6):
        used = Instant(NOON + number)
        session = a_session(id=SessionId(number), used_at=used)
        await operations.write_system(lambda s, new=session: s.put_session(new, was=None))
    theirs = a_session(id=SessionId(9), user=OTHER)
    await operations.write_system(lambda s: s.put_session(theirs, was=None))
    await operations.write_system(lambda s: s.sessions.keep_newest(USER, 2))
    kept = await operations.read_system(lambda s: s.sessions.of(USER))
    assert [session.id for session in kept] == [5, 4]
    assert await operations.read_system(lambda s: s.sessions.of(OTHER)) == [theirs]


async def test_whoever_s_stamp_grows_has_no_session_left(operations: SqliteOperations):
    await with_two(operations)
    for session in (a_session(), a_session(id=SessionId(9), user=OTHER)):
        await operations.write_system(lambda s, new=session: s.put_session(new, was=None))
    await operations.write(HERE, lambda t: t.users.put(a_user(email="new@example.org")))
    assert len(await operations.read_system(lambda s: s.sessions.of(USER))) == 1
    await operations.write(HERE, lambda t: t.users.put(a_user(stamp=5)))
    assert await operations.read_system(lambda s: s.sessions.of(USER)) == []
    assert len(await operations.read_system(lambda s: s.sessions.of(OTHER))) == 1


async def test_a_step_is_spent_once_and_never_an_older_one(operations: SqliteOperations):
    await with_two(operations)
    await operations.write_system(lambda s: s.second_factors.put(FACTOR))
    await operations.write_system(lambda s: s.second_factors.put(THEIRS))
    outcomes = [
        await operations.write_system(lambda s, step=step: s.second_factors.spend_step(USER, step))
        for step in (7, 8, 8, 6, 9)
    ]
    assert outcomes == [False, True, False, False, True]
    assert await operations.read_system(lambda s: s.second_factors.get(USER)) == replace(
        FACTOR, last_step=9
    )
    assert await operations.read_system(lambda s: s.second_factors.get(OTHER)) == THEIRS


async def test_recovery_codes_are_one_person_s_and_go_with_the_factor(
    operations: SqliteOperations,
):
    await with_two(operations)
    for factor in (FACTOR, THEIRS):
        await operations.write_system(lambda s, new=factor: s.second_factors.put(new))
    await operations.write_system(lambda s: s.second_factors.replace_codes(USER, [b"1", b"2"]))
    await operations.write_system(lambda s: s.second_factors.replace_codes(OTHER, [b"1"]))
    assert not await operations.write_system(lambda s: s.second_factors.spend_code(USER, b"3"))
    assert await operations.write_system(lambda s: s.second_factors.spend_code(USER, b"1"))
    assert not await operations.write_system(lambda s: s.second_factors.spend_code(USER, b"1"))
    assert await operations.read_system(lambda s: s.second_factors.codes_left(USER)) == 1
    assert await operations.read_system(lambda s: s.second_factors.codes_left(OTHER)) == 1
    assert await operations.write_system(lambda s: s.second_factors.remove(USER))
    assert not await operations.write_system(lambda s: s.second_factors.remove(USER))
    assert await operations.read_system(lambda s: s.second_factors.codes_left(USER)) == 0
    assert await operations.read_system(lambda s: s.second_factors.get(OTHER)) == THEIRS


async def test_places_are_one_person_s_and_the_oldest_is_forgotten(operations: SqliteOperations):
    await with_two(operations)

    async def sign_in_from(place: str, at: int) -> None:
        moment = Instant(NOON + at * HOUR)
        await operations.write_system(lambda s: s.places.remember(USER, place, moment, 2))

    for at, place in enumerate(("office", "home", "office", "site")):
        await sign_in_from(place, at)
    knows = {
        place: await operations.read_system(lambda s, p=place: s.places.knows(USER, p))
        for place in ("office", "home", "site", "elsewhere")
    }
    assert knows == {"office": True, "home": False, "site": True, "elsewhere": False}
    assert not await operations.read_system(lambda s: s.places.knows(OTHER, "office"))
    newest = await operations.read_system(lambda s: s.places.newest(1))
    assert newest == [(a_user().username.casefold(), "site")]
