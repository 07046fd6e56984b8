"""Where on the Earth a drawing lies: given, said by the file, detected, or asked for."""

from pathlib import Path

import numpy as np
import pytest

from appliance.domain.errors import FileRefused, Invalid
from storage.gis.crs import Crs, epsg, from_file, named
from storage.gis.local_plane import parse_origin
from storage.gis.projection import CrsUnusable, Projection
from storage.gis.read import read_network
from tests.gis.drawn import ATHENS, ATHENS_LONLAT, DATA, GREEK_PRJ, feature, geojson, line, point


@pytest.fixture(scope="module")
def projection():
    opened = Projection()
    yield opened
    opened.close()


def at(projection: Projection, crs: Crs, x: float, y: float) -> list[float]:
    return projection.to_wgs84(crs, np.array([[x, y]]))[0].tolist()


@pytest.mark.parametrize(
    ("code", "plan", "lonlat", "tolerance"),
    [
        (32633, (500000, 0), (15, 0), 1e-9),  # the central meridian of zone 33 at the equator
        (3857, (1113194.9079327357, 6800125.454397307), (10, 52), 1e-8),
        (3857, (20037508.342789244, 0), (180, 0), 1e-8),
        # Ordnance Survey, "A guide to coordinate systems in Great Britain", Caister water tower;
        # without the OSTN15 grid good to some metres
        (27700, (651409.903, 313177.270), (1.7160740, 52.6579801), 7e-5),
        # RD New's centre, Our Lady's tower in Amersfoort (NSGI)
        (28992, (155000, 463000), (5.38720366, 52.15517290), 1e-5),
        # the old observatory of Bern (swisstopo)
        (2056, (2600000, 1200000), (7.43863242, 46.95108277), 1e-6),
        (2100, ATHENS, ATHENS_LONLAT, 1e-6),
        # northing comes first in the registry, easting first here
        (31467, (3500000, 5400000), (8.99897548, 48.73753487), 2e-5),
    ],
)
def test_known_points_land_where_they_are(
    projection: Projection, code: int, plan, lonlat, tolerance: float
):
    assert at(projection, epsg(code), *plan) == pytest.approx(lonlat, abs=tolerance)


def test_an_array_keeps_its_order_across_chunks(projection: Projection):
    northings = np.linspace(1e6, 9e6, 250_001)
    points = np.column_stack([np.full(250_001, 500_000.0), northings])
    lonlat = projection.to_wgs84(epsg(32633), points)
    assert lonlat.shape == points.shape
    assert (np.diff(lonlat[:, 1]) > 0).all()
    assert np.allclose(lonlat[:, 0], 15)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308, -1e308])
def test_an_impossible_point_spoils_no_other(projection: Projection, bad: float):
    lonlat = projection.to_wgs84(epsg(32633), np.array([[5e5, 0], [bad, bad], [5e5, 0]]))
    assert lonlat[0].tolist() == lonlat[2].tolist() == pytest.approx([15, 0])
    assert not np.isfinite(lonlat[1]).all()


def test_no_points_at_all_are_fine(projection: Projection):
    assert projection.to_wgs84(epsg(32633), np.empty((0, 2))).shape == (0, 2)


def test_an_unknown_code_is_said_to_be_unknown(projection: Projection):
    with pytest.raises(CrsUnusable, match="not found"):
        at(projection, epsg(999999), 0, 0)


def test_esri_text_without_a_code_gives_what_the_code_gives(projection: Projection):
    crs = from_file(GREEK_PRJ)
    assert crs is not None
    assert crs.name == "GGRS87_Greek_Grid"
    assert at(projection, crs, *ATHENS) == pytest.approx(ATHENS_LONLAT, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["EPSG:2100", "epsg:2100", " 2100 ", "urn:ogc:def:crs:EPSG::2100", "urn:ogc:def:crs:EPSG:9.1:2100"]
)  # fmt: skip
def test_a_code_is_read_in_its_usual_spellings(text: str):
    assert named(text) == Crs("EPSG:2100", "EPSG:2100")


@pytest.mark.parametrize("text", ["CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_wgs84_is_known_by_its_names(text: str):
    assert named(text).name == "EPSG:4326"


@pytest.mark.parametrize(
    "text", ["", "x", "EPSG:", "EPSG:2100; DROP", "+proj=utm +zone=33", "EPSG:1e4"]
)
def test_anything_else_is_no_code(text: str):
    with pytest.raises(Invalid):
        named(text)


def test_the_codes_of_wkt_1_and_2_are_found_at_its_end():
    assert from_file(
        'PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4121"]],AUTHORITY["EPSG","2100"]]'
    ) == epsg(2100)
    assert from_file('PROJCRS["x",BASEGEOGCRS["y",ID["EPSG",4121]],ID["EPSG",2100]]') == epsg(2100)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        'LOCAL_CS["plan"]',
        "+proj=utm +zone=33 +nadgrids=/etc/passwd",
        'PROJCS["x",GEOGCS["y"],EXTENSION["PROJ4","+proj=utm +nadgrids=/etc/passwd"]]',
        'BOUNDCRS[SOURCECRS["x"],PARAMETERFILE["f","/etc/passwd"]]',
        'PROJCS["x"' + " " * 30_000,
    ],
)
def test_text_that_says_nothing_or_could_open_files_is_not_used(text: str):
    assert from_file(text) is None


def test_plan_coordinates_are_asked_about_and_never_guessed():
    with pytest.raises(FileRefused) as refused:
        read_network(DATA / "small.inp")
    assert "x 0 to 1500, y 0 to 250" in str(refused.value)
    assert "--crs EPSG:n" in refused.value.advice
    assert "--local-origin" in refused.value.advice
    assert "one unit is about 1 m" in refused.value.advice


