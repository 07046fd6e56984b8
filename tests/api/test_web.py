"""What holds for every answer: CORS, errors, the description, pages, starting and stopping."""

import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster
from quart import Quart

from appliance.domain.access import ViewNetwork
from broker.http_front import fronts
from broker.options import HttpOptions
from broker.ways import Way
from tests.api.appliance import PASSWORD, Client, Weir, bare
from web.http.server import WebServer
from web.routes import Open, Route
from web.table import ROUTES

ORIGINS = ("null", "file://", "app://weir", "http://localhost:3000")


@pytest.mark.parametrize("origin", ORIGINS)
async def test_the_installed_app_may_call_from_its_own_origin(weir: Weir, origin: str):
    asked = {"Access-Control-Request-Method": "GET", "Origin": origin}
    allowed = await weir.nobody("OPTIONS", "sensors", headers=asked)
    assert allowed.status == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == origin
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    assert "PUT" in allowed.headers["Access-Control-Allow-Methods"]
    answer = await weir.chief.get("sensors", headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "X-Total-Count" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_a_strange_page_may_not_read_anything(weir: Weir):
    strange = {"Origin": "https://evil.example"}
    refused = await weir.nobody("OPTIONS", "sensors", headers=strange)
    assert refused.status == 403
    answer = await weir.chief.get("sensors", headers=strange)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


async def test_errors_carry_cors_headers_too_so_that_the_app_can_show_them(weir: Weir):
    answer = await weir.nobody.get("sensors", headers={"Origin": "null"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, "null")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("GET", "/api/v2/sensors", None, 404),
        ("POST", "auth/login", b"{not json", 400),
        ("POST", "auth/login", b"\xff\xfe", 400),
        ("POST", "auth/login", b"[]", 422),
        ("POST", "auth/login", b'{"username": 1}', 422),
        ("POST", "auth/login", b'{"username": "x"}', 422),
        ("PUT", "auth/login", b"{}", 405),
        ("GET", "sensors?limit=x", None, 422),
        ("GET", "sensors?limit=0", None, 422),
        ("GET", "sensors?municipality_id=x", None, 422),
        ("GET", "sensors/%00", None, 404),
    ],
)
async def test_what_is_wrong_is_said_as_json_without_a_word_of_the_inside(
    weir: Weir, method: str, path: str, body: bytes | None, status: int
):
    answer = await weir.here.admin(method, path, content=body)
    assert answer.status == status, answer
    assert "Traceback" not in str(answer.body)
    assert "detail" in answer.body


async def test_a_missing_field_is_named(weir: Weir):
    answer = await weir.nobody.post("auth/login", {"username": "x"})
    detail = answer.body["detail"][0]
    assert (detail["loc"], detail["type"]) == (["body", "password"], "value_error")


async def test_a_bug_is_a_500_that_shows_nothing(weir: Weir, monkeypatch: pytest.MonkeyPatch):
    async def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr(type(weir.services.rules), "all", broken)
    answer = await weir.here.admin.get("rules")
    assert answer.status == 500
    assert "secret" not in str(answer.body)


