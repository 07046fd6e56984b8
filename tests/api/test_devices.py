"""Devices report over HTTP, and people read it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from appliance.domain.ids import Sequence
from appliance.domain.instant import SECOND, Instant, text
from appliance.domain.readings import Counts, RawMessage
from appliance.ports.doors import Settled
from tests.api.appliance import Answer, Client, Town, Weir, eventually


def counted(**columns: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("received", "stored", "duplicate", "late", "quarantined"), 0)
    return {**nothing, "rejected": {}, **columns}


async def test_a_reading_that_was_answered_201_is_on_the_next_page_somebody_fetches(weir: Weir):
    now = text(weir.core.clock.now())
    answer = await weir.report(
        weir.here,
        {
            "timestamp": now,
            "value": 3.2,
            "unit": "bar",
            "quality": 0.9,
            "battery_level": 81,
            "signal_strength": -70,
        },
    )
    assert answer.status == 201
    assert answer.body == {"status": "ok", **counted(received=1, stored=1)}

    sensor = weir.here.sensor["id"]
    page = await weir.here.admin.get(f"sensors/{sensor}/readings?hours=24")
    assert page.headers["X-Total-Count"] == "1"
    reading = page.body[0]
    assert (reading["timestamp"], reading["value"], reading["unit"]) == (now, 3.2, "bar")
    assert (reading["is_anomaly"], reading["quality_score"]) == (False, 0.9)

    listed = (await weir.here.admin.get("sensors")).body[0]
    assert (listed["last_reading"], listed["last_reading_at"]) == (3.2, now)
    assert (listed["battery_level"], listed["signal_strength"]) == (81, -70)

    ledger = (await weir.here.admin.get("ledger")).body
    assert ledger == counted(received=1, stored=1)
    assert (await weir.there.admin.get("ledger")).body == counted()
    assert (await weir.there.admin.get("sensors")).body[0]["last_reading"] is None


async def test_both_paths_and_both_headers_are_the_same_door(weir: Weir):
    device, key = weir.here.sensor["device_id"], weir.here.key
    for path, headers in (
        (f"sensors/{device}/readings", {"X-API-Key": key}),
        (f"ingest/sensors/{device}/data", {"X-API-Key": key}),
        (f"ingest/sensors/{device}/data", {"Authorization": f"Bearer {key}"}),
    ):
        answer = await weir.nobody.post(path, {"value": 3.0}, headers=headers)
        assert answer.status == 201, (path, answer)
    assert (await weir.here.admin.get("ledger")).body["received"] == 3


async def test_the_same_device_id_in_two_municipalities_reports_to_the_one_whose_key_it_has(
    weir: Weir,
):
    assert weir.here.sensor["device_id"] == weir.there.sensor["device_id"]
    assert (await weir.report(weir.there, {"value": 4.0})).status == 201
    assert (await weir.there.admin.get("ledger")).body["stored"] == 1
    assert (await weir.here.admin.get("ledger")).body["received"] == 0


async def test_an_array_is_counted_reading_by_reading_and_the_good_ones_are_kept(weir: Weir):
    answer = await weir.report(
        weir.here,
        [
            {"timestamp": "2026-05-01T03:00:00Z", "value": 3.2},
            {"timestamp": "2026-05-01T03:00:00Z", "value": 3.2},
            {"timestamp": "2026-05-01T03:01:00Z", "value": 3.3, "unit": "furlong"},
            {"timestamp": "2026-05-01T03:02:00Z"},
            {"timestamp": "2026-05-01T03:03:00Z", "value": 9000},
        ],
    )
    assert answer.status == 201
    rejected = {"unknown_unit": 1, "value_missing": 1}
    expected = counted(received=5, late=1, duplicate=1, quarantined=1, rejected=rejected)
    assert answer.body == {"status": "ok", **expected}
    assert (await weir.here.admin.get("ledger")).body == expected

    shown = (await weir.here.admin.get("intake/rejections?device_id=PS-001")).body
    assert {one["reason"] for one in shown} == set(rejected)
    assert all(one["remedy"] for one in shown)
    assert (await weir.there.admin.get("intake/rejections")).body == []


async def test_when_nothing_was_taken_the_answer_says_why_and_what_to_do(weir: Weir):
    answer = await weir.report(weir.here, {"value": 3, "unit": "furlong"})
    assert answer.status == 422
    assert answer.body["rejected"] == {"unknown_unit": 1}
    assert answer.body["detail"][0]["type"] == "unknown_unit"
    assert "furlong" in answer.body["detail"][0]["msg"]


async def add_sensor(town: Town, device_id: str, **more: Any) -> dict[str, Any]:
    sensor = {"device_id": device_id, "name": device_id, "sensor_type": "pressure", "unit": "bar"}
    made = await town.admin.post("sensors", sensor | more)
    assert made.status == 201, made
    return made.body


async def report(weir: Weir, device: str, key: str) -> Answer:
    headers = {"X-API-Key": key.encode()}
    return await weir.nobody.post(f"sensors/{device}/readings", {"value": 1}, headers=headers)


async def rejected(client: Client) -> dict[str, int]:
    return (await client.get("ledger")).body["rejected"]


@pytest.mark.parametrize("key", ["", "wrong", "ключ"])
async def test_a_wrong_key_is_refused_and_shown_to_the_device_s_owner(weir: Weir, key: str):
    await add_sensor(weir.here, "PS-900")
    answer = await report(weir, "PS-900", key)
    assert answer.status == 401
    assert answer.body["reason"] == "wrong_key"
    assert "key" in answer.body["hint"]

    async def counted_here() -> bool:
        return await rejected(weir.here.admin) == {"wrong_key": 1}

    await eventually(counted_here)
    assert (await weir.there.admin.get("ledger")).body["received"] == 0


async def test_a_wrong_key_of_a_device_id_that_several_have_is_in_nobody_s_ledger(weir: Weir):
    assert (await report(weir, "PS-001", "guessed")).body["reason"] == "wrong_key"

    async def counted_once() -> bool:
        return await rejected(weir.chief) == {"wrong_key": 1}

    await eventually(counted_once)
    for town in (weir.here, weir.there):
        assert (await town.admin.get("ledger")).body["received"] == 0
        assert (await town.admin.get("intake/rejections")).body == []


async def test_a_key_that_was_once_a_town_s_tells_whose_ledger_a_refusal_belongs_in(weir: Weir):
    old = weir.here.key
    path = f"sensors/{weir.here.sensor['id']}/rotate-key"
    assert (await weir.here.admin.post(path, {})).status == 200
    assert (await report(weir, "PS-001", old)).body["reason"] == "wrong_key"

    async def counted_here() -> bool:
        return await rejected(weir.here.admin) == {"wrong_key": 1}

    await eventually(counted_here)
    assert (await weir.there.admin.get("ledger")).body["received"] == 0
    assert await rejected(weir.chief) == {"wrong_key": 1}


async def test_an_unknown_device_is_refused_and_shown_to_the_super_admin_alone(weir: Weir):
    answer = await weir.nobody.post(
        "sensors/GHOST/readings", {"value": 1}, headers={"X-API-Key": "whatever"}
    )
    assert answer.status == 401

    async def seen() -> list[Any]:
        return (await weir.chief.get("intake/rejections?device_id=GHOST")).body

    shown = await eventually(seen)
    assert (shown[0]["reason"], shown[0]["municipality_id"]) == ("unknown_device", None)
    assert (await weir.chief.get("ledger")).body["rejected"] == {"unknown_device": 1}
    for town in (weir.here, weir.there):
        assert (await town.admin.get("intake/rejections")).body == []
        assert (await town.admin.get("ledger")).body["received"] == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"status": "inactive"}, "disabled"), ({"whitelisted": False}, "not_whitelisted")],
)
async def test_a_device_that_is_switched_off_or_not_whitelisted_gets_a_clear_refusal(
    weir: Weir, change: dict[str, Any], reason: str
):
    path = f"sensors/{weir.here.sensor['id']}"
    assert (await weir.here.admin("PATCH", path, change)).status == 200
    answer = await weir.report(weir.here, {"value": 1})
    assert (answer.status, answer.body["reason"]) == (403, reason)
    assert (await weir.report(weir.there, {"value": 1})).status == 201


async def test_a_message_that_is_too_large_is_refused_before_anything_is_kept(weir: Weir):
    answer = await weir.report(weir.here, None, content=b" " * (256 * 1024 + 1))
    assert (answer.status, answer.body["reason"]) == (413, "too_large")
    answer = await weir.report(weir.here, None, content=b" " * (2 * 1024 * 1024))
    assert answer.status == 413


async def test_a_new_key_replaces_the_old_one_at_once_or_after_the_time_that_was_asked_for(
    weir: Weir,
):
    path = f"sensors/{weir.here.sensor['id']}/rotate-key"
    old = weir.here.key
    second = (await weir.here.admin.post(path, {"old_valid_for_seconds": 3600})).body["api_key"]
    for key in (old, second):
        weir.here.sensor["api_key"] = key
        assert (await weir.report(weir.here, {"value": 3})).status == 201
    third = (await weir.here.admin.post(path)).body["api_key"]
    weir.here.sensor["api_key"] = second
    assert (await weir.report(weir.here, {"value": 3})).status == 401
    weir.here.sensor["api_key"] = third
    assert (await weir.report(weir.here, {"value": 3})).status == 201


async def test_a_device_cannot_use_its_key_as_a_person_would(weir: Weir):
    headers = {"Authorization": f"Bearer {weir.here.key}"}
    assert (await weir.nobody.get("sensors", headers=headers)).status == 401


async def test_readings_are_newest_first_in_pages_and_within_the_span_asked_for(weir: Weir):
    day = "2026-05-01T0{}:00:00Z"
    rows = [{"timestamp": day.format(hour), "value": float(hour)} for hour in range(5)]
    assert (await weir.report(weir.here, rows)).body["late"] == 5
    path = f"sensors/{weir.here.sensor['id']}/readings"
    span = "from=2026-05-01T01:00:00Z&to=2026-05-01T04:00:00%2B00:00"
    page = await weir.here.admin.get(f"{path}?{span}&limit=2")
    assert [r["value"] for r in page.body] == [3.0, 2.0]
    assert page.headers["X-Total-Count"] == "3"
    following = page.headers["Link"].partition(">")[0].removeprefix("<")
    rest = await weir.here.admin.get(following)
    assert [r["value"] for r in rest.body] == [1.0]
    assert 'rel="prev"' in rest.headers["Link"]
    assert 'rel="next"' not in rest.headers["Link"]


async def test_a_series_keeps_every_peak(weir: Weir):
    rows = [
        {"timestamp": f"2026-05-01T03:{minute:02}:00Z", "value": 9.5 if minute == 31 else 3.0}
        for minute in range(60)
    ]
    await weir.report(weir.here, rows)
    path = f"sensors/{weir.here.sensor['id']}/series"
    found = await weir.here.admin.get(
        f"{path}?from=2026-05-01T03:00:00Z&to=2026-05-01T04:00:00Z&points=6"
    )
    assert found.status == 200
    assert len(found.body["timestamps"]) <= 6
    assert (max(found.body["max"]), min(found.body["min"])) == (9.5, 3.0)
    assert sum(found.body["count"]) == 60
    assert found.body["unit"] == "bar"


@pytest.mark.parametrize("time", ["2026-05-01T00:00:00", "yesterday", "2026-13-01T00:00:00Z"])
async def test_a_time_without_a_zone_or_sense_is_refused(weir: Weir, time: str):
    sensor = weir.here.sensor["id"]
    answer = await weir.here.admin.get(f"sensors/{sensor}/readings?from={time}")
    assert answer.status == 422
    assert "from" in answer.body["detail"][0]["loc"]


async def test_a_zone_s_plus_that_nobody_encoded_is_understood(weir: Weir):
    sensor = weir.here.sensor["id"]
    answer = await weir.here.admin.get(f"sensors/{sensor}/readings?from=2026-05-01T00:00:00+02:00")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("problem", "status"), [("database or disk is full", 507), ("the sync failed", 503)]
)
async def test_what_could_not_be_kept_is_not_acknowledged(
    weir: Weir, monkeypatch: pytest.MonkeyPatch, problem: str, status: int
):
    def take(_: RawMessage, settled: Callable[[Settled], None]) -> bool:
        settled(Settled(Counts(), Sequence(0), problem=problem))
        return True

    monkeypatch.setattr(weir.core.intake, "take", take)
    answer = await weir.report(weir.here, {"value": 3.0})
    assert answer.status == status
    assert int(answer.headers["Retry-After"]) > 0
    monkeypatch.undo()
    assert (await weir.here.admin.get("ledger")).body["received"] == 0


async def test_many_devices_at_once_are_all_answered_and_all_counted(weir: Weir):
    start = Instant(weir.core.clock.now() - 600 * SECOND)
    async with asyncio.TaskGroup() as together:
        posts = [
            together.create_task(
                weir.report(
                    weir.here, {"timestamp": text(Instant(start + n * SECOND)), "value": 3.0}
                )
            )
            for n in range(100)
        ]
    assert {post.result().status for post in posts} == {201}
    assert (await weir.here.admin.get("ledger")).body == counted(received=100, stored=100)
