"""A network that is uploaded: looked at before anything is changed, and nobody else's afterwards."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from appliance.services.files import network_imports
from tests.api.appliance import Weir
from tests.api.test_assets import codes
from tests.api.test_bulk import nothing_left, put

SMALL = (Path(__file__).parents[1] / "gis" / "data" / "small.inp").read_bytes()
HERE = "13.4,52.5"


async def test_a_look_changes_nothing_and_the_import_only_ones_own(weir: Weir):
    how = {"name": "small.inp", "local_origin": HERE}
    look = await put(weir.here.admin, "network", SMALL, dry_run="true", **how)
    assert look.status == 200, look
    assert (look.body["done"], look.body["added"], look.body["source"]) == (
        False,
        None,
        "small.inp",
    )
    assert look.body["kinds"]["pipe"] == 3
    west, south, east, north = look.body["bounds"]
    assert 13 < west < east < 14
    assert 52 < south < north < 53
    assert len(look.body["lines"]["coordinates"]) == look.body["links"]
    assert await codes(weir.here) == []
    taken = await put(weir.here.admin, "network", SMALL, **how)
    assert (taken.status, taken.body["added"], taken.body["replaced"]) == (
        200,
        look.body["nodes"] + look.body["links"],
        0,
    )
    again = await put(weir.here.admin, "network", SMALL, **how)
    assert (again.body["added"], again.body["replaced"]) == (0, taken.body["added"])
    assert "P1" in await codes(weir.here)
    assert await codes(weir.there) == []
    lines = (await weir.here.admin.get("audit?action=network.imported")).body
    assert lines
    assert nothing_left(weir)


async def test_a_file_that_does_not_say_where_it_is_is_refused_with_what_helps(weir: Weir):
    refused = await put(weir.here.admin, "network", SMALL, dry_run="true", name="town.inp")
    assert refused.status == 400, refused
    assert "town.inp" in json.dumps(refused.body)
    nonsense = await put(weir.here.admin, "network", b"PK nonsense", name="../../x.inp")
    assert nonsense.status == 400, nonsense
    assert ".." not in json.dumps(nonsense.body)


async def test_an_archive_that_would_fill_the_memory_is_refused_unread(
    weir: Weir, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(network_imports, "LARGEST_UNPACKED", 1_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"0" * 2_000)
    refused = await put(weir.here.admin, "network", packed.getvalue(), name="a.zip")
    assert refused.status == 400
    assert "2,000" in json.dumps(refused.body)
    assert nothing_left(weir)


async def test_who_may_not_edit_the_network_may_not_look_either(weir: Weir):
    operator = await weir.person(weir.here, "operator")
    refused = await put(operator, "network", SMALL, dry_run="true", local_origin=HERE)
    assert refused.status == 403
