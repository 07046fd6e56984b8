"""What belongs to one client id in the engine: its session, filters, queue and unfinished messages."""

from dataclasses import dataclass, field
from typing import Final

from amqtt.session import Session

from appliance.domain.instant import SECOND
from appliance.ports.clock import Clock
from appliance.ports.sessions import (
    Away,
    Dropped,
    KeptSession,
    Opened,
    SessionNumber,
    Subscribed,
    Unsubscribed,
)
from broker.engine.outgoing import Losses, Outgoing
from broker.engine.pipes import Receiver
from broker.engine.record import Record
from broker.engine.unfinished import Unfinished
from broker.options import DoorOptions

_NONE: Final[frozenset[int]] = frozenset()


@dataclass(slots=True, eq=False)
class Member:
    """One client id. `number` is None for a clean session: nothing of it is written down."""

    name: str
    session: Session
    number: SessionNumber | None
    outgoing: Outgoing
    unfinished: Unfinished
    filters: set[str] = field(default_factory=set)
    ends_at: float | None = None
    """When it is forgotten, by the monotonic clock: somebody may set the other. None: it is here."""

    @property
    def is_lasting(self) -> bool:
        """Say whether it outlives the connection."""
        return self.number is not None


class Members:
    """All client ids, and what of them is written down."""

    def __init__(self, record: Record, losses: Losses, options: DoorOptions, clock: Clock) -> None:
        self._record = record
        self._losses = losses
        self._options = options
        self._clock = clock
        self._members: dict[str, Member] = {}
        self.queues: dict[str, Outgoing] = {}
        """What each session is owed: for fan-out, which looks up one for each subscriber."""

    def get(self, name: str) -> Member | None:
        """Give one."""
        return self._members.get(name)

    def begin(self, name: str, session: Session) -> Member:
        """Begin a session."""
        if session.clean_session:
            return self._add(name, session, None)
        number = self._record.new_session()
        self._record.note(Opened(number, name))
        return self._add(name, session, number)

    def restore(self, kept: KeptSession) -> Member:
        """Go on with a session whose client is away."""
        session = Session()
        session.client_id, session.clean_session = kept.name, False
        session.transitions.disconnect()
        member = self._add(kept.name, session, kept.number, frozenset(kept.taken))
        member.outgoing.restore(kept)
        now, patience = self._clock.now(), self._options.session_expiry
        away = (now - (now if kept.away_since is None else kept.away_since)) / SECOND
        member.ends_at = self._ends_after(min(patience - away, patience))
        return member

    def arrived(self, member: Member, client: Receiver | None) -> None:
        """Note that its client is here."""
        member.outgoing.arrive(client)
        member.ends_at = None
        if member.number is not None:
            self._record.note(Away(member.number, None))

    def left(self, name: str, client: Receiver) -> None:
        """Note that its client has left, unless another one is here already."""
        member = self._members.get(name)
        if member is not None and member.outgoing.leave(client) and member.number is not None:
            self._record.note(Away(member.number, self._clock.now()))
            member.ends_at = self._ends_after(self._options.session_expiry)

    def expired(self) -> list[str]:
        """Name those whose clients have been away for too long."""
        now = self._clock.monotonic()
        return [
            name
            for name, member in self._members.items()
            if member.ends_at is not None and member.ends_at <= now
        ]

    def _ends_after(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds

    def note_filter(self, member: Member, topic_filter: str, qos: int | None) -> None:
        """Write down that it hears a filter, or (None) no longer does."""
        if member.number is None:
            return
        if qos is None:
            self._record.note(Unsubscribed(member.number, topic_filter))
        else:
            self._record.note(Subscribed(member.number, topic_filter, qos))

    def end(self, name: str, *, forget: bool) -> Member | None:
        """End a session, and forget what is written down of it."""
        member = self._members.pop(name, None)
        self.queues.pop(name, None)
        if forget and member is not None and member.number is not None:
            self._record.note(Dropped(member.number))
        return member

    def _add(
        self,
        name: str,
        session: Session,
        number: SessionNumber | None,
        taken: frozenset[int] = _NONE,
    ) -> Member:
        outgoing = Outgoing(number, self._record, self._losses, self._options)
        unfinished = Unfinished(self._record, number, taken)
        member = self._members[name] = Member(name, session, number, outgoing, unfinished)
        self.queues[name] = outgoing
        return member
