"""Shapefiles: with what lies beside them, in archives, and from hostile hands."""

import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.domain.errors import FileRefused
from storage.gis.read import read_network
from storage.gis.shapefile import read_shapefile
from tests.gis.drawn import ATHENS_LONLAT, a_shapefile, zipped


def test_a_shapefile_is_read_with_its_table_and_its_system(tmp_path: Path):
    model = read_network(a_shapefile(tmp_path))
    assert [(k.code, k.material) for k in model.links] == [
        ("A-1", "PVC"),
        ("A-2", "gußeisern"),
        ("A-2#2", "gußeisern"),
    ]
    assert model.links[0].diameter_m == pytest.approx(0.1524)
    assert model.source_crs == "GGRS87_Greek_Grid"
    first = model.links[0].path[0]
    assert (first.longitude, first.latitude) == pytest.approx(ATHENS_LONLAT, abs=1e-6)
    assert [len(link.path) for link in model.links] == [3, 2, 2]


def test_without_a_prj_it_is_asked_where_it_lies(tmp_path: Path):
    with pytest.raises(FileRefused, match="which coordinate system"):
        read_network(a_shapefile(tmp_path, prj=""))


def test_without_its_table_shapes_have_names_of_their_own(tmp_path: Path):
    file = a_shapefile(tmp_path)
    file.with_suffix(".dbf").unlink()
    assert [k.code for k in read_network(file).links] == ["pipes-1", "pipes-2", "pipes-2#2"]


def test_upper_case_endings_are_found(tmp_path: Path):
    file = a_shapefile(tmp_path)
    for ending in ("dbf", "prj"):
        file.with_suffix(f".{ending}").rename(file.with_suffix(f".{ending.upper()}"))
    assert read_network(file).links[0].code == "A-1"


def test_every_shapefile_in_an_archive_is_a_layer(tmp_path: Path):
    for name in ("pipes", "valves"):
        a_shapefile(tmp_path, name)
    files = [f for f in tmp_path.iterdir() if f.suffix != ".shx"]
    model = read_network(zipped(tmp_path / "all.zip", *files))
    assert {link.kind.value for link in model.links} == {"pipe", "valve"}
    assert len(model.links) == 6


def test_the_encoding_of_the_table_is_that_of_its_cpg(tmp_path: Path):
    file = a_shapefile(tmp_path)
    table = file.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("gußeisern".encode(), b"gu\xdfeisern "))
    file.with_suffix(".cpg").write_text("ISO-8859-1")
    assert read_network(file).links[1].material == "gußeisern"
    file.with_suffix(".cpg").unlink()
    assert read_network(file).links[1].material == "gußeisern"


def test_a_cut_off_file_is_refused(tmp_path: Path):
    file = a_shapefile(tmp_path)
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(FileRefused, match="cut off"):
        read_network(file)


@pytest.mark.parametrize("ending", ["shp", "dbf"])
def test_flipped_and_missing_bytes_are_refused_or_read_and_nothing_else(
    tmp_path: Path, ending: str
):
    file = a_shapefile(tmp_path)
    target = file.with_suffix(f".{ending}")
    data = target.read_bytes()
    for place in range(4, len(data), 3):
        for broken in (data[:place], data[:place] + b"\xff\xff" + data[place + 2 :]):
            target.write_bytes(broken)
            with suppress(FileRefused):
                read_shapefile(file)


def test_a_count_of_points_that_are_not_there_costs_no_memory(tmp_path: Path):
    file = a_shapefile(tmp_path)
    data = bytearray(file.read_bytes())
    data[148:152] = struct.pack("<i", 0x7FFFFFF0)
    file.write_bytes(data)
    with pytest.raises(FileRefused, match=r"damaged|more than it can hold"):
        read_network(file)


def test_an_archive_that_grows_beyond_all_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("storage.gis.shapefile.LARGEST", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(1 << 19))
        archive.writestr("b.dbf", bytes(1 << 20))
    with pytest.raises(FileRefused, match="unpacks to more"):
        read_network(tmp_path / "bomb.zip")


def test_an_archive_that_lies_about_its_sizes_is_bounded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("storage.gis.shapefile.LARGEST", 1 << 20)
    with zipfile.ZipFile(tmp_path / "liar.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(4 << 20))
    data = (tmp_path / "liar.zip").read_bytes()
    lied = data.replace(struct.pack("<I", 4 << 20), struct.pack("<I", 100))
    (tmp_path / "liar.zip").write_bytes(lied)
    with pytest.raises(FileRefused):
        read_network(tmp_path / "liar.zip")


def test_an_archive_of_countless_members_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(1_001):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(FileRefused, match="1001 members"):
        read_network(tmp_path / "many.zip")


def test_names_in_an_archive_write_nothing_anywhere(tmp_path: Path):
    file = a_shapefile(tmp_path)
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = zipped(
        inside / "a.zip",
        *(file.with_suffix(f".{e}") for e in ("shp", "dbf", "prj")),
        under="../../",
    )
    assert read_network(archive).links[0].code == "A-1"
    assert [entry.name for entry in inside.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(18)]
)
def test_an_archive_that_is_none_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(FileRefused):
        read_network(tmp_path / "a.zip")


def test_an_archive_without_shapefiles_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FileRefused, match=r"no \.shp"):
        read_network(tmp_path / "a.zip")
