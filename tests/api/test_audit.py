"""The audit log over HTTP: what people do is in it, each municipality's in its own."""

import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.domain.audit import Author, AuthorKind
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import DAY, Instant
from appliance.services.audit.recording import acting
from tests.api.appliance import Answer, Client, Town, Weir, a_rule, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weir(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weir]:
    """One appliance for all tests here: they only ever add to its log."""
    async with running(tmp_path_factory.mktemp("audit")) as appliance:
        yield appliance


async def log(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("audit", params={"limit": 1000, **query})
    assert answer.status == 200, answer
    return answer.body


async def actions(client: Client, **query: Any) -> list[str]:
    return [line["action"] for line in await log(client, **query)]


async def test_a_change_is_in_the_log_with_who_where_what_and_before_and_after(weir: Weir):
    admin = weir.here.admin
    made = (await admin.post("rules", a_rule(weir.here))).body
    await admin("PATCH", f"rules/{made['id']}", {"severity": "low"})
    assert (await admin("DELETE", f"rules/{made['id']}")).status in {200, 204}
    removed, changed, added = await log(admin, object_id=str(made["id"]))
    assert [line["action"] for line in (added, changed, removed)] == [
        "rule.added",
        "rule.changed",
        "rule.removed",
    ]
    assert changed["details"] == {"changed": {"severity": {"before": "critical", "after": "low"}}}
    assert changed["object"] == {"kind": "rule", "id": str(made["id"]), "name": "Too high"}
    assert changed["who"]["kind"] == "user"
    assert changed["who"]["name"] == admin.user["username"]
    assert changed["who"]["address"] == "127.0.0.1"
    assert changed["outcome"] == "done"
    assert changed["municipality_id"] == weir.here.id
    assert removed["number"] == changed["number"] + 1 == added["number"] + 2


async def test_what_changes_nothing_and_what_is_refused_as_wrong_leaves_no_line(weir: Weir):
    admin = weir.here.admin
    made = (await admin.post("rules", a_rule(weir.here))).body
    before = await log(admin)
    assert (await admin("PATCH", f"rules/{made['id']}", {"severity": "critical"})).status == 200
    assert (await admin.post("rules", a_rule(weir.here, sensor_id=1))).status == 422
    assert (await admin("DELETE", "rules/1")).status == 404
    assert await log(admin) == before


async def test_each_municipality_sees_its_own_lines_in_its_own_numbers(weir: Weir):
    await weir.here.admin.post("rules", a_rule(weir.here))
    here, there = await log(weir.here.admin), await log(weir.there.admin)
    for lines, town in ((here, weir.here), (there, weir.there)):
        assert {line["municipality_id"] for line in lines} == {town.id}
        assert [line["number"] for line in lines] == list(range(len(lines), 0, -1))
    refused = await weir.here.admin.get("audit", params={"municipality_id": weir.there.id})
    assert refused.status == 404
    for role in ("operator", "technician", "viewer"):
        person = await weir.person(weir.here, role)
        assert (await person.get("audit")).status == 403
        assert (await person.get("audit/export")).status == 403
        assert (await person.get("audit/proof")).status == 403
    system = await log(weir.chief)
    assert {line["municipality_id"] for line in system} == {None}
    assert "municipality.added" in {line["action"] for line in system}


async def test_secrets_are_never_in_the_log(weir: Weir):
    admin = weir.here.admin
    hook = {
        "name": "hook",
        "kind": "webhook",
        "target": "https://hooks.example/services/SECRETPATH",
        "secret": "SECRETKEY",
    }
    assert (await admin.post("channels", hook)).status == 201
    token = (await admin.post("tokens", {"name": "prog", "role": "viewer"})).body["token"]
    await weir.person(weir.here, "viewer")
    phone = {"push_token": "SECRETPHONE", "platform": "android"}
    assert (await admin.post("notifications/register-device", phone)).status == 200
    text = (await admin.get("audit/export", params={"form": "jsonl"})).body
    for secret in ("SECRET", token, weir.here.key, "argon2", "pass phrase", admin.refresh_token):
        assert secret not in text
    assert "hooks.example" in text


async def test_sign_ins_are_in_the_log_of_the_person_s_municipality(weir: Weir):
    person = await weir.person(weir.here, "viewer")
    await person.post("auth/logout")
    ended, began = (await log(weir.here.admin, actor=person.user["username"]))[:2]
    assert (began["action"], ended["action"]) == ("session.began", "session.ended")
    assert began["who"]["name"] == began["object"]["name"] == person.user["username"]
    assert began["who"]["address"] == "127.0.0.1"
    assert person.user["username"] not in json.dumps(await log(weir.there.admin))
    assert "session.began" in await actions(weir.chief)


async def test_refusals_are_counted_and_bounded_and_unknown_names_are_not_kept(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    name = viewer.user["username"]
    for _ in range(5):
        assert (await viewer.post("rules", a_rule(weir.here))).status == 403
        wrong = {"username": name, "password": "not the right phrase"}
        assert (await weir.nobody.post("auth/login", wrong)).status in {401, 429}
        typed = {"username": "my secret phrase", "password": "x"}
        assert (await weir.nobody.post("auth/login", typed)).status in {401, 429}
    assert (await weir.nobody.get("alerts")).status == 401
    await weir.core.auditing.recorded.flush(all_of_them=True)
    mine = await log(weir.here.admin, outcome="refused", text=name)
    forbidden = [line for line in mine if line["details"]["status"] == 403]
    assert [line["details"].get("times", 1) for line in forbidden] == [5, 1]
    assert forbidden[0]["who"]["name"] == name
    assert forbidden[0]["object"]["name"] == "POST /api/v1/rules"
    assert {line["object"]["name"] for line in mine if line["details"]["status"] == 401} == {name}
    nobodys = await log(weir.chief, outcome="refused")
    assert {line["details"]["status"] for line in nobodys} >= {401}
    assert "secret phrase" not in json.dumps([nobodys, mine])
    assert await log(weir.there.admin, outcome="refused", text=name) == []


async def test_many_strangers_cannot_fill_the_log(weir: Weir):
    recorded = weir.core.auditing.recorded
    before = len(await log(weir.chief))
    for number in range(300):
        typed = {"username": f"stranger-{number}", "password": "x"}
        await weir.nobody.post("auth/login", typed)
    await recorded.flush(all_of_them=True)
    assert len(await log(weir.chief)) - before <= 2 * 21


async def test_a_super_admin_s_look_is_in_the_log_of_who_was_looked_at(weir: Weir):
    before = len(await log(weir.here.admin))
    there = await log(weir.there.admin)
    for _ in range(3):
        assert (await weir.chief.get(f"sensors?municipality_id={weir.here.id}")).status == 200
    new = (await log(weir.here.admin))[: len(await log(weir.here.admin)) - before]
    assert [(line["action"], line["object"]["kind"]) for line in new] == [
        ("data.looked_at", "sensors")
    ]
    assert new[0]["who"]["name"] == weir.chief.user["username"]
    await weir.core.auditing.recorded.flush(all_of_them=True)
    counted = (await log(weir.here.admin))[0]
    assert (counted["action"], counted["details"]["times"]) == ("data.looked_at", 3)
    assert await log(weir.there.admin) == there
    await weir.chief.get("alerts")
    looked = await log(weir.there.admin, action="data.looked_at")
    assert [line["object"]["kind"] for line in looked] == ["alerts"]


async def test_a_super_admin_s_token_looks_in_like_its_maker_and_an_admin_s_does_not(weir: Weir):
    said = {"name": "from outside", "role": "viewer", "municipality_id": weir.here.id}
    outside = await weir.chief.post("tokens", said)
    inside = await weir.here.admin.post("tokens", said | {"name": "from inside"})
    programs = [Client(weir.http, made.body["token"]) for made in (outside, inside)]
    for program in programs:
        for path in ("alerts", f"sensors/{weir.here.sensor['id']}/series", "analytics/trends"):
            assert (await program.get(path)).status == 200
    await weir.core.auditing.recorded.flush(all_of_them=True)
    for town, kinds in ((weir.here, {"alerts", "sensors", "analytics"}), (weir.there, set())):
        looked = await log(town.admin, action="data.looked_at")
        of_tokens = [line for line in looked if line["who"]["kind"] == "token"]
        assert {line["object"]["kind"] for line in of_tokens} == kinds
        assert {line["who"]["name"] for line in of_tokens} <= {"from outside"}


async def test_who_looks_at_readings_alone_is_noted_before_they_are_given(weir: Weir):
    history, here = weir.core.world.history, MunicipalityId(weir.here.id)
    outsider = Author(AuthorKind.USER, 1, "chief", looks_in=True)
    span = {"since": Instant(0), "until": Instant(DAY)}

    async def noted(town: Town) -> list[str]:
        looked = await log(town.admin, action="data.looked_at")
        asked = [line["details"]["asked"] for line in reversed(looked)]
        return [each for each in asked if each.startswith("weir ")]

    with acting(replace(outsider, asked="weir count")):
        await history.of(here).count(SensorId(weir.here.sensor["id"]), **span)
        assert await noted(weir.here) == ["weir count"]
    with acting(replace(outsider, asked="weir export")):
        assert [len(chunk) async for chunk in history.of(here).export(**span)] == []
    assert await noted(weir.here) == ["weir count", "weir export"]
    assert await noted(weir.there) == []
    await weir.core.auditing.recorded.flush(all_of_them=True)


async def test_one_s_own_looks_are_nobody_s_business(weir: Weir):
    before = await log(weir.here.admin)
    await weir.here.admin.get("sensors")
    await weir.here.admin.get("alerts")
    await weir.core.auditing.recorded.flush(all_of_them=True)
    assert await log(weir.here.admin) == before


async def test_a_stranger_can_verify_an_export_with_nothing_but_the_public_key(weir: Weir):
    await weir.here.admin.post("rules", a_rule(weir.here))
    text = (await weir.here.admin.get("audit/export", params={"form": "jsonl"})).body
    proof = (await weir.here.admin.get("audit/proof")).body
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof["public_key"]))
    link, lines = bytes(32).hex(), [json.loads(line) for line in text.splitlines()]
    for number, line in enumerate(lines, start=1):
        said = json.loads(line["line"])
        assert said[:3] == ["weir-audit-1", weir.here.id, number]
        assert said[-1] == link
        digest = hashlib.sha256(line["line"].encode()).digest()
        assert digest.hex() == line["hash"]
        key.verify(bytes.fromhex(line["signature"]), digest)
        link = hashlib.sha256(digest + bytes.fromhex(line["signature"])).hexdigest()
    assert proof["sound"] is True
    assert proof["findings"] == []
    assert proof["lines"] == len(lines) + 1, "taking it out is in it too"


