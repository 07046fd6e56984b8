"""What a door (MQTT, TCP, HTTP) needs of the walk, and what the broker gives back to it.

Every door does the same three things: `admit` once per connection or request, `take` for every
message, and `refuse` to have a refusal counted where there is no message to take.
"""

from collections.abc import Callable
from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.access import Actor
from appliance.domain.ids import DeviceId, MunicipalityId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import (
    AdmittedDevice,
    Counts,
    Door,
    RawMessage,
    RawMessages,
    Refusal,
    Rejection,
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one message. When a door gets it, the message's readings are on disk."""

    counts: Counts
    sequence: Sequence
    rejections: tuple[Rejection, ...] = ()
    problem: str = ""
    """Set when the message could not be kept (disk full, store failed): no ack may be sent."""


class Admission(Protocol):
    """Knows every device and its keys; answers from memory, never waits."""

    @property
    def edition(self) -> int:
        """Count what was read of devices and keys; another number: somebody may be out."""
        ...

    def admit(self, device_id: str, key: str) -> AdmittedDevice | Refusal:
        """Recognise a device by its name and key; constant time in the key's value."""
        ...

    def still_valid(self, device: AdmittedDevice, key: str) -> bool:
        """Say whether the device would be admitted now; doors re-check long connections."""
        ...


class Intake(Protocol):
    """The beginning of the walk. Bounded: when it is full, doors stop reading from their peers."""

    def take(self, message: RawMessage, settled: Callable[[Settled], None]) -> bool:
        """Put one message on the way; `settled` is called once, on the event loop, in order.

        False means that the queue is full now: the message was taken all the same, but the door
        must read no more from this peer until `room` returns.
        """
        ...

    def take_several(
        self, messages: RawMessages, settled: Callable[[Several[Settled]], None]
    ) -> bool:
        """Put what a device sent in one go on the way; `settled` has an answer for each, in order.

        They are settled together: all of them are on disk, or none could be kept.
        """
        ...

    async def room(self) -> None:
        """Wait until there is room again."""
        ...

    @property
    def refuses_unacknowledged(self) -> bool:
        """Whether to `refuse` messages for whose ack nobody waits (QoS 0): the disk is filling."""
        ...

    def refuse(
        self,
        door: Door,
        refusal: Refusal,
        *,
        at: Instant,
        detail: str,
        excerpt: str = "",
    ) -> None:
        """Have a refusal counted in the ledger and shown to those whose device it concerns."""
        ...

    async def refusals_kept(self) -> None:
        """Wait until every refusal of before this call is in the journal, at most 2 s."""
        ...


class Subscribers(Protocol):
    """Who may listen over MQTT: a person or program with an API token."""

    def authenticate(self, token: str) -> Actor | None:
        """Recognise an API token from memory; None refuses. Tenant: the actor's municipality."""
        ...

    def lets_hear(self, municipality: MunicipalityId, topic: str, payload: bytes) -> bool:
        """Say whether somebody limited to zones (an Enclave) may hear this copy."""
        ...


class Announcements(Protocol):
    """The broker's side: copies of readings and alerts for MQTT subscribers."""

    def publish(self, municipality: MunicipalityId, topic: str, payload: bytes) -> None:
        """Give subscribers of this municipality a copy; never blocks, bounded, drops oldest.

        For alerts, and for readings of every door but MQTT: what came in over MQTT the broker
        itself copies as soon as it has settled, as it was published (payload, QoS, RETAIN).
        What is published under `alerts/` is retained; an empty payload takes it away again.
        """
        ...

    def wants(self, municipality: MunicipalityId) -> bool:
        """Say whether anybody of this municipality is subscribed at all."""
        ...


class LastingAnnouncements(Announcements, Protocol):
    """Announcements that are still there after a restart."""

    def told(self) -> frozenset[tuple[MunicipalityId, str]]:
        """Name the alerts that are retained: whose, and the topic."""
        ...


def topic_of(device_id: DeviceId, stream: str) -> str:
    """Name the topic on which a device reports a stream (`data`, `status`, `heartbeat`)."""
    return f"sensors/{device_id}/{stream}"
