"""The live stream: what was missed, then every event, until somebody leaves or must."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec
from quart import Quart, Websocket, websocket

from appliance.domain.access import (
    Actor,
    AdministerSystem,
    ViewNetwork,
    authorise,
    authorise_system,
)
from appliance.domain.errors import NotAllowed, NotFound, NotSignedIn, TooMany, WeirError
from appliance.domain.ids import MunicipalityId
from appliance.domain.telling import Cursor, LiveEvent
from appliance.ports.live import LiveClient
from appliance.services.assembly import Services
from appliance.services.audit.recording import acting, author_of
from appliance.services.screens import Joined
from web.http.recognition import of_user, recognise
from web.http.sockets import BoundedWebsocket
from web.live_hello import Hello, Strangers
from web.origins import Origins
from web.routes import LARGEST_ID, Stream

POLICY_VIOLATION: Final = 1008
GOING_AWAY: Final = 1001
INTERNAL_ERROR: Final = 1011
TRY_AGAIN_LATER: Final = 1013

LOOK_EVERY: Final = 2.0
"""Seconds between looks at whether the person behind a screen may still see it. With what sign-in
believes in between, whoever was changed is out within 5 s."""
SEND_WITHIN: Final = 20.0
"""Seconds that a screen may take to accept one message; one that takes longer is gone."""
MOST_SCREENS: Final = 1_000
"""More are told to try again later: each holds a queue of events."""
MOST_PER_MINUTE: Final = 600
MOST_REPLAYED: Final = 1_000
USUAL_REPLAY: Final = 50
BEAT: Final[Mapping[str, object]] = {"type": "beat", "data": {}}

Write = Callable[[LiveEvent], dict[str, object]]


class Over(Exception):
    """The stream ends: with this WebSocket close code (RFC 6455, 7.4), and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


STREAM: Final = Stream(path="/ws/<string:whose>", access=ViewNetwork, beyond=AdministerSystem)


class LiveStreams:
    """Serves `/ws/{municipality_id|global}`."""

    def __init__(self, services: Services, origins: Origins) -> None:
        self._services = services
        self._origins = origins
        self._stopping = asyncio.Event()
        self._strangers = Strangers()
        self._open = 0

    def attach(self, app: Quart) -> None:
        """Add the endpoint to an application."""
        app.asgi_websocket_class = BoundedWebsocket
        app.add_websocket(STREAM.path, STREAM.endpoint, self.serve)

    def stop(self) -> None:
        """Send everybody away: they come back when Weir does."""
        self._stopping.set()

    async def serve(self, whose: str) -> None:
        """Serve one screen. A refusal is told by closing, since browsers show nothing else."""
        connection: Websocket = websocket
        await connection.accept()
        self._open += 1
        try:
            await self._serve(connection, whose)
        except Over as over:
            await _close(connection, over)
        except WeirError as error:
            await _close(connection, Over(_code(error), str(error)))
        finally:
            self._open -= 1

    async def _serve(self, connection: Websocket, whose: str) -> None:
        if self._open > MOST_SCREENS:
            raise Over(TRY_AGAIN_LATER, "too many screens are open")
        scheme = "https" if connection.scheme == "wss" else "http"
        if not self._origins.may(connection.headers.get("Origin"), f"{scheme}://{connection.host}"):
            raise Over(POLICY_VIOLATION, "this origin may not")
        hello = await self._hello(connection)
        token = hello.token
        actor = await self._services.sign_in.actor(token)
        recognise(connection.scope, of_user(actor))
        who = author_of(actor, connection.remote_addr or "", "GET /ws")
        with acting(who):
            stream = _stream(whose)
            client, missed, complete = await self._join(actor, stream, hello)
        seal = partial(self._services.cursors.seal, stream)
        head = None if client.joined is None else seal(client.joined)
        write = partial(message_of, seal=seal)
        try:
            await _send(connection, _replay([write(event) for event in missed], complete, head))
            tell = _tell(connection, client, write, hello.beat)
            await self._run(connection, tell, token, actor)
        finally:
            client.close()

    async def _hello(self, connection: Websocket) -> Hello:
        """Hear who it is; who has not said so when Weir stops is sent away."""
        try:
            async with asyncio.TaskGroup() as together:
                leaving = together.create_task(self._leave_at_stop())
                hello = await self._strangers.hello(connection, connection.args)
                leaving.cancel()
        except* (Over, WeirError) as several:
            raise _first(several) from None
        return hello

    async def _join(self, actor: Actor, stream: MunicipalityId | None, hello: Hello) -> Joined:
        replay = _replay_limit(hello.replay_limit)
        since = self._since(stream, hello.since)
        if stream is None:
            everywhere = authorise_system(actor, STREAM.beyond)
            return await self._services.screens.join_all(everywhere, replay=replay, since=since)
        grant = authorise(actor, STREAM.access, stream)
        return await self._services.screens.join(grant, replay=replay, since=since)

    def _since(self, stream: MunicipalityId | None, text: str) -> Cursor | None:
        try:
            return self._services.cursors.open(stream, text) if text else None
        except ValueError:
            raise Over(POLICY_VIOLATION, "`since` is no cursor") from None

    async def _run(
        self, connection: Websocket, tell: Coroutine[Any, Any, None], token: str, actor: Actor
    ) -> None:
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(tell)
                together.create_task(_listen(connection))
                together.create_task(self._keep_looking(token, actor))
                together.create_task(self._leave_at_stop())
        except* (Over, WeirError) as several:
            raise _first(several) from None

    async def _keep_looking(self, token: str, actor: Actor) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = await self._services.sign_in.actor(token, expired_too=True)
            if replace(now, name=actor.name) != actor:
                raise Over(POLICY_VIOLATION, "your rights have changed; connect again")

    async def _leave_at_stop(self) -> None:
        await self._stopping.wait()
        raise Over(GOING_AWAY, "Weir is stopping")