async def test_the_csv_has_no_formulas_and_every_line(weir: Weir):
    await weir.here.admin.post("rules", a_rule(weir.here, name="=HYPERLINK(1)"))
    answer = await weir.here.admin.get("audit/export")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body)))
    assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["thing_name"] == "'=HYPERLINK(1)"
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []


async def test_the_log_is_searched_and_paged(weir: Weir):
    admin = weir.here.admin
    for number in range(5):
        await admin.post("rules", a_rule(weir.here, name=f"rule {number}"))
    everything = await log(admin)
    paged: list[dict[str, Any]] = []
    url = "audit?limit=3"
    while url:
        answer: Answer = await admin.get(url)
        assert answer.headers["X-Total-Count"] == str(len(everything))
        paged += answer.body
        link = answer.headers.get("Link", "")
        url = link.partition(">")[0].removeprefix("<")
    assert paged == everything
    assert [line["object"]["name"] for line in await log(admin, text="RULE 3")] == ["rule 3"]
    few = await admin.get("audit?limit=2&action=rule.&text=rule%20")
    assert (len(few.body), few.headers["X-Total-Count"]) == (2, "5")
    assert len(await log(admin, action="rule.", text="rule ")) == 5
    assert len(await log(admin, action="rule.", actor=str(admin.user["id"]), text="rule ")) == 5
    middle = everything[2]["at"]
    assert {line["at"] >= middle for line in await log(admin, **{"from": middle})} == {True}
    assert {line["at"] < middle for line in await log(admin, to=middle)} == {True}
    assert await log(admin, object_id="nothing") == []


async def test_a_change_and_its_line_are_there_together_or_not_at_all(weir: Weir):
    before = await log(weir.here.admin)
    rules = (await weir.here.admin.get("rules")).body

    def sign(content: bytes) -> bytes:
        raise RuntimeError("the process ends between the change and its line")

    recorded = weir.core.auditing.recorded
    seal, recorded._seal = recorded._seal, Broken(sign)
    try:
        answer = await weir.here.admin.post("rules", a_rule(weir.here))
    finally:
        recorded._seal = seal
    assert answer.status == 500, answer
    assert (await weir.here.admin.get("rules")).body == rules
    assert await log(weir.here.admin) == before


class Broken:
    public_key = bytes(32)

    def __init__(self, sign: Any) -> None:
        self.sign = sign

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        return False
