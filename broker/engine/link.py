"""One subscriber's way into the engine: in memory, by `external_connected`, never by a socket."""

import asyncio

from amqtt.adapters import StreamReaderAdapter

from broker.codec.encode import encode
from broker.codec.packets import Connect, Disconnect, Subscribe, Unsubscribe
from broker.engine.hub import LISTENER, Hub
from broker.engine.pipes import Mouth, Receiver
from broker.wording import Wording


class Links:
    """The engine's links. Of one client id, the next begins when the last has ended."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.wording = Wording()
        self._latest: dict[str, Link] = {}

    def link(self, client_id: str, receiver: Receiver, *, clean: bool) -> "Link":
        """Make a link; its `run` must be awaited by a task that lives as long as the connection."""
        made = Link(self, client_id, receiver, self._latest.get(client_id), clean=clean)
        self._latest[client_id] = made
        return made

    def forget(self, link: "Link") -> None:
        """Drop a link that has ended."""
        if self._latest.get(link.client_id) is link:
            del self._latest[link.client_id]


class Link:
    """Carries SUBSCRIBE and UNSUBSCRIBE to amqtt, and acknowledgements straight to the session's queue."""

    def __init__(
        self,
        links: Links,
        client_id: str,
        receiver: Receiver,
        previous: "Link | None",
        *,
        clean: bool,
    ) -> None:
        self.client_id = client_id
        self.ended = asyncio.Event()
        self._links = links
        self._previous = previous
        self._clean = clean
        self._ear = asyncio.StreamReader()
        self._receiver = receiver
        self._mouth = Mouth(receiver)
        self._left = False

    async def run(self) -> None:
        """Join, and stay until `leave`."""
        try:
            if self._previous is not None:
                await self._previous.ended.wait()
                self._previous = None
            if not self._left:
                hello = Connect(client_id=self.client_id, clean_session=self._clean)
                self._ear.feed_data(encode(hello))
                reader = StreamReaderAdapter(self._ear)
                await self._links.hub.external_connected(reader, self._mouth, LISTENER)
                if self._clean:  # at once: amqtt itself looks once a second [MQTT-3.1.2-6]
                    await self._links.hub.forget(self.client_id)
        finally:
            self._mouth.closed = True
            self._links.forget(self)
            self.ended.set()

    def ask(self, packet: Subscribe | Unsubscribe) -> None:
        """Subscribe or unsubscribe; the receiver gets the answer."""
        self._ear.feed_data(encode(packet))

    def pump(self) -> None:
        """Go on sending: the receiver takes more."""
        outgoing = self._links.hub.outgoing(self.client_id)
        if outgoing is not None:
            outgoing.pump()

    def acknowledge(self, packet_id: int) -> None:
        """Take the subscriber's PUBACK."""
        outgoing = self._links.hub.outgoing(self.client_id)
        if outgoing is not None:
            outgoing.acknowledged(packet_id)

    def receive(self, packet_id: int) -> None:
        """Take the subscriber's PUBREC."""
        outgoing = self._links.hub.outgoing(self.client_id)
        if outgoing is not None:
            outgoing.received(packet_id)

    def complete(self, packet_id: int) -> None:
        """Take the subscriber's PUBCOMP."""
        outgoing = self._links.hub.outgoing(self.client_id)
        if outgoing is not None:
            outgoing.completed(packet_id)

    def leave(self) -> None:
        """End; a lasting session stays in the engine."""
        if not self._left:
            self._left = True
            self._mouth.closed = True
            self._links.hub.left(self.client_id, self._receiver)
            self._ear.feed_data(encode(Disconnect()))
            self._ear.feed_eof()
