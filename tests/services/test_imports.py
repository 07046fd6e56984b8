"""Imports over real stores, with a second municipality that nothing may touch."""

import stat

import numpy as np
import pytest

from appliance.domain.access import Actor, EditNetwork, Role, authorise
from appliance.domain.devices import key_digest
from appliance.domain.errors import Conflict, FileRefused, NotAllowed, StorageFailed
from appliance.domain.ids import UserId
from appliance.domain.instant import DAY, EARLIEST, HOUR, LATEST, MINUTE, SECOND, Instant, text
from appliance.domain.network import Link, LinkKind, NetworkModel, Node, NodeKind
from appliance.domain.readings import AdmittedDevice, Mark
from appliance.domain.sensors import Position
from appliance.ports.pages import Page
from appliance.services.files import imports
from appliance.services.files.imports import import_network, import_readings
from appliance.services.files.sensor_import import import_sensors
from tests.builders import HERE, NOON, SENSOR
from tests.services.desk import SENSOR_HEAD, Desk, stored


def a_pipe(code: str, **fields) -> Link:
    path = (Position(13.4, 52.5), Position(13.41, 52.51))
    return Link(**{"code": code, "kind": LinkKind.PIPE, "path": path} | fields)


# Networks


async def test_a_network_is_merged_and_importing_it_twice_is_importing_it_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imports, "ASSETS", 2)
    model = NetworkModel(
        nodes=(Node(code="J", kind=NodeKind.JUNCTION, position=Position(13.4, 52.5)),),
        links=tuple(a_pipe(f"P{n}") for n in range(5)),
        source="town.inp",
        source_crs="EPSG:4326",
        skipped={"polygon": 3},
    )
    report = await import_network(desk.grant(), desk.world, model, desk.shown.append)
    assert report.figures == {"nodes": 1, "links": 5, "added": 6, "replaced": 0, "skipped": 3}
    assert "3 × polygon" in report.summary
    assert [(p.done, p.total) for p in desk.shown] == [(1, 6), (3, 6), (5, 6), (6, 6)]
    again = await import_network(desk.grant(), desk.world, model, desk.shown.append)
    assert (again.figures["added"], again.figures["replaced"]) == (0, 6)
    pipes, total = await desk.plant.operations.read(HERE, lambda t: t.network.pipelines(Page()))
    assert total == 5
    assert [pipe.link for pipe in pipes] == list(model.links)


def test_nobody_imports_without_the_permission():
    with pytest.raises(NotAllowed):
        authorise(Actor(UserId(2), "x", Role.OPERATOR, HERE), EditNetwork, None)


# Sensors


async def test_a_sensor_is_added_with_a_key_that_opens_the_door_at_once(desk: Desk):
    report = await desk.sensors("PS-100,Mill,pressure,bar,52.5,13.4,")
    assert report.figures == {"lines": 1, "added": 1}
    assert report.refused == ()
    assert desk.handed_out()[0] == [*SENSOR_HEAD.split(","), "api_key"]
    (row,) = desk.handed_out()[1:]
    assert row[:-1] == ["PS-100", "Mill", "pressure", "bar", "52.5", "13.4", ""]
    assert isinstance(desk.plant.registry.admit("PS-100", row[-1]), AdmittedDevice)
    added = next(s for s in await desk.all() if s.device_id == "PS-100")
    assert (added.name, added.unit.symbol, added.whitelisted) == ("Mill", "bar", True)
    assert added.position == Position(13.4, 52.5)
    keys = await desk.plant.operations.read_system(lambda t: t.device_keys(NOON))
    digest = next(key.digest for key in keys if key.sensor.device_id == "PS-100")
    assert digest == key_digest(row[-1])


async def test_the_file_of_keys_is_for_its_owner_alone_and_replaces_none(desk: Desk):
    await desk.sensors("PS-100,Mill,pressure,bar,52.5,13.4,")
    output = desk.folder / "keys.csv"
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert not (desk.folder / "keys.csv.partial").exists()
    before = output.read_text()
    with pytest.raises(Conflict, match="is there already"):
        await desk.sensors("PS-101,Mill,pressure,bar,52.5,13.4,")
    assert output.read_text() == before
    assert "PS-101" not in {s.device_id for s in await desk.all()}