def _stream(whose: str) -> MunicipalityId | None:
    """Read whose stream is meant; None for everybody's."""
    if whose == "global":
        return None
    if not (whose.isascii() and whose.isdigit()) or int(whose[:20]) > LARGEST_ID:
        raise NotFound(kind="municipality", name=whose)
    return MunicipalityId(int(whose))


async def _tell(
    connection: Websocket, client: LiveClient, write: Write, beat: float | None
) -> None:
    while True:
        try:
            async with asyncio.timeout(beat):
                events = await client.next()
        except TimeoutError:
            await _send(connection, dict(BEAT))
            continue
        for event in events:
            await _send(connection, write(event))


async def _listen(connection: Websocket) -> None:
    """Take what a screen sends and drop it: it has nothing to say here, and may not say it often."""
    loop = asyncio.get_running_loop()
    while True:
        until = loop.time() + 60
        for _ in range(MOST_PER_MINUTE):
            await connection.receive()
        if loop.time() < until:
            raise Over(POLICY_VIOLATION, "too many messages; nothing is read here")


async def _send(connection: Websocket, message: dict[str, object]) -> None:
    try:
        async with asyncio.timeout(SEND_WITHIN):
            await connection.send(msgspec.json.encode(message, enc_hook=int).decode())
    except TimeoutError:
        raise Over(TRY_AGAIN_LATER, "this screen does not read") from None


def message_of(event: LiveEvent, seal: Callable[[Cursor], str]) -> dict[str, object]:
    """Write an event."""
    return {"type": event.type, "data": event.data, "cursor": seal(event.cursor)}


def _replay(
    missed: list[dict[str, object]],
    complete: bool,  # noqa: FBT001
    head: str | None,
) -> dict[str, object]:
    """Say what was missed, and the cursor to resume from if nothing else should come."""
    cursor = head or (missed[-1]["cursor"] if missed else None)
    return {"type": "replay", "data": missed, "complete": complete, "cursor": cursor}


def _replay_limit(text: str) -> int:
    return min(int(text), MOST_REPLAYED) if text.isascii() and text.isdigit() else USUAL_REPLAY


def _code(error: WeirError) -> int:
    match error:
        case NotSignedIn() | NotAllowed() | NotFound():
            return POLICY_VIOLATION
        case TooMany():
            return TRY_AGAIN_LATER
        case _:
            return INTERNAL_ERROR


def _first(several: BaseExceptionGroup[Exception]) -> Exception:
    one = several.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one


async def _close(connection: Websocket, over: Over) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SEND_WITHIN):
            await connection.close(over.code, over.reason[:100])
