"""Wills, retained copies and what waits for who is away: of whom each comes, and who gets it.

The device of HERE and that of THERE have the same name, so their topics are the same.
"""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from broker.codec.packets import (
    Disconnect,
    Puback,
    Publish,
    ReturnCode,
    Suback,
    Subscribe,
    Will,
)
from tests.api.appliance import Town
from tests.api.matrix import HERE, OUTSIDE, THERE, World
from tests.broker.doors import Client, dial_plain

WORDS: Final = {THERE: "Secret Spring is gone", OUTSIDE: "the meadow is gone", HERE: "gone here"}
"""What the wills say, in the order in which the devices vanish."""
_numbers: Final = itertools.count(1)
MAY_GET: Final = {"token": {HERE, OUTSIDE}, "limited token": {HERE}, "theirs": {THERE}}


async def will_deviations(world: World) -> list[str]:
    """Say who gets a will, late or retained, that is not for them, or does not get one that is."""
    if "theirs" not in world.tokens:
        made = await world.weir.there.admin.post("tokens", {"name": "theirs"})
        world.tokens["theirs"] = made.body["token"]
    session = f"away-{next(_numbers)}"
    for name in MAY_GET:
        async with _listener(world, name, session) as away:
            await _subscribe(away)
    await _vanish_all(world)
    wrong = []
    for name, right in MAY_GET.items():
        heard = await _heard(world, name, session)
        wrong += [f"wills that {name} gets {how}: {it}" for how, it in heard.items() if it != right]
    return wrong


async def _vanish_all(world: World) -> None:
    """Have each device vanish, and wait until somebody there has heard of it."""
    async with _listener(world, "token") as here, _listener(world, "theirs") as there:
        await _subscribe(here)
        await _subscribe(there)
        for whose, words in WORDS.items():
            await _vanish(world, whose)
            await _until(there if whose == THERE else here, words)


async def _heard(world: World, name: str, session: str) -> dict[str, set[str]]:
    """Give whose wills waited for somebody, and whose are retained for them."""
    async with _listener(world, name, session) as back, _listener(world, name) as fresh:
        await _subscribe(fresh)
        town = world.weir.there if name == "theirs" else world.weir.here
        last = next(_numbers) / 1000
        assert (await world.weir.report(town, {"value": last, "unit": "bar"})).status == 201
        said = {
            "late": await _until(back, f"{last}"),
            "retained": await _until(fresh, f"{last}"),
        }
    return {how: {w for w, words in WORDS.items() if words in it} for how, it in said.items()}


async def _until(client: Client, words: str) -> str:
    """Give everything that is said up to these words."""
    said = ""
    while words not in said and isinstance(packet := await client.receive(), Publish):
        said += packet.payload.decode()
        if packet.qos:
            client.send(Puback(packet.packet_id))
    return said


async def _subscribe(client: Client) -> None:
    client.send(Subscribe(1, (("sensors/#", 1),)))
    assert isinstance(await client.receive(), Suback)


@asynccontextmanager
async def _listener(world: World, name: str, session: str = "") -> AsyncIterator[Client]:
    """Come in with a token; leave politely, to come back where there is a session to come back to."""
    client = Client(*await dial_plain(world.mqtt))
    try:
        answer = await client.sign_in(
            username="token",
            password=world.tokens[name].encode(),
            client_id=session,
            clean_session=not session,
        )
        assert answer.code == ReturnCode.ACCEPTED
        yield client
        client.send(Disconnect())
    finally:
        await client.close()


async def _vanish(world: World, whose: str) -> None:
    """Sign a device in with a will, and cut it off."""
    town: Town = {HERE: world.weir.here, OUTSIDE: world.outer, THERE: world.weir.there}[whose]
    device = town.sensor["device_id"]
    said = json.dumps({"status": "offline", "note": WORDS[whose]}).encode()
    client = Client(*await dial_plain(world.mqtt))
    will = Will(f"sensors/{device}/status", said, 1, retain=True)
    answer = await client.sign_in(username=device, password=town.key.encode(), will=will)
    assert answer.code == ReturnCode.ACCEPTED
    client.writer.transport.abort()
    await client.close()
