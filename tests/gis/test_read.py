"""Which reader a file gets is decided by what is in it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.errors import FileRefused
from storage.gis.read import read_network
from tests.gis.drawn import (
    DATA,
    a_shapefile,
    feature,
    geojson,
    geopackage,
    gpkg_geometry,
    line,
    wkb_line,
)

PIPE = gpkg_geometry(wkb_line([(476000, 4204000), (476100, 4204000)]))


def test_a_wrong_name_does_not_mislead(tmp_path: Path):
    shutil.copy(DATA / "small.inp", tmp_path / "a.geojson")
    assert len(read_network(tmp_path / "a.geojson", origin=(13.4, 52.5)).links) == 6
    drawn = geojson(tmp_path / "b.inp", feature(line((13, 52), (13.1, 52)), id="p"))
    assert len(read_network(drawn).links) == 1
    packed = geopackage(tmp_path / "c.shp", {"pipes": [(PIPE, "P", 1)]})
    assert len(read_network(packed).links) == 1
    a_shapefile(tmp_path, "d")
    (tmp_path / "d.shp").rename(tmp_path / "d.bin")
    assert len(read_network(tmp_path / "d.bin").links) == 3


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    for path in (tmp_path / "none.inp", tmp_path):
        with pytest.raises(FileRefused) as refused:
            read_network(path)
        assert refused.value.advice == "check the path"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(
        [b"", b"SQLite format 3\0", b"PK\x03\x04", b"\0\0\x27\x0a", b'{"type":', b"[PIPES]\n"]
    ),
    st.binary(max_size=400),
)
def test_arbitrary_bytes_are_refused_in_our_words(tmp_path: Path, head: bytes, data: bytes):
    (tmp_path / "a").write_bytes(head + data)
    with pytest.raises(FileRefused) as refused:
        read_network(tmp_path / "a")
    assert refused.value.advice
