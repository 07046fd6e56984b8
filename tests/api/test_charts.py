"""What is drawn beside a sensor's readings: what is usual, what happened, and others' series."""

from typing import Any

import pytest

from appliance.domain import instant
from appliance.domain.instant import HOUR, MINUTE, Instant
from tests.api.appliance import Weir
from tests.api.test_overview import add, learned, says


def text(moment: int) -> str:
    return instant.text(Instant(moment))


async def test_what_is_usual_is_given_in_the_sensors_unit_or_how_far_learning_is(weir: Weir):
    path = f"sensors/{weir.here.sensor['id']}/usual?hours=2&points=8"
    unknown = (await weir.here.admin.get(path)).body
    assert unknown["learning"] == "still learning (0 of 14 days)"
    assert set(unknown["median"]) == {None}
    await learned(weir, weir.here, weir.here.sensor, 300_000.0, 10_000.0)
    known = (await weir.here.admin.get(path)).body
    assert (known["learning"], known["unit"], len(known["timestamps"])) == ("", "bar", 8)
    assert known["median"] == [3.0] * 8
    assert known["low"] == pytest.approx([2.8] * 8)
    assert known["high"] == pytest.approx([3.2] * 8)
    compared = (await weir.here.admin.get(f"{path}&deviations=6")).body
    assert compared["low"] == pytest.approx([2.4] * 8), "what a rule with six compares with"
    assert compared["high"] == pytest.approx([3.6] * 8)
    assert (await weir.here.admin.get(f"{path}&deviations=0")).status == 422
    for name in ("usual", "usual?deviations=6", "marks"):
        other = await weir.there.admin.get(f"sensors/{weir.here.sensor['id']}/{name}")
        assert other.status == 404


async def test_marks_are_everything_that_happened_in_the_range_and_nothing_else(weir: Weir):
    sensor = weir.here.sensor["id"]
    now = weir.core.clock.now()
    await weir.report(weir.here, [{"value": 3.0, "timestamp": text(now - 5 * HOUR)}])
    alert = await weir.raise_alert(weir.here)
    raised = await weir.here.admin.post(f"alerts/{alert['id']}/incident", {})
    window = {"from": text(now - MINUTE), "to": text(now + HOUR)}
    work = {"work": "Change battery", "sensor_id": sensor, "out_of_service": window}
    planned = await weir.here.admin.post("maintenance", {**work, "status": "planned"})
    assert planned.status == 201, planned
    seen = (await weir.here.admin.get(f"sensors/{sensor}/marks?hours=6")).body
    assert [(a["id"], a["to"], a["severity"]) for a in seen["alerts"]] == [
        (alert["id"], None, "critical")
    ]
    assert [one["id"] for one in seen["incidents"]] == [raised.body["id"]]
    assert [(w["work"], w["out_of_service"]) for w in seen["maintenance"]] == [
        ("Change battery", True)
    ]
    assert len(seen["gaps"]) == 2
    assert seen["complete"] is True
    before = f"sensors/{sensor}/marks?from={text(now - 9 * HOUR)}&to={text(now - 8 * HOUR)}"
    empty = (await weir.here.admin.get(before)).body
    assert (empty["alerts"], empty["incidents"], empty["maintenance"]) == ([], [], [])
    assert len(empty["gaps"]) == 1
    other = weir.there.sensor["id"]
    there = (await weir.there.admin.get(f"sensors/{other}/marks")).body
    assert (there["alerts"], there["maintenance"]) == ([], [])


async def test_several_series_come_in_the_units_of_the_person_or_of_the_sensors(weir: Weir):
    flow: dict[str, Any] = await add(weir.here, "FL-1", "flow", "l/s")
    await says(weir, flow, {"value": 10.0})
    await weir.report(weir.here, {"value": 3.0})
    await weir.here.admin("PATCH", "preferences", {"units": {"flow": "m³/h"}})
    path = f"series?ids={weir.here.sensor['id']},{flow['id']}"
    pressure, flowing = (await weir.here.admin.get(path)).body
    assert (pressure["unit"], pressure["max"]) == ("bar", [3.0])
    assert (flowing["unit"], flowing["quantity"]) == ("m³/h", "flow")
    assert flowing["mean"] == pytest.approx([36.0])
    own = (await weir.here.admin.get(f"{path}&units=sensor")).body[1]
    assert (own["unit"], own["mean"]) == ("l/s", [10.0])
    assert (await weir.there.admin.get(path)).status == 404
    assert (await weir.here.admin.get("series")).body == []
