"""Weir's own pages keep their sign-in in a cookie that no script, and no other page, can use."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx

from appliance.domain.instant import MINUTE, Instant
from appliance.domain.people import Session
from tests.api.appliance import PASSWORD, Answer, Client, Weir
from tests.api.test_second_factor import enrolled
from web.app import create_app


@dataclass
class Browser:
    """A page of Weir's own, with the cookies of its browser."""

    client: Client
    origin: str

    async def post(self, path: str, said: Any = None, **headers: str) -> Answer:
        sent = {"Origin": self.origin, **headers}
        return await self.client.post(path, said, headers={k: v for k, v in sent.items() if v})

    async def sign_in(self, username: str, **more: Any) -> Answer:
        said = {"username": username, "password": PASSWORD, "keep": "cookie", **more}
        return await self.post("auth/login", said)

    @property
    def cookie(self) -> str:
        return next((each.value or "" for each in self.client.http.cookies.jar), "")

    def with_cookie(self, value: str) -> None:
        (kept,) = self.client.http.cookies.jar
        kept.value = value


@asynccontextmanager
async def browser(weir: Weir) -> AsyncIterator[Browser]:
    origin = f"http://127.0.0.1:{weir.port}"
    async with httpx.AsyncClient(base_url=origin, timeout=15) as http:
        yield Browser(Client(http), origin)


def set_cookie(answer: Answer) -> tuple[str, Morsel[str]]:
    ((name, morsel),) = SimpleCookie(answer.headers["Set-Cookie"]).items()
    return name, morsel


async def session_of(weir: Weir, cookie: str) -> Session | None:
    number: Any = int(cookie.partition(".")[0], 16)
    return await weir.core.world.operations.read_system(lambda t: t.session(number))


async def let_a_minute_pass(weir: Weir, cookie: str) -> None:
    session = await session_of(weir, cookie)
    assert session is not None
    moved = replace(session, used_at=Instant(session.used_at - MINUTE))
    await weir.core.world.operations.write_system(
        lambda t: t.put_session(moved, was=session.refresh_hash)
    )


async def test_a_page_that_asks_for_it_gets_the_refresh_token_in_a_cookie_and_nowhere_else(
    weir: Weir,
):
    async with browser(weir) as page:
        answer = await page.sign_in("chief")
        assert answer.status == 200
        assert "refresh_token" not in answer.body
        name, cookie = set_cookie(answer)
        assert name == f"weir_session_{weir.port}"
        assert cookie.value not in str(answer.body)
        assert (cookie["path"], cookie["samesite"]) == ("/api/v1/auth", "Strict")
        assert cookie["httponly"] is True
        assert int(cookie["max-age"]) == 30 * 24 * 3600
        assert not cookie["secure"]
        assert not cookie["domain"]
        renewed = await page.post("auth/refresh")
        assert renewed.status == 200
        assert "refresh_token" not in renewed.body
        me = replace(page.client, token=renewed.body["access_token"])
        assert (await me.get("auth/me")).body["username"] == "chief"


async def test_two_towns_in_two_browsers_keep_their_own(weir: Weir):
    async with browser(weir) as here, browser(weir) as there:
        for page, town in ((here, weir.here), (there, weir.there)):
            await page.sign_in(town.admin.user["username"])
        for page, town in ((here, weir.here), (there, weir.there)):
            renewed = await page.post("auth/refresh")
            assert renewed.body["user"]["municipality_id"] == town.id


async def test_tabs_that_refresh_at_once_agree_on_one_cookie_and_stay_signed_in(weir: Weir):
    async with browser(weir) as page:
        await page.sign_in("chief")
        first = page.cookie
        await let_a_minute_pass(weir, first)
        cookie = f"weir_session_{weir.port}={first}"
        tabs = [Browser(Client(weir.http), page.origin) for _ in range(5)]
        answers = await asyncio.gather(*(t.post("auth/refresh", Cookie=cookie) for t in tabs))
        assert [a.status for a in answers] == [200] * 5
        (second,) = {set_cookie(a)[1].value for a in answers}
        assert second != first
        weir.http.cookies.clear()
        # a tab that was slow shows the first, while the others have shown the second
        page.with_cookie(second)
        assert set_cookie(await page.post("auth/refresh"))[1].value == second
        page.with_cookie(first)
        assert set_cookie(await page.post("auth/refresh"))[1].value == second
        await let_a_minute_pass(weir, second)
        third = set_cookie(await page.post("auth/refresh"))[1].value
        assert third not in {first, second}


