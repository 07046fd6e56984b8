"""What a rule would have raised on stored history."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import EditRules
from appliance.domain.ids import RuleId
from appliance.domain.rules import Rule, Severity
from appliance.services.readings import Span
from appliance.services.replay import Episode, WouldBeAlert
from web.api.alerts import EvidenceOut
from web.api.rules import RuleIn, new_rule
from web.asking import Ask, Reply
from web.routes import PREFIX, Route
from web.shapes import Time, TimeIn, moment_of, time, time_or_none

MOST_EPISODES = 1_000
"""Per alert; `occurrences` counts all."""


class ReplayIn(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """`from` ≤ time of arrival < `to`."""

    since: TimeIn
    until: TimeIn


class RehearsalIn(ReplayIn, frozen=True, kw_only=True):
    """A rule that is not there yet, and the time to try it on."""

    rule: RuleIn


class EpisodeOut(Struct, frozen=True):
    """Once that the condition held."""

    raised_at: Time
    cleared_at: Time | None
    evidence: EvidenceOut


class WouldBe(Struct, frozen=True):
    """An alert that the rule would have raised, had nobody touched it."""

    sensor_id: int
    raised_at: Time
    cleared_at: Time | None
    """Null while the condition still holds at the end."""
    severity: Severity
    alert_type: str
    evidence: EvidenceOut
    """Of the latest raise, as on a live alert."""
    occurrences: int
    episodes: Annotated[list[EpisodeOut], Meta(max_length=MOST_EPISODES)]


async def replay(ask: Ask[EditRules]) -> Reply:
    """Replay a rule."""
    said: ReplayIn = ask.body
    span = Span(moment_of(said.since), moment_of(said.until))
    rule_id = RuleId(ask.path["rule"])
    rule, alerts = await ask.found(lambda grant: ask.services.replays.replay(grant, rule_id, span))
    return _told(rule, alerts)


async def rehearse(ask: Ask[EditRules]) -> Reply:
    """Try a rule on history before it is there."""
    said: RehearsalIn = ask.body
    span = Span(moment_of(said.since), moment_of(said.until))
    grant = await ask.one(said.rule.municipality_id)
    rule, alerts = await ask.services.replays.rehearse(grant, new_rule(said.rule), span)
    return _told(rule, alerts)


def _told(rule: Rule, alerts: list[WouldBeAlert]) -> Reply:
    return Reply(
        [_would_be(rule, alert) for alert in alerts],
        headers={"X-Total-Count": str(len(alerts))},
    )


def _would_be(rule: Rule, alert: WouldBeAlert) -> WouldBe:
    latest = alert.episodes[-1]
    return WouldBe(
        sensor_id=alert.sensor,
        raised_at=time(alert.episodes[0].raised_at),
        cleared_at=time_or_none(latest.cleared_at),
        severity=rule.severity,
        alert_type=rule.alert_type,
        evidence=EvidenceOut(latest.evidence.words, latest.evidence.numbers),
        occurrences=alert.occurrences,
        episodes=[_episode(episode) for episode in alert.episodes[:MOST_EPISODES]],
    )


def _episode(episode: Episode) -> EpisodeOut:
    evidence = EvidenceOut(episode.evidence.words, episode.evidence.numbers)
    return EpisodeOut(time(episode.raised_at), time_or_none(episode.cleared_at), evidence)


ROUTES = (
    Route(
        method="POST",
        path=f"{PREFIX}/rules/{{rule}}/replay",
        on_full_disk=True,
        access=EditRules,
        handler=replay,
        body=ReplayIn,
        answer=list[WouldBe],
        summary="Which alerts the rule would have raised on what arrived in this time",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/rules/replay",
        on_full_disk=True,
        access=EditRules,
        handler=rehearse,
        body=RehearsalIn,
        answer=list[WouldBe],
        summary="Which alerts a rule would have raised that is not there yet; nothing is kept",
    ),
)
