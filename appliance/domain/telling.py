"""Telling people: live events, notification channels, and what the outbox owes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from appliance.domain.alerts import Alert, AlertChange, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, ChannelId, MunicipalityId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.languages import Language
from appliance.domain.quantities import Unit
from appliance.domain.rules import Severity


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a live client has come: every event up to here has been sent to it.

    Readings are ordered by the journal, people's doings by the event log. Both are everybody's:
    no municipality may read them (`appliance.services.cursors`).
    """

    sequence: Sequence
    event: int


LiveType = Literal["sensor_reading", "alert", "incident", "incident_removed"]

LIVE_EVENTS: Final[dict[LiveType, str]] = {
    "sensor_reading": "A reading has been stored and looked at; late ones too, imported and "
    "quarantined ones not. Of over 200 that come at once, each sensor's newest, and what is unusual.",
    "alert": "An alert was opened, reopened, cleared, moved or commented: `change` says which.",
    "incident": "An incident was reported or changed, or its story goes on: something was said, attached "
    "or linked. Read that where it matters.",
    "incident_removed": "An incident was removed with its story and its files.",
}
"""What each type of live event tells."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One thing a live client is told. `data` is JSON-ready, as `clients.md` writes it."""

    municipality: MunicipalityId
    type: LiveType
    data: dict[str, object]
    cursor: Cursor


class ChannelKind(StrEnum):
    """How a notification gets out."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Somebody or something to tell, and of what."""

    id: ChannelId
    municipality: MunicipalityId
    name: str
    kind: ChannelKind
    target: str
    """An e-mail address, or an http(s) URL."""
    secret: str = ""
    """Webhooks: the key of the HMAC-SHA256 signature; never shown again."""
    least_severity: Severity = Severity.MEDIUM
    enabled: bool = True
    created_at: Instant
    events: tuple[ChangeKind, ...] = ()
    """The changes of which it is told; none: of opened and reopened alerts."""
    failing_since: Instant | None = None
    """Since when nothing has reached it; None: the last did, or nothing was sent."""
    stopped: str = ""
    """Why Weir switched it off; empty where a person did, or nobody."""
    language: Language = Language.EN
    """Of its e-mails; what goes to programs is codes, and words in English."""


class DeliveryState(StrEnum):
    """How far the outbox is with a delivery."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one channel: made in the transaction that made its cause."""

    key: str
    """`alert:change:channel`: the same cause never owes the same channel twice."""
    municipality: MunicipalityId
    channel: ChannelId
    alert: AlertId
    change_number: int
    state: DeliveryState
    attempts: int
    due_at: Instant
    created_at: Instant
    sent_at: Instant | None = None
    last_problem: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A leased delivery with all that is needed to send it."""

    delivery: Delivery
    channel: Channel
    alert: Alert
    change: AlertChange
    sensor_name: str
    municipality_name: str
    time_zone: str = "UTC"
    """The municipality's, IANA name: a person at 3 a.m. reads the clock on the wall."""
    unit: Unit | None = None
    """The sensor's; None where there is no sensor any more."""
    ended_by: Evidence | None = None
    """Where Weir itself moved the alert: what it saw then, which the change's note says in words."""
