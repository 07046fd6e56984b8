"""The matrix over WebSocket and MQTT, and for devices: deviations from what the policy says."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from broker.codec.packets import Publish, ReturnCode, Suback, Subscribe
from tests.api.matrix import HERE, OUTSIDE, THERE, Who, World, add_token
from tests.broker.doors import Client as MqttClient
from tests.broker.doors import dial_plain
from web.live import STREAM

WAIT: Final = 10.0
LAST: Final = 7.77
"""The value of the last reading: when it has come, all that was to come before it has."""


def sensor_of(world: World, whose: str) -> int:
    return world.things[whose]["sensor"]


def is_for(who: Who, whose: str) -> bool:
    """What the policy says: whose readings and alerts somebody hears."""
    if not who.holds(STREAM.access):
        return False
    if whose == THERE:
        return who.is_system
    return whose == HERE or not who.is_limited


async def report_everywhere(world: World) -> None:
    """A reading of every sensor, then the last one of all."""
    towns = {OUTSIDE: world.outer, THERE: world.weir.there, HERE: world.weir.here}
    for town in towns.values():
        assert (await world.weir.report(town, {"value": 3.3, "unit": "bar"})).status == 201
    for whose in (OUTSIDE, THERE, HERE):
        change = {"notes": "heard by whom it concerns"}
        path = f"incidents/{world.things[whose]['incident']}"
        answer = await towns[whose].admin("PATCH", path, change)
        assert answer.status == 200, answer
    assert (await world.weir.report(towns[HERE], {"value": LAST, "unit": "bar"})).status == 201


# WebSocket ---------------------------------------------------------------------------------------


@asynccontextmanager
async def screen(world: World, who: Who, stream: object) -> AsyncIterator[ClientConnection]:
    uri = f"ws://127.0.0.1:{world.weir.port}/ws/{stream}?token={who.client.token}&replay_limit=500"
    async with connect(uri, proxy=None) as socket:
        yield socket


async def screen_deviations(world: World) -> list[str]:
    """Who may join which stream."""
    streams = {HERE: world.weir.here.id, THERE: world.weir.there.id, "global": "global"}
    wrong = []
    for who in world.people:
        for name, stream in streams.items():
            may = who.holds(STREAM.access) and (who.is_system or name == HERE)
            may = may and (name != "global" or who.holds(STREAM.beyond))
            async with screen(world, who, stream) as socket:
                joined = await _next(socket) is not None
                if joined != may:
                    wrong.append(f"{who.name} joins {name}: {joined}")
                elif not joined and socket.close_code != 1008:
                    wrong.append(f"{who.name} is sent from {name} with {socket.close_code}")
    return wrong


async def _next(socket: ClientConnection) -> dict[str, Any] | None:
    async with asyncio.timeout(WAIT):
        with contextlib.suppress(ConnectionClosed):
            said: dict[str, Any] = json.loads(await socket.recv())
            return said
    return None


async def event_deviations(world: World) -> list[str]:
    """Who hears of what, in the replay and after it."""
    wrong: list[str] = []
    async with AsyncExitStack() as stack:
        opened = {}
        for name in ("admin", "viewer", "limited", "token", "limited token"):
            who = world.who(name)
            opened[name] = await stack.enter_async_context(screen(world, who, world.weir.here.id))
        await report_everywhere(world)
        for name, socket in opened.items():
            wrong += _heard_wrong(world, world.who(name), await _until_last(socket))
    return wrong


async def _until_last(socket: ClientConnection) -> list[dict[str, Any]]:
    first = await _next(socket)
    heard = [] if first is None else list(first["data"])
    while (event := await _next(socket)) is not None:
        heard.append(event)
        if event["data"].get("value") == LAST:
            break
    return heard


def _wrongly(world: World, who: Who, sensors: set[int]) -> list[str]:
    """Name whose is heard that must not be, and whose is not heard that must be."""
    whose = (HERE, OUTSIDE, THERE)
    return [one for one in whose if (sensor_of(world, one) in sensors) != is_for(who, one)]


def _heard_wrong(world: World, who: Who, heard: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for kind in ("sensor_reading", "alert", "incident"):
        of = {event["data"].get("sensor_id") for event in heard if event["type"] == kind}
        wrong += [f"{who.name} and {kind} of {whose}" for whose in _wrongly(world, who, of)]
    return wrong


# MQTT --------------------------------------------------------------------------------------------


FILTERS: Final = ("#", "+/+/+", "sensors/#", "alerts/#", "m/#", "$SYS/#")
MAY_HEAR: Final = (False, False, True, True, False, False)


async def mqtt_deviations(world: World) -> list[str]:
    """Who may sign in over MQTT, and what each hears: live, retained and after having been away."""
    wrong: list[str] = []
    await add_token(world, "auditing token", ["audit.view"], None)
    refused = await _door(world, "auditing token")
    if refused is not None:
        wrong.append("a token that may see nothing is let in")
        await refused.close()
    listeners = {name: await _door(world, name) for name in ("token", "limited token")}
    for name, listener in listeners.items():
        assert listener is not None
        wrong += await _subscribe(name, listener)
    await report_everywhere(world)
    for name, listener in listeners.items():
        assert listener is not None
        wrong += _copies_wrong(world, world.who(name), await _copies(world, listener))
        await listener.close()
    return wrong


async def _door(world: World, token: str) -> MqttClient | None:
    client = MqttClient(*await dial_plain(world.mqtt))
    answer = await client.sign_in(username="token", password=world.tokens[token].encode())
    if answer.code == ReturnCode.ACCEPTED:
        return client
    await client.close()
    return None


async def _subscribe(name: str, client: MqttClient) -> list[str]:
    client.send(Subscribe(1, tuple((each, 1) for each in FILTERS)))
    answer = await client.receive()
    assert isinstance(answer, Suback)
    granted = tuple(code < 128 for code in answer.codes)
    return [] if granted == MAY_HEAR else [f"{name} subscribes to {FILTERS}: {granted}"]


async def _copies(world: World, client: MqttClient) -> list[Publish]:
    copies = []
    while isinstance(packet := await client.receive(), Publish):
        copies.append(packet)
        if b"7.77" in packet.payload:
            break
    del world
    return copies


def _copies_wrong(world: World, who: Who, copies: list[Publish]) -> list[str]:
    wrong = []
    said = [(copy.topic.partition("/")[0], json.loads(copy.payload)) for copy in copies]
    for kind in ("sensors", "alerts"):
        of = {data.get("sensor_id") for topic, data in said if topic == kind}
        wrong += [f"{who.name}, MQTT {kind} of {whose}" for whose in _wrongly(world, who, of)]
    return wrong


# Devices -----------------------------------------------------------------------------------------


async def device_deviations(world: World) -> list[str]:
    """A device reports for itself, with its key, and nobody else does."""
    weir, wrong = world.weir, []
    keys = {"its own": weir.here.key, "another's": world.outer.key, "there": weir.there.key}
    keys |= {who.name: who.client.token for who in world.people if who.is_signed_in}
    for path in ("sensors/{}/readings", "ingest/sensors/{}/data"):
        for device in ("PS-001", "PS-002"):
            for name, key in keys.items():
                owns = name in {"its own", "there"} if device == "PS-001" else name == "another's"
                headers = {"X-API-Key": key}
                answer = await weir.nobody.post(path.format(device), {"value": 1}, headers=headers)
                if (answer.status < 300) != owns:
                    wrong.append(f"{name} reports for {device} by {path}: {answer.status}")
    return wrong