async def test_a_cookie_that_was_replaced_over_a_minute_ago_is_in_two_hands_and_ends_the_session(
    weir: Weir,
):
    async with browser(weir) as page:
        await page.sign_in("chief")
        stolen = page.cookie
        await let_a_minute_pass(weir, stolen)
        await page.post("auth/refresh")
        newest = page.cookie
        await let_a_minute_pass(weir, newest)
        page.with_cookie(stolen)
        assert (await page.post("auth/refresh")).status == 401
        assert await session_of(weir, newest) is None
        page.with_cookie(newest)
        assert (await page.post("auth/refresh")).status == 401


async def test_a_cookie_s_token_in_a_body_is_good_once_and_then_the_cookie_is_not(weir: Weir):
    async with browser(weir) as page:
        await page.sign_in("chief")
        taken = await weir.nobody.post("auth/refresh", {"refresh_token": page.cookie})
        assert taken.status == 200
        assert (await page.post("auth/refresh")).status == 401
        thief = {"refresh_token": taken.body["refresh_token"]}
        assert (await weir.nobody.post("auth/refresh", thief)).status == 401


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
)


async def test_no_other_page_and_no_program_signs_in_by_cookie_or_uses_one(weir: Weir):
    async with browser(weir) as page:
        said = {"username": "chief", "password": PASSWORD, "keep": "cookie"}
        for headers in FOREIGN:
            refused = await page.post("auth/login", said, **headers)
            assert (refused.status, "Set-Cookie" in refused.headers) == (401, False), headers
        await page.sign_in("chief")
        before = page.cookie
        await let_a_minute_pass(weir, before)
        for headers in FOREIGN:
            refused = await page.post("auth/refresh", {}, **headers)
            assert (refused.status, "Set-Cookie" in refused.headers) == (401, False), headers
            assert "Access-Control-Allow-Credentials" not in refused.headers
        assert (await page.post("auth/refresh")).status == 200  # nothing was spent
        assert page.cookie != before


async def test_signing_out_takes_the_cookie_back(weir: Weir):
    async with browser(weir) as page:
        page.client.token = (await page.sign_in("chief")).body["access_token"]
        before = page.cookie
        out = await page.post("auth/logout")
        assert (out.status, set_cookie(out)[1]["max-age"]) == (200, "0")
        assert page.cookie == ""
        page.client.token = ""
        answer = await page.post("auth/refresh", Cookie=f"weir_session_{weir.port}={before}")
        assert answer.status == 401


async def test_a_cookie_that_is_none_of_ours_is_refused(weir: Weir):
    async with browser(weir) as page:
        for cookie in ("x", "1.2.3", "ff.0.secret.mark", "a" * 3_000):
            answer = await page.post("auth/refresh", Cookie=f"weir_session_{weir.port}={cookie}")
            assert answer.status == 401


async def test_a_second_factor_is_asked_for_before_there_is_a_cookie(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    phone = await enrolled(weir, viewer)
    async with browser(weir) as page:
        name = viewer.user["username"]
        half = await page.sign_in(name)
        assert (half.status, half.body["code"]) == (401, "totp_required")
        assert page.cookie == ""
        whole = await page.sign_in(name, totp=phone.code())
        assert whole.status == 200
        assert (await page.post("auth/refresh")).status == 200


async def test_over_tls_the_cookie_goes_over_tls_alone(weir: Weir):
    page = create_app(weir.services).test_client(use_cookies=False)
    said = json.dumps({"username": "chief", "password": PASSWORD, "keep": "cookie"}).encode()
    length = {"Content-Length": str(len(said))}
    names = {
        "weir.lan": "__Secure-weir_session",
        "10.0.0.5:8443": "__Secure-weir_session_8443",
        "[fd00::5]:8443": "__Secure-weir_session_8443",
    }
    for host, name in names.items():
        headers = length | {"Host": host, "Origin": f"https://{host}"}
        answer = await page.post("/api/v1/auth/login", data=said, headers=headers, scheme="https")
        assert answer.status_code == 200, (host, await answer.get_data())
        ((given, cookie),) = SimpleCookie(answer.headers["Set-Cookie"]).items()
        assert (given, cookie["secure"]) == (name, True)
        plain = headers | {"Origin": f"http://{host}"}
        refused = await page.post("/api/v1/auth/login", data=said, headers=plain, scheme="https")
        assert refused.status_code == 401
