"""What the MQTT door keeps over a restart: lasting sessions, what they are owed, retained copies.

The door holds all of it in memory and writes down every change before anybody can see its effect:
a subscription before SUBACK, a copy before it is sent, a message that must be taken once before
PUBREC. The store only keeps; it never decides.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import NewType, Protocol

from appliance.domain.instant import Instant

SessionNumber = NewType("SessionNumber", int)
"""Names a session in this store; never given twice."""
CopyNumber = NewType("CopyNumber", int)
"""Names a copy, and its place: a session's copies are owed in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session began; the caller gives no name to two at once."""

    session: SessionNumber
    name: str


@dataclass(frozen=True, slots=True)
class Away:
    """Its client left, or (None) is back."""

    session: SessionNumber
    since: Instant | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A session is over, with everything of it."""

    session: SessionNumber


@dataclass(frozen=True, slots=True)
class Subscribed:
    """It hears this filter, with this QoS from now on."""

    session: SessionNumber
    topic_filter: str
    qos: int


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """It no longer hears this filter."""

    session: SessionNumber
    topic_filter: str


@dataclass(frozen=True, slots=True)
class Queued:
    """It is owed a copy. `packet_id` is 0 until the copy is about to be sent."""

    session: SessionNumber
    number: CopyNumber
    topic: str
    payload: bytes
    qos: int
    retain: bool
    packet_id: int = 0
    received: bool = False
    """PUBREC has come: only PUBREL is owed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A copy is about to be sent under this packet identifier."""

    session: SessionNumber
    number: CopyNumber
    packet_id: int


@dataclass(frozen=True, slots=True)
class Received:
    """PUBREC has come for a copy of QoS 2."""

    session: SessionNumber
    number: CopyNumber


@dataclass(frozen=True, slots=True)
class Done:
    """A copy is no longer owed."""

    session: SessionNumber
    number: CopyNumber


@dataclass(frozen=True, slots=True)
class Taken:
    """A QoS 2 message of the session's client was taken: not again before `Finished`."""

    session: SessionNumber
    packet_id: int


@dataclass(frozen=True, slots=True)
class Finished:
    """PUBREL has come for a message that was taken."""

    session: SessionNumber
    packet_id: int


@dataclass(frozen=True, slots=True)
class Retained:
    """A topic's copy for who subscribes later; takes the place of the one before."""

    topic: str
    payload: bytes
    qos: int


@dataclass(frozen=True, slots=True)
class NotRetained:
    """A topic has no such copy any more."""

    topic: str


Change = (
    Opened
    | Away
    | Dropped
    | Subscribed
    | Unsubscribed
    | Queued
    | Sent
    | Received
    | Done
    | Taken
    | Finished
    | Retained
    | NotRetained
)


@dataclass(slots=True)
class KeptSession:
    """A session as it was when the last change was kept."""

    number: SessionNumber
    name: str
    away_since: Instant | None = None
    """None: its client was connected."""
    filters: dict[str, int] = field(default_factory=dict)
    copies: list[Queued] = field(default_factory=list)
    """In the order in which they are owed."""
    taken: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Kept:
    """Everything: sessions by number, retained copies with the one set longest ago first."""

    sessions: list[KeptSession] = field(default_factory=list)
    retained: list[Retained] = field(default_factory=list)


class SessionStore(Protocol):
    """Keeps what happens to sessions. One caller, which groups what came while it waited."""

    async def everything(self) -> Kept:
        """Give what is kept; raises StorageFailed."""
        ...

    async def keep(self, changes: Several[Change]) -> None:
        """Put changes on disk in their order, all or none; they survive a power cut on return.

        A change of something that is not there changes nothing. Raises StorageFailed; after that
        nothing is taken until the program is started again (a failed sync tells nothing).
        """
        ...
