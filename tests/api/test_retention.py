"""How long things are kept is a setting of each municipality, which its admins change."""

from tests.api.appliance import Weir

MONTH = {"readings_days": 30, "minutes_days": 60, "hours_days": 90, "days_days": 120}


async def test_readings_are_kept_for_five_years_unless_somebody_says_otherwise(weir: Weir):
    found = await weir.here.admin.get("retention")
    assert found.status == 200
    assert found.body["municipality_id"] == weir.here.id
    assert found.body["default"]["readings_days"] >= 5 * 365
    assert found.body["by_sensor_type"] == {}
    spans = list(found.body["default"].values())
    assert spans == sorted(spans)


async def test_an_admin_changes_it_for_all_and_for_some_types(weir: Weir):
    theirs = (await weir.there.admin.get("retention")).body
    wanted = {"default": MONTH, "by_sensor_type": {"flow": {**MONTH, "readings_days": 7}}}
    changed = await weir.here.admin("PUT", "retention", wanted | {"records_days": 10})
    assert changed.status == 200
    assert changed.body == wanted | {"records_days": 10, "municipality_id": weir.here.id}
    assert (await weir.here.admin.get("retention")).body == changed.body
    assert (await weir.there.admin.get("retention")).body == theirs


async def test_spans_that_make_no_sense_are_refused_and_nothing_changes(weir: Weir):
    before = (await weir.here.admin.get("retention")).body
    for wanted in (
        {"default": {**MONTH, "hours_days": 10}},
        {"default": {**MONTH, "readings_days": 0}},
        {"by_sensor_type": {"no such type": MONTH}},
        {"records_days": -1},
    ):
        assert (await weir.here.admin("PUT", "retention", wanted)).status == 422
    assert (await weir.here.admin.get("retention")).body == before


async def test_only_admins_may_and_nobody_in_another_s_name(weir: Weir):
    operator = await weir.person(weir.here, "operator")
    assert (await operator.get("retention")).status == 403
    assert (await operator("PUT", "retention", {"default": MONTH})).status == 403
    foreign = {"default": MONTH, "municipality_id": weir.there.id}
    assert (await weir.here.admin("PUT", "retention", foreign)).status == 404
    assert (await weir.nobody.get("retention")).status == 401
