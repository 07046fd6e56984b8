"""Signing in: what installed clients rely on, and what a stranger can't do."""

import asyncio
from dataclasses import replace

import jwt
import pytest

from tests.api.appliance import PASSWORD, Client, Weir, eventually, sign_in


async def test_signing_in_gives_the_fields_that_clients_read(weir: Weir):
    answer = await weir.nobody.post("auth/login", {"username": "chief", "password": PASSWORD})
    assert answer.status == 200
    assert answer.body["token_type"] == "bearer"
    assert {"access_token", "refresh_token", "user"} <= set(answer.body)
    wanted = {
        "id": weir.chief.user["id"],
        "username": "chief",
        "email": "",
        "full_name": "",
        "role": "super_admin",
        "is_super_admin": True,
        "municipality_id": None,
        "enabled": True,
    }
    assert wanted.items() <= answer.body["user"].items()
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_username_is_the_same_in_any_case(weir: Weir):
    answer = await weir.nobody.post("auth/login", {"username": " CHIEF", "password": PASSWORD})
    assert answer.status == 200


@pytest.mark.parametrize("username", ["chief", "nobody-of-that-name"])
async def test_a_refusal_says_the_same_of_an_unknown_name_as_of_a_wrong_password(
    weir: Weir, username: str
):
    answer = await weir.nobody.post(
        "auth/login", {"username": username, "password": "not the password"}
    )
    assert answer.status == 401
    assert answer.body["detail"] == "The username or password is not right."
    assert answer.body["code"] == "not_signed_in"


async def test_nothing_is_shown_without_signing_in(weir: Weir):
    answer = await weir.nobody.get("sensors")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_me_is_who_signed_in(weir: Weir):
    answer = await weir.here.admin.get("auth/me")
    assert answer.body == weir.here.admin.user
    assert answer.body["municipality_id"] == weir.here.id


async def test_a_refresh_token_gives_new_tokens_once_and_used_twice_ends_the_session(weir: Weir):
    client = await weir.sign_in("chief")
    first = client.refresh_token
    renewed = await weir.nobody.post("auth/refresh", {"refresh_token": first})
    assert renewed.status == 200
    assert renewed.body["refresh_token"] != first
    assert renewed.body["user"]["username"] == "chief"

    stolen = await weir.nobody.post("auth/refresh", {"refresh_token": first})
    assert stolen.status == 401

    family = renewed.body["refresh_token"]
    assert (await weir.nobody.post("auth/refresh", {"refresh_token": family})).status == 401
    client.token = renewed.body["access_token"]
    assert (await client.get("auth/me")).status == 401
    assert (await weir.chief.get("auth/me")).status == 200  # another session of the same person


async def test_two_refreshes_at_the_same_moment_give_one_new_token(weir: Weir):
    token = (await weir.sign_in("chief")).refresh_token
    answers = await asyncio.gather(
        *(weir.nobody.post("auth/refresh", {"refresh_token": token}) for _ in range(2))
    )
    assert sorted(a.status for a in answers) == [200, 401]


@pytest.mark.parametrize("token", ["", "zz", "1.2", "0.0.secret", "f" * 40 + ".1.x"])
async def test_what_is_no_refresh_token_is_refused(weir: Weir, token: str):
    answer = await weir.nobody.post("auth/refresh", {"refresh_token": token})
    assert answer.status == 401


async def test_signing_out_ends_this_session_and_no_other(weir: Weir):
    client = await weir.sign_in("chief")
    assert (await client.post("auth/logout")).status == 200
    assert (await client.get("auth/me")).status == 401
    refreshed = await weir.nobody.post("auth/refresh", {"refresh_token": client.refresh_token})
    assert refreshed.status == 401
    assert (await weir.chief.get("auth/me")).status == 200


