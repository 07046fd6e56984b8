"""The second factor: what it keeps out, and how nobody is locked out by it."""

import base64
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.domain.instant import SECOND
from appliance.services.signing_in import codes
from appliance.services.signing_in.guessing import FREE
from tests.api.appliance import PASSWORD, Answer, Client, Weir
from tests.api.test_live import closed, screen
from web.table import ROUTES

RFC_SECRET = b"12345678901234567890"


@dataclass
class Phone:
    """An authenticator app with one account, and the paper with the recovery codes."""

    weir: Weir
    client: Client
    secret: bytes
    paper: list[str]
    step: int
    """Of the newest code that was shown."""

    def code(self) -> str:
        """Give a code that was not shown before; at most two a test, so that the clock agrees."""
        self.step = max(self.step + 1, now_step(self.weir))
        return codes.code_at(self.secret, self.step)

    async def sign_in(self, password: str = PASSWORD, **more: str) -> Answer:
        said = {"username": self.client.user["username"], "password": password}
        return await self.weir.nobody.post("auth/login", said | more)


def now_step(weir: Weir) -> int:
    return weir.core.clock.now() // SECOND // codes.STEP


async def enrolled(weir: Weir, client: Client) -> Phone:
    begun = await client.post("auth/totp", {"password": PASSWORD})
    assert begun.status == 200, begun
    secret = base64.b32decode(begun.body["secret"])
    step = now_step(weir)
    done = await client.post("auth/totp/confirm", {"code": codes.code_at(secret, step)})
    assert done.status == 200, done
    return Phone(weir, client, secret, done.body["recovery_codes"], step)


