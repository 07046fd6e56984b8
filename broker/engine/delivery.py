"""amqtt's handler of one connection, with delivery taken out of its hands."""

from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler

from broker.engine.outgoing import Outgoing


class Delivery(BrokerProtocolHandler):
    """Has the session's own queue send, in place of amqtt's tasks and timeouts."""

    outgoing: Outgoing | None = None

    async def _retry_deliveries(self) -> None:
        """Begin: replaces amqtt's retry, which waits up to 10 s before it serves anything else."""
        if self.outgoing is not None:
            self.outgoing.begin()
