"""Parcels that tests send, with everyday defaults."""

from dataclasses import replace
from typing import Any

from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, ChannelId, MunicipalityId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.quantities import Quantity, Unit, unit_of
from appliance.domain.rules import Severity
from appliance.domain.sensors import Position
from appliance.domain.telling import Channel, ChannelKind, Delivery, DeliveryState, Parcel
from tests.builders import HERE, NOON, SENSOR

BAR = unit_of(Quantity.PRESSURE, "bar")
EVIDENCE = Evidence("1.1 bar, below 2 bar for 60 s", {"value": 1.1e5, "limit": 2e5})


def a_channel(**overrides: Any) -> Channel:
    """The waterworks' duty e-mail address, HERE."""
    fields: dict[str, Any] = {
        "id": ChannelId(0xC1),
        "municipality": HERE,
        "name": "Duty",
        "kind": ChannelKind.EMAIL,
        "target": "duty@brookfield.example",
        "created_at": NOON,
    }
    return Channel(**fields | overrides)


def an_alert(**overrides: Any) -> Alert:
    """Low pressure at Mill Lane since a minute before NOON, open."""
    fields: dict[str, Any] = {
        "id": AlertId(0xA1),
        "municipality": HERE,
        "rule": None,
        "sensor": SENSOR,
        "pipeline": None,
        "position": Position(13.4, 52.5),
        "alert_type": "low_pressure",
        "severity": Severity.CRITICAL,
        "status": AlertStatus.OPEN,
        "title": "Pressure too low",
        "description": "Pressure below 2 bar",
        "evidence": EVIDENCE,
        "condition_active": True,
        "occurrences": 1,
        "raised_at": Instant(NOON - MINUTE),
        "created_at": NOON,
        "last_seen_at": NOON,
    }
    return Alert(**fields | overrides)


def a_change(**overrides: Any) -> AlertChange:
    """The alert was opened at NOON."""
    fields: dict[str, Any] = {
        "alert": AlertId(0xA1),
        "municipality": HERE,
        "number": 1,
        "kind": ChangeKind.OPENED,
        "before": None,
        "after": AlertStatus.OPEN,
        "at": NOON,
        "by": None,
        "evidence": EVIDENCE,
    }
    return AlertChange(**fields | overrides)


def a_parcel(
    *,
    alert: Alert | None = None,
    change: AlertChange | None = None,
    channel: Channel | None = None,
    sensor_name: str = "Mill Lane",
    municipality_name: str = "Brookfield",
    time_zone: str = "Europe/Berlin",
    unit: Unit | None = BAR,
    ended_by: Evidence | None = None,
) -> Parcel:
    """The first news of the alert, owed to the duty address."""
    alert, change, channel = alert or an_alert(), change or a_change(), channel or a_channel()
    delivery = Delivery(
        key=f"{alert.id}:{change.number}:{channel.id}",
        municipality=channel.municipality,
        channel=channel.id,
        alert=alert.id,
        change_number=change.number,
        state=DeliveryState.WAITING,
        attempts=0,
        due_at=NOON,
        created_at=NOON,
    )
    said = (sensor_name, municipality_name, time_zone)
    return Parcel(delivery, channel, alert, change, *said, unit, ended_by)


def of(parcel: Parcel, municipality: MunicipalityId, **channel: Any) -> Parcel:
    """The same owed by another municipality, to a channel of its own."""
    alert = replace(parcel.alert, municipality=municipality, id=AlertId(parcel.alert.id + 1))
    change = replace(parcel.change, municipality=municipality, alert=alert.id)
    return a_parcel(
        alert=alert,
        change=change,
        channel=a_channel(id=ChannelId(0xC2), municipality=municipality, **channel),
        municipality_name="Ashford",
    )
