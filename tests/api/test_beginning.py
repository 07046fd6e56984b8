"""What screens ask first, how far set-up has come, and many alerts in one go."""

from tests.api.appliance import Weir
from tests.api.test_overview import AROUND, add


async def test_a_page_learns_at_once_who_and_where_it_is(weir: Weir):
    seen = (await weir.here.admin.get("auth/context")).body
    assert seen["user"] == weir.here.admin.user
    assert [town["name"] for town in seen["municipalities"]] == ["Here"]
    assert seen["municipalities"][0]["time_zone"] == "UTC"
    assert seen["preferences"]["theme"] == "system"
    assert seen["version"]
    everywhere = (await weir.chief.get("auth/context")).body["municipalities"]
    assert {town["name"] for town in everywhere} == {"Here", "There"}


async def test_progress_is_what_the_data_says(weir: Weir):
    before = (await weir.here.admin.get("setup/progress")).body
    assert before == {
        "people": 1,
        "pipes": 0,
        "nodes": 0,
        "sensors": 1,
        "placed_sensors": 1,
        "reporting_sensors": 0,
        "zones": 0,
        "channels": 0,
        "told": False,
        "doors": {},
        "centre": {"type": "Point", "coordinates": [13.4, 52.5]},
    }
    await weir.report(weir.here, {"value": 3.3})
    await weir.here.admin.post("zones", {"name": "Z", "kind": "dma", "geometry": AROUND})
    await add(weir.here, "FL-1", "flow", "l/s")
    after = (await weir.here.admin.get("setup/progress")).body
    assert (after["reporting_sensors"], after["zones"], after["sensors"]) == (1, 1, 2)
    there = (await weir.there.admin.get("setup/progress")).body
    assert (there["reporting_sensors"], there["zones"], there["sensors"]) == (0, 0, 1)


async def test_of_many_alerts_each_is_acknowledged_for_itself(weir: Weir):
    mine, theirs = await weir.raise_alert(weir.here), await weir.raise_alert(weir.there)
    ids = [mine["id"], theirs["id"], 4711, mine["id"]]
    said = {"ids": ids, "notes": "one burst"}
    came = (await weir.here.admin.post("alerts/acknowledge", said)).body
    assert [(one["id"], one["status"]) for one in came["done"]] == [(mine["id"], "acknowledged")]
    assert [(one["id"], one["code"]) for one in came["refused"]] == [
        (theirs["id"], "not_found"),
        (4711, "not_found"),
    ]
    still = (await weir.there.admin.get(f"alerts/{theirs['id']}")).body
    assert still["status"] == "open"
    changes = (await weir.here.admin.get(f"alerts/{mine['id']}/changes")).body
    assert [one["note"] for one in changes] == ["", "one burst"]
    viewer = await weir.person(weir.here, "viewer")
    assert (await viewer.post("alerts/acknowledge", said)).status == 403
