"""The in-memory ends that amqtt reads from and writes to instead of a socket."""

import logging
import ssl
from typing import Final, Protocol

from amqtt.adapters import WriterAdapter

from broker.codec.packets import Connack, Publish, Suback, Unsuback
from broker.codec.reader import PacketReader

_log: Final = logging.getLogger(__name__)


class Receiver(Protocol):
    """Gets what the engine has for one subscriber. Topics are still those inside the walls."""

    @property
    def ready(self) -> bool:
        """Say whether it takes more now; when it does again, it calls the link's `pump`."""
        ...

    def joined(self, *, session_present: bool) -> None:
        """Begin: the engine knows the subscriber now."""
        ...

    def answered(self, answer: Suback | Unsuback) -> None:
        """Take the answer to a SUBSCRIBE or UNSUBSCRIBE."""
        ...

    def give(self, copy: Publish) -> None:
        """Take a copy."""
        ...

    def release(self, packet_id: int) -> None:
        """Send PUBREL."""
        ...


class Mouth(WriterAdapter):
    """What amqtt writes goes to the receiver as packets; nothing is buffered."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._packets = PacketReader()
        self.closed = False

    @property
    def open_receiver(self) -> Receiver | None:
        """The receiver, None when it has left."""
        return None if self.closed else self._receiver

    def write(self, data: bytes) -> None:
        self._packets.feed(data)
        while not self.closed and (packet := self._packets.next()) is not None:
            if isinstance(packet, Connack):
                self._receiver.joined(session_present=packet.session_present)
            elif isinstance(packet, Suback | Unsuback):
                self._receiver.answered(packet)
            else:
                _log.error("the engine wrote a %s of its own accord", type(packet).__name__)

    async def drain(self) -> None:
        pass

    def get_peer_info(self) -> tuple[str, int]:
        return "front door", 0

    def get_ssl_info(self) -> ssl.SSLObject | None:
        return None

    async def close(self) -> None:
        self.closed = True
