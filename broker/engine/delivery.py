"""Delivery to one subscriber, in place of amqtt's own.

amqtt starts a task for every copy, drops a QoS 1 or 2 copy that is not acknowledged within 5 s
and forgets what was in flight when a connection ends. Here a copy stays until it is acknowledged
[MQTT-4.3.2-1, MQTT-4.3.3-1], what is in flight is sent again after a reconnect [MQTT-4.4.0-1] in
its order [MQTT-4.6.0-1], and what waits is bounded.
"""

from asyncio import AbstractEventLoop
from collections import deque
from dataclasses import dataclass

from amqtt.broker import BrokerContext
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.manager import PluginManager
from amqtt.session import ApplicationMessage, OutgoingApplicationMessage, Session

from broker.codec.packets import Publish
from broker.engine.pipes import Mouth, Receiver
from broker.options import DoorOptions


@dataclass(slots=True)
class Losses:
    """Copies that were dropped because a bound was reached. Readings themselves are never here."""

    queue_full: int = 0
    subscriber_full: int = 0
    retained_full: int = 0


class Delivery(BrokerProtocolHandler):
    """Sends one session its copies: first what was in flight, then retained ones, then new ones."""

    options = DoorOptions()
    losses = Losses()

    def __init__(
        self,
        plugins_manager: PluginManager[BrokerContext],
        session: Session | None = None,
        loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(plugins_manager, session, loop)
        self._is_open = False
        self._again: deque[int] = deque()
        self._retained: dict[str, OutgoingApplicationMessage] = {}

    def offer(self, topic: str, payload: bytes, qos: int) -> None:
        """Queue a copy; full drops the oldest and counts it."""
        waiting = self._session.retained_messages
        if waiting.qsize() >= self.options.most_queued:
            waiting.get_nowait()
            self.losses.subscriber_full += 1
        waiting.put_nowait(OutgoingApplicationMessage(None, topic, qos, payload, retain=False))
        self.pump()

    def offer_retained(self, topic: str, payload: bytes, qos: int) -> None:
        """Queue a retained copy; one of each topic waits at most."""
        self._retained[topic] = OutgoingApplicationMessage(None, topic, qos, payload, retain=True)

    def pump(self) -> None:
        """Send what may be sent now."""
        receiver = self._receiver
        while receiver is not None and receiver.ready:
            if self._again:
                self._resend(receiver, self._again.popleft())
                continue
            if len(self._session.inflight_out) >= self.options.in_flight:
                return
            message = self._next()
            if message is None:
                return
            self._send(receiver, message)

    def acknowledged(self, packet_id: int) -> None:
        """Take PUBACK: the copy is done."""
        self._finish(packet_id)

    def received(self, packet_id: int) -> None:
        """Take PUBREC: answer PUBREL, also where the message is not known any more."""
        message = self._session.inflight_out.get(packet_id)
        if message is not None:
            message.pubrec_packet = True
        if self._receiver is not None:
            self._receiver.release(packet_id)

    def completed(self, packet_id: int) -> None:
        """Take PUBCOMP: the copy is done."""
        self._finish(packet_id)

    async def stop(self) -> None:
        """Stop; what is in flight or waits stays with the session."""
        self._is_open = False
        await super().stop()

    async def _retry_deliveries(self) -> None:
        """Begin: replaces amqtt's retry, which waits up to 10 s before it serves anything else."""
        self._again = deque(self._session.inflight_out)
        self._is_open = True
        self.pump()

    @property
    def _receiver(self) -> Receiver | None:
        return (
            self.writer.open_receiver if self._is_open and isinstance(self.writer, Mouth) else None
        )

    @property
    def _session(self) -> Session:
        if self.session is None:
            raise RuntimeError("a delivery is attached to its session before anything else")
        return self.session

    def _next(self) -> ApplicationMessage | None:
        if self._retained:
            return self._retained.pop(next(iter(self._retained)))
        waiting = self._session.retained_messages
        return None if waiting.empty() else waiting.get_nowait()

    def _send(self, receiver: Receiver, message: ApplicationMessage) -> None:
        if message.qos and isinstance(message, OutgoingApplicationMessage):
            message.packet_id = self._session.next_packet_id
            self._session.inflight_out[message.packet_id] = message
        receiver.give(_copy(message, dup=False))

    def _resend(self, receiver: Receiver, packet_id: int) -> None:
        message = self._session.inflight_out.get(packet_id)
        if message is None:
            return
        if message.pubrec_packet:
            receiver.release(packet_id)
        else:
            receiver.give(_copy(message, dup=True))

    def _finish(self, packet_id: int) -> None:
        if self._session.inflight_out.pop(packet_id, None) is not None:
            self.pump()


def _copy(message: ApplicationMessage, *, dup: bool) -> Publish:
    return Publish(
        message.topic,
        bytes(message.data),
        message.qos or 0,
        message.retain,
        dup,
        message.packet_id or 0,
    )
