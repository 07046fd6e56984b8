"""Sensors, pipes, people, channels: what is added is there, and only that."""

from typing import Any

import pytest

from tests.api.appliance import PASSWORD, Weir

LINE = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]}


def a_sensor(**overrides: Any) -> dict[str, Any]:
    return {
        "device_id": "FM-7",
        "name": "Inlet",
        "sensor_type": "flow",
        "unit": "m3/h",
    } | overrides


async def test_a_sensor_s_key_is_shown_once_and_never_again(weir: Weir):
    added = await weir.here.admin.post("sensors", a_sensor())
    assert added.status == 201
    assert len(added.body["api_key"]) >= 26
    path = f"sensors/{added.body['id']}"
    for answer in (await weir.here.admin.get(path), await weir.here.admin.get("sensors")):
        assert added.body["api_key"] not in str(answer.body)


async def test_the_list_says_a_sensor_s_type_as_text_and_the_phone_gets_an_object(weir: Weir):
    added = await weir.here.admin.post("sensors", a_sensor())
    listed = (await weir.here.admin.get("sensors?search=inlet")).body
    assert [s["sensor_type"] for s in listed] == ["flow"]
    one = (await weir.here.admin.get(f"sensors/{added.body['id']}")).body
    assert one["sensor_type"].items() >= {"code": "flow", "unit": "m³/h"}.items()
    assert "learning" in one["learning"]


async def test_a_sensor_may_know_its_position_pipe_and_limits(weir: Weir):
    pipe = (await weir.here.admin.post("pipelines", {"geometry": LINE})).body
    added = await weir.here.admin.post(
        "sensors",
        a_sensor(
            location={"type": "Point", "coordinates": [13.4, 52.5]},
            pipeline_id=pipe["id"],
            threshold_config={"min": 1, "max": 250.5},
        ),
    )
    assert added.body["location"] == {"type": "Point", "coordinates": [13.4, 52.5]}
    assert added.body["pipeline_id"] == pipe["id"]
    assert added.body["threshold_config"] == {"min": 1.0, "max": 250.5}
    path = f"sensors/{added.body['id']}"
    changed = await weir.here.admin(
        "PATCH", path, {"name": "Outlet", "location": None, "unit": "l/s"}
    )
    assert (changed.body["name"], changed.body["location"]) == ("Outlet", None)
    assert changed.body["threshold_config"]["max"] == pytest.approx(250.5)
    assert changed.body["pipeline_id"] == pipe["id"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"device_id": "PS-001"}, 409),
        ({"device_id": "a/b"}, 422),
        ({"device_id": "a b"}, 422),
        ({"device_id": ""}, 422),
        ({"sensor_type": "mood"}, 422),
        ({"unit": "bar"}, 422),
        ({"name": "  "}, 422),
        ({"location": {"type": "Point", "coordinates": [200, 0]}}, 422),
        ({"location": {"type": "Polygon", "coordinates": [0, 0]}}, 422),
        ({"pipeline_id": 5}, 422),
        ({"threshold_config": {"min": 3, "max": 1}}, 422),
        ({"status": "asleep"}, 422),
    ],
)
async def test_a_sensor_that_cannot_be_is_refused_and_not_added(
    weir: Weir, change: dict[str, Any], status: int
):
    answer = await weir.here.admin.post("sensors", a_sensor(**change))
    assert answer.status == status, answer
    assert len((await weir.here.admin.get("sensors")).body) == 1


async def test_a_sensor_that_is_removed_is_gone_and_its_key_with_it(weir: Weir):
    path = f"sensors/{weir.here.sensor['id']}"
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert (await weir.here.admin.get(path)).status == 404
    assert (await weir.report(weir.here, {"value": 1})).status == 401
    assert (await weir.report(weir.there, {"value": 1})).status == 201


async def test_a_sensor_keeps_the_quantity_of_its_history(weir: Weir):
    path = f"sensors/{weir.here.sensor['id']}"
    answer = await weir.here.admin("PATCH", path, {"sensor_type": "flow", "unit": "l/s"})
    assert answer.status == 409


async def test_a_pipe_is_kept_as_it_was_drawn_its_diameter_in_millimetres(weir: Weir):
    body = {"name": "Main", "geometry": LINE, "diameter": 300, "material": "PE"}
    added = await weir.here.admin.post("pipelines", body)
    assert added.status == 201
    assert added.body.items() >= (body | {"status": "open", "diameter": 300.0}).items()
    assert (await weir.here.admin.get("pipelines")).body == [added.body]
    assert (await weir.here.admin.get(f"pipelines/{added.body['id']}")).body == added.body
    assert (await weir.there.admin.get("pipelines")).body == []
    point = {"type": "LineString", "coordinates": [[1, 2]]}
    assert (await weir.here.admin.post("pipelines", {"geometry": point})).status == 422


async def test_a_new_kind_of_sensor_is_there_for_everybody(weir: Weir):
    body = {
        "name": "Rain gauge",
        "code": "rain_gauge",
        "unit": "mm",
        "threshold_config": {"min": 0, "max": 50},
    }
    assert (await weir.here.admin.post("admin/sensor-types", body)).status == 403
    added = await weir.chief.post("admin/sensor-types", body)
    assert added.status == 201
    assert (added.body["quantity"], added.body["unit"]) == ("rainfall", "mm")
    assert added.body["threshold_config"] == {"min": 0.0, "max": 50.0}
    assert (await weir.chief.post("admin/sensor-types", body)).status == 409
    for town in (weir.here, weir.there):
        sensor = a_sensor(sensor_type="rain_gauge", unit=None)
        assert (await town.admin.post("sensors", sensor)).body["unit"] == "mm"


