"""What one session is owed: queued, in flight, sent again until it is acknowledged.

amqtt starts a task for every copy, drops a QoS 1 or 2 copy that is not acknowledged within 5 s
and forgets what was in flight when a connection ends. Here a copy stays until it is acknowledged
[MQTT-4.3.2-1, MQTT-4.3.3-1], what is in flight is sent again after a reconnect under the same
packet identifier [MQTT-4.4.0-1] in its order [MQTT-4.6.0-1], and what waits is bounded. Of a
lasting session all of that holds over a restart too: a copy and its packet identifier are on disk
before the copy is sent, and PUBREC before PUBREL is, so that QoS 2 stays exactly once.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance.ports.sessions import (
    CopyNumber,
    Done,
    KeptSession,
    Queued,
    Received,
    Sent,
    SessionNumber,
)
from broker.codec.packets import Publish
from broker.engine.pipes import Receiver
from broker.engine.record import NOTHING, Record, Ticket
from broker.options import DoorOptions

_UNNUMBERED: Final = CopyNumber(0)
_QOS_2: Final = 2
_IDS: Final = 65_535


@dataclass(slots=True)
class Losses:
    """Copies that were dropped because a bound was reached. Readings themselves are never here."""

    queue_full: int = 0
    subscriber_full: int = 0
    retained_full: int = 0


@dataclass(slots=True, eq=False)
class Owed:
    """One copy on its way."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    number: CopyNumber = _UNNUMBERED
    """Of a copy that is written down."""
    packet_id: int = 0
    received: bool = False
    was_sent: bool = False
    ticket: Ticket = NOTHING
    """What must be on disk before it is sent."""


