"""The matrix: everybody, every way in, with what is theirs and what is not.

What is right follows from the policy table (`POLICY`, `Route.access`, `STREAM`) alone. Adding a route
adds its cells. Which faults the matrix would find: `scripts/faults/mutants`.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from appliance.domain.access import (
    POLICY,
    Permission,
    Role,
    ViewNetwork,
    including,
    permissions_named,
)
from tests.api.matrix import (
    HERE,
    THERE,
    World,
    cells,
    everybody_and_everything,
)
from tests.api.matrix_growth import growth_deviations
from tests.api.matrix_names import number_deviations
from tests.api.matrix_store import (
    enclave_deviations,
    noted_deviations,
    store_deviations,
)
from tests.api.matrix_streams import (
    device_deviations,
    event_deviations,
    mqtt_deviations,
    screen_deviations,
)
from tests.api.matrix_wills import will_deviations
from tests.api.mutants import mutants_of_store
from web.app import must_be_declared
from web.routes import PREFIX, Open, Route, Stream
from web.table import ROUTES


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with everybody_and_everything(tmp_path) as made:
        yield made


async def test_everybody_may_do_what_the_policy_says_and_nothing_else(world: World):
    before = await things_of_there(world)
    chosen = list(cells(world))
    asked = {(cell.route.method, cell.route.path) for cell in chosen if cell.whose == HERE}
    assert asked >= {(r.method, r.path) for r in ROUTES if not isinstance(r.access, Open)}
    assert await noted_deviations(world, iter(chosen)) == []
    assert await things_of_there(world) == before
    assert await number_deviations(world) == []
    assert await growth_deviations(world) == []
    assert await store_deviations(world) == []
    assert await enclave_deviations(world) == []
    assert await screen_deviations(world) == []
    assert await event_deviations(world) == []
    assert await mqtt_deviations(world) == []
    assert await will_deviations(world) == []
    assert await device_deviations(world) == []


HIDDEN = {
    f"{PREFIX}/map",
    f"{PREFIX}/map/edits/{{edit}}",
    f"{PREFIX}/sensors/{{sensor}}/keys",
    f"{PREFIX}/zones/{{zone}}/contents",
}
"""Routes that look for one thing, and then ask for more of what they have found."""
SHOWN_BY_NONE = ("zones: ", "FROM edit_part", "FROM map_edition", "FROM device_key", "FROM zone_")


async def test_a_query_that_is_wrong_below_what_answers_show_is_found(world: World):
    chosen = [c for c in cells(world) if c.who.is_system and c.route.path in HIDDEN]
    assert await noted_deviations(world, iter(chosen)) == []
    assert await store_deviations(world) == await enclave_deviations(world) == []
    mutants = [m for m in mutants_of_store(world) if any(word in m.name for word in SHOWN_BY_NONE)]
    assert all(any(word in m.name for m in mutants) for word in SHOWN_BY_NONE)
    for mutant in mutants:
        with mutant.broken():
            assert [*await store_deviations(world), *await enclave_deviations(world)], mutant.name


async def things_of_there(world: World) -> list[Any]:
    """What there is of THERE: nobody has changed it."""
    admin, ids = world.weir.there.admin, world.things[THERE]
    nouns = ("sensor", "rule", "alert", "incident", "pipeline", "user", "role", "zone")
    shown = [(await admin.get(f"{noun}s/{ids[noun]}")).body for noun in nouns]
    return [*shown, (await admin.get("users")).body]


async def test_what_a_route_must_say():
    fields = {"method": "GET", "path": f"{PREFIX}/x", "handler": None, "summary": ""}
    for access in (Permission, None, "network.view", object):
        with pytest.raises(TypeError, match="does not say who may use it"):
            Route(**fields, access=access)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="does not say who may use it"):
        Stream(path="/x", access=Permission, beyond=ViewNetwork)  # type: ignore[arg-type]


async def test_what_is_in_no_table_can_not_be_served():
    app = Quart(__name__, static_folder=None)
    app.add_url_rule("/api/v1/back-door", "back door", lambda: "")
    with pytest.raises(TypeError, match="back door"):
        must_be_declared(app)
    app = Quart(__name__, static_folder=None)
    app.add_websocket("/ws/back-door", "back door", lambda: "")
    with pytest.raises(TypeError, match="back door"):
        must_be_declared(app)


def test_a_role_has_what_its_permissions_include():
    for role, permissions in POLICY.items():
        assert including(permissions) == permissions, role
    assert permissions_named(["alerts.handle"]) >= {ViewNetwork}
    assert permissions_named(["gone.since", "system.administer"]) == frozenset()
    assert not POLICY[Role.CUSTOM]
