"""How a screen says who it is: by a first message, or (the installed application) in the address.

An address ends up in logs, histories and proxies, and a token in it does, too. A browser can send
no header with a WebSocket, so our own pages open it with nothing and say `{type: "auth", …}` first.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from quart import Websocket

from appliance.domain.errors import NotSignedIn, TooMany

HELLO_WITHIN: Final = 10.0
"""Seconds that a stranger has for the first message."""
MOST_STRANGERS: Final = 100
"""Who have not said who they are; more are told to try again later."""
BEAT_EVERY: Final = 5.0
"""Seconds without an event after which a screen that said hello is told that there is none."""


class Auth(Struct, frozen=True):
    """The first message of a screen that has no token in its address."""

    type: Literal["auth"]
    token: Annotated[str, Meta(max_length=2_000)]
    since: Annotated[str, Meta(max_length=200)] = ""
    replay_limit: Annotated[int, Meta(ge=0)] | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """Who somebody says they are, and from where on they want to hear."""

    token: str
    since: str
    replay_limit: str
    beat: float | None
    """After so many seconds of silence they are told that nothing has happened."""


class Strangers:
    """Screens that have not said who they are: few, and not for long."""

    def __init__(self) -> None:
        self._waiting = 0

    async def hello(self, connection: Websocket, args: Mapping[str, str]) -> Hello:
        """Give what the address or the first message says; NotSignedIn without either in time."""
        since, replay = args.get("since", ""), args.get("replay_limit", "")
        if "token" in args:
            return Hello(args["token"], since, replay, None)
        if self._waiting >= MOST_STRANGERS:
            raise TooMany(what="too many have not said who they are")
        self._waiting += 1
        try:
            said = await _first(connection)
        finally:
            self._waiting -= 1
        limit = replay if said.replay_limit is None else str(said.replay_limit)
        return Hello(said.token, said.since or since, limit, BEAT_EVERY)


async def _first(connection: Websocket) -> Auth:
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            said = await connection.receive()
        return msgspec.json.decode(said, type=Auth)
    except (TimeoutError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotSignedIn(reason="Say who you are first") from None
