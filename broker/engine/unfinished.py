"""QoS 2 messages between PUBLISH and PUBREL, so that each is taken exactly once [MQTT-4.3.3-2].

Of a lasting session they are on disk: PUBREC leaves after the packet identifier is written down,
in one group with what the message did, and PUBCOMP after it is crossed out. So a message that comes
again after a restart is not taken again, and a new one under the same identifier is.
"""

from typing import Protocol

from appliance.ports.sessions import Finished, SessionNumber, Taken
from broker.engine.record import NOTHING, Record, Ticket


class Present(Protocol):
    """The peer that is connected with a session now."""

    def recorded(self, packet_id: int) -> None:
        """Send PUBREC: the message has settled."""
        ...


class Unfinished:
    """What one session has taken and not finished: bounded by whoever calls `begin`."""

    def __init__(
        self,
        record: Record,
        session: SessionNumber | None = None,
        taken: frozenset[int] = frozenset(),
    ) -> None:
        self._record = record
        self._session = session
        self._settled: dict[int, bool] = dict.fromkeys(taken, True)
        self.present: Present | None = None

    @property
    def session(self) -> SessionNumber | None:
        """Its number, where it is a lasting one."""
        return self._session

    def __len__(self) -> int:
        """Count the unfinished messages."""
        return len(self._settled)

    def knows(self, packet_id: int) -> bool:
        """Say whether this message has been taken."""
        return packet_id in self._settled

    def begin(self, packet_id: int) -> None:
        """Note that a message was taken; what it does is not done yet."""
        self._settled[packet_id] = False

    def done(self, packet_id: int) -> Ticket:
        """Write down that a message has done what it does; PUBREC waits for the ticket."""
        if self._session is None or packet_id not in self._settled:
            return NOTHING
        return self._record.note(Taken(self._session, packet_id))

    def settle(self, packet_id: int) -> None:
        """Note that all of it is on disk."""
        if packet_id in self._settled:
            self._settled[packet_id] = True

    def has_settled(self, packet_id: int) -> bool:
        """Say whether it is on disk."""
        return self._settled.get(packet_id, False)

    def finish(self, packet_id: int) -> Ticket:
        """Cross a message out: it is finished, or was not kept. PUBCOMP waits for the ticket."""
        if self._settled.pop(packet_id, None) is None or self._session is None:
            return NOTHING
        return self._record.note(Finished(self._session, packet_id))