class Outgoing:
    """Sends first what was in flight, then retained copies, then new ones.

    Full takes nothing more, and counts what it did not take: to drop the oldest instead would cost
    a lasting session two writes to the disk for every copy, for as long as nobody comes for them.
    """

    def __init__(
        self, session: SessionNumber | None, record: Record, losses: Losses, options: DoorOptions
    ) -> None:
        self._session = session
        self._record = record
        self._losses = losses
        self._options = options
        self._client: Receiver | None = None
        self._receiver: Receiver | None = None
        """The client, once it may be sent to."""
        self._retained: dict[str, Owed] = {}
        self._waiting: deque[Owed] = deque()
        self._waiting_bytes = 0
        self._in_flight: dict[int, Owed] = {}
        """Of QoS 1 and 2, by packet identifier, in the order of sending."""
        self._line: deque[Owed] = deque()
        """To be sent as soon as it is on disk."""
        self._releases: dict[int, Ticket] = {}
        """PUBRELs to be sent as soon as PUBREC is on disk, in its order [MQTT-4.6.0-4]."""
        self._last_id = 0
        self._is_patient = False
        self.may_hear: Callable[[str, bytes], bool] | None = None
        """Where its identity is limited to zones: which copies are for it. As of its last visit."""

    @property
    def is_lasting(self) -> bool:
        """Say whether it outlives the connection."""
        return self._session is not None

    @property
    def is_here(self) -> bool:
        """Say whether its client is connected."""
        return self._client is not None

    def restore(self, kept: KeptSession) -> None:
        """Go on from what was kept; what has a packet identifier may have been sent."""
        for copy in kept.copies:
            owed = Owed(copy.topic, copy.payload, copy.qos, copy.retain, copy.number)
            if copy.packet_id:
                owed.packet_id, owed.received, owed.was_sent = copy.packet_id, copy.received, True
                self._in_flight[copy.packet_id] = owed
                self._last_id = copy.packet_id
            else:
                self._wait(owed)

    # What comes in

    def offer(self, copy: Publish, qos: int) -> None:
        """Owe a copy; many subscribers get the same one, so this is where time matters."""
        if self.may_hear is not None and not self.may_hear(copy.topic, copy.payload):
            return
        if len(self._waiting) >= self._options.most_queued:
            self._losses.subscriber_full += 1
        elif self._waiting or self._retained or not self._may_go():
            self._queue(copy, qos)
        elif qos or self._line:
            self._go(Owed(copy.topic, copy.payload, qos, retain=False))
            self._flush()
        elif self._receiver is not None:
            self._receiver.give(copy)

    def offer_retained(self, topic: str, payload: bytes, qos: int) -> None:
        """Owe a retained copy; one of each topic waits at most. `pump` follows."""
        if self.may_hear is not None and not self.may_hear(topic, payload):
            return
        before = self._retained.get(topic)
        if before is not None:
            self._done(before)
        owed = self._retained[topic] = Owed(topic, payload, qos, retain=True)
        self._write_down(owed)

    def arrive(self, client: Receiver | None) -> None:
        """Note that its client has come; what is offered waits until `begin`."""
        self._client = client

    def begin(self) -> None:
        """Begin to send: first again what was in flight."""
        self._receiver = self._client
        self._releases.clear()
        self._line = deque(self._in_flight.values())
        self.pump()

    def leave(self, client: Receiver) -> bool:
        """Stop if it is this client's turn; what is in flight or waits stays with the session."""
        if client is not self._client:
            return False
        self._client = self._receiver = None
        self._line.clear()
        return True

    def pump(self) -> None:
        """Send what may be sent now, all of it: nobody comes again for the rest."""
        while True:
            while self._may_go() and (owed := self._next()) is not None:
                self._go(owed)
            self._flush()
            if self._line or not (self._retained or self._waiting) or not self._may_go():
                return

    # What the client says

    def acknowledged(self, packet_id: int) -> None:
        """Take PUBACK: the copy is done."""
        owed = self._in_flight.get(packet_id)
        if owed is not None and owed.qos < _QOS_2:
            self._finish(packet_id)

    def received(self, packet_id: int) -> None:
        """Take PUBREC: answer PUBREL, also where the message is not known any more."""
        owed = self._in_flight.get(packet_id)
        if owed is not None and owed.qos == _QOS_2 and not owed.received:
            owed.received = True
            if owed.number and self._session is not None:
                owed.ticket = self._record.note(Received(self._session, owed.number))
        self._releases[packet_id] = NOTHING if owed is None else owed.ticket
        self._flush()

    def completed(self, packet_id: int) -> None:
        """Take PUBCOMP: the copy is done."""
        owed = self._in_flight.get(packet_id)
        if owed is not None and owed.received:
            self._finish(packet_id)

    # Within

    def _may_go(self) -> bool:
        most = self._options.in_flight
        return (
            self._receiver is not None
            and self._receiver.ready
            and len(self._in_flight) < most
            and len(self._line) < most
        )

    def _next(self) -> Owed | None:
        if self._retained:
            return self._retained.pop(next(iter(self._retained)))
        if not self._waiting:
            return None
        owed = self._waiting.popleft()
        self._waiting_bytes -= len(owed.payload)
        return owed

    def _queue(self, copy: Publish, qos: int) -> None:
        most = self._options.most_queued_bytes
        if self._waiting and self._waiting_bytes + len(copy.payload) > most:
            self._losses.subscriber_full += 1
            return
        owed = Owed(copy.topic, copy.payload, qos, retain=False)
        self._write_down(owed)
        self._wait(owed)

    def _wait(self, owed: Owed) -> None:
        self._waiting.append(owed)
        self._waiting_bytes += len(owed.payload)

    def _go(self, owed: Owed) -> None:
        """Put a copy in line, under a packet identifier that is written down first."""
        if owed.qos:
            owed.packet_id = self._new_id()
            self._in_flight[owed.packet_id] = owed
            if owed.number and self._session is not None:
                sent = Sent(self._session, owed.number, owed.packet_id)
                owed.ticket = self._record.note(sent)
            else:
                self._write_down(owed)
        self._line.append(owed)

    def _flush(self) -> None:
        """Send what is in line, as far as it is on disk and the client reads."""
        while (receiver := self._receiver) is not None and self._releases:
            packet_id = next(iter(self._releases))
            if not self._is_written(self._releases[packet_id]):
                return
            del self._releases[packet_id]
            receiver.release(packet_id)
        while (receiver := self._receiver) is not None and receiver.ready and self._line:
            if not self._is_written(self._line[0].ticket):
                return
            self._send(receiver, self._line.popleft())

    def _send(self, receiver: Receiver, owed: Owed) -> None:
        if owed.qos and self._in_flight.get(owed.packet_id) is not owed:
            return  # acknowledged meanwhile
        if owed.received:
            receiver.release(owed.packet_id)
            return
        dup, owed.was_sent = owed.was_sent and owed.qos > 0, True
        packet_id = owed.packet_id
        receiver.give(Publish(owed.topic, owed.payload, owed.qos, owed.retain, dup, packet_id))

    def _is_written(self, ticket: Ticket) -> bool:
        if ticket <= self._record.written:
            return True
        if not self._is_patient:
            self._is_patient = True
            self._record.after(ticket, self._go_on)
        return False

    def _go_on(self) -> None:
        self._is_patient = False
        self.pump()

    def _write_down(self, owed: Owed) -> None:
        """Note a copy of a lasting session; one of QoS 0 need not outlive anything."""
        if self._session is None or not owed.qos:
            return
        owed.number = self._record.new_copy()
        owed.ticket = self._record.note(
            Queued(
                self._session,
                owed.number,
                owed.topic,
                owed.payload,
                owed.qos,
                owed.retain,
                owed.packet_id,
            )
        )

    def _finish(self, packet_id: int) -> None:
        self._done(self._in_flight.pop(packet_id))
        self.pump()

    def _done(self, owed: Owed) -> None:
        if owed.number and self._session is not None:
            self._record.note(Done(self._session, owed.number))

    def _new_id(self) -> int:
        """Give a packet identifier that is not in use: there are far more than may be in flight."""
        while True:
            self._last_id = self._last_id % _IDS + 1
            if self._last_id not in self._in_flight:
                return self._last_id
