"""Exports over real stores, with a second municipality whose readings nobody else may get."""

from pathlib import Path

import duckdb
import pytest

from appliance.domain.errors import Invalid
from appliance.domain.instant import EARLIEST, HOUR, LATEST, MINUTE, Instant, text
from appliance.domain.work import Progress, Report
from appliance.ports.exporting import ExportFormat
from appliance.services.files.exports import Wanted, export_readings, format_of
from appliance.services.files.imports import import_readings
from storage.export import FileExporter
from tests.builders import HERE, NOON, SENSOR, THERE
from tests.services.desk import HEAD, Desk


async def export(
    desk: Desk, name: str, *, since: Instant = EARLIEST, until: Instant = LATEST
) -> tuple[Path, Report]:
    output = desk.folder / name
    wanted = Wanted(since=since, until=until, output=output, form=format_of(output))
    report = await export_readings(
        desk.grant(), desk.world, FileExporter(), wanted, desk.shown.append
    )
    return output, report


async def test_what_was_exported_as_csv_imports_again_unchanged(desk: Desk):
    await desk.readings(
        "PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9", "PS-001,2026-05-01T11:00:00.25Z,310,kPa,"
    )
    output, report = await export(desk, "out.csv")
    assert output.read_bytes() == (
        b"device_id,timestamp,value,unit,quality\r\n"
        b"PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9\r\n"
        b"PS-001,2026-05-01T11:00:00.250000Z,3.1,bar,\r\n"
    )
    assert report.figures == {"readings": 2, "of removed sensors": 0}
    again = await import_readings(
        desk.grant(), desk.world, desk.plant.walk, output, desk.shown.append
    )
    assert (again.figures["duplicate"], again.figures["stored"]) == (2, 0)


async def test_parquet_has_the_same_rows_with_instants_in_utc(desk: Desk):
    await desk.readings(
        "PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9", "PS-001,2026-05-01T11:01:00Z,3,,"
    )
    output, _ = await export(desk, "out.parquet")
    with duckdb.connect() as reader:
        found = reader.execute(
            "SELECT device_id, epoch_us(timestamp), value, unit, quality, typeof(timestamp)"
            f" FROM '{output}'"
        ).fetchall()
    zone = "TIMESTAMP WITH TIME ZONE"
    assert found == [
        ("PS-001", NOON - HOUR, 3.2, "bar", 0.9, zone),
        ("PS-001", NOON - HOUR + MINUTE, 3.0, "bar", None, zone),
    ]
    assert sorted(p.name for p in desk.folder.iterdir()) == ["data", "in.csv", "out.parquet"]


async def test_only_the_range_asked_for_is_exported(desk: Desk):
    times = [Instant(NOON - n * MINUTE) for n in range(1, 11)]
    await desk.readings(*(f"PS-001,{text(time)},3,bar," for time in times))
    _, report = await export(desk, "out.csv", since=times[5], until=times[2])
    assert report.figures["readings"] == 3


async def test_nothing_of_the_other_municipality_is_exported(desk: Desk):
    await desk.readings("PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9")
    wanted = Wanted(
        since=EARLIEST, until=LATEST, output=desk.folder / "theirs.csv", form=ExportFormat.CSV
    )
    report = await export_readings(
        desk.grant(THERE), desk.world, FileExporter(), wanted, desk.shown.append
    )
    assert report.figures["readings"] == 0
    assert wanted.output.read_text().splitlines() == [HEAD]


async def test_readings_of_a_removed_sensor_are_counted_and_left_out(desk: Desk):
    await desk.readings("PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9")
    await desk.plant.operations.write(HERE, lambda t: t.sensors.remove(SENSOR))
    _, report = await export(desk, "out.csv")
    assert report.figures == {"readings": 0, "of removed sensors": 1}


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
async def test_an_export_that_fails_leaves_nothing_behind_and_the_old_file_as_it_was(
    desk: Desk, name: str
):
    await desk.readings("PS-001,2026-05-01T11:00:00Z,3.2,bar,0.9")
    (desk.folder / name).write_text("old")

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    wanted = Wanted(
        since=EARLIEST, until=LATEST, output=desk.folder / name, form=format_of(Path(name))
    )
    with pytest.raises(KeyboardInterrupt):
        await export_readings(desk.grant(), desk.world, FileExporter(), wanted, stop)
    assert (desk.folder / name).read_text() == "old"
    assert sorted(p.name for p in desk.folder.iterdir()) == sorted(["data", "in.csv", name])


async def test_an_export_of_nothing_or_to_something_else_is_refused(desk: Desk):
    with pytest.raises(Invalid, match=r"\.csv or \.parquet"):
        await export(desk, "out.xlsx")
    with pytest.raises(Invalid, match="before the end"):
        await export(desk, "out.csv", since=NOON, until=NOON)
    assert sorted(p.name for p in desk.folder.iterdir()) == ["data"]
