"""The licences of what others wrote can be read inside the product, by whoever uses it."""

import re

from tests.api.appliance import Weir


async def test_everybody_who_is_signed_in_can_read_what_others_wrote_and_on_which_terms(weir: Weir):
    viewer = await weir.person(weir.there, "viewer")
    parts = {one["name"].lower(): one for one in (await viewer.get("parts")).body["parts"]}
    for name in ("quart", "amqtt", "duckdb", "argon2-cffi", "numpy"):  # two of them through others
        assert re.match(r"\d", parts[name]["version"]), name
        assert parts[name]["licence"], name
    assert not {"weir", "pytest", "ruff"} & parts.keys()
    texts = await viewer.get("parts/licences")
    assert "Redistribution and use in source and binary forms" in texts.body
    assert (await weir.nobody.get("parts")).status == 401
    assert (await weir.nobody.get("parts/licences")).status == 401
