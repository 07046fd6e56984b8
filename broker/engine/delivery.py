"""amqtt's handler of one connection, with delivery taken out of its hands."""

import asyncio
from functools import cached_property

from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler

from broker.engine.outgoing import Outgoing


class Delivery(BrokerProtocolHandler):
    """Has the session's own queue send, and never misses that its client has left.

    amqtt 0.12.1 begins to wait for the end only after it has begun to read. A client that leaves in
    between is waited for for ever: its session stays, and nobody can have that client id any more.
    """

    outgoing: Outgoing | None = None
    _goodbye: DisconnectPacket | None = None

    @cached_property
    def _has_left(self) -> asyncio.Event:
        return asyncio.Event()

    async def stop(self) -> None:
        """End."""
        await super().stop()
        self._has_left.set()

    async def handle_disconnect(self, disconnect: DisconnectPacket | None) -> None:
        """Note that the client has left."""
        await super().handle_disconnect(disconnect)
        if not self._has_left.is_set():
            self._goodbye = disconnect
            self._has_left.set()

    async def wait_disconnect(self) -> DisconnectPacket | None:
        """Wait until the client has left, whenever that was."""
        await self._has_left.wait()
        return self._goodbye

    async def _retry_deliveries(self) -> None:
        """Begin: replaces amqtt's retry, which waits up to 10 s before it serves anything else."""
        if self.outgoing is not None:
            self.outgoing.begin()
