"""WebSocket connections that hold back who sends too much, and never leave a reader stuck."""

import asyncio
import contextlib
from typing import Final

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
from quart import Quart
from quart.asgi import ASGIWebsocketConnection

MOST_INBOUND: Final = 8
"""Messages from a screen that wait; further ones wait in its own network buffers."""
DRAIN_QUICKLY: Final = 5.0
"""Seconds in which who was sent away may finish what they were saying."""
DRAIN_PAUSE: Final = 1.0
DRAIN_AT_MOST: Final = 15.0
"""Seconds after which who was sent away, and has not gone, is cut off."""


class BoundedWebsocket(ASGIWebsocketConnection):
    """Quart's connection with an inbound queue that holds the sender back instead of growing.

    Quart's own queue has no bound, and when a handler ends while the peer still sends, nobody takes
    from Hypercorn's queue any more: its reader blocks for ever and never sees the peer's close. So
    what still comes after the end is taken and dropped until the peer has gone.
    """

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self.queue = asyncio.Queue(MOST_INBOUND)
        self._gone = False

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve, then listen until the peer has gone."""
        await super().__call__(receive, send)
        if self._accepted and not self._gone:
            await _until_gone(receive)

    async def handle_messages(self, receive: ASGIReceiveCallable) -> None:
        """Take what comes; returns when the peer has gone."""
        await super().handle_messages(receive)
        self._gone = True


async def _until_gone(receive: ASGIReceiveCallable) -> None:
    """Drop messages, at first quickly, then so slowly that TCP holds the peer back, then no more."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DRAIN_QUICKLY
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_AT_MOST):
            while (await receive())["type"] != "websocket.disconnect":
                if loop.time() > until:
                    await asyncio.sleep(DRAIN_PAUSE)
