"""Keys of devices in bulk, when they were used, how they end; and how much devices may send."""

from typing import Any

import pytest

from tests.api.appliance import Answer, Town, Weir, eventually


async def report(weir: Weir, device: str, key: str) -> Answer:
    headers = {"X-API-Key": key}
    return await weir.nobody.post(f"sensors/{device}/readings", {"value": 1}, headers=headers)


async def keys(town: Town) -> list[dict[str, Any]]:
    return list((await town.admin.get(f"sensors/{town.sensor['id']}/keys")).body)


async def limit(town: Town, rate: float, burst: int) -> None:
    said = {"device": {"messages_per_second": rate, "burst": burst}}
    assert (await town.admin("PUT", "devices/limits", said)).status == 200


async def test_keys_are_issued_in_bulk_and_the_old_ones_overlap_as_long_as_is_said(weir: Weir):
    said = {"device_ids": ["PS-001", "GHOST", "PS-001"], "old_valid_for_seconds": 60}
    answer = await weir.here.admin.post("devices/keys", said)
    assert answer.status == 201, answer
    issued, ghost, twice = answer.body
    assert len(issued["api_key"]) * 6 >= 128
    assert (ghost["api_key"], twice["api_key"]) == (None, None)
    assert ghost["problem"]
    assert twice["problem"]
    for key in (weir.here.key, issued["api_key"], weir.there.key):
        assert (await report(weir, "PS-001", key)).status == 201
    assert [key["valid_until"] is None for key in await keys(weir.here)] == [True, False]
    at_once = await weir.here.admin.post(
        "devices/keys", {"device_ids": ["PS-001"], "old_valid_for_seconds": 0}
    )
    assert (await report(weir, "PS-001", issued["api_key"])).status == 401
    assert (await report(weir, "PS-001", at_once.body[0]["api_key"])).status == 201


async def test_a_csv_file_of_devices_is_answered_with_one_of_their_keys(weir: Weir):
    answer = await weir.here.admin.post(
        "devices/keys?old_valid_for_seconds=0",
        content=b"name;device_id\nMill Lane;PS-001\n;GHOST\n",
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status == 201, answer
    assert answer.headers["Content-Type"].startswith("text/csv")
    head, first, second = answer.body.splitlines()
    assert head == "device_id,api_key,problem"
    key = first.split(",")[1]
    assert (await report(weir, "PS-001", key)).status == 201
    assert second.startswith("GHOST,,")
    assert (await report(weir, "PS-001", weir.here.key)).status == 401
    assert (await report(weir, "PS-001", weir.there.key)).status == 201
    wrong = await weir.here.admin.post(
        "devices/keys", content=b"name\nx\n", headers={"Content-Type": "text/csv"}
    )
    assert wrong.status == 422
    assert (await weir.here.admin.post("devices/keys", content=b"{nonsense")).status == 400


async def test_the_last_use_of_each_key_is_shown_and_never_its_text(weir: Weir):
    (unused,) = await keys(weir.here)
    assert unused["last_used_at"] is None
    await report(weir, "PS-001", weir.here.key)
    (used,) = await keys(weir.here)
    assert used["last_used_at"] is not None
    assert (await keys(weir.there))[0]["last_used_at"] is None
    assert weir.here.key not in str(used)
    path = f"sensors/{weir.here.sensor['id']}/keys"
    assert (await weir.there.admin.get(path)).status == 404
    assert (await weir.there.admin("DELETE", path)).status == 404


async def test_revoked_keys_are_refused_at_once_and_the_device_stays_known(weir: Weir):
    path = f"sensors/{weir.here.sensor['id']}/keys"
    assert (await weir.here.admin("DELETE", path)).status == 204
    answer = await report(weir, "PS-001", weir.here.key)
    assert (answer.status, answer.body["reason"]) == (401, "wrong_key")
    assert (await report(weir, "PS-001", weir.there.key)).status == 201

    async def counted_here() -> bool:
        return (await weir.here.admin.get("ledger")).body["rejected"] == {"wrong_key": 1}

    await eventually(counted_here)
    rotate = f"sensors/{weir.here.sensor['id']}/rotate-key"
    fresh = (await weir.here.admin.post(rotate, {})).body["api_key"]
    assert (await report(weir, "PS-001", fresh)).status == 201


async def test_who_sends_too_much_is_refused_with_the_reason_and_counted_where_it_belongs(
    weir: Weir,
):
    await limit(weir.here, 0.01, 2)
    answers = [await report(weir, "PS-001", weir.here.key) for _ in range(4)]
    assert [a.status for a in answers] == [201, 201, 429, 429]
    refused = answers[-1]
    assert refused.body["reason"] == "rate_limited"
    assert refused.body["hint"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 100
    assert (await report(weir, "PS-001", weir.there.key)).status == 201

    async def counted() -> bool:
        body = (await weir.here.admin.get("ledger")).body
        assert body["received"] == body["stored"] + sum(body["rejected"].values())
        return bool(body["rejected"] == {"rate_limited": 2} and body["stored"] == 2)

    await eventually(counted)
    shown = (await weir.here.admin.get("devices/limits")).body
    assert [(h["device_id"], h["times"]) for h in shown["held_back"]] == [("PS-001", 2)]
    assert (await weir.there.admin.get("devices/limits")).body["held_back"] == []
    await limit(weir.here, 1_000, 1_000_000)

    async def recovers() -> bool:
        return (await report(weir, "PS-001", weir.here.key)).status == 201

    await eventually(recovers)


async def test_a_municipality_s_own_limit_is_the_super_admin_s_to_change(weir: Weir):
    usual = (await weir.here.admin.get("devices/limits")).body
    said = {name: usual[name] for name in ("device", "total")}
    assert (await weir.here.admin("PUT", "devices/limits", said)).status == 403
    tight = said | {
        "total": {"messages_per_second": 0.01, "burst": 1},
        "municipality_id": weir.here.id,
    }
    assert (await weir.chief("PUT", "devices/limits", tight)).status == 200
    answers = [await report(weir, "PS-001", weir.here.key) for _ in range(2)]
    assert [a.status for a in answers] == [201, 429]
    assert (await report(weir, "PS-001", weir.there.key)).status == 201
    assert (await weir.there.admin.get("devices/limits")).body["total"] == usual["total"]


@pytest.mark.parametrize("pace", [(0.0, 1), (-1.0, 1), (1.0, 0), (1e9, 1)])
async def test_limits_that_make_no_sense_are_refused(weir: Weir, pace: tuple[float, int]):
    said = {"device": {"messages_per_second": pace[0], "burst": pace[1]}}
    assert (await weir.here.admin("PUT", "devices/limits", said)).status == 422
