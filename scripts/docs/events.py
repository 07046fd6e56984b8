"""What Weir tells: live events and webhooks, each shown as the code writes it for one alert."""

from functools import partial

from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.ids import (
    AlertId,
    ChannelId,
    DeviceId,
    IncidentId,
    MunicipalityId,
    SensorId,
    SensorTypeId,
    Sequence,
    UserId,
)
from appliance.domain.incidents import Incident, IncidentStatus
from appliance.domain.instant import SECOND, Instant, parse
from appliance.domain.quantities import Quantity
from appliance.domain.rules import Severity
from appliance.domain.sensors import Limits, Position, Sensor, SensorStatus, SensorType, unit_for
from appliance.domain.telling import (
    LIVE_EVENTS,
    Channel,
    ChannelKind,
    Cursor,
    Delivery,
    DeliveryState,
    LiveEvent,
    LiveType,
    Parcel,
)
from appliance.flow.alerting import TOLD, alert_event, incident_data
from appliance.flow.reading_events import reading_data
from appliance.outbound.webhook import document, signature
from appliance.services.cursors import SealedCursors
from scripts.docs.markdown import bullets, json_block, member_docs, page, paragraph, table
from web import live
from web.live import BEAT, MOST_REPLAYED, USUAL_REPLAY, message_of
from web.live_hello import BEAT_EVERY, HELLO_WITHIN

CLOSES = {
    live.POLICY_VIOLATION: "not signed in, not permitted, no such municipality, or a wrong `since`: sign in again",
    live.GOING_AWAY: "Weir stops: connect again in a few seconds",
    live.TRY_AGAIN_LATER: "this screen was too slow, or too many are open: connect again with `since`",
    live.INTERNAL_ERROR: "something of Weir's broke: connect again with `since`",
}
"""What the WebSocket's close codes mean to a client."""

_CURSORS = SealedCursors(b"of these examples")
_AT = parse("2026-05-01T03:12:05Z")
_TOWN = MunicipalityId(11)
_WHERE = Position(13.4, 52.5)
_TYPE = SensorType(
    SensorTypeId(1), None, "pressure", "Pressure", Quantity.PRESSURE, "bar", Limits(), Limits()
)
_SENSOR = Sensor(
    id=SensorId(42),
    municipality=_TOWN,
    device_id=DeviceId("PS-001"),
    name="Mill Lane",
    type=_TYPE,
    unit=unit_for(_TYPE, None),
    status=SensorStatus.ACTIVE,
    whitelisted=True,
    protocol="mqtt",
    position=_WHERE,
    pipeline=None,
    operating=Limits(),
    created_at=_AT,
    updated_at=_AT,
)
_EVIDENCE = Evidence("1.1 bar, below 2 bar for 60 s", {"value": 110_000.0, "limit": 200_000.0})
_ALERT = Alert(
    id=AlertId(77),
    municipality=_TOWN,
    rule=None,
    sensor=_SENSOR.id,
    pipeline=None,
    position=_WHERE,
    alert_type="low_pressure",
    severity=Severity.CRITICAL,
    status=AlertStatus.OPEN,
    title="Pressure below 2 bar: Mill Lane",
    description=_EVIDENCE.words,
    evidence=_EVIDENCE,
    condition_active=True,
    occurrences=1,
    raised_at=_AT,
    created_at=Instant(_AT + SECOND),
    last_seen_at=_AT,
)
_CHANGE = AlertChange(
    alert=_ALERT.id,
    municipality=_TOWN,
    number=1,
    kind=ChangeKind.OPENED,
    before=None,
    after=AlertStatus.OPEN,
    at=_ALERT.created_at,
    by=None,
    evidence=_EVIDENCE,
)


def events() -> str:
    """Give the page of events."""
    return page("Events", _live(), _mqtt(), _webhook())


def _live() -> str:
    return "\n\n".join(
        [
            "## The live stream",
            paragraph(
                "`GET ws://HOST:PORT/ws/{municipality_id}?token=<access_token>`; `global` instead of the id is for"
                f" super admins. `replay_limit` says how many past events come first ({USUAL_REPLAY}, at most"
                f" {MOST_REPLAYED}); `since=<cursor>` instead resumes after the last event that was seen."
            ),
            paragraph(
                'The first message is `{type: "replay", data: [events], complete, cursor}`; `complete: false` says that'
                " more was missed than is kept: read the lists again. `cursor` resumes after all of it, even where"
                " nothing was replayed (`global` can't be resumed without reading the lists again: its `complete` is"
                " false whenever it is). Then one message for each event, with the `cursor` to resume from, a text that"
                " means nothing elsewhere:"
            ),
            *_hello(),
            *(
                f"### {name}\n\n{_meaning(name)}\n\n{_shown(_example(name))}"
                for name in LIVE_EVENTS
            ),
            "### When the stream ends",
            bullets(f"{number}: {text}" for number, text in CLOSES.items()),
        ]
    )


