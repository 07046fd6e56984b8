"""Who does what: colleagues, who an alarm is assigned to, and which incident was made of it."""

from tests.api.appliance import Weir


async def test_colleagues_are_those_of_the_own_town(weir: Weir):
    here = await weir.person(weir.here, "operator")
    there = await weir.person(weir.there, "operator")
    mine = {one["id"] for one in (await here.get("colleagues")).body}
    theirs = {one["id"] for one in (await there.get("colleagues")).body}
    assert here.user["id"] in mine
    assert there.user["id"] in theirs
    assert mine.isdisjoint(theirs)


async def test_an_alert_is_assigned_to_a_colleague_and_given_back(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    operator = await weir.person(weir.here, "operator")
    technician = await weir.person(weir.here, "technician")
    path = f"alerts/{alert['id']}/assign"
    given = await operator.post(path, {"user_id": technician.user["id"], "notes": "yours"})
    assert (given.status, given.body["assigned_to"]) == (200, technician.user["id"])
    back = await operator.post(path, {"user_id": None})
    assert (back.status, back.body["assigned_to"]) == (200, None)
    changes = (await operator.get(f"alerts/{alert['id']}/changes")).body
    assert next(change["note"] for change in changes if change["kind"] == "assigned") == "yours"


async def test_an_alert_is_not_assigned_over_the_border_of_a_town(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    operator = await weir.person(weir.here, "operator")
    stranger = await weir.person(weir.there, "operator")
    path = f"alerts/{alert['id']}/assign"
    refused = await operator.post(path, {"user_id": stranger.user["id"]})
    assert refused.status in {404, 422}, refused
    assert (await stranger.post(path, {"user_id": stranger.user["id"]})).status == 404
    assert (await operator.get(f"alerts/{alert['id']}")).body["assigned_to"] is None


async def test_the_incident_of_an_alert_is_found_by_the_alert(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    admin = weir.here.admin
    await admin.post("incidents", {"title": "Something else"})
    made = (await admin.post(f"alerts/{alert['id']}/incident", {})).body
    by_alert = f"incidents?alert_id={alert['id']}"
    assert [one["id"] for one in (await admin.get(by_alert)).body] == [made["id"]]
    assert (await admin.get("incidents?alert_id=7")).body == []
    assert (await weir.there.admin.get(by_alert)).body == []


async def test_an_alert_that_joins_an_incident_later_leads_to_it_too(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    admin = weir.here.admin
    incident = (await admin.post("incidents", {"title": "Burst"})).body
    path = f"incidents/{incident['id']}/alerts"
    assert (await admin.post(path, {"alert_id": alert["id"]})).status in {200, 201, 204}
    by_alert = f"incidents?alert_id={alert['id']}"
    assert [one["id"] for one in (await admin.get(by_alert)).body] == [incident["id"]]


async def test_two_who_make_an_incident_of_one_alert_get_the_same_until_it_is_closed(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    operator = await weir.person(weir.here, "operator")
    path = f"alerts/{alert['id']}/incident"
    first = (await weir.here.admin.post(path, {"title": "Burst in Mill Lane"})).body
    second = await operator.post(path, {"notes": "crew 2"})
    assert second.status == 201
    assert second.body["id"] == first["id"]
    assert (await weir.there.admin.post(path, {})).status == 404
    story = (await operator.get(f"incidents/{first['id']}/timeline")).body
    assert [each["note"] for each in story if each["kind"] == "commented"] == ["crew 2"]
    closing = {"status": "closed", "notes": "mended"}
    assert (await operator("PATCH", f"incidents/{first['id']}", closing)).status == 200
    assert (await operator.post(path, {})).body["id"] != first["id"]
