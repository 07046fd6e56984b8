"""Alerts: see them, and say what is done about them."""

from operator import attrgetter
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from appliance.domain.access import HandleAlerts, ViewNetwork
from appliance.domain.alerts import Alert, AlertChange, AlertStatus, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, UserId
from appliance.domain.rules import Severity
from appliance.domain.titles import titled
from appliance.ports.pages import AlertFilter
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of, part_of
from web.routes import PREFIX, Route
from web.shapes import (
    Id,
    Point,
    Time,
    TimeIn,
    WholeListQuery,
    moment_of,
    point,
    time,
    time_or_none,
)

Text = Annotated[str, Meta(max_length=10_000)]


class AlertQuery(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which alerts; `status` and `severity` take several, by comma or repeated."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=100_000)] = 0
    status: tuple[AlertStatus, ...] = ()
    severity: tuple[Severity, ...] = ()
    sensor_id: Id | None = None
    zone_id: Id | None = None
    shelved: bool | None = None
    alert_type: Annotated[str, Meta(max_length=128)] | None = None
    assigned_to: Id | None = None
    since: TimeIn | None = None
    """The first moment of `created_at`."""
    until: TimeIn | None = None
    """The moment after the last."""
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text in the title, the description or the type, case ignored."""


class EvidenceOut(Struct, frozen=True):
    """Why, in words and in SI numbers."""

    words: str
    numbers: dict[str, float]


class AlertOut(Struct, frozen=True):
    """An alert as it is now."""

    id: int
    alert_type: str
    severity: Severity
    status: AlertStatus
    title: str
    title_code: str | None
    """The built-in rule whose name the title begins with; null where a person named the rule."""
    title_about: str | None
    """What follows it, the name of the sensor; null without a code."""
    description: str
    evidence: EvidenceOut
    condition_active: bool
    occurrences: int
    location: Point | None
    rule_id: int | None
    sensor_id: int | None
    pipeline_id: int | None
    municipality_id: int
    raised_at: Time
    created_at: Time
    last_seen_at: Time
    acknowledged_at: Time | None
    acknowledged_by: int | None
    assigned_to: int | None
    resolved_at: Time | None
    closed_at: Time | None
    shelved_until: Time | None
    version: int


class ChangeOut(Struct, frozen=True):
    """One step in an alert's life."""

    number: int
    kind: ChangeKind
    before: AlertStatus | None
    after: AlertStatus
    at: Time
    by: int | None
    note: str
    evidence: EvidenceOut | None


class SummaryOut(Struct, frozen=True):
    """How many alerts there are; `critical` and `high` count those not yet resolved."""

    total: int
    open: int
    critical: int
    high: int


class Note(Struct, frozen=True):
    """What somebody says about it."""

    notes: Text | None = None


class Resolution(Struct, frozen=True):
    """What was done."""

    resolution_notes: Text | None = None
    notes: Text | None = None


class Shelf(Struct, frozen=True):
    """For how long it is put aside, and why."""

    minutes: Annotated[int, Meta(ge=1, le=10_080)]
    reason: Annotated[str, Meta(min_length=1, max_length=10_000)]


class Assignment(Struct, frozen=True):
    """Who shall deal with it; null: nobody in particular."""

    user_id: Id | None
    notes: Text | None = None


class Comment(Struct, frozen=True):
    """A comment."""

    comment: Annotated[str, Meta(min_length=1, max_length=10_000)]


async def list_alerts(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of alerts."""
    query: AlertQuery = ask.query
    chosen = AlertFilter(
        statuses=tuple(query.status),
        severities=tuple(query.severity),
        sensor=query.sensor_id,
        search=query.q,
        shelved=query.shelved,
        zone=query.zone_id,
        alert_type=query.alert_type,
        assigned_to=query.assigned_to,
        since=None if query.since is None else moment_of(query.since),
        until=None if query.until is None else moment_of(query.until),
    )
    part = await page_of(ask, lambda grant, page: ask.services.alerts.page(grant, chosen, page))
    return part.written(ask, alert_out)


async def summary(ask: Ask[ViewNetwork]) -> SummaryOut:
    """Count alerts."""
    sums: dict[str, int] = {}
    for grant in await ask.every():
        for name, count in (await ask.services.alerts.summary(grant)).items():
            sums[name] = sums.get(name, 0) + count
    return SummaryOut(
        total=sums.get("total", 0),
        open=sums.get("open", 0),
        critical=sums.get("critical", 0),
        high=sums.get("high", 0),
    )


async def get_alert(ask: Ask[ViewNetwork]) -> AlertOut:
    """Give one alert."""
    alert = AlertId(ask.path["alert"])
    return alert_out(await ask.found(lambda grant: ask.services.alerts.get(grant, alert)))


async def changes(ask: Ask[ViewNetwork]) -> Reply:
    """Give what happened to an alert."""
    alert = AlertId(ask.path["alert"])
    found = await ask.found(lambda grant: ask.services.alerts.changes(grant, alert))
    return part_of(ask, found).written(ask, _change_out)


async def acknowledge(ask: Ask[HandleAlerts]) -> AlertOut:
    """Acknowledge an alert."""
    return await _move(ask, AlertStatus.ACKNOWLEDGED, ask.body.notes)


async def start(ask: Ask[HandleAlerts]) -> AlertOut:
    """Begin to work on an alert."""
    return await _move(ask, AlertStatus.IN_PROGRESS, ask.body.notes)


async def resolve(ask: Ask[HandleAlerts]) -> AlertOut:
    """Resolve an alert."""
    said: Resolution = ask.body
    return await _move(ask, AlertStatus.RESOLVED, said.resolution_notes or said.notes)


async def close(ask: Ask[HandleAlerts]) -> AlertOut:
    """Close an alert."""
    return await _move(ask, AlertStatus.CLOSED, ask.body.notes)


async def shelve(ask: Ask[HandleAlerts]) -> AlertOut:
    """Put an alert aside for a while."""
    alert, said = AlertId(ask.path["alert"]), ask.body
    return alert_out(
        await ask.found(
            lambda grant: ask.services.alerts.shelve(grant, alert, said.minutes, said.reason)
        )
    )


async def unshelve(ask: Ask[HandleAlerts]) -> AlertOut:
    """Take an alert back from the shelf."""
    alert, note = AlertId(ask.path["alert"]), ask.body.notes or ""
    return alert_out(
        await ask.found(lambda grant: ask.services.alerts.unshelve(grant, alert, note))
    )


async def assign(ask: Ask[HandleAlerts]) -> AlertOut:
    """Say who shall deal with an alert."""
    alert, said = AlertId(ask.path["alert"]), ask.body
    to = None if said.user_id is None else UserId(said.user_id)
    return alert_out(
        await ask.found(
            lambda grant: ask.services.alerts.assign(grant, alert, to, said.notes or "")
        )
    )


async def comment(ask: Ask[HandleAlerts]) -> AlertOut:
    """Comment an alert."""
    alert, text = AlertId(ask.path["alert"]), ask.body.comment
    return alert_out(await ask.found(lambda grant: ask.services.alerts.comment(grant, alert, text)))


async def _move(ask: Ask[HandleAlerts], after: AlertStatus, note: str | None) -> AlertOut:
    alert = AlertId(ask.path["alert"])
    return alert_out(
        await ask.found(lambda grant: ask.services.alerts.move(grant, alert, after, note or ""))
    )


def alert_out(alert: Alert) -> AlertOut:
    """Write an alert."""
    title = titled(alert.title)
    return AlertOut(
        id=alert.id,
        alert_type=alert.alert_type,
        severity=alert.severity,
        status=alert.status,
        title=alert.title,
        title_code=title.code,
        title_about=title.about,
        description=alert.description,
        evidence=evidence_out(alert.evidence),
        condition_active=alert.condition_active,
        occurrences=alert.occurrences,
        location=point(alert.position),
        rule_id=alert.rule,
        sensor_id=alert.sensor,
        pipeline_id=alert.pipeline,
        municipality_id=alert.municipality,
        raised_at=time(alert.raised_at),
        created_at=time(alert.created_at),
        last_seen_at=time(alert.last_seen_at),
        acknowledged_at=time_or_none(alert.acknowledged_at),
        acknowledged_by=alert.acknowledged_by,
        assigned_to=alert.assigned_to,
        resolved_at=time_or_none(alert.resolved_at),
        closed_at=time_or_none(alert.closed_at),
        shelved_until=time_or_none(alert.shelved_until),
        version=alert.version,
    )


def evidence_out(evidence: Evidence) -> EvidenceOut:
    """Write evidence."""
    return EvidenceOut(evidence.words, evidence.numbers)


def _change_out(change: AlertChange) -> ChangeOut:
    return ChangeOut(
        number=change.number,
        kind=change.kind,
        before=change.before,
        after=change.after,
        at=time(change.at),
        by=change.by,
        note=change.note,
        evidence=None if change.evidence is None else evidence_out(change.evidence),
    )


def _doing(name: str, handler: Any, body: type, what: str) -> Route:  # noqa: ANN401
    return Route(
        method="POST",
        path=f"{PREFIX}/alerts/{{alert}}/{name}",
        access=HandleAlerts,
        handler=handler,
        body=body,
        answer=AlertOut,
        summary=what,
    )


ALERTS: Final = Listing(
    ("-created_at",),
    {
        "created_at": attrgetter("created_at"),
        "last_seen_at": attrgetter("last_seen_at"),
        "severity": lambda alert: alert.severity.rank,
        "status": attrgetter("status"),
        "title": attrgetter("title"),
    },
    text=attrgetter("title"),
)

ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/alerts",
        access=ViewNetwork,
        handler=list_alerts,
        query=AlertQuery,
        answer=list[AlertOut],
        listing=ALERTS,
        summary="Alerts, newest first",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/alerts/statistics/summary",
        access=ViewNetwork,
        handler=summary,
        answer=SummaryOut,
        summary="How many alerts there are",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/alerts/{{alert}}",
        access=ViewNetwork,
        handler=get_alert,
        answer=AlertOut,
        summary="One alert",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/alerts/{{alert}}/changes",
        access=ViewNetwork,
        handler=changes,
        query=WholeListQuery,
        answer=list[ChangeOut],
        listing=Listing(
            ("number",),
            {"number": attrgetter("number")},
            key=attrgetter("number"),
            text=attrgetter("note"),
        ),
        summary="Everything that happened to an alert, oldest first",
    ),
    _doing("acknowledge", acknowledge, Note, "Somebody has seen it"),
    _doing("start", start, Note, "Somebody works on it"),
    _doing("resolve", resolve, Resolution, "It is mended"),
    _doing("close", close, Note, "It is done with"),
    _doing("shelve", shelve, Shelf, "Put it aside for a while: nobody is told of it meanwhile"),
    _doing("unshelve", unshelve, Note, "Take it back from the shelf"),
    _doing("assign", assign, Assignment, "Say who shall deal with it"),
    _doing("comments", comment, Comment, "Say something about it"),
)
