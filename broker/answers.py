"""A peer's acknowledgements: in the order of its messages, and only for what is on disk."""

from collections import deque
from functools import partial
from typing import Final, TypeVar

from broker.codec.encode import puback, pubcomp, pubrec
from broker.codec.packets import Publish
from broker.codec.reader import Run
from broker.codec.violation import ProtocolViolation
from broker.connection import Connection
from broker.engine.record import NOTHING, Record, Ticket
from broker.engine.unfinished import Unfinished
from broker.lobby import Outstanding

_QOS_2: Final = 2

T = TypeVar("T")

Slot = list[bytes]
"""The place of one ack, or of those of a run, in the order of messages; empty until they may leave."""


class Answers:
    """Answers what a peer publishes [MQTT-4.6.0-2, MQTT-4.6.0-3], and takes QoS 2 once."""

    def __init__(
        self,
        connection: Connection,
        session: Unfinished,
        record: Record,
        outstanding: Outstanding,
        most_unfinished: int,
    ) -> None:
        self._connection = connection
        self._session = session
        self._record = record
        self._outstanding = outstanding
        self._most_unfinished = most_unfinished
        self._line: deque[Slot] = deque()
        session.present = self

    def is_new(self, packet: Publish) -> bool:
        """Say whether a message must be taken; one that was is answered again [MQTT-4.3.3-2]."""
        if packet.qos != _QOS_2:
            return True
        session = self._session
        if not session.knows(packet.packet_id):
            if len(session) >= self._most_unfinished:
                raise ProtocolViolation("MQTT-4.3.3-1", "too many QoS 2 messages without PUBREL")
            session.begin(packet.packet_id)
            return True
        if session.has_settled(packet.packet_id):
            self.recorded(packet.packet_id)
        return False

    def expect(self, packet: Publish) -> Slot:
        """Keep the place of a message's ack; `done` or `not_kept` follows."""
        slot: Slot = []
        if packet.qos:
            self._line.append(slot)
        self._outstanding.begin()
        return slot

    def expect_run(self, run: Run[T]) -> Slot:
        """Keep the place of the acks of a run; `run_done` or `run_not_kept` follows."""
        slot: Slot = []
        if run.acks:
            self._line.append(slot)
        self._outstanding.begin()
        return slot

    def run_done(self, run: Run[T], slot: Slot, ticket: Ticket = NOTHING) -> None:
        """Answer a run as soon as what it did, up to the ticket, is on disk."""
        if ticket:
            self._record.after(ticket, partial(self.run_done, run, slot))
            return
        self._outstanding.end()
        if run.acks:
            self._give(slot, b"".join(run.acks))

    def run_not_kept(self) -> None:
        """Give no answer: the messages come again."""
        self._outstanding.end()

    def done(self, packet: Publish, slot: Slot, ticket: Ticket = NOTHING) -> None:
        """Answer as soon as what the message did, up to the ticket, is on disk."""
        if packet.qos == _QOS_2:
            ticket = self._session.done(packet.packet_id) or ticket
            self._record.after(ticket, partial(self._settle, packet.packet_id, slot))
        elif ticket:
            self._record.after(ticket, partial(self._acknowledge, packet, slot))
        else:
            self._acknowledge(packet, slot)

    def not_kept(self, packet: Publish) -> None:
        """Give no answer: the message comes again."""
        self._outstanding.end()
        if packet.qos == _QOS_2:
            self._session.finish(packet.packet_id)

    def refused(self, packet: Publish) -> None:
        """Answer a message of which nothing was taken: 3.1.1 has no other answer [MQTT-3.3.5-2]."""
        if packet.qos:
            slot: Slot = []
            self._line.append(slot)
            ack = puback if packet.qos == 1 else pubrec
            self._give(slot, ack(packet.packet_id))

    def release(self, packet_id: int) -> None:
        """Take PUBREL: answer PUBCOMP, also where the message is not known [MQTT-4.3.3-2]."""
        ticket = self._session.finish(packet_id)
        self._record.after(ticket, partial(self._connection.acknowledge, pubcomp(packet_id)))

    def recorded(self, packet_id: int) -> None:
        """Send PUBREC for a message that came by an earlier connection of the session."""
        self._connection.acknowledge(pubrec(packet_id))

    def end(self) -> None:
        """Leave the session to the next connection."""
        if self._session.present is self:
            self._session.present = None

    def _acknowledge(self, packet: Publish, slot: Slot) -> None:
        self._outstanding.end()
        if packet.qos:
            self._give(slot, puback(packet.packet_id))

    def _settle(self, packet_id: int, slot: Slot) -> None:
        self._outstanding.end()
        self._session.settle(packet_id)
        present = self._session.present
        if present is None or present is self:
            self._give(slot, pubrec(packet_id))
        else:
            present.recorded(packet_id)

    def _give(self, slot: Slot, ack: bytes) -> None:
        slot.append(ack)
        line = self._line
        while line and line[0]:
            self._connection.acknowledge(line.popleft()[0])
