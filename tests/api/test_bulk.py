"""Much at once: all of a file or none of it, and files that a spreadsheet can open without harm."""

import csv
import io
import json
from typing import Any

import duckdb
import pytest

from appliance.domain.spreadsheets import guarded, unguarded
from tests.api.appliance import Answer, Client, Town, Weir, eventually
from tests.api.test_assets import a_pipe, add, codes

HEAD = "device_id,name,sensor_type,unit,latitude,longitude\n"
EVIL = ('=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "'=1", "''-1")


async def put(who: Client, what: str, text: str | bytes, **query: Any) -> Answer:
    return await who("POST", f"imports/{what}", content=text, params=query)


async def table(weir: Weir, who: Client, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((await raw(weir, who, path)).decode(), newline="")))


async def raw(weir: Weir, who: Client, path: str) -> bytes:
    head = {"Authorization": f"Bearer {who.token}"}
    answer = await weir.http.get(f"/api/v1/exports/{path}", headers=head)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert nothing_left(weir)
    return answer.content


def nothing_left(weir: Weir) -> bool:
    scratch = weir.core.files._scratch
    return not scratch.exists() or not list(scratch.iterdir())


async def devices(town: Town) -> set[str]:
    return {sensor["device_id"] for sensor in (await town.admin.get("sensors")).body}


@pytest.mark.parametrize("text", [*EVIL, "", "plain", "'quoted'", "5' 3''", "\t=1", "'"])
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str):
    assert guarded(text)[:1] not in {*"=+-@\t"}
    assert unguarded(guarded(text)) == text


async def test_sensors_are_added_with_keys_that_work_or_none_at_all(weir: Weir):
    good = HEAD + "A-1,One,pressure,bar,52.5,13.4\nA-2,Two,pressure,bar,,\n"
    tried = await put(weir.here.admin, "sensors", good, dry_run="true")
    assert (tried.status, tried.body["done"], tried.body["figures"]["added"]) == (200, False, 2)
    assert {one["api_key"] for one in tried.body["added"]} == {""}
    assert await devices(weir.here) == {"PS-001"}
    bad = good + "PS-001,Taken,pressure,bar,,\nA-3,Three,dragon,bar,,\n"
    refused = await put(weir.here.admin, "sensors", bad)
    assert (refused.status, [p["loc"] for p in refused.body["detail"]]) == (
        422,
        [["body", "4"], ["body", "5"]],
    )
    assert await devices(weir.here) == {"PS-001"}
    partly = await put(weir.here.admin, "sensors", bad, partial="true")
    assert (partly.status, partly.body["done"]) == (200, True)
    assert [(r["line"], "already" in r["reason"]) for r in partly.body["refused"]] == [
        (4, True),
        (5, False),
    ]
    assert await devices(weir.here) == {"PS-001", "A-1", "A-2"}
    assert await devices(weir.there) == {"PS-001"}
    key = partly.body["added"][0]["api_key"]
    report = {"value": 3.0, "unit": "bar"}
    head = {"X-API-Key": key}
    sent = await weir.nobody.post("sensors/A-1/readings", report, headers=head)
    assert sent.status == 201, sent
    assert nothing_left(weir)


async def test_sensors_go_out_and_come_back_the_same(weir: Weir):
    for number, name in enumerate(EVIL):
        new = {"device_id": f"D-{number}", "name": name, "sensor_type": "pressure", "unit": "bar"}
        assert (await weir.here.admin.post("sensors", new)).status == 201
    out = await raw(weir, weir.here.admin, "sensors")
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert {row["device_id"] for row in rows} == {"PS-001", *(f"D-{n}" for n in range(len(EVIL)))}
    assert all(row["name"][0] not in "=+-@" for row in rows)
    back = await put(weir.there.admin, "sensors", out, partial="true")
    assert back.body["figures"] == {"added": len(EVIL), "replaced": 0, "refused": 1}
    names = {s["name"] for s in (await weir.there.admin.get("sensors")).body}
    assert names == {"Secret Spring", *EVIL}


@pytest.mark.parametrize("form", ["geojson", "csv"])
async def test_assets_go_out_and_come_back_the_same(weir: Weir, form: str):
    await a_pipe(weir.here, name="=cmd()", details={"diameter_m": 0.15}, attributes={"a": "-1"})
    out = await raw(weir, weir.here.admin, f"assets?format={form}")
    if form == "geojson":
        assert len(json.loads(out)["features"]) == 3
    else:
        assert b"'=cmd()" in out
    assert (await put(weir.there.admin, "assets", out, format=form, dry_run="true")).body[
        "figures"
    ] == {"added": 3, "replaced": 0}
    assert await codes(weir.there) == []
    done = await put(weir.there.admin, "assets", out, format=form)
    assert (done.status, done.body["figures"]["added"]) == (200, 3)
    assert await codes(weir.there) == ["J1", "J2", "P1"]
    again = await put(weir.there.admin, "assets", out, format=form)
    assert again.body["figures"] == {"added": 0, "replaced": 3}
    theirs = (await weir.there.admin.get("network/assets")).body
    mine = (await weir.here.admin.get("network/assets")).body
    for one in (*theirs, *mine):
        del one["id"], one["municipality_id"]
    assert theirs == mine


