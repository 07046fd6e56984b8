"""Roles of a municipality's own, zones and scoped tokens, as people use them."""

import time

import pytest

from tests.api.appliance import Client, Weir, eventually
from tests.api.matrix import World, furnish, outer_town
from tests.api.mutants import all_mutants, killed_by, trend_deviations
from tests.api.promotions import promotion_deviations
from tests.api.test_matrix import world  # noqa: F401 - a fixture

WITHIN = 5.0


async def test_a_role_that_is_changed_is_another_within_five_seconds(weir: Weir):
    admin = weir.here.admin
    role = await admin.post("roles", {"name": "Planner", "permissions": ["rules.edit"]})
    assert role.status == 201
    assert role.body["permissions"] == ["network.view", "rules.edit"]
    person = {"username": "piet", "password": "every pipe has a number", "role_id": role.body["id"]}
    assert (await admin.post("users", person)).status == 201
    piet = await weir.sign_in("piet", person["password"])
    assert piet.user["role"] == "custom"
    assert piet.user["permissions"] == ["network.view", "rules.edit"]
    assert (await piet.get("rules")).status == 200
    began = time.monotonic()
    lesser = {"permissions": ["alerts.handle"]}
    assert (await admin("PATCH", f"roles/{role.body['id']}", lesser)).status == 200

    async def lost() -> bool:
        return (await piet.post("rules", {"name": "x"})).status == 403

    await eventually(lost, WITHIN)
    assert time.monotonic() - began < WITHIN
    in_use = await admin("DELETE", f"roles/{role.body['id']}")
    assert (in_use.status, "instead" in in_use.body["detail"]) == (409, True)
    assert (await admin("DELETE", f"roles/{role.body['id']}?instead=viewer")).status == 204
    again = await weir.sign_in("piet", person["password"])
    assert again.user["role"] == "viewer"


@pytest.mark.parametrize(
    ("ring", "says"),
    [
        ([[0, 0], [1, 0], [1, 1]], "at least 4 points"),
        ([[0, 0], [1, 0], [1, 1], [0, 1]], "does not end there"),
        ([[0, 0], [2, 2], [2, 0], [0, 1], [0, 0]], "not valid"),
        ([[0, 0], [1, 0], [2, 0], [0, 0]], "encloses nothing"),
        ([[0, 0], [200, 0], [1, 1], [0, 0]], "200, 0 is no longitude and latitude"),
    ],
)
async def test_an_outline_that_encloses_nothing_is_refused_with_why(
    weir: Weir, ring: list[list[float]], says: str
):
    geometry = {"type": "Polygon", "coordinates": [ring]}
    refused = await weir.here.admin.post("zones", {"name": "x", "geometry": geometry})
    assert (refused.status, says in str(refused.body)) == (422, True), refused


async def test_lists_can_be_of_one_zone(weir: Weir):
    inner = await furnish(weir, weir.here, "Inner Yard", 13.4)
    outer = await furnish(weir, await outer_town(weir), "Outer Meadow", 20.0)
    admin = weir.here.admin
    for things, others in ((inner, outer), (outer, inner)):
        for noun in ("sensor", "alert"):
            listed = await admin.get(f"{noun}s?zone_id={things['zone']}")
            ids = {one["id"] for one in listed.body}
            assert things[noun] in ids
            assert others[noun] not in ids
            assert listed.headers["X-Total-Count"] == str(len(ids))
            theirs = await weir.there.admin.get(f"{noun}s?zone_id={things['zone']}")
            assert theirs.body == []
    limited = {"username": "tina", "password": "valves turn clockwise", "role": "technician"}
    made = await admin.post("users", limited | {"zone_ids": [inner["zone"]]})
    assert made.body["zone_ids"] == [inner["zone"]]
    refused = await admin("DELETE", f"zones/{inner['zone']}")
    assert (refused.status, "limited" in refused.body["detail"]) == (409, True)
    viewer = await admin("PATCH", f"users/{made.body['id']}", {"role": "viewer"})
    assert viewer.status == 422  # who sees all of it can't be limited: that would be forgotten
    assert (await admin("PATCH", f"users/{made.body['id']}", {"zone_ids": None})).status == 200
    assert (await admin("DELETE", f"zones/{inner['zone']}")).status == 204


async def test_a_token_says_when_it_was_used_and_ends_after_a_year(weir: Weir):
    admin = weir.here.admin
    made = await admin.post("tokens", {"name": "SCADA", "scopes": ["alerts.handle"]})
    assert made.body["scopes"] == ["alerts.handle", "network.view"]
    assert made.body["expires_at"][:4] > made.body["created_at"][:4]
    assert made.body["last_used_at"] is None
    far = {"name": "x", "expires_at": "2099-01-01T00:00:00Z"}
    assert (await admin.post("tokens", far)).status == 422
    assert (await admin.post("tokens", far | {"long_lived": True})).status == 201
    program = Client(weir.http, made.body["token"])
    assert (await program.get("alerts")).status == 200
    assert (await program.get("users")).status == 403
    listed = {token["name"]: token for token in (await admin.get("tokens")).body}
    assert listed["SCADA"]["last_used_at"] is not None
    assert "token" not in listed["SCADA"]


async def test_a_token_that_is_revoked_takes_along_what_it_has_made(weir: Weir):
    admin, scopes = weir.here.admin, {"scopes": ["tokens.manage", "network.view"]}
    chain = [await admin.post("tokens", {"name": "first", **scopes})]
    for name in ("second", "third"):
        maker = Client(weir.http, chain[-1].body["token"])
        chain.append(await maker.post("tokens", {"name": name, **scopes}))
    other = await admin.post("tokens", {"name": "other", **scopes})
    programs = [Client(weir.http, made.body["token"]) for made in (*chain, other)]
    assert chain[2].body["made_by_token"] == chain[1].body["id"]
    assert chain[0].body["made_by_token"] is None
    assert [(await each.get("alerts")).status for each in programs] == [200] * 4
    assert (await weir.there.admin("DELETE", f"tokens/{chain[0].body['id']}")).status == 404
    assert (await admin("DELETE", f"tokens/{chain[1].body['id']}")).status == 204
    assert [(await each.get("alerts")).status for each in programs] == [200, 401, 401, 200]
    assert [token["name"] for token in (await admin.get("tokens")).body] == ["first", "other"]
    removed = (await admin.get("audit?action=token.removed")).body
    assert {line["object"]["name"] for line in removed} == {"second", "third"}


SAMPLE = (
    "authorise: any municipality",
    "live: all events",
    "live: no zones",
    "broker: no walls",
    "broker: no zones",
    "tokens: more than their makers",
)


async def test_nobody_gives_what_they_do_not_have_and_a_sample_of_faults_is_found(
    world: World,  # noqa: F811
):
    assert await promotion_deviations(world) == []
    assert await trend_deviations(world) == []
    mutants, everything = await all_mutants(world, baseline=False)
    found = {m.name: await killed_by(world, m, everything) for m in mutants if m.name in SAMPLE}
    assert set(found) == set(SAMPLE)
    assert [name for name, by in found.items() if not by] == []