@pytest.mark.parametrize(
    ("time", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(time: int, code: str):
    assert codes.code_at(RFC_SECRET, time // codes.STEP) == code


async def test_setting_one_up_needs_the_password_and_a_code_and_then_signing_in_needs_both(
    weir: Weir,
):
    viewer = await weir.person(weir.here, "viewer")
    elsewhere = await weir.sign_in(viewer.user["username"])
    off = {"enabled": False, "enabled_at": None, "required": False, "recovery_codes_left": 0}
    assert (await viewer.get("auth/totp")).body == off
    assert (await viewer.post("auth/totp", {"password": "a wrong pass phrase"})).status == 422
    assert (await viewer.post("auth/totp/confirm", {"code": "123456"})).status == 409

    begun = (await viewer.post("auth/totp", {"password": PASSWORD})).body
    uri = urlsplit(begun["otpauth_uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    said = parse_qs(uri.query)
    assert said["secret"] == [begun["secret"]]
    assert (said["issuer"], said["digits"], said["period"]) == (["Weir"], ["6"], ["30"])
    assert (await viewer.post("auth/totp/confirm", {"code": "abcdef"})).status == 422
    await weir.sign_in(viewer.user["username"])  # nothing counts before it is confirmed

    phone = await enrolled(weir, viewer)
    assert len(set(phone.paper)) == 10
    on = (await viewer.get("auth/totp")).body
    assert (on["enabled"], on["recovery_codes_left"]) == (True, 10)
    assert (await elsewhere.get("auth/me")).status == 401  # it began without it
    assert (await viewer.post("auth/totp", {"password": PASSWORD})).status == 409

    needed = await phone.sign_in()
    assert (needed.status, needed.body["code"]) == (401, "totp_required")
    assert "six digits" in needed.body["detail"]
    wrong = await phone.sign_in("not the password", totp=phone.code())
    assert (wrong.status, wrong.body["code"]) == (401, "not_signed_in")
    kept = str((await viewer.get("auth/totp")).body) + str((await viewer.get("auth/me")).body)
    assert begun["secret"] not in kept


async def test_a_code_is_good_once_and_so_is_each_recovery_code(weir: Weir):
    phone = await enrolled(weir, await weir.person(weir.here, "viewer"))
    spent = codes.code_at(phone.secret, phone.step)  # what it was confirmed with
    assert (await phone.sign_in(totp=spent)).status == 401
    code = phone.code()
    assert (await phone.sign_in(totp=code)).status == 200
    assert (await phone.sign_in(totp=code)).status == 401
    on_paper = phone.paper[0]
    assert (await phone.sign_in(recovery_code=on_paper.lower().replace("-", " "))).status == 200
    assert (await phone.sign_in(recovery_code=on_paper)).status == 401
    assert (await phone.client.get("auth/totp")).body["recovery_codes_left"] == 9


async def test_an_application_without_a_field_for_it_sends_it_behind_the_password(weir: Weir):
    phone = await enrolled(weir, await weir.person(weir.here, "viewer"))
    assert (await phone.sign_in(f"{PASSWORD} {phone.code()}")).status == 200
    assert (await phone.sign_in(f"{PASSWORD} {phone.paper[0].lower()}")).status == 200
    assert (await phone.sign_in(f"{PASSWORD} {phone.paper[0]}")).status == 401
    without = await weir.person(weir.here, "viewer")
    said = {"username": without.user["username"], "password": f"{PASSWORD} 123456"}
    assert (await weir.nobody.post("auth/login", said)).status == 401


async def test_taking_it_away_and_new_recovery_codes_need_the_password_and_a_code(weir: Weir):
    phone = await enrolled(weir, await weir.person(weir.here, "viewer"))
    client, (first, second, third, *_) = phone.client, phone.paper
    for path in ("auth/totp/disable", "auth/totp/recovery-codes"):
        no = await client.post(path, {"password": "not the password", "code": first})
        assert (no.status, no.body["detail"][0]["loc"]) == (422, ["body", "password"])
        no = await client.post(path, {"password": PASSWORD, "code": "000000"})
        assert (no.status, no.body["detail"][0]["loc"]) == (422, ["body", "code"])
    renewed = await client.post("auth/totp/recovery-codes", {"password": PASSWORD, "code": first})
    paper = renewed.body["recovery_codes"]
    assert set(paper).isdisjoint(phone.paper)
    assert (await phone.sign_in(recovery_code=second)).status == 401
    gone = await client.post("auth/totp/disable", {"password": PASSWORD, "code": paper[0]})
    assert gone.status == 200
    assert (await phone.sign_in()).status == 200
    again = await client.post("auth/totp/disable", {"password": PASSWORD, "code": third})
    assert again.status == 409


async def test_guessing_codes_is_slowed_down_and_the_right_one_waits_too(weir: Weir):
    phone = await enrolled(weir, await weir.person(weir.here, "viewer"))
    for _ in range(FREE):
        assert (await phone.sign_in(totp="000000")).status == 401
    slowed = await phone.sign_in(totp=phone.code())
    assert slowed.status == 429
    assert 1 <= int(slowed.headers["Retry-After"]) <= 17
    assert (await weir.here.admin.get("auth/me")).status == 200


async def test_who_must_have_one_and_has_none_may_set_it_up_and_nothing_else(weir: Weir):
    operator = await weir.person(weir.here, "operator")
    neighbour = await weir.person(weir.there, "operator")
    wanted = {"totp_roles": ["operator"]}
    set_here = await weir.here.admin("PUT", "auth/rules", wanted)
    assert set_here.body == {"totp_roles": ["operator"], "totp_roles_everywhere": []}
    assert (await weir.there.admin.get("auth/rules")).body["totp_roles"] == []

    for path in ("auth/me", "sensors", "auth/sessions"):
        refused = await operator.get(path)
        assert (refused.status, refused.body["code"]) == (403, "totp_enrolment_required")
    async with screen(weir, weir.here.id, operator) as socket:
        assert await closed(socket) == 1008
    assert (await neighbour.get("sensors")).status == 200
    assert (await weir.here.admin.get("sensors")).status == 200
    again = await weir.nobody.post(
        "auth/login", {"username": operator.user["username"], "password": PASSWORD}
    )
    assert again.body["totp_enrolment_required"] is True
    operator.token = again.body["access_token"]
    assert (await operator.get("auth/totp")).body["required"] is True
    await enrolled(weir, operator)
    assert (await operator.get("sensors")).status == 200


async def test_the_super_admin_says_which_roles_must_have_one_everywhere(weir: Weir):
    viewer = await weir.person(weir.there, "viewer")
    set_it = await weir.chief("PUT", "admin/auth/rules", {"totp_roles": ["viewer"]})
    assert set_it.status == 200
    assert (await viewer.get("sensors")).status == 403
    assert (await weir.here.admin.get("auth/rules")).body == {
        "totp_roles": [],
        "totp_roles_everywhere": ["viewer"],
    }
    assert (await weir.here.admin("PUT", "admin/auth/rules", {"totp_roles": []})).status == 403
    assert set_it.body["session_seconds"] == 30 * 86_400
    assert (await weir.here.admin.get("admin/auth/rules")).status == 403
    assert (await viewer("PUT", "auth/rules", {"totp_roles": []})).status == 403
    no = await weir.chief("PUT", "admin/auth/rules", {"totp_roles": ["device"]})
    assert no.status == 422


async def test_an_admin_takes_away_that_of_their_own_people_only(weir: Weir):
    phone = await enrolled(weir, await weir.person(weir.here, "viewer"))
    path = f"users/{phone.client.user['id']}/totp"
    assert (await weir.there.admin("DELETE", path)).status == 404
    assert (await phone.client("DELETE", path)).status == 403
    assert (await phone.sign_in()).status == 401
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert (await phone.client.get("auth/me")).status == 401
    assert (await phone.sign_in()).status == 200


async def test_a_program_has_none_and_touches_nobody_s(weir: Weir):
    made = await weir.here.admin.post("tokens", {"name": "SCADA", "role": "admin"})
    program = Client(weir.http, made.body["token"])
    assert (await program.get("auth/totp")).status == 401
    assert (await program.post("auth/totp", {"password": PASSWORD})).status == 401
    assert (await program.get("auth/sessions")).status == 401
    assert (await program("DELETE", "auth/sessions")).status == 401
    assert (await weir.here.admin.get("auth/me")).status == 200


def test_what_is_served_before_it_is_set_up_is_this_and_nothing_is_added_by_accident():
    served = {f"{route.method} {route.path}" for route in ROUTES if route.while_enrolling}
    assert served == {
        "GET /api/v1/auth/totp",
        "POST /api/v1/auth/totp",
        "POST /api/v1/auth/totp/confirm",
        "POST /api/v1/auth/logout",
    }
