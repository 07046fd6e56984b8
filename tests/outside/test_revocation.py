"""Whoever is ended, or changed, is out within 5 s: on REST, on a WebSocket, on MQTT."""

import base64
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import ConnectionClosed

from appliance.services.signing_in import codes
from tests.outside.test_live import receive, socket_of, town_token
from tests.outside.town import HTTP, Api, Town, eventually, sign_in
from tests.running import PASSWORD, command

SOON = 5.0
NEW = "another long pass phrase"
_numbers = itertools.count(1)

Ending = Callable[[Town, Api, Path], Any]


def somebody(town: Town, role: str = "viewer") -> Api:
    """Somebody of the town whom no other test needs."""
    said = {"username": f"gone-{role}-{next(_numbers)}", "password": PASSWORD, "role": role}
    town.chief.post("users", said | {"municipality_id": town.id})
    return sign_in(town.weir.url, said["username"])


def patch(town: Town, person: Api, **changes: Any) -> None:
    answer = town.admin("PATCH", f"users/{person.user['id']}", json=changes)
    assert answer.status_code == 200, answer.text


def by_command(town: Town, person: Api, folder: Path, *action: str) -> None:
    """Do it as somebody at the computer does, while the server runs."""
    file = folder / "password"
    file.write_text(f"{NEW}\n")
    action = tuple(str(file) if part == "FILE" else part for part in action)
    command(town.weir.folder, "user", action[0], str(person.user["username"]), *action[1:])


def end_sessions(town: Town, person: Api, folder: Path) -> None:
    answer = town.admin("DELETE", f"users/{person.user['id']}/sessions")
    assert answer.json() == {"ended": 1}


ENDINGS: dict[str, Ending] = {
    "disabled": lambda town, person, _: patch(town, person, enabled=False),
    "another role": lambda town, person, _: patch(town, person, role="operator"),
    "another password": lambda town, person, _: patch(town, person, password=NEW),
    "sessions ended by an admin": end_sessions,
    "sign-out": lambda _, person, __: person.post("auth/logout", status=200),
    "weir user disable": lambda t, p, f: by_command(t, p, f, "disable"),
    "weir user password": lambda t, p, f: by_command(
        t, p, f, "password", "--password-file", "FILE"
    ),
    "weir user sign-out": lambda t, p, f: by_command(t, p, f, "sign-out"),
    "weir user reset-totp": lambda t, p, f: by_command(t, p, f, "reset-totp"),
}


def test_whoever_was_ended_in_whatever_way_loses_rest_and_websocket_and_nobody_else_does(
    here: Town, there: Town, tmp_path: Path
) -> None:
    gone = {how: somebody(here) for how in ENDINGS}
    others = (here.person("viewer"), there.person("viewer"))
    with ExitStack() as open_sockets:
        lives = {
            how: open_sockets.enter_context(socket_of(here, person, replay_limit=0))
            for how, person in gone.items()
        }
        stays = open_sockets.enter_context(socket_of(here, others[0], replay_limit=0))
        foreign = open_sockets.enter_context(socket_of(there, others[1], replay_limit=0))
        for each in (*lives.values(), stays, foreign):
            assert receive(each)["type"] == "replay"
        until = {}
        for how, end in ENDINGS.items():
            end(here, gone[how], tmp_path)
            until[how] = time.monotonic() + SOON
        for how, person in gone.items():
            left = until[how] - time.monotonic()
            eventually(lambda who=person: who("GET", "auth/me").status_code == 401, within=left)
            with pytest.raises(ConnectionClosed):
                lives[how].recv(timeout=until[how] - time.monotonic())
            assert lives[how].close_code == 1008, how
            refresh = {"refresh_token": person.tokens["refresh_token"]}
            Api(here.weir.url).post("auth/refresh", refresh, status=401)
        for each in (stays, foreign):
            with pytest.raises(TimeoutError):
                each.recv(timeout=0.05)
    for other in others:
        other.get("auth/me")


@contextmanager
def subscriber(town: Town, token: str) -> Iterator[threading.Event]:
    """Subscribe with an API token, and give what is set when the server ends the connection."""
    in_, out = threading.Event(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
    client.username_pw_set("token", token)
    client.on_subscribe = lambda *_: in_.set()
    client.on_disconnect = lambda *_: out.set()
    host, port = town.weir.mqtt.rsplit(":", 1)
    client.connect(host, int(port))
    client.subscribe("sensors/#", qos=1)
    client.loop_start()
    try:
        assert in_.wait(SOON)
        yield out
    finally:
        client.disconnect()
        client.loop_stop()


def may_connect(town: Town, token: str) -> bool:
    """Say whether the door lets somebody in with this token."""
    told: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("token", token)
    client.on_connect = lambda *said: told.append(said[3].value)
    host, port = town.weir.mqtt.rsplit(":", 1)
    client.connect(host, int(port))
    while not told:
        client.loop(0.05)
    client.disconnect()
    return told == [0]


@pytest.mark.parametrize("how", ["token revoked", "maker disabled"])
def test_a_program_whose_token_is_no_longer_good_loses_mqtt_and_rest(
    here: Town, there: Town, how: str
) -> None:
    maker = somebody(here, "admin")
    made = maker.post("tokens", {"name": how})
    program = Api(here.weir.url, made["token"])
    program.get("sensors")
    with (
        subscriber(here, made["token"]) as out,
        subscriber(here, town_token(here)) as stays,
        subscriber(there, town_token(there)) as foreign,
    ):
        if how == "token revoked":
            assert here.admin("DELETE", f"tokens/{made['id']}").status_code == 204
        else:
            patch(here, maker, enabled=False)
        assert out.wait(SOON)
        eventually(lambda: program("GET", "sensors").status_code == 401, within=SOON)
        assert not may_connect(here, made["token"])
        assert not stays.is_set()
        assert not foreign.is_set()


def test_neither_a_person_s_token_nor_a_forged_one_opens_mqtt(here: Town) -> None:
    admin = here.admin
    header, claims, signature = admin.token.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"  # {"alg":"none","typ":"at+jwt"}
    for token in (
        admin.token,
        admin.tokens["refresh_token"],
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{header}.{claims}.",
        "weir_" + "A" * 27,
        "' OR 1=1 --",
        "x" * 4_000,
        "",
    ):
        assert not may_connect(here, token), token
    assert may_connect(here, town_token(here))


def test_somebody_at_the_computer_gives_a_way_back_in_to_who_lost_phone_and_codes(
    here: Town, tmp_path: Path
) -> None:
    person = somebody(here)
    secret = person.post("auth/totp", {"password": PASSWORD}, status=200)["secret"]
    assert len(secret) == 32
    step = int(time.time()) // codes.STEP
    code = codes.code_at(base64.b32decode(secret), step)
    person.post("auth/totp/confirm", {"code": code}, status=200)
    said = {"username": person.user["username"], "password": PASSWORD}
    login = f"{here.weir.url}/api/v1/auth/login"
    assert HTTP.post(login, json=said).json()["code"] == "totp_required"
    by_command(here, person, tmp_path, "reset-totp")
    assert HTTP.post(login, json=said).status_code == 200