async def test_a_person_who_is_disabled_is_out_at_once_and_cannot_come_back(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    path = f"users/{viewer.user['id']}"
    changed = await weir.here.admin("PATCH", path, {"enabled": False})
    assert changed.status == 200

    async def out() -> bool:
        return (await viewer.get("auth/me")).status == 401

    await eventually(out)
    again = await weir.nobody.post("auth/refresh", {"refresh_token": viewer.refresh_token})
    assert again.status == 401
    name = viewer.user["username"]
    assert (
        await weir.nobody.post("auth/login", {"username": name, "password": PASSWORD})
    ).status == 401


async def test_a_new_role_holds_only_after_signing_in_again(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    path = f"users/{viewer.user['id']}"
    assert (await weir.here.admin("PATCH", path, {"role": "operator"})).status == 200
    assert (await viewer.get("ledger")).status == 401
    again = await weir.sign_in(viewer.user["username"])
    assert (await again.get("ledger")).status == 200


async def test_changing_ones_password_needs_the_old_one_and_ends_every_session(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    fresh = "another long pass phrase"
    wrong = await viewer.post("auth/password", {"old_password": "no", "new_password": fresh})
    assert wrong.status == 422
    done = await viewer.post("auth/password", {"old_password": PASSWORD, "new_password": fresh})
    assert done.status == 200
    assert (await viewer.get("auth/me")).status == 401
    assert (await sign_in(weir.http, viewer.user["username"], fresh)).token


@pytest.mark.parametrize(
    "password", ["short", "password1234", "aaaaaaaaaaaaaa", "weakling12345", "x" * 300]
)
async def test_a_weak_password_is_refused_with_the_reason(weir: Weir, password: str):
    answer = await weir.here.admin.post(
        "users", {"username": "weakling", "password": password, "role": "viewer"}
    )
    assert answer.status == 422
    assert answer.body["detail"][0]["loc"] == ["body", "password"]
    names = {user["username"] for user in (await weir.here.admin.get("users")).body}
    assert "weakling" not in names


async def test_guessing_is_slowed_down_and_says_for_how_long(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    name = viewer.user["username"]
    guess = {"username": name, "password": "a wrong pass phrase"}
    statuses = [(await weir.nobody.post("auth/login", guess)).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    refused = await weir.nobody.post("auth/login", {"username": name, "password": PASSWORD})
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 17
    other = await weir.nobody.post("auth/login", {"username": "chief", "password": PASSWORD})
    assert other.status == 200  # nobody else waits
    assert (await viewer.get("auth/me")).status == 200  # and who is in stays in


async def test_a_token_that_is_not_signed_by_this_installation_is_refused(weir: Weir):
    claims = jwt.decode(weir.chief.token, options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, "k" * 64, algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        weir.chief.token[:-4] + "AAAA",
    ):
        answer = await replace(weir.nobody, token=forged).get("auth/me")
        assert answer.status == 401


async def test_an_access_token_is_good_for_ten_minutes(weir: Weir):
    claims = jwt.decode(weir.chief.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 600


async def test_an_api_token_works_until_it_is_revoked(weir: Weir):
    made = await weir.here.admin.post("tokens", {"name": "SCADA", "role": "viewer"})
    assert made.status == 201
    program = Client(weir.http, made.body["token"])
    assert [s["name"] for s in (await program.get("sensors")).body] == ["Mill Lane"]
    assert (await program.post("sensors", {})).status in {403, 422}
    listed = (await weir.here.admin.get("tokens")).body
    assert [t["name"] for t in listed] == ["SCADA"]
    assert all(made.body["token"] not in str(t) for t in listed)
    assert (await weir.there.admin.get("tokens")).body == []

    assert (await weir.here.admin("DELETE", f"tokens/{made.body['id']}")).status == 204
    assert (await program.get("sensors")).status == 401


async def test_a_program_is_told_who_it_is_itself_and_nothing_of_who_made_it(weir: Weir):
    made = await weir.here.admin.post("tokens", {"name": "Wall 1", "role": "viewer"})
    me = (await Client(weir.http, made.body["token"]).get("auth/me")).body
    assert (me["program"], me["username"], me["role"]) == ("Wall 1", "Wall 1", "viewer")
    assert (me["permissions"], me["municipality_id"]) == (["network.view"], weir.here.id)
    assert (me["email"], me["full_name"]) == ("", "")
    assert (await weir.here.admin.get("auth/me")).body["program"] is None


async def test_nobody_gives_away_more_rights_than_an_admin_has(weir: Weir):
    admin = weir.here.admin
    person = {"username": "mole", "password": PASSWORD, "role": "super_admin"}
    assert (await admin.post("users", person)).status == 403
    assert (await admin.post("tokens", {"name": "t", "role": "super_admin"})).status == 403
    viewer = await weir.person(weir.here, "viewer")
    path = f"users/{viewer.user['id']}"
    assert (await admin("PATCH", path, {"role": "super_admin"})).status == 403
    assert len((await weir.chief.get("users")).body) == 3  # two admins and the viewer