def _hello() -> tuple[str, ...]:
    said = {"type": "auth", "token": "<access_token>", "since": "1EQEZP_C7EabE_YXB1cumA"}
    return (
        "### Without a token in the address",
        paragraph(
            "An address is written to logs. Who opens the stream without `token` says who they are in the first message,"
            f" within {HELLO_WITHIN:.0f} s; `since` and `replay_limit` may be there or in the address:"
        ),
        json_block(said),
        paragraph(
            f"Such a screen is also told when nothing has happened for {BEAT_EVERY:.0f} s. Where neither an event nor"
            " this comes for some time longer, the connection is dead though nobody has said so:"
        ),
        json_block(dict(BEAT)),
    )


def _meaning(name: str) -> str:
    return paragraph(LIVE_EVENTS[name])


def _example(name: str) -> LiveEvent:
    if name == "sensor_reading":
        data = reading_data(_SENSOR, _AT, 110_000.0, unusual=False)
        return LiveEvent(_TOWN, "sensor_reading", data, Cursor(Sequence(512), 7))
    if name == "alert":
        event = alert_event(_ALERT, _CHANGE)
        return LiveEvent(_TOWN, "alert", event.data, Cursor(Sequence(512), 8))
    kind: LiveType = "incident" if name == "incident" else "incident_removed"
    return LiveEvent(_TOWN, kind, incident_data(_INCIDENT), Cursor(Sequence(512), 9))


def _shown(event: LiveEvent) -> str:
    return json_block(message_of(event, partial(_CURSORS.seal, _TOWN)))


def _mqtt() -> str:
    return "\n\n".join(
        [
            "## MQTT",
            paragraph(
                "Sign in with the user name `token` and an API token (`POST /api/v1/tokens`) as password. What a token"
                " hears is its municipality's alone."
            ),
            table(
                ("topic", "what"),
                (
                    (
                        "`sensors/{device_id}/data`",
                        "readings; over MQTT as they were published, else as `sensor_reading`",
                    ),
                    ("`sensors/{device_id}/status`, `…/heartbeat`", "what the device published"),
                    (
                        "`alerts/{id}`",
                        "the `data` of `alert` above, retained until the alert is closed",
                    ),
                ),
            ),
        ]
    )


def _webhook() -> str:
    meanings = member_docs(ChangeKind)
    parcel = _parcel()
    body = document(parcel, "https://weir.example")
    return "\n\n".join(
        [
            "## Webhooks and e-mail",
            paragraph(
                "Every channel whose least severity is reached is told of these changes of an alert; the change and"
                " what is owed for it are written in one transaction:"
            ),
            bullets(f"`alert.{kind.value}`: {meanings[kind.name]}" for kind in TOLD),
            "A webhook gets a POST with this body; fields are only ever added:",
            json_block(body),
            paragraph(
                "It carries codes (`type`, `alert_type`, `severity`, `status`) and numbers in SI. Its `text`, `title`,"
                " `description` and `words` are English, or as a person has typed them, whoever reads it; e-mails are in"
                " the `language` of their channel."
            ),
            paragraph(
                "Headers: `Idempotency-Key` is `delivery`, the same for every copy of the same message."
                " `X-Weir-Signature` is `t=<seconds>,v1=<hex>` with HMAC-SHA256 over `<seconds>.<body>` under the"
                f" channel's secret, for example `{signature('secret', 1_777_605_126, b'{}')[:30]}…`."
                " How to verify it: [notifications.md](../how-to/notifications.md)."
            ),
            paragraph(
                "The other changes of an alert reach live screens and MQTT subscribers only: "
                + ", ".join(f"`{kind.value}`" for kind in ChangeKind if kind not in TOLD)
                + "."
            ),
        ]
    )


_INCIDENT = Incident(
    id=IncidentId(91),
    municipality=_TOWN,
    title="Burst at Mill Lane",
    description="Water on the road",
    incident_type="burst",
    severity=Severity.HIGH,
    status=IncidentStatus.OPEN,
    notes="",
    alert=_ALERT.id,
    sensor=_SENSOR.id,
    position=_WHERE,
    reported_by=UserId(3),
    created_at=_AT,
    updated_at=_AT,
)


def _parcel() -> Parcel:
    channel = Channel(
        id=ChannelId(5),
        municipality=_TOWN,
        name="Control room",
        kind=ChannelKind.WEBHOOK,
        target="https://hooks.example/weir",
        created_at=_AT,
    )
    delivery = Delivery(
        key="77:1:5",
        municipality=_TOWN,
        channel=channel.id,
        alert=_ALERT.id,
        change_number=1,
        state=DeliveryState.WAITING,
        attempts=0,
        due_at=_AT,
        created_at=_AT,
    )
    return Parcel(delivery, channel, _ALERT, _CHANGE, "Mill Lane", "Brookfield")
