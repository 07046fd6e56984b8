"""GeoJSON: features become links and nodes, whatever columns a utility calls its own."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.errors import FileRefused, WeirError
from appliance.domain.network import Link, LinkKind, NodeKind
from storage.gis.read import read_network
from tests.gis.drawn import ATHENS, ATHENS_LONLAT, feature, geojson, line, point

HERE = (13.4, 52.5)
THERE = (13.41, 52.51)
PIPE = line(HERE, THERE)


def one_link(tmp_path: Path, **properties: Any) -> Link:
    model = read_network(geojson(tmp_path / "a.geojson", feature(PIPE, **properties)))
    assert model.nodes == ()
    return model.links[0]


def test_a_line_is_a_pipe_with_all_that_is_said_of_it(tmp_path: Path):
    link = one_link(
        tmp_path,
        **{"Asset ID": "W-17", "DN": 150, "Material": "PVC", "length": 12.5, "STATUS": "Active"},
        **{"From Node": "a", "to_node": 7, "name": "Mill Lane", "other": {"x": 1}},
    )
    assert (link.code, link.kind, link.start, link.end) == ("W-17", LinkKind.PIPE, "a", "7")
    assert (link.diameter_m, link.length_m, link.material) == (0.15, 12.5, "PVC")
    assert (link.status, link.name) == ("active", "Mill Lane")
    assert [(p.longitude, p.latitude) for p in link.path] == [HERE, THERE]


@pytest.mark.parametrize(
    ("column", "value", "metres"),
    [
        ("diameter", 200, 0.2),
        ("DIAM_IN", 6, 0.1524),
        ("diam (mm)", "200", 0.2),
        ("Diameter_m", 0.2, 0.2),
        ("dn", "DN 150", 0.15),
        ("dia", "6 in", 0.1524),
        ("nominal diameter", '6"', 0.1524),
        ("diameter", "150,5 mm", 0.1505),
        ("diameter", 0.3048, 0.3048),
        ("diameter", "large", None),
        ("diameter", None, None),
        ("diameter", True, None),
    ],
)
def test_a_diameter_is_understood_by_its_column_and_its_own_unit(
    tmp_path: Path, column: str, value: Any, metres: float | None
):
    found = one_link(tmp_path, id="p", **{column: value}).diameter_m
    assert found == (pytest.approx(metres) if metres is not None else None)


def test_the_length_that_a_gis_computed_in_map_units_is_not_believed(tmp_path: Path):
    assert one_link(tmp_path, id="p", Shape_Length=0.0123, SHAPE_Leng=3.0).length_m is None


@pytest.mark.parametrize(
    ("column", "word", "kind"),
    [
        ("type", "Gate Valve", LinkKind.VALVE),
        ("asset_type", "PUMP", LinkKind.PUMP),
        ("link_type", "Pipe", LinkKind.PIPE),
        ("type", "steel", LinkKind.PIPE),
        ("type", "Wasserleitung", LinkKind.PIPE),
    ],
)
def test_a_kind_is_known_by_its_word(tmp_path: Path, column: str, word: str, kind: LinkKind):
    assert one_link(tmp_path, id="p", **{column: word}).kind is kind


def test_kinds_that_the_model_does_not_have_are_counted(tmp_path: Path):
    file = geojson(
        tmp_path / "a.geojson",
        feature(PIPE, id="a", type="main"),
        feature(PIPE, id="b", type="road"),
        feature(PIPE, id="c", type="road"),
        feature(point(*HERE), id="d", type="valve"),
        feature(point(*HERE), id="e", type="hydrant"),
        feature({"type": "Polygon", "coordinates": []}, id="f"),
        feature(None, id="g"),
    )
    model = read_network(file)
    assert [link.code for link in model.links] == ["a"]
    assert [(node.code, node.kind) for node in model.nodes] == [("e", NodeKind.HYDRANT)]
    assert model.skipped == {
        "line of kind 'road'": 2,
        "point of kind 'valve'": 1,
        "polygon": 1,
        "feature without geometry": 1,
    }


def test_the_parts_of_a_multi_line_are_links_of_their_own(tmp_path: Path):
    parts = {"type": "MultiLineString", "coordinates": [[HERE, THERE], [THERE, HERE]]}
    model = read_network(geojson(tmp_path / "a.geojson", feature(parts, id="p", length=5)))
    assert [link.code for link in model.links] == ["p", "p#2"]
    assert {link.length_m for link in model.links} == {None}


def test_codes_that_occur_twice_lose_nothing(tmp_path: Path):
    file = geojson(tmp_path / "a.geojson", *(feature(PIPE, id=code) for code in ("a", "a#2", "a")))
    assert [link.code for link in read_network(file).links] == ["a", "a#2", "a#3"]


def test_features_without_any_code_are_named_by_layer_and_number(tmp_path: Path):
    file = geojson(tmp_path / "mains.geojson", feature(PIPE), feature(PIPE))
    assert [link.code for link in read_network(file).links] == ["mains-1", "mains-2"]


def test_points_are_junctions_with_their_elevation(tmp_path: Path):
    file = geojson(tmp_path / "a.geojson", feature(point(*HERE), id=3.0, elev_ft="100"))
    node = read_network(file).nodes[0]
    assert (node.code, node.kind) == ("3", NodeKind.JUNCTION)
    assert node.elevation_m == pytest.approx(30.48)


def test_heights_and_collections_are_read(tmp_path: Path):
    both = {
        "type": "GeometryCollection",
        "geometries": [{"type": "LineString", "coordinates": [[13, 52, 7], [13.1, 52, 8]]}, point(*HERE)],
    }  # fmt: skip
    model = read_network(geojson(tmp_path / "a.geojson", feature(both, id="x")))
    assert (len(model.links), len(model.nodes)) == (1, 1)


def test_the_crs_member_of_2008_is_honoured(tmp_path: Path):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2100"}}
    file = geojson(tmp_path / "a.geojson", feature(point(*ATHENS), id="n"), crs=crs)
    model = read_network(file)
    assert model.source_crs == "EPSG:2100"
    position = model.nodes[0].position
    assert (position.longitude, position.latitude) == pytest.approx(ATHENS_LONLAT, abs=1e-6)


def test_a_file_that_forgot_to_name_its_grid_is_asked_about(tmp_path: Path):
    with pytest.raises(FileRefused) as refused:
        read_network(geojson(tmp_path / "a.geojson", feature(point(*ATHENS), id="n")))
    assert "Greek Grid" in refused.value.advice


def test_a_byte_order_mark_and_windows_text_do_no_harm(tmp_path: Path):
    text = json.dumps(
        {"type": "FeatureCollection", "features": [feature(PIPE, id="ü")]}, ensure_ascii=False
    )
    for encoding in ("utf-8-sig", "cp1252", "utf-16"):
        (tmp_path / "a.geojson").write_bytes(text.encode(encoding))
        assert read_network(tmp_path / "a.geojson").links[0].code == "ü"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "FeatureCollection"}', "no array of features"),
        ('{"type": "FeatureCollection", "features": [{}]}', "feature 1: it is no Feature"),
        ('{"type": "FeatureCollection",\n "features": [}', "line 2, column 15"),
        ('{"type": "Topology", "objects": {}}', "the type 'Topology'"),
        ('{"type": "Point", "coordinates": ["a", null]}', "not made of two numbers"),
        ('{"type": "LineString", "coordinates": [[1, 2], [3]]}', "not made of two numbers"),
        ('{"type": "LineString", "coordinates": {"a": 1}}', "no array"),
        ('{"type": "Point", "coordinates": [NaN, 1]}', "not JSON"),
        ('{"type": "Point", "coordinates": [1' + "0" * 400 + ", 1]}", "{}"),
        ('{"type":' + "[" * 100_000, "not JSON"),
        ('{"type": "FeatureCollection", "features": []}', "no pipe or node"),
    ],
)
def test_what_is_no_geojson_is_refused_with_the_place(tmp_path: Path, text: str, said: str):
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(FileRefused) as refused:
        read_network(tmp_path / "a.geojson")
    assert said in str(refused.value) or said == "{}"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "features", "geometry", "coordinates", "properties", "id", "crs"]
            ),
            children
            | st.sampled_from(
                ["Feature", "FeatureCollection", "Point", "LineString", "MultiPoint"]
            ),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_values)
def test_arbitrary_json_is_read_or_refused_in_our_words(tmp_path: Path, value: Any):
    document = {"type": "FeatureCollection", "features": [value]} | (
        value if isinstance(value, dict) else {}
    )
    (tmp_path / "a.geojson").write_text(json.dumps(document))
    with suppress(WeirError):
        read_network(tmp_path / "a.geojson")
