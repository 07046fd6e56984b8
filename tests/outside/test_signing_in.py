"""Signing in, staying signed in, and what errors look like."""

import jwt
import pytest

from tests.outside.town import HTTP, Api, Town, sign_in
from tests.running import PASSWORD, Running

TOKENS = {"access_token", "refresh_token", "token_type", "user"}
USER = {"id", "username", "email", "full_name", "is_super_admin", "municipality_id"}
ROLES = ("admin", "operator", "technician", "viewer")
ORIGINS = ("null", "file://", "app://weir", "http://localhost:3000")
FOREIGN = "http://evil.example"


def test_the_super_admin_belongs_to_no_municipality(chief: Api) -> None:
    assert set(chief.tokens) >= TOKENS
    assert chief.tokens["token_type"] == "bearer"
    assert set(chief.user) >= USER
    assert chief.user["is_super_admin"] is True
    assert chief.user["municipality_id"] is None


@pytest.mark.parametrize("role", ROLES)
def test_everybody_else_belongs_to_one(here: Town, role: str) -> None:
    somebody = here.person(role)
    assert somebody.user["is_super_admin"] is False
    assert somebody.user["municipality_id"] == here.id
    assert somebody.user["role"] == role
    assert somebody.get("auth/me") == somebody.user


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("nobody", PASSWORD)])
def test_a_refusal_says_so_in_words_and_not_which_of_the_two_is_wrong(
    weir: Running, username: str, password: str
) -> None:
    said = {"username": username, "password": password}
    answer = HTTP.post(f"{weir.url}/api/v1/auth/login", json=said)
    assert answer.status_code == 401
    refusal = answer.json()
    assert refusal.pop("request_id")
    assert refusal == {
        "detail": "The username or password is not right.",
        "code": "not_signed_in",
        "reason": "wrong_password",
        "facts": {},
    }


def test_a_refresh_token_works_once_and_its_second_use_ends_the_session(here: Town) -> None:
    here.person("viewer")
    mine = sign_in(here.weir.url, f"viewer-{here.id:x}")
    nobody = Api(here.weir.url)
    first = mine.tokens["refresh_token"]
    again = nobody.post("auth/refresh", {"refresh_token": first}, status=200)
    assert set(again) >= TOKENS
    assert again["user"] == mine.user
    assert Api(here.weir.url, again["access_token"]).get("auth/me") == mine.user
    refused = nobody.post("auth/refresh", {"refresh_token": first}, status=401)
    assert isinstance(refused["detail"], str)
    nobody.post("auth/refresh", {"refresh_token": again["refresh_token"]}, status=401)
    nobody.post("auth/refresh", {"refresh_token": "nonsense"}, status=401)


def test_every_later_call_needs_the_token(here: Town) -> None:
    for path in ("sensors", "alerts", "rules", "ledger", "auth/me", "incidents", "pipelines"):
        assert isinstance(Api(here.weir.url).get(path, 401)["detail"], str)
        assert isinstance(Api(here.weir.url, "nonsense").get(path, 401)["detail"], str)
    forged = jwt.encode({"sub": str(here.chief.user["id"])}, "secret" * 8, algorithm="HS256")
    Api(here.weir.url, forged).get("sensors", 401)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_is_for_and_no_more(here: Town, role: str) -> None:
    somebody = here.person(role)
    sensor = {"device_id": f"of-{role}", "name": "S", "sensor_type": "pressure", "unit": "bar"}
    rule = {"name": "R", "condition": {"type": "no_data", "for_seconds": 3600}}
    incident = {"title": f"by {role}", "description": "", "incident_type": "leak"}
    user = {"username": f"by-{role}", "password": PASSWORD, "email": "", "role": "viewer"}
    may = {
        "sensors": (sensor, {"admin"}),
        "rules": (rule, {"admin", "operator"}),
        "incidents": (
            incident | {"severity": "low", "municipality_id": here.id},
            {"admin", "operator", "technician"},
        ),
        "users": (user | {"municipality_id": here.id}, {"admin"}),
        "tokens": ({"name": "T"}, {"admin"}),
        "municipalities": ({"name": f"of {role}"}, set()),
        "admin/sensor-types": ({"name": "T", "code": "t", "unit": "bar"}, set()),
    }
    for path, (body, allowed) in may.items():
        answer = somebody("POST", path, json=body)
        assert answer.status_code == (201 if role in allowed else 403), (path, answer.text)
        if role not in allowed:
            assert isinstance(answer.json()["detail"], str)
    somebody.get("sensors")
    somebody.get("ledger", 200 if role in {"admin", "operator"} else 403)
    somebody.get("admin/system/stats", 403)


def test_errors_have_the_shapes_that_the_applications_read(here: Town) -> None:
    admin = here.admin
    for answer, status in (
        (admin("GET", "sensors/1"), 404),
        (admin("GET", "nothing"), 404),
        (admin("POST", "sensors", content="{"), 400),
        (admin("DELETE", "auth/login"), 405),
    ):
        assert answer.status_code == status
        assert isinstance(answer.json()["detail"], str)
    for path, body in (
        ("sensors", {"name": "no device id"}),
        ("sensors", {"device_id": "x", "name": "x", "sensor_type": "furlongs"}),
        ("rules", {"name": "R", "condition": {"type": "no_such"}}),
        ("incidents", {"title": 5}),
        ("auth/login", {"username": "ada"}),
    ):
        (detail,) = admin.post(path, body, status=422)["detail"]
        assert set(detail) == {"loc", "msg", "type"}
        assert detail["loc"][0] == "body"
        assert detail["msg"]
    (detail,) = admin.get("alerts", 422, params={"limit": "many"})["detail"]
    assert detail["loc"] == ["query", "limit"]
    twice = here.device()
    conflict = admin.post(
        "sensors",
        {"device_id": twice.id, "name": "x", "sensor_type": "pressure", "unit": "bar"},
        status=409,
    )
    assert isinstance(conflict["detail"], str)


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_desktop_application_may_call_from_its_origins(weir: Running, origin: str) -> None:
    asked = HTTP.options(
        f"{weir.url}/api/v1/sensors",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert asked.is_success
    assert asked.headers["Access-Control-Allow-Origin"] in {origin, "*"}
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"].lower()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert method in asked.headers["Access-Control-Allow-Methods"]
    for status, path in ((200, "/healthz"), (401, "/api/v1/sensors"), (404, "/api/v1/nothing")):
        answer = HTTP.get(f"{weir.url}{path}", headers={"Origin": origin})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] in {origin, "*"}
    assert "X-Total-Count" in answer.headers["Access-Control-Expose-Headers"]


def test_a_foreign_page_may_not_read_anything(weir: Running) -> None:
    answer = HTTP.get(f"{weir.url}/healthz", headers={"Origin": FOREIGN})
    assert "Access-Control-Allow-Origin" not in answer.headers
    asked = HTTP.options(
        f"{weir.url}/api/v1/sensors",
        headers={"Origin": FOREIGN, "Access-Control-Request-Method": "GET"},
    )
    assert "Access-Control-Allow-Origin" not in asked.headers
