"""Notification channels."""

from appliance.domain.alerts import ChangeKind
from appliance.domain.ids import ChannelId
from appliance.domain.instant import Instant
from appliance.domain.languages import Language
from appliance.domain.rules import Severity
from appliance.domain.telling import Channel, ChannelKind
from storage.operations.statements import OwnStatements, Row, Statements, sql

_COLUMNS = (
    "SELECT id, municipality, name, kind, target, secret, least_severity, enabled, created_at,"
    " events, failing_since, stopped, language FROM channel"
)
_PUT = (
    "INSERT INTO channel VALUES (:id, :mine, :name, :kind, :target, :secret, :least_severity,"
    " :enabled, :created_at, :events, :failing_since, :stopped, :language)"
    " ON CONFLICT (id) DO UPDATE SET name = :name, kind = :kind,"
    " target = :target, secret = :secret, least_severity = :least_severity, enabled = :enabled,"
    " created_at = :created_at, events = :events, failing_since = :failing_since,"
    " stopped = :stopped, language = :language WHERE municipality = :mine"
)
_DROP = (
    "UPDATE delivery SET state = 'given_up', last_problem = 'the channel was removed'"
    " WHERE municipality = :mine AND channel = :id AND state = 'waiting'"
)


_WORKS = "UPDATE channel SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL"
_FAILS = "UPDATE channel SET failing_since = :at WHERE id = :id AND failing_since IS NULL"
_STOP = (
    "UPDATE channel SET enabled = 0, stopped = :problem WHERE id = :id AND enabled"
    " AND kind = 'webhook' AND failing_since <= :stop_since"
)


class ChannelRows:
    """The port's ChannelTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def all(self) -> list[Channel]:
        rows = self._run.rows(sql(_COLUMNS, "WHERE municipality = :mine ORDER BY name, id"))
        return [_channel(row) for row in rows]

    def put(self, channel: Channel) -> None:
        self._run.must_own(channel.municipality)
        self._run.put(
            _PUT,
            "channel",
            id=channel.id,
            name=channel.name,
            kind=channel.kind,
            target=channel.target,
            secret=channel.secret,
            least_severity=channel.least_severity,
            enabled=channel.enabled,
            created_at=channel.created_at,
            events=",".join(channel.events),
            failing_since=channel.failing_since,
            stopped=channel.stopped,
            language=channel.language,
        )

    def remove(self, channel: ChannelId) -> None:
        self._run.change(_DROP, id=channel)
        self._run.change("DELETE FROM channel WHERE municipality = :mine AND id = :id", id=channel)


def note_of_channel(
    statements: Statements, channel: ChannelId, at: Instant, problem: str, stop_since: Instant
) -> None:
    """Keep whether anything reaches a channel; a webhook that has failed since then is stopped."""
    if not problem:
        statements.change(_WORKS, id=channel)
        return
    statements.change(_FAILS, id=channel, at=at)
    statements.change(_STOP, id=channel, problem=problem, stop_since=stop_since)


def channel_of(statements: Statements, channel: ChannelId) -> Channel:
    """Give a channel that is known to be there, of whichever municipality."""
    return _channel(statements.rows(sql(_COLUMNS, "WHERE id = :id"), id=channel)[0])


def _channel(row: Row) -> Channel:
    return Channel(
        id=row[0],
        municipality=row[1],
        name=row[2],
        kind=ChannelKind(row[3]),
        target=row[4],
        secret=row[5],
        least_severity=Severity(row[6]),
        enabled=bool(row[7]),
        created_at=row[8],
        events=tuple(ChangeKind(name) for name in row[9].split(",") if name),
        failing_since=row[10],
        stopped=row[11],
        language=Language(row[12]),
    )
