"""What is owed to channels, and the leases under which it is sent."""

from collections.abc import Sequence

from appliance.domain.alerts import AlertChange, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.ids import ChannelId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.telling import Delivery, DeliveryState, Parcel
from appliance.ports.pages import Page
from storage.operations.alerts import alert_with_change
from storage.operations.channels import channel_of
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, Statements, sql

_COLUMNS = (
    "key, municipality, channel, alert, change_number, state, attempts, due_at, created_at,"
    " sent_at, last_problem"
)
_SELECT = sql("SELECT", _COLUMNS, "FROM delivery WHERE municipality = :mine")
_ORDER = Order(("-created_at",), {"created_at": "created_at", "due_at": "due_at"}, key="key")
_OWE = (
    "INSERT INTO delivery (key, municipality, channel, alert, change_number, state, attempts,"
    " due_at, created_at, sent_at, last_problem) VALUES (:key, :mine, :channel, :alert,"
    " :change_number, :state, :attempts, :due_at, :created_at, :sent_at, :last_problem)"
    " ON CONFLICT (key) DO NOTHING"
)
_DUE = (
    "SELECT delivery.key FROM delivery JOIN channel ON channel.id = delivery.channel"
    " AND channel.municipality = delivery.municipality WHERE state = 'waiting'"
    # A clock that was set back must not put off what is owed: what was made later than now is due,
    # and no lease lasts longer than the one that is given now.
    " AND (due_at <= :now OR (attempts = 0 AND delivery.created_at > :now))"
    " AND (leased_until <= :now OR leased_until > :until) AND channel.enabled"
    " ORDER BY due_at, delivery.created_at, delivery.key LIMIT :limit"
)
_LEASE = sql("UPDATE delivery SET leased_until = :until WHERE key = :key RETURNING", _COLUMNS)
_NAMES = (
    "SELECT coalesce(sensor.name, ''), municipality.name, time_zone, quantity, sensor.unit"
    " FROM municipality LEFT JOIN sensor ON sensor.id = :sensor"
    " LEFT JOIN sensor_type ON sensor_type.id = sensor.type WHERE municipality.id = :municipality"
)


_AGAIN = sql(
    "UPDATE delivery SET state = 'waiting', attempts = 0, due_at = :at, leased_until = 0,"
    " sent_at = NULL WHERE municipality = :mine AND channel = :channel AND key = :key RETURNING",
    _COLUMNS,
)


class OutboxRows:
    """The port's OutboxTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._run.must_own(delivery.municipality)
            self._run.change(
                _OWE,
                key=delivery.key,
                channel=delivery.channel,
                alert=delivery.alert,
                change_number=delivery.change_number,
                state=delivery.state,
                attempts=delivery.attempts,
                due_at=delivery.due_at,
                created_at=delivery.created_at,
                sent_at=delivery.sent_at,
                last_problem=delivery.last_problem,
            )

    def page(self, page: Page, channel: ChannelId | None = None) -> tuple[list[Delivery], int]:
        which = "" if channel is None else "AND channel = :channel"
        only = {} if channel is None else {"channel": channel}
        window, place_of_page = _ORDER.window(page)
        rows = self._run.rows(sql(_SELECT, which, window), **only, **place_of_page)
        count = "SELECT count(*) FROM delivery WHERE municipality = :mine"
        return [_delivery(row) for row in rows], self._run.number(sql(count, which), **only)

    def again(self, key: str, channel: ChannelId, at: Instant) -> Delivery | None:
        rows = self._run.rows(_AGAIN, key=key, channel=channel, at=at)
        return _delivery(rows[0]) if rows else None


class Leases:
    """Deliveries of all municipalities, taken by whoever sends them.

    A channel that is switched off keeps what it is owed until it is switched on or removed.
    """

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    def take(self, now: Instant, until: Instant, limit: int) -> list[Parcel]:
        """Lease deliveries that are due; a lease that ends without an answer is taken again."""
        return [
            self._parcel(_delivery(row))
            for (key,) in self._run.rows(_DUE, now=now, until=until, limit=limit)
            for row in self._run.rows(_LEASE, key=key, until=until)
        ]

    def delivered(self, key: str, at: Instant) -> None:
        """Mark a delivery sent."""
        self._run.change(
            "UPDATE delivery SET state = 'sent', attempts = attempts + 1, sent_at = :at,"
            " last_problem = '', leased_until = 0 WHERE key = :key AND state <> 'sent'",
            key=key,
            at=at,
        )

    def not_delivered(self, key: str, problem: str, again_at: Instant | None) -> None:
        """Mark a failed attempt; one that was sent or given up meanwhile stays so."""
        self._run.change(
            "UPDATE delivery SET attempts = attempts + 1, last_problem = :problem,"
            " leased_until = 0, due_at = coalesce(:again_at, due_at),"
            " state = CASE WHEN :again_at IS NULL THEN 'given_up' ELSE state END"
            " WHERE key = :key AND state = 'waiting'",
            key=key,
            problem=problem,
            again_at=again_at,
        )

    def _parcel(self, delivery: Delivery) -> Parcel:
        alert, change = alert_with_change(self._run, delivery.alert, delivery.change_number)
        names = self._run.rows(_NAMES, sensor=alert.sensor, municipality=delivery.municipality)
        channel = channel_of(self._run, delivery.channel)
        sensor, town, zone, quantity, symbol = names[0]
        unit = None if symbol is None else unit_of(Quantity(quantity), symbol)
        ended_by = self._ended_by(change)
        return Parcel(delivery, channel, alert, change, sensor, town, zone, unit, ended_by)

    def _ended_by(self, change: AlertChange) -> Evidence | None:
        """Give what the change before says, where it is the reason of this one, in the same words."""
        if change.kind is not ChangeKind.MOVED or change.by is not None:
            return None
        _, before = alert_with_change(self._run, change.alert, change.number - 1)
        is_reason = before.evidence is not None and before.evidence.words == change.note
        return before.evidence if is_reason else None


def _delivery(row: Row) -> Delivery:
    return Delivery(
        key=row[0],
        municipality=row[1],
        channel=row[2],
        alert=row[3],
        change_number=row[4],
        state=DeliveryState(row[5]),
        attempts=row[6],
        due_at=row[7],
        created_at=row[8],
        sent_at=row[9],
        last_problem=row[10],
    )