async def test_every_refused_line_is_told_with_what_to_do_and_the_others_are_added(desk: Desk):
    report = await desk.sensors(
        "PS-100,Good,pressure,bar,52.5,13.4,",
        "PS-101,No such type,presure,bar,52.5,13.4,",
        "PS-102,Wrong unit,pressure,m³/h,52.5,13.4,",
        "PS-103,Off the globe,pressure,bar,91,13.4,",
        "PS-104,Not a number,pressure,bar,NaN,13.4,",
        "PS-105,Half a place,pressure,bar,52.5,,",
        "PS-100,Twice,pressure,bar,52.5,13.4,",
        "PS-001,There already,pressure,bar,52.5,13.4,",
        "a/b,Slash,pressure,bar,52.5,13.4,",
        "PS-106,,pressure,bar,52.5,13.4,",
        "PS-107,No such pipe,pressure,bar,52.5,13.4,P9",
        "PS-108,too,few",
        '"PS-109,unclosed,pressure,bar,52.5,13.4,',
        "",
        "PS-002,The other town's name is free here,pressure,,,,",
    )
    reasons = {line.line: line.reason for line in report.refused}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    assert "there is no type 'presure'" in reasons[3]
    assert "pressure" in reasons[3]
    assert "'m³/h'" in reasons[4]
    assert "use one of: Pa" in reasons[4]
    assert "not on the globe" in reasons[5]
    assert "not on the globe" in reasons[6]
    assert "decimal degrees" in reasons[7]
    assert "already in line 2" in reasons[8]
    assert "its key stays" in reasons[9]
    assert "no spaces, /" in reasons[10]
    assert "name" in reasons[11]
    assert "import the network before" in reasons[12]
    assert "3 values instead of 7" in reasons[13]
    assert "quotation mark" in reasons[14]
    assert report.figures == {"lines": 14, "added": 2, "refused": 12}
    assert {s.device_id for s in await desk.all()} == {"PS-001", "PS-100", "PS-002"}
    assert [row[0] for row in desk.handed_out()] == ["device_id", "PS-100", "PS-002"]
    assert isinstance(desk.plant.registry.admit("PS-001", "key of PS-001"), AdmittedDevice)


async def test_a_sensor_is_put_on_its_pipe_by_code_or_by_id(desk: Desk):
    model = NetworkModel(links=(a_pipe("P1"), a_pipe("P2")))
    await import_network(desk.grant(), desk.world, model, desk.shown.append)
    (first, second), _ = await desk.plant.operations.read(
        HERE, lambda t: t.network.pipelines(Page())
    )
    await desk.sensors(
        "A,a,pressure,bar,52,13,P1",
        f"B,b,pressure,bar,52,13,{second.id}",
        "C,c,pressure,bar,52,13,",
    )
    pipes = {s.device_id: s.pipeline for s in await desk.all()}
    assert (pipes["A"], pipes["B"], pipes["C"]) == (first.id, second.id, None)


async def test_a_spreadsheets_csv_is_understood(desk: Desk):
    source = desk.folder / "excel.csv"
    rows = (
        f'{SENSOR_HEAD.replace(",", ";")}\r\nPS-100;"Mühle; ""Nord""";pressure;bar;52,5;13,4;\r\n'
    )
    source.write_bytes(rows.encode("cp1252"))
    await import_sensors(
        desk.grant(), desk.world, source, desk.folder / "keys.csv", desk.shown.append
    )
    added = next(s for s in await desk.all() if s.device_id == "PS-100")
    assert (added.name, added.position) == ('Mühle; "Nord"', Position(13.4, 52.5))
    assert (desk.folder / "keys.csv").read_text().splitlines()[1].startswith('PS-100;"Mühle;')


async def test_thousands_go_in_several_transactions(desk: Desk):
    lines = [f"N-{n:05},n,flow,m³/h,52.5,13.4," for n in range(2_500)]
    report = await desk.sensors(*lines)
    assert report.figures == {"lines": 2500, "added": 2500}
    assert [p.done for p in desk.shown] == [1000, 2000, 2500]
    assert len(desk.handed_out()) == 2501
    assert len({row[-1] for row in desk.handed_out()}) == 2501
    assert len(await desk.all()) == 2501


async def test_when_storing_fails_midway_no_committed_key_is_lost(desk: Desk):
    original, calls = desk.plant.operations.write, []

    async def failing(municipality, change):
        calls.append(1)
        if len(calls) == 2:
            raise StorageFailed(store="operations", problem="disk full")
        return await original(municipality, change)

    desk.plant.operations.write = failing
    with pytest.raises(StorageFailed):
        await desk.sensors(*(f"N-{n:05},n,flow,m³/h,52.5,13.4," for n in range(1_500)))
    desk.plant.operations.write = original
    kept = (desk.folder / "keys.csv.partial").read_text().splitlines()
    assert not (desk.folder / "keys.csv").exists()
    in_database = {s.device_id for s in await desk.all()} - {"PS-001"}
    assert len(in_database) == 1000
    assert in_database <= {line.split(",")[0] for line in kept}
    with pytest.raises(Conflict, match="cut short"):
        await desk.sensors("X,x,flow,m³/h,52.5,13.4,")


@pytest.mark.parametrize(
    "head", ["", "device_id,name", "a;b;c", "\x00\x01", "x" * 100_000, '"device_id,name']
)
async def test_a_file_without_the_columns_is_refused_with_the_right_first_line(
    desk: Desk, head: str
):
    with pytest.raises(FileRefused) as refused:
        await desk.sensors("PS-100,Mill,pressure,bar,52.5,13.4,", head=head)
    assert SENSOR_HEAD in refused.value.advice
    assert not (desk.folder / "keys.csv.partial").exists()


# Readings


