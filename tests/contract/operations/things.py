"""One of everything that the operations database keeps, and all that a municipality can see of it."""

from dataclasses import replace
from typing import Any

from appliance.domain.access import Role
from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.findings import Anomaly, Evidence
from appliance.domain.ids import (
    AlertId,
    AssetId,
    ChannelId,
    DeviceId,
    IncidentId,
    MaintenanceId,
    MunicipalityId,
    RuleId,
    Sequence,
    SessionId,
    TokenId,
    UserId,
)
from appliance.domain.incidents import Incident, IncidentStatus
from appliance.domain.instant import HOUR, MINUTE, Instant
from appliance.domain.maintenance import MaintenanceEntry
from appliance.domain.network import Link, LinkKind, NetworkModel, Node, NodeKind, Pipeline
from appliance.domain.people import ApiToken, Session, User
from appliance.domain.readings import Counts, Door
from appliance.domain.rules import Rule, Severity, Threshold
from appliance.domain.sensors import LastContact, Position, Sensor
from appliance.domain.telling import Cursor, Delivery, DeliveryState, LiveEvent
from appliance.ports.operations import SystemTables
from appliance.ports.pages import AlertFilter, IncidentFilter, Page, SensorFilter, WorkFilter
from appliance.ports.tables import Tables
from storage.operations.sensor_types import common_types
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_municipality,
    a_rejection,
    a_sensor,
)
from tests.outbound.parcels import a_change, a_channel, an_alert

PRESSURE, FLOW = common_types()[:2]
ALL = Page()
RULE = RuleId(0x4E)
ALERT = AlertId(0xA1)
INCIDENT = IncidentId(0x1C)
CHANNEL = ChannelId(0xC1)
PIPE = AssetId(0x9E)
USER = UserId(0x05)
SESSION = SessionId(0x5E)
OTHERS = 0x1000
"""What is THERE has the ids of what is HERE plus this."""


def a_real_sensor(**overrides: Any) -> Sensor:
    """A pressure sensor of HERE, of the type that comes with Weir."""
    return a_sensor(**{"type": PRESSURE} | overrides)


