"""EPANET input files: what is read, what is converted, and what is refused by line."""

from pathlib import Path

import pytest

from appliance.domain.errors import FileRefused
from appliance.domain.network import LinkKind, NetworkModel, NodeKind
from storage.gis.read import read_network
from tests.gis.drawn import DATA

ORIGIN = "13.4,52.5,0,0,m"


def read(path: Path) -> NetworkModel:
    return read_network(path, origin=ORIGIN)


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        read(path)
    assert refused.value.advice
    return str(refused.value)


@pytest.fixture
def small() -> NetworkModel:
    return read(DATA / "small.inp")


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = path / "town.inp"
    file.write_bytes(text.encode(encoding))
    return file


def test_every_node_is_read_with_its_kind_and_elevation(small: NetworkModel):
    assert {node.code: (node.kind, node.elevation_m) for node in small.nodes} == {
        "J1": (NodeKind.JUNCTION, 10.0),
        "J2": (NodeKind.JUNCTION, 12.5),
        "J 3": (NodeKind.JUNCTION, 8.0),
        "R1": (NodeKind.RESERVOIR, 120.0),
        "T1": (NodeKind.TANK, 55.0),
        "OLD": (NodeKind.RESERVOIR, 40.0),
    }


def test_every_link_is_read_with_its_ends_kind_and_status(small: NetworkModel):
    assert {(k.code, k.kind, k.start, k.end, k.status, k.name) for k in small.links} == {
        ("P1", LinkKind.PIPE, "R1", "J1", "open", "Trunk"),
        ("P2", LinkKind.PIPE, "J1", "J2", "check_valve", None),
        ("P3", LinkKind.PIPE, "J2", "J 3", "closed", None),
        ("PU1", LinkKind.PUMP, "J1", "T1", "closed", None),
        ("V1", LinkKind.VALVE, "J2", "OLD", "active", "PRV"),
        ("V2", LinkKind.VALVE, "J1", "OLD", "closed", "TCV"),
    }


def test_metric_diameters_are_millimetres(small: NetworkModel):
    first = next(link for link in small.links if link.code == "P1")
    assert (first.length_m, first.diameter_m, first.roughness) == (1000.0, 0.3, 140.0)


def test_vertices_lie_between_the_ends(small: NetworkModel):
    first = next(link for link in small.links if link.code == "P1")
    longitudes = [position.longitude for position in first.path]
    assert len(longitudes) == 4
    assert longitudes == sorted(longitudes)
    assert longitudes[0] == pytest.approx(13.4)


def test_what_names_nothing_is_counted(small: NetworkModel):
    assert small.skipped == {"status of an unknown link": 1, "coordinates of an unknown node": 1}


def test_us_units_are_the_default_and_become_si(tmp_path: Path):
    text = (DATA / "small.inp").read_text().replace(" Units\tLPS\n", "")
    model = read_network(write(tmp_path, text), origin="13.4,52.5,0,0,ft")
    first = next(link for link in model.links if link.code == "P1")
    assert first.length_m == pytest.approx(304.8)
    assert first.diameter_m == pytest.approx(7.62)
    assert model.nodes[0].elevation_m == pytest.approx(3.048)


def test_darcy_weisbach_roughness_is_millimetres_whatever_the_units(tmp_path: Path):
    text = (DATA / "small.inp").read_text().replace("H-W", "D-W").replace("LPS", "GPM")
    model = read_network(write(tmp_path, text), origin="13.4,52.5,0,0,ft")
    assert model.links[0].roughness == pytest.approx(140 * 0.3048)


@pytest.mark.parametrize(
    ("encoding", "line_end"),
    [("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("cp1252", "\r\n"), ("utf-8", "\r")],
)
def test_odd_encodings_and_line_ends_change_nothing(
    tmp_path: Path, encoding: str, line_end: str, small: NetworkModel
):
    text = (DATA / "small.inp").read_text().replace("\n", line_end)
    model = read(write(tmp_path, text, encoding))
    assert (model.nodes, model.links) == (small.nodes, small.links)


def test_case_and_abbreviated_section_names_do_not_matter(tmp_path: Path, small: NetworkModel):
    text = (DATA / "small.inp").read_text()
    for name in ("JUNCTIONS", "PIPES", "COORDINATES"):
        text = text.replace(f"[{name}]", f"[{name[:4].lower()}]")
    assert read(write(tmp_path, text)).links == small.links


def test_every_bad_line_is_named_with_its_number(tmp_path: Path):
    text = (
        "[JUNCTIONS]\nJ1 ten\nJ2 5\nJ2 6\n[PIPES]\nP1 J1 J9 1 1 1\nP2 J1\n[COORDINATES]\nJ1 0 0\n"
    )
    said = refusal(write(tmp_path, text))
    assert "line 2: 'ten' is not a number" in said
    assert "line 4: node 'J2' was there before" in said
    assert "line 6: link 'P1' ends at node 'J9', which is not defined" in said
    assert "line 7: [PIPES] needs 6 values, here are 2" in said


def test_a_hundred_bad_lines_give_one_short_refusal(tmp_path: Path):
    lines = "\n".join(f"J{n} x" for n in range(100))
    assert "and 95 more" in refusal(write(tmp_path, f"[JUNCTIONS]\n{lines}\n"))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "1_000", "0x10"])
def test_what_is_no_finite_number_is_refused(tmp_path: Path, number: str):
    text = f"[JUNCTIONS]\nJ1 {number}\n[COORDINATES]\nJ1 0 0\n"
    assert "line 2" in refusal(write(tmp_path, text))


def test_an_unknown_flow_unit_is_refused(tmp_path: Path):
    text = "[JUNCTIONS]\nJ1 1\n[OPTIONS]\nUNITS FURLONGS\n[COORDINATES]\nJ1 0 0\n"
    assert "line 4: 'FURLONGS' is not a flow unit" in refusal(write(tmp_path, text))


def test_nodes_without_coordinates_are_left_out_with_their_links_and_counted(tmp_path: Path):
    text = (DATA / "small.inp").read_text().replace(" T1\t1000\t100\n", "")
    model = read(write(tmp_path, text))
    assert "T1" not in {node.code for node in model.nodes}
    assert "PU1" not in {link.code for link in model.links}
    assert model.skipped["node without coordinates"] == 1
    assert model.skipped["link without coordinates"] == 1


def test_a_model_without_any_coordinates_is_refused(tmp_path: Path):
    assert "no node coordinates" in refusal(write(tmp_path, "[JUNCTIONS]\nJ1 1\n"))


def test_a_map_in_degrees_needs_no_question(tmp_path: Path):
    text = "[JUNCTIONS]\nJ1 1\n[COORDINATES]\nJ1 13.4 52.5\n[BACKDROP]\nUNITS Degrees\n"
    model = read_network(write(tmp_path, text))
    assert model.source_crs == "EPSG:4326"
    assert model.nodes[0].position.latitude == 52.5