def test_numbers_like_a_national_grid_bring_its_name_into_the_question(tmp_path: Path):
    text = f"[JUNCTIONS]\nJ 1\n[COORDINATES]\nJ {ATHENS[0]} {ATHENS[1]}\n"
    (tmp_path / "a.inp").write_text(text)
    with pytest.raises(FileRefused) as refused:
        read_network(tmp_path / "a.inp")
    assert "EPSG:2100 (Greek Grid)" in refused.value.advice
    assert "UTM" in refused.value.advice


def test_a_given_system_goes_before_everything(tmp_path: Path):
    file = geojson(tmp_path / "a.geojson", feature(point(*ATHENS), id="n"))
    model = read_network(file, crs="EPSG:2100")
    assert model.source_crs == "EPSG:2100"
    assert model.nodes[0].position.longitude == pytest.approx(ATHENS_LONLAT[0])


def test_a_schematic_within_the_range_of_degrees_is_not_taken_for_degrees(tmp_path: Path):
    text = "[JUNCTIONS]\nA 1\nB 1\n[COORDINATES]\nA 10 10\nB 90 80\n"
    (tmp_path / "a.inp").write_text(text)
    with pytest.raises(FileRefused):
        read_network(tmp_path / "a.inp")


def test_degrees_are_detected_and_pipe_lengths_must_agree(tmp_path: Path):
    text = (
        "[JUNCTIONS]\nA 1\nB 1\n[PIPES]\nP A B {} 100 100\n[OPTIONS]\nUNITS LPS\n"
        "[COORDINATES]\nA 13.40 52.5\nB 13.41 52.5\n"
    )
    (tmp_path / "a.inp").write_text(text.format(678))
    assert read_network(tmp_path / "a.inp").source_crs == "EPSG:4326"
    (tmp_path / "b.inp").write_text(text.format("0.01"))
    with pytest.raises(FileRefused):
        read_network(tmp_path / "b.inp")


def test_a_local_plane_keeps_distances_and_directions():
    model = read_network(DATA / "small.inp", origin="13.4,52.5,0,0,m")
    places = {node.code: node.position for node in model.nodes}
    assert (places["R1"].longitude, places["R1"].latitude) == pytest.approx((13.4, 52.5))
    # 1° of the meridian at 52.5° is 111,272 m, of the parallel 67,908 m (WGS 84)
    assert places["J1"].longitude - 13.4 == pytest.approx(1000 / 67_908, rel=1e-3)
    assert places["J 3"].latitude - places["J2"].latitude == pytest.approx(250 / 111_272, rel=1e-3)


def test_without_an_anchor_the_middle_of_the_drawing_lies_at_the_origin():
    model = read_network(DATA / "small.inp", origin=(13.4, 52.5))
    longitudes = [node.position.longitude for node in model.nodes]
    latitudes = [node.position.latitude for node in model.nodes]
    assert (min(longitudes) + max(longitudes)) / 2 == pytest.approx(13.4, abs=1e-6)
    assert (min(latitudes) + max(latitudes)) / 2 == pytest.approx(52.5, abs=1e-6)
    assert "750,125 × 1 m" in model.source_crs


def test_feet_are_known_by_the_lengths_of_the_pipes(tmp_path: Path):
    text = (DATA / "small.inp").read_text().replace(" Units\tLPS\n", "")
    (tmp_path / "feet.inp").write_text(text)
    model = read_network(tmp_path / "feet.inp", origin="13.4,52.5,0,0")
    place = next(node.position for node in model.nodes if node.code == "J1")
    assert place.longitude - 13.4 == pytest.approx(304.8 / 67_908, rel=1e-3)


def test_a_drawing_out_of_scale_is_asked_about(tmp_path: Path):
    text = (DATA / "small.inp").read_text().replace("\t1000\t300\t", "\t99000\t300\t")
    for short in ("500\t150", "250\t100"):
        text = text.replace(short, "99000\t100")
    (tmp_path / "a.inp").write_text(text)
    with pytest.raises(FileRefused) as refused:
        read_network(tmp_path / "a.inp", origin="13.4,52.5")
    assert "one unit is about 198 m" in refused.value.advice


def test_an_anchor_far_away_is_refused_with_the_middle_of_the_drawing():
    with pytest.raises(FileRefused) as refused:
        read_network(DATA / "small.inp", origin="13.4,52.5,1e7,0,m")
    assert "750,125" in refused.value.advice


@pytest.mark.parametrize(
    "text", ["", "1", "1,2,3,4,5,6", "x,y", "200,0", "0,91", "1,2,furlong", "1,2,-1", "1,nan"]
)
def test_an_origin_that_is_none_is_refused(text: str):
    with pytest.raises(Invalid):
        parse_origin(text)


def test_a_system_that_does_not_fit_is_refused_with_an_example(tmp_path: Path):
    file = geojson(tmp_path / "a.geojson", feature(line((500, 1), (900, 2)), id="p"), crs=None)
    with pytest.raises(FileRefused, match="500 1"):
        read_network(file, crs="EPSG:4326")


def test_one_impossible_node_among_many_is_left_out_and_counted(tmp_path: Path):
    nodes = [feature(point(13 + n / 1e4, 52), id=str(n)) for n in range(200)]
    file = geojson(tmp_path / "a.geojson", *nodes, feature(point(1e308, 1e308), id="bad"))
    model = read_network(file)
    assert len(model.nodes) == 200
    assert model.skipped == {"node with impossible coordinates": 1}
