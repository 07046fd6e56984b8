"""An alert in words that a person at 3 a.m. understands. Pure: mail and later ways out share it."""

from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.instant import MINUTE, SECOND, Instant, to_datetime
from appliance.domain.telling import Parcel

_NEWS: Final[dict[ChangeKind, str]] = {
    ChangeKind.OPENED: "New alert",
    ChangeKind.REOPENED: "The cause is back, the alert is open again",
    ChangeKind.RETURNED: "The condition holds again",
    ChangeKind.CLEARED: "Back to normal; the alert waits for somebody to resolve it",
    ChangeKind.COMMENTED: "Comment",
    ChangeKind.ASSIGNED: "Somebody else shall deal with it",
    ChangeKind.SHELVED: "Put aside for a while",
    ChangeKind.UNSHELVED: "Back from the shelf",
}
_MOVED: Final[dict[AlertStatus, str]] = {
    AlertStatus.OPEN: "Open again",
    AlertStatus.ACKNOWLEDGED: "Acknowledged: somebody has seen it",
    AlertStatus.IN_PROGRESS: "In progress: somebody is working on it",
    AlertStatus.RESOLVED: "Resolved",
    AlertStatus.CLOSED: "Closed",
}
_RAISING: Final = (ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.RETURNED)
_GENERAL: Final = (
    "Look at the sensor's curve and at its neighbours. If they show it too, send somebody there; "
    "if not, have the sensor checked. Acknowledge the alert, so that others know you are on it."
)
_ADVICE: Final[dict[str, str]] = {
    "no_data": (
        "Nothing is known from this place any more. Check whether its neighbours report: if they are "
        "silent too, look at the gateway and the radio; if not, at the device's battery."
    ),
    "flatline": (
        "The instrument is probably stuck, frozen or disconnected: do not trust its value, and have "
        "it checked."
    ),
}


def zone_of(name: str) -> tzinfo:
    """Give the zone of this IANA name, UTC where this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def clock_time(instant: Instant, zone: tzinfo) -> str:
    """Write a time as the clock on the wall shows it: `Fri 1 May 2026, 03:12:05 (CEST)`."""
    moment = to_datetime(instant).astimezone(zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S} ({moment.tzname()})"


def span(microseconds: int) -> str:
    """Write how long something has lasted, in its one or two largest units."""
    minutes, seconds = divmod(max(microseconds, 0) // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def place(parcel: Parcel) -> str:
    """Name where it is: the sensor and the municipality."""
    parts = (parcel.sensor_name, parcel.municipality_name)
    return ", ".join(part for part in parts if part)


def subject(parcel: Parcel) -> str:
    """Write one line: severity, what has happened, title, place."""
    severity = parcel.alert.severity.value.upper()
    kind, after = parcel.change.kind, parcel.change.after.value.replace("_", " ")
    happened = {ChangeKind.OPENED: "", ChangeKind.MOVED: f"{after}: "}.get(kind, f"{kind.value}: ")
    told = parcel.sensor_name and parcel.sensor_name in parcel.alert.title
    where = parcel.municipality_name if told else place(parcel)
    return f"[{severity}] {happened}{parcel.alert.title} – {where}"


def news(parcel: Parcel) -> str:
    """Say what has happened to the alert."""
    if parcel.change.kind is ChangeKind.MOVED:
        return _MOVED[parcel.change.after]
    return _NEWS[parcel.change.kind]


def advice(parcel: Parcel) -> str:
    """Say what to do now; empty where there is nothing to do."""
    if parcel.change.kind not in _RAISING or parcel.alert.status is not AlertStatus.OPEN:
        return ""
    return _ADVICE.get(parcel.alert.alert_type, _GENERAL)


def link(parcel: Parcel, public_url: str) -> str:
    """Give the page of the alert; empty where nobody said under which address people reach Weir."""
    return f"{public_url.rstrip('/')}/alerts/{parcel.alert.id}" if public_url else ""


def facts(parcel: Parcel, now: Instant, public_url: str) -> list[tuple[str, str]]:
    """Give what a person needs to know as (heading, words), most urgent first, none empty."""
    alert, change, zone = parcel.alert, parcel.change, zone_of(parcel.time_zone)
    evidence = change.evidence or alert.evidence
    spot = alert.position
    delay = now - change.at
    late = f"written {span(delay)} after it happened; the alert is now {alert.status.value}"
    found = [
        ("What", f"{alert.title} ({alert.severity.value})"),
        ("Evidence", evidence.words or alert.description),
        ("Since", f"{clock_time(alert.raised_at, zone)}, {span(now - alert.raised_at)} ago"),
        ("Where", place(parcel)),
        ("Coordinates", f"{spot.latitude:.5f}, {spot.longitude:.5f} (WGS 84)" if spot else ""),
        ("Note", change.note),
        ("What to do", advice(parcel)),
        ("Open", link(parcel, public_url)),
        ("Delayed", late.replace("_", " ") if delay >= 10 * MINUTE else ""),
        ("Alert", f"{alert.id} (change {change.number})"),
    ]
    return [(heading, words) for heading, words in found if words]