async def test_readings_are_stored_as_imported_and_never_late(desk: Desk):
    old = Instant(NOON - 700 * DAY)
    report = await desk.readings(
        f"PS-001,{text(old)},3.2,bar,0.9", f"PS-001,{text(Instant(old + MINUTE))},330000,Pa,"
    )
    assert report.figures == {"lines": 2, "stored": 2, "duplicate": 0, "quarantined": 0}
    rows = await desk.plant.history.of(HERE).newest(SENSOR, since=EARLIEST, until=LATEST, limit=9)
    assert rows.values.tolist() == [330000.0, 320000.0]
    assert rows.times.tolist() == rows.arrived.tolist() == [old + MINUTE, old]
    assert rows.quality[1] == 0.9
    assert np.isnan(rows.quality[0])
    assert set(rows.marks.tolist()) == {Mark.IMPORTED}
    counts = await desk.plant.ledger()
    assert (counts.stored, counts.late, counts.received) == (2, 0, 2)


async def test_importing_again_stores_nothing_twice(desk: Desk):
    lines = [f"PS-001,{text(Instant(NOON - n * MINUTE))},3,bar," for n in range(1, 50)]
    await desk.readings(*lines)
    before = await stored(desk.plant, HERE)
    report = await desk.readings(*lines, *lines[:5])
    assert (report.figures["stored"], report.figures["duplicate"]) == (0, 54)
    assert await stored(desk.plant, HERE) == before
    counts = await desk.plant.ledger()
    assert (counts.stored, counts.duplicate) == (49, 54)


async def test_every_refused_reading_is_told_and_counted_with_its_reason(desk: Desk):
    report = await desk.readings(
        "PS-001,2026-05-01T11:00:00Z,3.2,bar,",
        "PS-002,2026-05-01T11:00:00Z,3.2,bar,",  # the other town's
        "PS-001,2026-05-01T11:00:00,3.2,bar,",
        "PS-001,yesterday,3.2,bar,",
        "PS-001,2026-05-01T12:06:00Z,3.2,bar,",
        "PS-001,1999-12-31T23:59:59Z,3.2,bar,",
        "PS-001,2026-05-01T11:01:00Z,,bar,",
        "PS-001,2026-05-01T11:01:00Z,nan,bar,",
        "PS-001,2026-05-01T11:01:00Z,1e308,MPa,",
        "PS-001,2026-05-01T11:01:00Z,3.2,m³/h,",
        "PS-001,2026-05-01T11:01:00Z,3.2",
        '"PS-001,2026-05-01T11:01:00Z,3.2,bar,',
        "",
        "PS-001,2026-05-01T13:01:00+02:00,900,bar,bad",
    )
    reasons = {line.line: line.reason for line in report.refused}
    assert sorted(reasons) == list(range(3, 14))
    assert "weir import sensors" in reasons[3]
    assert "no time with a zone" in reasons[4]
    assert "no time with a zone" in reasons[5]
    assert "still to come" in reasons[6]
    assert "before 2000" in reasons[7]
    assert "is no number" in reasons[8]
    assert "no finite number" in reasons[9]
    assert "no finite number" in reasons[10]
    assert "use one of" in reasons[11]
    assert "3 values instead of 5" in reasons[12]
    assert "quotation mark" in reasons[13]
    assert report.figures["lines"] == 13
    assert (report.figures["stored"], report.figures["quarantined"]) == (1, 1)
    assert report.figures["refused"] == 11
    counts = await desk.plant.ledger()
    assert (counts.stored, counts.quarantined, counts.received) == (1, 1, 13)
    assert counts.rejected == {
        "unknown_device": 1,
        "bad_timestamp": 3,
        "in_the_future": 1,
        "value_missing": 1,
        "not_finite": 2,
        "unknown_unit": 1,
        "malformed": 2,
    }
    assert await stored(desk.plant, HERE) == [(SENSOR, NOON - HOUR, 320000.0)]
    shown, _ = await desk.plant.operations.read(HERE, lambda t: t.ledger.rejections(None, Page()))
    assert len(shown) == 11


async def test_columns_may_be_in_any_order_and_optional_ones_may_be_missing(desk: Desk):
    source = desk.file("value;comment;timestamp;device_id", "3,2;x;2026-05-01T11:00:00Z; PS-001 ")
    report = await import_readings(
        desk.grant(), desk.world, desk.plant.walk, source, desk.shown.append
    )
    assert report.figures["stored"] == 1
    assert await stored(desk.plant, HERE) == [(SENSOR, NOON - HOUR, 320000.0)]


async def test_a_long_file_shows_how_far_it_is_and_keeps_ten_thousand_refusals(desk: Desk):
    good = (f"PS-001,{text(Instant(NOON - n * SECOND))},3,bar," for n in range(1, 30_001))
    bad = ("PS-009,2026-05-01T11:00:00Z,3,bar," for _ in range(12_000))
    report = await desk.readings(*good, *bad)
    assert (report.figures["stored"], report.figures["refused"]) == (30_000, 12_000)
    assert len(report.refused) == 10_000
    done = [p.done for p in desk.shown]
    assert done == sorted(done)
    assert done[-1] == desk.shown[-1].total
    assert len(await stored(desk.plant, HERE)) == 30_000
