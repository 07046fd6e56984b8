"""GeoPackage: layers with their own systems, and files that somebody hostile has made."""

from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from appliance.domain.errors import FileRefused
from storage.gis.geopackage import read_geopackage
from storage.gis.read import read_network
from tests.gis.drawn import (
    ATHENS,
    ATHENS_LONLAT,
    GREEK_PRJ,
    geopackage,
    gpkg_geometry,
    wkb_line,
    wkb_point,
)

X, Y = ATHENS
PIPE = gpkg_geometry(wkb_line([(X, Y), (X + 100, Y)]))
WRITTEN_SCHEMA = (
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET"
    " sql = replace(sql, 'dn)', 'dn, evil AS (load_extension(''/tmp/evil.so'')))')"
)
NODE = gpkg_geometry(wkb_point(X, Y))


def test_layers_are_read_and_their_names_say_what_they_hold(tmp_path: Path):
    file = geopackage(
        tmp_path / "a.gpkg",
        {
            "water pipes": [(PIPE, "P1", 150.0)],
            "valves": [(PIPE, "V1", 100.0)],
            "hydrants": [(NODE, "H1", None), (None, "H2", None)],
        },
    )
    model = read_network(file)
    assert {(k.code, k.kind.value, k.diameter_m) for k in model.links} == {
        ("P1", "pipe", 0.15),
        ("V1", "valve", 0.1),
    }
    assert [(node.code, node.kind.value) for node in model.nodes] == [("H1", "hydrant")]
    assert model.source_crs == "EPSG:2100"
    assert model.skipped == {"feature without geometry": 1}
    place = model.nodes[0].position
    assert (place.longitude, place.latitude) == pytest.approx(ATHENS_LONLAT, abs=1e-6)


def test_a_system_of_its_own_is_taken_from_its_text(tmp_path: Path):
    file = geopackage(
        tmp_path / "a.gpkg", {"pipes": [(PIPE, "P1", 1)]}, srs=(9, "NONE", 9, GREEK_PRJ)
    )
    assert read_network(file).source_crs == "GGRS87_Greek_Grid"


def test_an_undefined_system_is_asked_about(tmp_path: Path):
    file = geopackage(
        tmp_path / "a.gpkg", {"pipes": [(PIPE, "P1", 1)]}, srs=(-1, "NONE", -1, "undefined")
    )
    with pytest.raises(FileRefused, match="which coordinate system"):
        read_network(file)


def test_layers_without_a_system_share_one_middle(tmp_path: Path):
    file = geopackage(
        tmp_path / "a.gpkg",
        {
            "pipes": [(gpkg_geometry(wkb_line([(0, 0), (100, 0)])), "P", 1)],
            "nodes": [(gpkg_geometry(wkb_point(100, 0)), "N", None)],
        },
        srs=(-1, "NONE", -1, "undefined"),
    )
    model = read_network(file, origin=(13.4, 52.5))
    assert model.links[0].path[-1] == model.nodes[0].position


def test_edits_that_a_gis_program_has_not_yet_merged_are_seen(tmp_path: Path):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, "P1", 1)]})
    editing = apsw.Connection(str(file))
    editing.execute("PRAGMA journal_mode = WAL")
    editing.execute("INSERT INTO pipes (geom, code) VALUES (?, 'P2')", (PIPE,))
    assert [link.code for link in read_network(file).links] == ["P1", "P2"]
    editing.close()


def test_reading_leaves_the_folder_as_it_was(tmp_path: Path):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, "P1", 1)]})
    before = file.read_bytes()
    read_network(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_damaged_geometry_costs_only_its_own_feature(tmp_path: Path):
    file = geopackage(
        tmp_path / "a.gpkg", {"pipes": [(PIPE, "P1", 1), (PIPE[:-3], "P2", 1), (b"x", "P3", 1)]}
    )
    model = read_network(file)
    assert [link.code for link in model.links] == ["P1"]
    assert model.skipped == {"feature with a damaged geometry": 2}


def test_a_layer_that_is_a_view_is_not_read(tmp_path: Path):
    endless = (
        "DROP TABLE pipes; CREATE VIEW pipes AS WITH RECURSIVE n(x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, x AS geom FROM n"
    )
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, "P", 1)]}, script=endless)
    with pytest.raises(FileRefused, match="no feature layers"):
        read_network(file)


@pytest.mark.parametrize(
    "script",
    [
        WRITTEN_SCHEMA,
        "ALTER TABLE pipes ADD COLUMN evil AS (hex(zeroblob(1000000000)))",
        "DROP TABLE pipes; CREATE VIRTUAL TABLE pipes USING fts5(geom, code, dn)",
    ],
)
def test_functions_and_virtual_tables_in_the_schema_do_not_run(tmp_path: Path, script: str):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, "P", 1)]}, script=script)
    with pytest.raises(FileRefused):
        read_network(file)


def test_names_with_quotes_are_names(tmp_path: Path):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, "P", 1)]})
    database = apsw.Connection(str(file))
    odd = 'pi"pes; DROP TABLE gpkg_contents --'
    database.execute(f"ALTER TABLE pipes RENAME TO [{odd}]")
    for table in ("gpkg_contents", "gpkg_geometry_columns"):
        database.execute(f"UPDATE {table} SET table_name = ?", (odd,))
    database.close()
    assert [link.code for link in read_network(file).links] == ["P"]


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path):
    database = apsw.Connection(str(tmp_path / "a.gpkg"))
    database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(FileRefused, match="can't be read"):
        read_network(tmp_path / "a.gpkg")


@pytest.mark.parametrize("keep", [16, 100, 4096, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_refused_or_read_and_nothing_else(tmp_path: Path, keep: float):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, f"P{n}", 1) for n in range(500)]})
    data = file.read_bytes()
    file.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    with pytest.raises(FileRefused):
        read_geopackage(file)


def test_flipped_bytes_are_refused_or_read_and_nothing_else(tmp_path: Path):
    file = geopackage(tmp_path / "a.gpkg", {"pipes": [(PIPE, f"P{n}", 1) for n in range(50)]})
    data = file.read_bytes()
    for place in range(16, len(data), 307):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        file.write_bytes(broken)
        with suppress(FileRefused):
            read_geopackage(file)
