"""What the API says in English it also says by codes and facts, so that screens can translate it."""

from typing import Any

from tests.api.appliance import Weir, eventually


async def test_a_refusal_says_which_sentence_it_is_and_what_is_in_it(weir: Weir):
    admin = weir.here.admin
    new = {"title": " ", "severity": "low", "municipality_id": weir.here.id}
    nameless = await admin.post("incidents", new)
    assert (nameless.status, nameless.body["code"]) == (422, "invalid")
    assert (nameless.body["reason"], nameless.body["facts"]) == ("characters", {"most": 300})
    assert nameless.body["detail"][0]["msg"] == "1 to 300 characters"

    strong = await admin(
        "PATCH", f"sensors/{weir.here.sensor['id']}", {"threshold_config": {"min": 9, "max": 1}}
    )
    assert (strong.status, strong.body["reason"]) == (422, "min_over_max")


async def test_what_belongs_to_another_municipality_is_refused_with_nothing_of_it(weir: Weir):
    theirs = await weir.here.admin.get(f"sensors/{weir.there.sensor['id']}")
    nobodys = await weir.here.admin.get("sensors/7")
    assert (theirs.status, theirs.body["code"]) == (404, "not_found")
    assert theirs.body["facts"] == {"kind": "sensor", "name": str(weir.there.sensor["id"])}
    assert theirs.body.keys() == nobodys.body.keys()


async def test_titles_of_built_in_rules_are_said_by_code_on_alarms_incidents_marks_and_rules(
    weir: Weir,
):
    admin = weir.here.admin
    limits = {"threshold_config": {"min": 1, "max": 5}}
    assert (await admin("PATCH", f"sensors/{weir.here.sensor['id']}", limits)).status == 200
    await weir.report(weir.here, {"value": 9.0, "unit": "bar"})

    async def raised() -> dict[str, Any] | None:
        alerts: list[dict[str, Any]] = (await admin.get("alerts")).body
        return next((each for each in alerts if each["alert_type"] == "out_of_range"), None)

    alert: dict[str, Any] = await eventually(raised)
    rule, name = alert["title"].split(": ", 1)
    assert (rule, alert["title_code"], alert["title_about"]) == (
        "Outside operating limits",
        "outside_limits",
        name,
    )
    incident = (await admin.post(f"alerts/{alert['id']}/incident", {})).body
    assert (incident["title_code"], incident["title_about"]) == ("outside_limits", name)
    assert incident["evidence"] == alert["evidence"]
    marks = (await admin.get(f"sensors/{weir.here.sensor['id']}/marks")).body
    assert marks["alerts"][0]["title_code"] == marks["incidents"][0]["title_code"]
    rules = {each["name"]: each["name_code"] for each in (await admin.get("rules")).body}
    assert rules["Outside operating limits"] == "outside_limits"

    renamed = await admin(
        "PATCH", f"incidents/{incident['id']}", {"title": "Too much", "description": "!"}
    )
    assert (renamed.body["title_code"], renamed.body["evidence"]) == (None, None)
    theirs = await weir.there.admin.get("alerts")
    assert [each for each in theirs.body if each["title_code"]] == []
