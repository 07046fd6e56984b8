"""The packets of MQTT 3.1.1 as values. Whoever holds one knows that its fields obey the standard."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

LEVEL: Final = 4
"""The protocol level of MQTT 3.1.1 [MQTT-3.1.2-2]."""
REFUSED_FILTER: Final = 0x80
"""SUBACK's way of saying no [MQTT-3.9.3-2]."""


class ReturnCode(IntEnum):
    """CONNACK's answer, section 3.2.2.3."""

    ACCEPTED = 0
    UNACCEPTABLE_LEVEL = 1
    IDENTIFIER_REJECTED = 2
    UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORISED = 5


@dataclass(frozen=True, slots=True)
class Will:
    """What a client asks to be published when it vanishes."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A client's first packet. Of another level than LEVEL, only the level is known."""

    level: int = LEVEL
    client_id: str = ""
    clean_session: bool = True
    keep_alive: int = 0
    """Seconds; 0 is none."""
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class Connack:
    """The answer to CONNECT."""

    session_present: bool
    code: int


@dataclass(frozen=True, slots=True)
class Publish:
    """An application message; `packet_id` is 0 for QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Puback:
    """QoS 1 taken."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrec:
    """QoS 2 taken."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrel:
    """QoS 2: the sender has heard that it was taken."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubcomp:
    """QoS 2 done."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Filters with the QoS asked for."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Suback:
    """For each filter the QoS granted, or REFUSED_FILTER."""

    packet_id: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Filters that are no longer wanted."""

    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsuback:
    """Unsubscribed."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Pingreq:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class Pingresp:
    """Yes."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Goodbye; the will is not wanted."""


Packet = (
    Connect
    | Connack
    | Publish
    | Puback
    | Pubrec
    | Pubrel
    | Pubcomp
    | Subscribe
    | Suback
    | Unsubscribe
    | Unsuback
    | Pingreq
    | Pingresp
    | Disconnect
)
