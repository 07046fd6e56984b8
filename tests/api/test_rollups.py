"""Roll-ups over HTTP: the numbers, the limits, and that no other municipality is in them."""

from typing import Any

import pytest

from tests.api.appliance import Weir

DAY = "from=2026-05-01T00:00:00Z&to=2026-05-02T00:00:00Z"


async def with_readings(weir: Weir) -> Weir:
    """Three hours of readings here and there, one each twenty minutes; there they are higher."""
    for town, first in ((weir.here, 1.0), (weir.there, 7.0)):
        rows: list[dict[str, Any]] = [
            {"timestamp": f"2026-05-01T0{n // 3 + 3}:{n % 3 * 20:02}:05Z", "value": first + n / 8}
            for n in range(9)
        ]
        assert (await weir.report(town, rows)).status == 201
    return weir


async def test_hours_have_count_extremes_mean_and_last_in_the_sensor_s_unit(weir: Weir):
    await with_readings(weir)
    sensor = weir.here.sensor["id"]
    found = await weir.here.admin.get(f"readings/rollup?sensor_ids={sensor}&step=3600&{DAY}")

    assert found.status == 200
    assert found.body == {
        "from": "2026-05-01T00:00:00Z",
        "to": "2026-05-02T00:00:00Z",
        "step": 3600,
        "sensors": [
            {
                "sensor_id": sensor,
                "unit": "bar",
                "timestamps": [f"2026-05-01T0{hour}:00:00Z" for hour in (3, 4, 5)],
                "count": [3, 3, 3],
                "min": [1.0, 1.375, 1.75],
                "mean": [1.125, 1.5, 1.875],
                "max": [1.25, 1.625, 2.0],
                "last": [1.25, 1.625, 2.0],
                "last_timestamps": [f"2026-05-01T0{hour}:40:05Z" for hour in (3, 4, 5)],
            }
        ],
    }


@pytest.mark.parametrize(("step", "steps"), [(60, 9), (3600, 3), (86400, 1)])
@pytest.mark.parametrize("chosen", ["", "&sensor_type=pressure"])
async def test_a_type_or_all_sensors_give_those_of_the_own_municipality_only(
    weir: Weir, step: int, steps: int, chosen: str
):
    await with_readings(weir)
    for town, most in ((weir.here, 2.0), (weir.there, 8.0)):
        found = await town.admin.get(f"readings/rollup?{DAY}&step={step}{chosen}")
        (only,) = found.body["sensors"]
        assert only["sensor_id"] == town.sensor["id"]
        assert (len(only["timestamps"]), sum(only["count"]), max(only["max"])) == (steps, 9, most)
    assert (await weir.here.admin.get(f"readings/rollup?{DAY}&sensor_type=flow")).body[
        "sensors"
    ] == []


async def test_another_s_sensor_is_answered_like_none(weir: Weir):
    await with_readings(weir)
    mine, theirs = weir.here.sensor["id"], weir.there.sensor["id"]
    for ids in (f"{theirs}", f"{mine},{theirs}", f"{mine}&sensor_ids={theirs}"):
        answer = await weir.here.admin.get(f"readings/rollup?sensor_ids={ids}&{DAY}")
        assert answer.status == 404
    named = await weir.here.admin.get(f"readings/rollup?municipality_id={weir.there.id}&{DAY}")
    assert named.status in {403, 404}
    assert (await weir.nobody.get("readings/rollup")).status == 401


async def test_steps_are_whole_whatever_was_asked_for(weir: Weir):
    await with_readings(weir)
    found = await weir.here.admin.get(
        "readings/rollup?from=2026-05-01T03:30:00Z&to=2026-05-01T04:10:00Z&step=3600"
    )
    assert (found.body["from"], found.body["to"]) == (
        "2026-05-01T03:00:00Z",
        "2026-05-01T05:00:00Z",
    )
    assert found.body["sensors"][0]["count"] == [3, 3]


@pytest.mark.parametrize(
    "query",
    [
        "step=61",
        "step=hour",
        "sensor_ids=x",
        "from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z",
        "from=2000-01-01T00:00:00Z&to=2026-05-01T00:00:00Z&step=60",
    ],
)
async def test_what_makes_no_sense_or_is_too_much_is_refused(weir: Weir, query: str):
    answer = await weir.here.admin.get(f"readings/rollup?{query}")
    assert answer.status == 422
    assert answer.body["detail"]


async def test_a_super_admin_sees_all_municipalities_or_the_one_that_is_named(weir: Weir):
    await with_readings(weir)
    here, there = weir.here.sensor["id"], weir.there.sensor["id"]
    for query, expected in (
        ("", {here, there}),
        (f"&municipality_id={weir.there.id}", {there}),
        (f"&sensor_ids={there}", {there}),
    ):
        found = await weir.chief.get(f"readings/rollup?{DAY}{query}")
        assert {s["sensor_id"] for s in found.body["sensors"]} == expected
