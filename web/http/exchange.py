"""One request and its answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from quart import Quart, Request
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes

from web.http.bodies import BoundedBody

STALLED: Final = 60.0
"""Seconds in which a piece of an answer must be taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back: a status, headers, and the whole body or what gives it bit by bit."""

    status: int
    headers: Mapping[str, str]
    """Named in lower case."""
    body: bytes | AsyncIterator[bytes]


class Answering(Protocol):
    """An application that answers some requests by itself."""

    def answering(self, request: Request) -> Callable[[], Awaitable[Answer]] | None:
        """Give what answers a request; None where Quart shall."""


class _Gone(Exception):
    """The peer has gone, so that nobody waits for an answer."""


class Exchange(ASGIHTTPConnection):
    """Quart's exchange of a request and its answer, which takes a body only when it is wanted.

    An answer may take as long as it likes, if each piece of it is taken within STALLED: to load
    years of readings over the telephone network takes minutes.
    """

    def __init__(self, app: Quart, scope: HTTPScope) -> None:
        super().__init__(app, scope)
        self._body: BoundedBody

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve it; its body's room is free afterwards, whatever happened."""
        request = self._create_request_from_scope(send)
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self.handle_messages(request, receive))
                await self.handle_request(request, send)
                listening.cancel()
        except* _Gone:
            pass
        finally:
            self._body.let_go()

    def _create_request_from_scope(self, send: ASGISendCallable) -> Request:
        request = super()._create_request_from_scope(send)
        self._body = cast(BoundedBody, request.body)
        return request

    async def handle_messages(self, _request: Request, receive: ASGIReceiveCallable) -> None:
        """Take what comes; raises _Gone when the peer has gone, which ends the work for it."""
        body = self._body
        while (message := cast(dict[str, Any], await receive()))["type"] != "http.disconnect":
            if message.get("body"):
                await body.wanted.wait()
                body.append(message["body"])
            if not message.get("more_body", False):
                body.set_complete()
        raise _Gone

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        """Answer it: by what the application has for it, else by Quart."""
        answering = cast(Answering, self.app).answering(request)
        if answering is None:
            await super().handle_request(request, send)
            return
        answer = await answering()
        self._no_more_is_wanted()
        await _give(send, answer)

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        self._no_more_is_wanted()
        await super()._send_response(send, response)

    def _no_more_is_wanted(self) -> None:
        """There is an answer: what still comes of the body is dropped."""
        self._body.set_complete()
        self._body.wanted.set()


async def _give(send: ASGISendCallable, answer: Answer) -> None:
    fields = answer.headers.items()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    status, body = answer.status, answer.body
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if isinstance(body, bytes):
        await _give_a_piece(send, body, more=False)
        return
    try:
        async for piece in body:
            await _give_a_piece(send, piece, more=True)
    finally:
        if isinstance(body, AsyncGenerator):
            await body.aclose()
    await _give_a_piece(send, b"", more=False)


async def _give_a_piece(send: ASGISendCallable, piece: bytes, *, more: bool) -> None:
    """Have it taken; raises TimeoutError where the peer takes nothing."""
    async with asyncio.timeout(STALLED):
        await send({"type": "http.response.body", "body": piece, "more_body": more})