def test_a_route_that_does_not_say_who_may_use_it_cannot_be_made():
    @dataclass
    class Nothing:
        pass

    with pytest.raises(TypeError):
        Route(method="GET", path="/x", handler=print, summary="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="who may use it"):
        Route(method="GET", path="/x", access=None, handler=print, summary="x")  # type: ignore[arg-type]
    assert Route(method="GET", path="/x", access=ViewNetwork, handler=print, summary="x")  # type: ignore[arg-type]


def test_only_these_routes_are_open_to_anybody():
    assert {(r.method, r.path) for r in ROUTES if r.access is Open.PUBLIC} == {
        ("GET", "/api/v1/setup"),
        ("POST", "/api/v1/setup"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("GET", "/api/v1/monitoring/health"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/tls"),
        ("GET", "/api/v1/tls/root.crt"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
    }


async def test_every_other_route_refuses_who_has_not_signed_in(weir: Weir):
    for route in ROUTES:
        if isinstance(route.access, Open) and route.access is not Open.SIGNED_IN:
            continue
        path = route.template.format(**dict.fromkeys(route.names, 1))
        answer = await weir.nobody(route.method, path, {} if route.body else None)
        assert answer.status == 401, path


async def test_the_description_covers_every_route_and_nothing_else(weir: Weir):
    answer = await weir.nobody.get("openapi.json")
    assert answer.body["openapi"] == "3.1.0"
    described = {
        (method.upper(), path)
        for path, methods in answer.body["paths"].items()
        for method in methods
    }
    assert described == {(route.method, route.template) for route in ROUTES}
    ids = [m["operationId"] for p in answer.body["paths"].values() for m in p.values()]
    assert len(ids) == len(set(ids))


async def test_the_description_refers_to_nothing_that_is_not_in_it(weir: Weir):
    answer = await weir.nobody.get("openapi.json")
    parts = answer.body["components"]
    known = {f"#/components/{kind}/{name}" for kind, named in parts.items() for name in named}

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [r for value in part.values() for r in references(value)]
        return [r for value in part for r in references(value)] if isinstance(part, list) else []

    assert set(references(answer.body)) <= known


async def test_the_page_that_shows_the_api_needs_nothing_from_elsewhere(weir: Weir):
    page = await weir.nobody.get("/api/docs")
    script = await weir.nobody.get("/api/docs/docs.js")
    assert page.status == script.status == 200
    assert "https://" not in page.body + script.body
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


async def test_the_control_room_is_served_and_knows_the_way_of_its_own_paths(weir: Weir):
    page = await weir.nobody.get("/")
    deep = await weir.nobody.get("/alerts/17")
    assert (page.status, deep.status) == (200, 200)
    assert page.body == deep.body
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    etag = {"If-None-Match": page.headers["ETag"]}
    assert (await weir.nobody.get("/", headers=etag)).status == 304
    assert (await weir.nobody.get("/missing.js")).status == 404
    assert (await weir.nobody.get("/..%2f..%2fpyproject.toml")).status == 404


async def test_health_is_shown_to_anybody_in_the_fields_that_the_app_reads(weir: Weir):
    await weir.report(weir.here, {"value": 3.3})
    answer = await weir.nobody.get("monitoring/health")
    assert answer.status == 200
    parts = answer.body["components"]
    assert answer.body["status"] in {"healthy", "warning"}
    assert parts["database"]["status"] == "healthy"
    assert 0 <= parts["system"]["cpu_percent"] <= 100
    assert 0 < parts["system"]["memory_percent"] <= 100
    assert 0 <= parts["sensors"]["health_score"] <= 100
    assert (await weir.nobody.get("/healthz")).body == {"status": "ok"}


async def test_metrics_are_for_this_machine_or_an_admin_s_token(weir: Weir):
    await weir.report(weir.here, {"value": 3.3})
    await weir.here.admin.get("ledger")
    answer = await weir.nobody.get("/metrics")
    assert answer.status == 200
    assert 'weir_readings_last_hour{column="stored"} 1.0' in answer.body
    assert "weir_sensors 2.0" in answer.body
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    assert (await weir.nobody.get("/metrics", headers=proxied)).status == 401
    assert (await weir.here.admin.get("/metrics", headers=proxied)).status == 200
    viewer = await weir.person(weir.here, "viewer")
    assert (await viewer.get("/metrics", headers=proxied)).status == 403


async def test_the_first_start_in_a_browser_needs_the_code_and_happens_once(tmp_path: Path):
    async with bare(tmp_path) as (_, services, http, _port):
        somebody = Client(http)
        assert (await somebody.get("setup")).body["needed"] is True
        wanted = {
            "code": "WRONG-CODES",
            "municipality": "Brookfield",
            "username": "chief",
            "password": PASSWORD,
            "email": "chief@example.org",
        }
        assert (await somebody.post("setup", wanted)).status == 401
        wanted["code"] = services.setup.code.lower()
        weak = await somebody.post("setup", wanted | {"password": "short"})
        assert weak.status == 422
        assert (await somebody.get("setup")).body["needed"] is True
        made = await somebody.post("setup", wanted)
        assert made.status == 201
        assert (await somebody.get("setup")).body["needed"] is False
        assert (await somebody.post("setup", wanted)).status == 409
        signed_in = await somebody.post("auth/login", {"username": "chief", "password": PASSWORD})
        chief = replace(somebody, token=signed_in.body["access_token"])
        towns = (await chief.get("municipalities")).body
        assert [(t["id"], t["name"]) for t in towns] == [
            (made.body["municipality_id"], "Brookfield")
        ]
        rules = (await chief.get("rules")).body
        assert rules
        assert all(rule["built_in"] for rule in rules)


async def test_a_code_cannot_be_guessed(tmp_path: Path):
    async with bare(tmp_path) as (_, services, http, _port):
        somebody = Client(http)
        wanted = {"code": "", "municipality": "B", "username": "chief", "password": PASSWORD}
        tries = [(await somebody.post("setup", wanted)).status for _ in range(21)]
        assert tries == [401] * 20 + [429]
        wanted["code"] = services.setup.code
        assert (await somebody.post("setup", wanted)).status == 429
        assert (await somebody.get("setup")).body["needed"] is True


async def test_a_port_that_is_taken_is_an_os_error_at_start():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = WebServer(Quart("x"))
        with pytest.raises(OSError, match="in use"):
            await server.listen("127.0.0.1", taken.getsockname()[1], fronts(HttpOptions())(Way()))


async def test_no_route_blocks_the_event_loop(weir: Weir, nothing_blocks: BlockBuster):
    del nothing_blocks
    await weir.report(weir.here, {"value": 3.3})
    sensor = weir.here.sensor["id"]
    paths = [r.path for r in ROUTES if r.method == "GET" and not r.names]
    pages = ("/", "/api/docs")
    for path in (*paths, *pages, f"sensors/{sensor}/readings", f"sensors/{sensor}/series"):
        answer = await weir.chief.get(f"{path}?municipality_id={weir.here.id}")
        # No listener has TLS here, and nobody has brought a base map.
        is_there = "/tls" not in path and not path.endswith(".pmtiles")
        assert answer.status == (200 if is_there else 404), path
    assert (await weir.chief.post("municipalities", {"name": "Third"})).status == 201


async def test_every_route_carries_the_headers_that_browsers_obey(weir: Weir):
    from web.headers import ALWAYS  # noqa: PLC0415
    from web.table import ROUTES  # noqa: PLC0415

    for route in ROUTES:
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        answer = await weir.nobody(route.method, path)
        missing = [name for name in ALWAYS if name.lower() not in answer.headers]
        assert not missing, (route.method, path)


async def test_a_forwarded_address_is_nobody_elses(weir: Weir):
    """Whoever is behind no proxy may claim what it likes: the socket's address is what counts."""
    headers = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    spoofed = headers | {"Remote-Addr": "203.0.113.9"}
    said = {"username": "chief", "password": "not the right one"}
    assert (await weir.nobody.post("auth/login", said, headers=spoofed)).status == 401
    lines = (await weir.chief.get("audit?limit=50")).body
    assert "203.0.113.9" not in str(lines)