async def test_a_channel_keeps_its_secret(weir: Weir):
    body = {"name": "Ops", "kind": "webhook", "target": "https://ops.example/hook"}
    added = await weir.here.admin.post("channels", body)
    assert added.status == 201
    assert added.body["secret"]
    listed = (await weir.here.admin.get("channels")).body
    assert [c["name"] for c in listed] == ["Ops"]
    assert added.body["secret"] not in str(listed)
    path = f"channels/{added.body['id']}"
    changed = await weir.here.admin("PATCH", path, {"enabled": False})
    assert changed.body["enabled"] is False
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert (await weir.here.admin.get("channels")).body == []


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("email", "nobody"),
        ("email", "a@b c"),
        ("webhook", "ftp://x"),
        ("webhook", "x"),
        ("sms", "1"),
    ],
)
async def test_a_channel_that_leads_nowhere_is_refused(weir: Weir, kind: str, target: str):
    body = {"name": "Ops", "kind": kind, "target": target}
    assert (await weir.here.admin.post("channels", body)).status == 422
    assert (await weir.here.admin.get("channels")).body == []


async def test_an_e_mail_channel_keeps_the_language_of_its_letters(weir: Weir):
    said = {"name": "Duty", "kind": "email", "target": "duty@example.org"}
    usual = (await weir.here.admin.post("channels", said)).body
    other = (await weir.there.admin.post("channels", said | {"language": "ar"})).body
    assert (usual["language"], other["language"]) == ("en", "ar")
    path = f"channels/{usual['id']}"
    changed = await weir.here.admin("PATCH", path, {"language": "fr"})
    assert (changed.status, changed.body["language"]) == (200, "fr")
    assert (await weir.here.admin.get(path)).body["language"] == "fr"
    renamed = await weir.here.admin("PATCH", path, {"name": "Night"})
    assert (renamed.body["name"], renamed.body["language"]) == ("Night", "fr")
    assert [c["language"] for c in (await weir.here.admin.get("channels")).body] == ["fr"]
    assert [c["language"] for c in (await weir.there.admin.get("channels")).body] == ["ar"]
    lines = (await weir.here.admin.get("audit?action=channel.changed")).body
    assert {"before": "en", "after": "fr"} in [
        line["details"]["changed"].get("language") for line in lines
    ]


async def test_a_language_that_letters_do_not_speak_is_refused(weir: Weir):
    said = {"name": "Duty", "kind": "email", "target": "duty@example.org"}
    refused = await weir.here.admin.post("channels", said | {"language": "tlh"})
    assert refused.status == 422
    (detail,) = refused.body["detail"]
    assert (detail["loc"], detail["msg"]) == (["body", "language"], "Invalid enum value 'tlh'")
    assert (await weir.here.admin.get("channels")).body == []
    kept = (await weir.here.admin.post("channels", said | {"language": "es"})).body
    path = f"channels/{kept['id']}"
    assert (await weir.here.admin("PATCH", path, {"language": "tlh"})).status == 422
    assert (await weir.here.admin("PATCH", path, {"language": None})).status == 422
    assert (await weir.here.admin.get(path)).body["language"] == "es"


async def test_a_webhook_has_no_language(weir: Weir):
    said = {"name": "Hook", "kind": "webhook", "target": "https://ops.example/hook"}
    refused = await weir.here.admin.post("channels", said | {"language": "es"})
    assert refused.status == 422
    assert "words in English" in refused.body["detail"][0]["msg"]
    kept = (await weir.here.admin.post("channels", said)).body
    path = f"channels/{kept['id']}"
    assert (await weir.here.admin("PATCH", path, {"language": "es"})).status == 422
    assert (await weir.here.admin.get(path)).body["language"] == "en"


async def test_a_test_message_that_does_not_get_out_says_why(weir: Weir):
    body = {"name": "Mail", "kind": "email", "target": "ops@example.org"}
    added = await weir.here.admin.post("channels", body)
    answer = await weir.here.admin.post(f"channels/{added.body['id']}/test")
    assert answer.status == 502
    assert "email is not set up here" in answer.body["detail"]
    assert (await weir.here.admin.get("deliveries")).body == []


async def test_municipalities_are_added_by_the_super_admin_alone(weir: Weir):
    body = {"name": "Third", "time_zone": "Asia/Amman"}
    assert (await weir.here.admin.post("municipalities", body)).status == 403
    added = await weir.chief.post("municipalities", body)
    assert (added.status, added.body["time_zone"]) == (201, "Asia/Amman")
    assert (await weir.chief.post("municipalities", body)).status == 409
    bad = await weir.chief.post("municipalities", {"name": "X", "time_zone": "Mars/Base"})
    assert bad.status == 422
    seen = (await weir.here.admin.get("municipalities")).body
    assert [m["id"] for m in seen] == [weir.here.id]
    path = f"municipalities/{added.body['id']}"
    changed = await weir.chief("PATCH", path, {"lateness_seconds": 120})
    assert changed.body["lateness_seconds"] == 120


async def test_a_username_is_taken_for_everybody(weir: Weir):
    body = {"username": "Chief", "password": PASSWORD, "role": "viewer"}
    assert (await weir.here.admin.post("users", body)).status == 409


async def test_nobody_takes_their_own_rights_away(weir: Weir):
    path = f"users/{weir.here.admin.user['id']}"
    assert (await weir.here.admin("PATCH", path, {"enabled": False})).status == 422
    assert (await weir.here.admin.get("auth/me")).status == 200


async def test_a_phone_is_registered_as_often_as_it_likes(weir: Weir):
    for client in (weir.here.admin, weir.chief):
        for _ in range(2):
            answer = await client.post(
                "notifications/register-device", {"push_token": "t" * 40, "platform": "ios"}
            )
            assert answer.status == 200