def a_rule(**overrides: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": RULE,
        "municipality": HERE,
        "name": "Low pressure",
        "sensor": SENSOR,
        "sensor_type": None,
        "condition": Threshold(operator="<", value=2.0, unit="bar", for_seconds=60),
        "severity": Severity.HIGH,
        "alert_type": "low_pressure",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Rule(**fields | overrides)


def a_caused_alert(**overrides: Any) -> Alert:
    """An alert of HERE whose cause is RULE on SENSOR."""
    return an_alert(**{"rule": RULE} | overrides)


def acknowledged(alert: Alert, *, by: UserId = USER) -> tuple[Alert, AlertChange]:
    """The alert as it is when somebody has acknowledged it, with that change."""
    after = replace(
        alert,
        status=AlertStatus.ACKNOWLEDGED,
        acknowledged_at=NOON,
        acknowledged_by=by,
        version=alert.version + 1,
    )
    change = a_change(
        alert=alert.id,
        municipality=alert.municipality,
        number=alert.version + 1,
        kind=ChangeKind.MOVED,
        before=alert.status,
        after=after.status,
        by=by,
        note="on my way",
        evidence=None,
    )
    return after, change


def an_incident(**overrides: Any) -> Incident:
    fields: dict[str, Any] = {
        "id": INCIDENT,
        "municipality": HERE,
        "title": "Burst main",
        "description": "Water on the road",
        "incident_type": "burst",
        "severity": Severity.HIGH,
        "status": IncidentStatus.OPEN,
        "notes": "",
        "alert": None,
        "sensor": None,
        "position": Position(13.4, 52.5),
        "reported_by": USER,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Incident(**fields | overrides)


def an_entry(**overrides: Any) -> MaintenanceEntry:
    fields: dict[str, Any] = {
        "id": MaintenanceId(0x3A),
        "municipality": HERE,
        "alert": ALERT,
        "incident": INCIDENT,
        "sensor": SENSOR,
        "pipeline": None,
        "done_at": NOON,
        "work": "Clamp fitted",
        "by": USER,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return MaintenanceEntry(**fields | overrides)


def a_link(**overrides: Any) -> Link:
    fields: dict[str, Any] = {
        "code": "P1",
        "kind": LinkKind.PIPE,
        "path": (Position(13.40, 52.50), Position(13.41, 52.50), Position(13.41, 52.51)),
        "start": "J1",
        "end": "J2",
        "length_m": 1800.5,
        "diameter_m": 0.3,
        "roughness": 120.0,
        "material": "ductile iron",
        "name": "Mühlenweg",
    }
    return Link(**fields | overrides)


def a_pipeline(**overrides: Any) -> Pipeline:
    fields: dict[str, Any] = {"id": PIPE, "municipality": HERE, "link": a_link()}
    return Pipeline(**fields | overrides)


def a_node(**overrides: Any) -> Node:
    fields: dict[str, Any] = {
        "code": "J1",
        "kind": NodeKind.JUNCTION,
        "position": Position(13.4, 52.5),
        "elevation_m": 34.2,
    }
    return Node(**fields | overrides)


def a_user(**overrides: Any) -> User:
    fields: dict[str, Any] = {
        "id": USER,
        "username": "ines",
        "email": "ines@brookfield.example",
        "full_name": "Ines Ortega",
        "role": Role.OPERATOR,
        "municipality": HERE,
        "password_hash": "$argon2id$x",
        "created_at": NOON,
    }
    return User(**fields | overrides)


def a_session(**overrides: Any) -> Session:
    fields: dict[str, Any] = {
        "id": SESSION,
        "user": USER,
        "refresh_hash": b"first",
        "created_at": NOON,
        "expires_at": Instant(NOON + HOUR),
        "used_at": NOON,
    }
    return Session(**fields | overrides)


def a_token(**overrides: Any) -> ApiToken:
    fields: dict[str, Any] = {
        "id": TokenId(0x70),
        "municipality": HERE,
        "name": "SCADA",
        "role": Role.VIEWER,
        "token_hash": b"hash",
        "created_by": USER,
        "created_at": NOON,
        "expires_at": None,
    }
    return ApiToken(**fields | overrides)


def a_delivery(**overrides: Any) -> Delivery:
    """The first news of ALERT, owed to CHANNEL, due at NOON."""
    fields: dict[str, Any] = {
        "key": f"{ALERT}:1:{CHANNEL}",
        "municipality": HERE,
        "channel": CHANNEL,
        "alert": ALERT,
        "change_number": 1,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "due_at": NOON,
        "created_at": NOON,
    }
    return Delivery(**fields | overrides)


def an_event(number: int = 0, **overrides: Any) -> LiveEvent:
    """An alert of HERE, told after the seventh batch."""
    fields: dict[str, Any] = {
        "municipality": HERE,
        "type": "alert",
        "data": {"id": 7, "title": "Druck zu niedrig", "location": None},
        "cursor": Cursor(Sequence(7), number),
    }
    return LiveEvent(**fields | overrides)


def an_anomaly(**overrides: Any) -> Anomaly:
    fields: dict[str, Any] = {
        "sensor": SENSOR,
        "time": NOON,
        "method": "pattern",
        "score": 9.5,
        "evidence": Evidence("6.8 bar, usual 2.9–3.4 bar at this hour", {"value": 6.8e5}),
    }
    return Anomaly(**fields | overrides)


def a_last_contact(**overrides: Any) -> LastContact:
    fields: dict[str, Any] = {
        "sensor": SENSOR,
        "time": NOON,
        "value_si": 3e5,
        "arrived": NOON,
        "battery_percent": 80.0,
        "signal_dbm": -71.0,
        "usual_interval": MINUTE,
    }
    return LastContact(**fields | overrides)


def settle(system: SystemTables) -> None:
    """Make HERE, empty, and THERE, with one of everything."""
    system.put_municipality(a_municipality())
    system.put_municipality(a_municipality(id=THERE, name="Ashford"))
    _furnish(system.of(THERE))


def _furnish(there: Tables) -> None:
    """The same names and codes as HERE, so that only the municipality tells them apart."""
    sensor = a_real_sensor(id=OTHER_SENSOR, municipality=THERE)
    user, channel = UserId(USER + OTHERS), ChannelId(CHANNEL + OTHERS)
    alert = a_caused_alert(
        id=ALERT + OTHERS, municipality=THERE, rule=RULE + OTHERS, sensor=sensor.id
    )
    incident = an_incident(id=INCIDENT + OTHERS, municipality=THERE, reported_by=user)
    there.sensors.add([(sensor, b"key of there")])
    there.rules.put(a_rule(id=RULE + OTHERS, municipality=THERE, sensor=sensor.id))
    there.alerts.add(alert, a_change(alert=alert.id, municipality=THERE))
    there.incidents.put(incident, was=None)
    there.maintenance.put(
        an_entry(id=0x3A + OTHERS, municipality=THERE, sensor=sensor.id, by=user), was=None
    )
    there.network.merge(
        NetworkModel(nodes=(a_node(),), links=(a_link(),)), iter((OTHERS, PIPE + OTHERS)).__next__
    )
    there.channels.put(a_channel(id=channel, municipality=THERE))
    there.outbox.owe([_sent(alert, channel)])
    there.ledger.count(NOON, Door.MQTT, Counts(stored=3, rejected={"malformed": 1}))
    there.ledger.reject([a_rejection(municipality=THERE)])
    there.anomalies.add([an_anomaly(sensor=sensor.id)])
    there.events.add(an_event(municipality=THERE))
    there.users.put(a_user(id=user, username="tom", municipality=THERE))
    there.users.add_token(
        a_token(id=0x70 + OTHERS, municipality=THERE, token_hash=b"theirs", created_by=user)
    )
    there.preferences.remember("push", "phone", b"token", NOON)


def _sent(alert: Alert, channel: ChannelId) -> Delivery:
    return a_delivery(
        key=f"{alert.id}:1:{channel}",
        municipality=THERE,
        channel=channel,
        alert=alert.id,
        state=DeliveryState.SENT,
        sent_at=NOON,
    )


def all_of(tables: Tables) -> dict[str, object]:
    """All that one municipality can see."""
    alerts, alert_count = tables.alerts.page(AlertFilter(), ALL)
    sensors = tables.sensors.page(SensorFilter(), ALL)
    return {
        "municipality": tables.municipality,
        "sensors": (sensors, tables.sensors.everything(), tables.sensors.types()),
        "rules": tables.rules.all(),
        "alerts": (alerts, alert_count, tables.alerts.summary(), tables.alerts.top(9)),
        "changes": [tables.alerts.changes(alert.id) for alert in alerts],
        "incidents": (
            tables.incidents.page(IncidentFilter(), ALL),
            tables.maintenance.page(WorkFilter(), ALL),
        ),
        "network": (tables.network.pipelines(ALL), tables.network.nodes(ALL)),
        "channels": tables.channels.all(),
        "outbox": tables.outbox.page(ALL),
        "ledger": tables.ledger.sum(since=Instant(0), until=Instant(2 * NOON)),
        "rejections": tables.ledger.rejections(None, ALL),
        "anomalies": [
            tables.anomalies.between(sensor.id, since=Instant(0), until=Instant(2 * NOON))
            for sensor in sensors[0]
        ],
        "events": (tables.events.newest(99), tables.events.last_number()),
        "users": (tables.users.page(ALL), tables.users.tokens()),
        "preferences": tables.preferences.recall("push", "phone"),
    }


def keys_of(system: SystemTables, municipality: MunicipalityId) -> set[tuple[DeviceId, bytes]]:
    """The keys valid at NOON of one municipality's devices."""
    return {
        (key.sensor.device_id, key.digest)
        for key in system.device_keys(NOON)
        if key.sensor.municipality == municipality
    }
