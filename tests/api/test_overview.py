"""One look at everything: what it says, what it owns not to know, and to whom."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.detection.patterns import BINS, Pattern, pack
from appliance.domain import instant
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import HOUR, Instant
from appliance.services.diagnosis import SHARED, Trouble
from appliance.services.overview.plan import last_night, read_plan
from tests.api.appliance import Town, Weir

AROUND = {
    "type": "Polygon",
    "coordinates": [[[13, 52], [14, 52], [14, 53], [13, 53], [13, 52]]],
}


async def add(town: Town, device: str, sensor_type: str, unit: str) -> dict[str, Any]:
    made = await town.admin.post(
        "sensors",
        {
            "device_id": device,
            "name": device.title(),
            "sensor_type": sensor_type,
            "unit": unit,
            "location": {"type": "Point", "coordinates": [13.4, 52.5]},
        },
    )
    assert made.status == 201, made
    return made.body


async def says(weir: Weir, sensor: dict[str, Any], payload: Any) -> None:
    headers = {"X-API-Key": sensor["api_key"]}
    path = f"sensors/{sensor['device_id']}/readings"
    assert (await weir.nobody.post(path, payload, headers=headers)).status == 201


async def learned(weir: Weir, town: Town, sensor: dict[str, Any], median: float, stray: float):
    """As if it had been learned: always this median and deviation, SI."""
    flat = np.full(BINS, median, np.float32), np.full(BINS, stray, np.float32)
    pattern = pack((Pattern(Instant(0), *flat, 0.0, 1e9),))
    await weir.core.operations.write(
        MunicipalityId(town.id),
        lambda t: t.preferences.replace("pattern", str(sensor["id"]), pattern, Instant(1)),
    )


@pytest.fixture
async def flow(weir: Weir) -> dict[str, Any]:
    """A flow sensor in a zone of HERE, whose pattern is known: 36 ± 3.6 m³/h."""
    flow = await add(weir.here, "FL-1", "flow", "l/s")
    await learned(weir, weir.here, flow, 0.01, 0.001)
    zone = {"name": "Old Town", "kind": "dma", "geometry": AROUND}
    assert (await weir.here.admin.post("zones", zone)).status == 201
    return flow


async def test_an_overview_says_what_is_measured_beside_what_is_usual(
    weir: Weir, flow: dict[str, Any]
):
    town = MunicipalityId(weir.here.id)
    now = weir.core.clock.now()
    plan = await weir.core.operations.read(town, lambda t: read_plan(t, now))
    since, until = last_night(plan, now)
    night = [
        {"timestamp": instant.text(Instant(t)), "value": 5.0, "unit": "l/s"}
        for t in range(since, until, HOUR // 2)
    ]
    await says(weir, flow, [*night, {"value": 20.0}])
    await weir.report(weir.here, {"value": 3.5})
    tank = await add(weir.here, "LT-1", "level", "m")
    await says(weir, tank, {"value": 2.5})
    await weir.here.admin.get("ledger")  # all of it has been watched
    seen = (await weir.here.admin.get("overview")).body
    assert seen["units"] == {"flow": "m³/h", "pressure": "bar", "level": "m"}
    (zone,) = seen["zones"]
    assert zone["inflow"]["value"] == pytest.approx(72.0)
    assert zone["inflow"]["usual"] == pytest.approx({"low": 28.8, "median": 36.0, "high": 43.2})
    assert zone["night_flow"]["value"] == pytest.approx(18.0)
    assert zone["night_flow"]["why"] is None
    assert (zone["inflow"]["why"], zone["flow_sensor_ids"]) == (None, [flow["id"]])
    assert (zone["pressure"]["min"], seen["pressure"]["mean"]) == (3.5, 3.5)
    assert seen["pressure"]["min_sensor_id"] == weir.here.sensor["id"]
    (level,) = seen["tanks"]
    assert (level["level"]["value"], level["level"]["why"]) == (2.5, "learning")
    assert seen["silent"] == {"count": 0, "of": 3, "longest": []}
    assert 0 <= seen["data_age_seconds"] < 60
    assert seen["municipality_id"] == weir.here.id
    feet = {"units": {"pressure": "psi", "flow": "l/s"}}
    await weir.here.admin("PATCH", "preferences", feet)
    again = (await weir.here.admin.get("overview")).body
    assert again["units"] == {"flow": "l/s", "pressure": "psi", "level": "m"}
    assert again["zones"][0]["inflow"]["value"] == pytest.approx(20.0)


async def test_what_is_not_known_is_null_and_says_why(weir: Weir, flow: dict[str, Any]):
    seen = (await weir.here.admin.get("overview")).body
    (zone,) = seen["zones"]
    assert (zone["inflow"]["value"], zone["inflow"]["why"]) == (None, "no_reading")
    assert (zone["night_flow"]["value"], zone["night_flow"]["why"]) == (None, "no_reading")
    assert zone["pressure"] == {
        "min": None,
        "min_sensor_id": None,
        "mean": None,
        "reporting": 0,
        "sensors": 1,
    }
    assert (seen["newest_reading_at"], seen["data_age_seconds"]) == (None, None)
    assert seen["silent"]["count"] == 2
    assert {one["sensor_id"] for one in seen["silent"]["longest"]} == {
        flow["id"],
        weir.here.sensor["id"],
    }
    there = (await weir.there.admin.get("overview")).body
    assert (there["zones"], there["tanks"], there["municipality"]) == ([], [], "There")
    second = await add(weir.here, "FL-2", "flow", "l/s")
    await says(weir, second, {"value": 1.0})
    await weir.here.admin.get("ledger")
    (zone,) = (await weir.here.admin.get("overview")).body["zones"]
    assert (zone["inflow"]["value"], zone["inflow"]["why"]) == (None, "silent")
    assert zone["inflow"]["usual"] is None


async def test_alarms_are_counted_by_priority_and_by_whether_somebody_has_seen_them(weir: Weir):
    alert = await weir.raise_alert(weir.here)

    async def critical(town: Town) -> dict[str, Any]:
        alarms = (await town.admin.get("overview")).body["alarms"]
        assert [one["severity"] for one in alarms] == ["critical", "high", "medium", "low", "info"]
        return alarms[0]

    counts = {"severity": "critical", "unacknowledged": 1, "acknowledged": 0, "shelved": 0}
    assert await critical(weir.here) == counts
    await weir.here.admin.post(f"alerts/{alert['id']}/acknowledge")
    assert await critical(weir.here) == counts | {"unacknowledged": 0, "acknowledged": 1}
    await weir.here.admin.post(f"alerts/{alert['id']}/shelve", {"minutes": 5, "reason": "known"})
    assert await critical(weir.here) == counts | {"unacknowledged": 0, "shelved": 1}
    await weir.here.admin.post(f"alerts/{alert['id']}/resolve")
    assert await critical(weir.here) == counts | {"unacknowledged": 0}
    assert await critical(weir.there) == counts | {"unacknowledged": 0}


async def test_who_is_limited_to_zones_sees_of_them_alone_and_moving_a_sensor_shows_at_once(
    weir: Weir, flow: dict[str, Any]
):
    away = {"location": {"type": "Point", "coordinates": [0.0, 0.0]}}
    zone = (await weir.here.admin.get("zones")).body[0]["id"]
    person = {"username": "limited", "password": "a long enough pass phrase", "role": "technician"}
    added = await weir.here.admin.post("users", {**person, "zone_ids": [zone]})
    assert added.status == 201, added
    limited = await weir.sign_in("limited")
    assert (await limited.get("overview")).body["silent"]["of"] == 2
    moved = await weir.here.admin("PATCH", f"sensors/{flow['id']}", away)
    assert moved.status == 200, moved
    seen = (await limited.get("overview")).body
    assert seen["silent"]["of"] == 1
    assert [z["flow_sensor_ids"] for z in seen["zones"]] == [[]]
    assert (await weir.here.admin.get("overview")).body["silent"]["of"] == 2


def test_what_is_told_to_everybody_are_codes_that_checks_really_have():
    checks = Path("appliance/docs/reference/checks.md").read_text("utf-8")
    codes = set(re.findall(r"^- `([a-z_]+)`", checks, re.MULTILINE)) | {
        "history_behind",
        "detection_behind",
    }
    assert codes >= SHARED


async def test_what_is_wrong_with_weir_is_told_in_full_to_who_administers_it_alone(weir: Weir):
    async def look() -> list[Trouble]:
        return [
            Trouble("disk_space", "high", "the disk is full", "make room"),
            Trouble("silent_sensors", "medium", "SECRET-1 sends nothing", "look at it"),
        ]

    weir.core.world.diagnosis.connect(look)
    told = (await weir.here.admin.get("overview")).body["system"]["issues"]
    assert told == [{"code": "disk_space", "severity": "high", "what": None, "hint": None}]
    chief = await weir.chief.get(f"overview?municipality_id={weir.here.id}")
    assert [one["what"] for one in chief.body["system"]["issues"]] == [
        "the disk is full",
        "SECRET-1 sends nothing",
    ]
