"""Nobody gives what they don't have: not by a role, a person or a token."""

import itertools
from typing import Any

from tests.api.appliance import PASSWORD, Client
from tests.api.matrix import HERE, THERE, World, add_person

_numbers = itertools.count(1)


async def promotion_deviations(world: World) -> list[str]:
    """Try to get further than one is, in every way that there is."""
    wrong = [*await _by_giving(world), *await _by_tokens(world)]
    clerk = world.who("clerk").client
    victim = await add_person(world, f"admin {next(_numbers)}", role="admin")
    admin = victim.user["id"]
    for change in ({"password": PASSWORD + "!"}, {"enabled": False}, {"role": "viewer"}):
        answer = await clerk("PATCH", f"users/{admin}", change)
        if answer.status != 403:
            wrong.append(f"a clerk changes an admin by {sorted(change)}: {answer.status}")
    return wrong


async def _by_giving(world: World) -> list[str]:
    clerk, theirs = world.who("clerk").client, world.things[THERE]
    name = f"climber {next(_numbers)}"
    person = {"username": name, "password": PASSWORD, "role": "technician", "email": ""}
    asked: dict[str, tuple[Client, str, dict[str, Any], set[int]]] = {
        "makes an admin": (clerk, "users", person | {"role": "admin"}, {403}),
        "makes an operator": (clerk, "users", person | {"role": "operator"}, {403}),
        "makes a device": (world.weir.chief, "users", person | {"role": "device"}, {422}),
        "makes a super admin": (clerk, "users", person | {"role": "super_admin"}, {403, 422}),
        "makes a role of more": (
            clerk,
            "roles",
            {"name": name, "permissions": ["rules.edit"]},
            {403},
        ),
        "makes a role of the system's": (
            world.weir.here.admin,
            "roles",
            {"name": name, "permissions": ["system.administer"]},
            {422},
        ),
        "gives another town's role": (
            world.weir.here.admin,
            "users",
            {k: v for k, v in person.items() if k != "role"} | {"role_id": theirs["role"]},
            {422},
        ),
        "names another town's zone": (
            world.weir.here.admin,
            "users",
            person | {"zone_ids": [theirs["zone"]]},
            {422},
        ),
        "makes a token of more": (clerk, "tokens", {"name": name, "scopes": ["rules.edit"]}, {403}),
        "makes an operator's token": (clerk, "tokens", {"name": name, "role": "operator"}, {403}),
    }
    wrong = []
    for what, (client, path, body, right) in asked.items():
        answer = await client.post(path, body | {"municipality_id": world.weir.here.id})
        if answer.status not in right:
            wrong.append(f"somebody {what}: {answer.status} {str(answer.body)[:120]}")
    return wrong


async def _by_tokens(world: World) -> list[str]:
    """A token is as strong as its maker is now, and not there when its maker is not."""
    admin, wrong = world.weir.here.admin, []
    role = await admin.post(
        "roles",
        {"name": f"maker {next(_numbers)}", "permissions": ["tokens.manage", "alerts.handle"]},
    )
    name = f"maker {next(_numbers)}"
    maker = await add_person(world, name, role_id=role.body["id"])
    made = await maker.post("tokens", {"name": name, "scopes": ["alerts.handle"]})
    program = Client(world.weir.http, made.body["token"])
    path = f"alerts/{world.things[HERE]['alert']}/comments"

    async def comments() -> int:
        return (await program.post(path, {"comment": "x"}, headers={"If-Match": '"never"'})).status

    seen = [await comments()]
    lesser = {"permissions": ["tokens.manage", "network.view"]}
    await admin("PATCH", f"roles/{role.body['id']}", lesser)
    seen.append(await comments())
    await admin("PATCH", f"users/{maker.user['id']}", {"enabled": False})
    seen.append(await comments())
    if seen != [412, 403, 401]:
        wrong.append(f"a token whose maker loses rights: {seen}, not [412, 403, 401]")
    return wrong