async def test_one_bad_feature_keeps_all_of_them_out(weir: Weir):
    place = {"type": "Point", "coordinates": [13.4, 52.5]}
    features: list[Any] = [
        {"type": "Feature", "geometry": place, "properties": {"kind": "tank", "code": "T1"}},
        {"type": "Feature", "geometry": place, "properties": {"kind": "dragon", "code": "X"}},
        {"type": "Feature", "geometry": {"type": "Polygon"}, "properties": {"kind": "tank"}},
        {"type": "Feature", "geometry": place, "properties": {"kind": "tank", "code": "T1"}},
        {"type": "Feature", "geometry": None, "properties": {"kind": "pipe", "code": "P"}},
        7,
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    refused = await put(weir.here.admin, "assets", body)
    assert (refused.status, [p["loc"][1] for p in refused.body["detail"]]) == (
        422,
        ["2", "3", "4", "5", "6"],
    )
    assert await codes(weir.here) == []
    partly = await put(weir.here.admin, "assets", body, partial="true")
    assert (partly.status, partly.body["figures"]["added"]) == (200, 1)
    assert await codes(weir.here) == ["T1"]
    for text in (b"", b"[", b"{}", b'{"type": "Feature"}', b"\xff" * 20, b"[" * 100_000):
        answer = await put(weir.here.admin, "assets", text)
        assert answer.status in {400, 422}, answer
    for text in (b"", b"a,b\n1,2\n", b"kind,code,geometry\ntank,T2,nowhere\n"):
        answer = await put(weir.here.admin, "assets", text, format="csv")
        assert answer.status in {400, 422}, answer
    assert await codes(weir.here) == ["T1"]
    assert nothing_left(weir)


async def test_readings_go_out_between_two_times(weir: Weir):
    for minute, value in enumerate((1.0, 2.0, 3.0)):
        time = f"2026-05-01T03:0{minute}:00Z"
        sent = await weir.report(weir.here, {"value": value, "unit": "bar", "timestamp": time})
        assert sent.status == 201, sent
    await weir.report(
        weir.there, {"value": 9.0, "unit": "bar", "timestamp": "2026-05-01T03:00:00Z"}
    )
    wanted = "from=2026-05-01T03:00:00Z&to=2026-05-01T03:02:00Z"

    async def there() -> list[list[str]] | None:
        rows = await table(weir, weir.here.admin, f"readings?{wanted}")
        return rows if len(rows) == 3 else None

    rows = await eventually(there)
    assert rows[0] == ["device_id", "timestamp", "value", "unit", "quality"]
    assert [row[2] for row in rows[1:]] == ["1", "2"]
    content = await raw(weir, weir.here.admin, f"readings?{wanted}&format=parquet")
    file = weir.core.files._folder.parent / "got.parquet"
    file.write_bytes(content)
    found = duckdb.sql(f"SELECT value FROM '{file}'").fetchall()
    assert found == [(1.0,), (2.0,)]


async def test_records_go_out_of_one_municipality_only(weir: Weir):
    alert = await weir.raise_alert(weir.here)
    await weir.raise_alert(weir.there)
    for town in (weir.here, weir.there):
        body = {"title": "=1+1", "severity": "low", "municipality_id": town.id}
        assert (await town.admin.post("incidents", body)).status == 201
        assert (await town.admin.post("maintenance", {"work": "@x"})).status == 201
    (_, mine) = await table(weir, weir.here.admin, "alerts")
    assert mine[0] == str(alert["id"])
    (_, incident) = await table(weir, weir.here.admin, "incidents")
    assert incident[1] == "'=1+1"
    (_, work) = await table(weir, weir.here.admin, "maintenance")
    assert work[2] == "'@x"
    for what in ("alerts", "incidents", "maintenance", "sensors", "assets", "readings"):
        path = f"exports/{what}"
        assert (await weir.nobody.get(path)).status == 401
        technician = await weir.person(weir.here, "technician") if what == "alerts" else None
        if technician is not None:
            assert (await technician.get(path)).status == 403
        theirs = await weir.there.admin.get(f"{path}?municipality_id={weir.here.id}")
        assert theirs.status == 404, what
    assert nothing_left(weir)


async def test_an_import_is_for_who_may_and_never_beyond_its_bounds(weir: Weir):
    viewer = await weir.person(weir.here, "operator")
    assert (await put(viewer, "sensors", HEAD)).status == 403
    assert (await put(viewer, "assets", b"{}")).status == 403
    other = await put(weir.here.admin, "sensors", HEAD, municipality_id=weir.there.id)
    assert other.status == 404
    long = HEAD + "A,A,pressure,bar,,\n" * 10_001
    answer = await put(weir.here.admin, "sensors", long)
    assert (answer.status, "more than 10,000" in str(answer.body)) == (400, True)
    await add(
        weir.here,
        {"kind": "tank", "code": "T", "geometry": {"type": "Point", "coordinates": [1, 1]}},
    )
    assert await codes(weir.here) == ["T"]
