"""Hypercorn, as Weir runs it: bound before it serves, quiet, and stopped within a deadline.

Hypercorn has the conversations; who may connect, under TLS or not, and who gives way when there
are too many is decided before it hears of a connection: by the front of each address.
"""

import asyncio
from functools import partial

from quart import Quart

from appliance.domain.forwarded import Proxies
from appliance.ports.listening import Front
from web.http.callers import Callers
from web.http.conversations import STOP_WITHIN, Conversations


class WebServer:
    """Serves an application on one or several addresses."""

    def __init__(self, app: Quart, proxies: Proxies = Proxies()) -> None:  # noqa: B008 - frozen
        self._app = app
        self._proxies = proxies
        self._fronts: list[Front] = []
        self._serving = False
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()

    async def listen(self, host: str, port: int, front: Front) -> int:
        """Bind, and give the port; OSError when it is taken. Callers wait until `run` serves."""
        bound = await front.bind(host, port)
        self._fronts.append(front)
        return bound

    async def run(self) -> None:
        """Serve until `stop` is called."""
        if not self._fronts:
            raise RuntimeError("listen() comes first")
        self._serving = True
        talks = Conversations(self._app)
        try:
            async with talks.open(), asyncio.TaskGroup() as group:
                serving = [
                    group.create_task(front.run(partial(talks.protocol, self._callers(front))))
                    for front in self._fronts
                ]
                await self._stop.wait()
                for each in serving:
                    each.cancel()
        finally:
            self._stopped.set()

    def _callers(self, front: Front) -> Callers:
        return Callers(self._proxies, front.serves)

    async def stop(self) -> None:
        """Stop serving: sockets of screens are closed, requests under way get STOP_WITHIN."""
        self._stop.set()
        if not self._serving:
            for front in self._fronts:
                front.close()
            return
        if "live" in self._app.extensions:
            self._app.extensions["live"].stop()
        async with asyncio.timeout(STOP_WITHIN + 0.5):
            await self._stopped.wait()
