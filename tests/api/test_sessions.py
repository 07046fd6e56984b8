"""Sessions: seen, ended, renewed once, and renewed again when the answer was lost."""

from dataclasses import replace

from appliance.domain.instant import SECOND, Instant
from appliance.services.signing_in.signin import MOST_SESSIONS
from tests.api.appliance import PASSWORD, Client, Weir
from tests.api.test_live import closed, following, screen

KEY = "a-key-made-up-for-one-refresh"


async def from_phone(weir: Weir, username: str) -> Client:
    said = {"username": username, "password": PASSWORD}
    agent = "Field app 2.1 \x7f" + "x" * 200
    answer = await weir.nobody.post("auth/login", said, headers={"User-Agent": agent})
    body = answer.body
    return Client(weir.http, body["access_token"], body["user"], body["refresh_token"])


async def test_everybody_sees_where_they_are_signed_in_and_ends_what_they_like(weir: Weir):
    desk = await weir.person(weir.here, "viewer")
    phone = await from_phone(weir, desk.user["username"])
    other = await weir.sign_in(desk.user["username"])
    seen = (await desk.get("auth/sessions")).body
    assert len(seen) == 3
    assert [each["current"] for each in seen].count(True) == 1
    assert {each["address"] for each in seen} == {"127.0.0.1"}
    (its,) = [each for each in seen if each["user_agent"].startswith("Field app 2.1")]
    assert len(its["user_agent"]) == 120
    assert "\x7f" not in its["user_agent"]
    assert its["created_at"] <= its["last_used_at"] < its["expires_at"]

    assert (await desk("DELETE", f"auth/sessions/{its['id']}")).status == 204
    assert (await phone.get("auth/me")).status == 401
    refused = await weir.nobody.post("auth/refresh", {"refresh_token": phone.refresh_token})
    assert refused.status == 401
    assert (await desk("DELETE", f"auth/sessions/{its['id']}")).status == 404
    assert (await desk("DELETE", "auth/sessions")).body == {"ended": 1}
    assert (await other.get("auth/me")).status == 401
    assert (await desk.get("auth/me")).status == 200
    assert (await weir.here.admin.get("auth/me")).status == 200


async def test_an_admin_sees_and_ends_the_sessions_of_their_own_people_only(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    second = await weir.sign_in(viewer.user["username"])
    path = f"users/{viewer.user['id']}/sessions"
    first, other = (await weir.here.admin.get(path)).body
    assert not first["current"]
    for stranger, status in ((weir.there.admin, 404), (viewer, 403)):
        assert (await stranger.get(path)).status == status
        assert (await stranger("DELETE", path)).status == status
        assert (await stranger("DELETE", f"{path}/{first['id']}")).status == status
    chiefs = (await weir.chief.get("auth/sessions")).body[0]["id"]
    assert (await weir.here.admin("DELETE", f"{path}/{chiefs}")).status == 404
    assert (await weir.there.admin("DELETE", f"auth/sessions/{first['id']}")).status == 404

    assert (await weir.here.admin("DELETE", f"{path}/{first['id']}")).status == 204
    assert [s["id"] for s in (await weir.here.admin.get(path)).body] == [other["id"]]
    assert (await weir.here.admin("DELETE", path)).body == {"ended": 1}
    for client in (viewer, second):
        assert (await client.get("auth/me")).status == 401
    assert (await weir.chief.get("auth/me")).status == 200


async def test_a_refresh_whose_answer_was_lost_is_answered_again_to_who_asked_it(weir: Weir):
    client = await weir.sign_in("chief")
    asked = {"refresh_token": client.refresh_token, "retry_key": KEY}
    lost = await weir.nobody.post("auth/refresh", asked)
    again = await weir.nobody.post("auth/refresh", asked)
    assert (lost.status, again.status) == (200, 200)
    newest = again.body["refresh_token"]
    assert newest != lost.body["refresh_token"]
    assert (await weir.nobody.post("auth/refresh", {"refresh_token": newest})).status == 200
    # what was lost is good for nothing, and whoever found it is noticed
    found = {"refresh_token": lost.body["refresh_token"]}
    assert (await weir.nobody.post("auth/refresh", found)).status == 401
    client.token = again.body["access_token"]
    assert (await client.get("auth/me")).status == 401


async def test_without_the_key_or_with_another_or_too_late_the_second_use_ends_the_session(
    weir: Weir,
):
    for second_key, later in (("", 0), ("another-key-of-16-characters", 0), (KEY, 61)):
        client = await weir.sign_in("chief")
        asked = {"refresh_token": client.refresh_token, "retry_key": KEY}
        first = await weir.nobody.post("auth/refresh", asked)
        await turn_back(weir, first.body["refresh_token"], later)
        second = await weir.nobody.post("auth/refresh", asked | {"retry_key": second_key})
        assert second.status == 401, second_key
        renewed = {"refresh_token": first.body["refresh_token"]}
        assert (await weir.nobody.post("auth/refresh", renewed)).status == 401


async def turn_back(weir: Weir, refresh_token: str, seconds: int) -> None:
    """Make it so long since the session was refreshed."""
    number = int(refresh_token.partition(".")[0], 16)
    operations = weir.core.world.operations
    session = await operations.read_system(lambda t: t.session(number))  # type: ignore[arg-type]
    assert session is not None
    moved = replace(session, used_at=Instant(session.used_at - seconds * SECOND))
    await operations.write_system(lambda t: t.put_session(moved, was=session.refresh_hash))


async def test_a_key_to_ask_again_is_long_enough_that_nobody_guesses_it(weir: Weir):
    client = await weir.sign_in("chief")
    asked = {"refresh_token": client.refresh_token, "retry_key": "short"}
    assert (await weir.nobody.post("auth/refresh", asked)).status == 422


async def test_of_very_many_sessions_of_one_person_the_one_longest_unused_ends(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    operations, user = weir.core.world.operations, viewer.user["id"]
    (session,) = await operations.read_system(lambda t: t.sessions.of(user))

    def begin_many(tables):
        for number in range(1, MOST_SESSIONS + 5):
            used = Instant(session.used_at - number * SECOND)
            tables.put_session(replace(session, id=number, used_at=used), was=None)

    await operations.write_system(begin_many)
    await weir.sign_in(viewer.user["username"])
    kept = (await viewer.get("auth/sessions")).body
    assert len(kept) == MOST_SESSIONS
    assert {each["id"] for each in kept} >= {session.id}


async def test_a_screen_is_sent_away_when_its_session_is_ended_and_the_neighbours_stay(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    async with (
        screen(weir, weir.here.id, viewer) as socket,
        screen(weir, weir.there.id, weir.there.admin) as other,
    ):
        await following(socket)
        await following(other)
        ended = await weir.here.admin("DELETE", f"users/{viewer.user['id']}/sessions")
        assert ended.status == 200
        assert await closed(socket) == 1008
        assert other.close_code is None
