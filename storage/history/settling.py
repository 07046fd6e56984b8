"""Closed days move out of `recent`, sorted and rolled up; closed months are put in order as a whole.

All of it is asked of a cursor of its own, one transaction for each piece of work, while others
apply and read. See schema.py for what holds at any moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import duckdb

from appliance.domain.buckets import floor
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant, from_datetime, to_datetime
from storage.history import settlements

LATENESS: Final = HOUR
"""So long after midnight the day before is still open."""
WORTH_SETTLING: Final = 500_000
"""Readings of closed days that are not left until the next midnight."""
MOST_AT_ONCE: Final = 4_000_000
"""Readings settled in one transaction, but for a single day that has more."""
LARGEST_MONTH: Final = 25_000_000
"""One with more is not sorted as a whole: its days are long enough to find a sensor in."""
_DISORDER: Final = 0.1
"""The share of a month outside its longest run from which on it is sorted anew."""
_ROLLED_WHERE_DENSE: Final = (("minutes", MINUTE, 4), ("hours", HOUR, 4))
"""Where a step has so many readings on average, a day's roll-up is kept."""

_Cursor = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Span:
    """since ≤ time < until, within one month."""

    since: Instant
    until: Instant

    @property
    def given(self) -> dict[str, int]:
        return {"since": self.since, "until": self.until}


def to_settle(cursor: _Cursor, now: Instant) -> list[Span]:
    """Give what of `recent` belongs to closed days, in pieces; nothing where it is not worth it."""
    before = closed_before(now)
    days = cursor.execute(settlements.OPEN_DAYS, {"before": before, "day": DAY}).fetchall()
    ((last,),) = cursor.execute("SELECT before FROM settling").fetchall()
    if before <= last and sum(n for _, n in days) < WORTH_SETTLING:
        return []
    return list(_packed(days))


def settle(cursor: _Cursor, span: Span) -> None:
    """Move one piece and add it to the roll-ups, wholly or not at all."""
    with _Transaction(cursor):
        for table, step, many in _ROLLED_WHERE_DENSE:
            given = {**span.given, "step": step, "day": DAY}
            cursor.execute(settlements.DENSE, {**given, "many": many}).complete()
            cursor.execute(settlements.ROLL_UP_DENSE.format(table=table), given).complete()
        cursor.execute(settlements.ROLL_UP_DAYS, {**span.given, "step": DAY}).complete()
        _say_all(cursor, settlements.NEWEST, span)
        ((moved,),) = cursor.execute(settlements.MOVE, span.given).fetchall()
        _add_run(cursor, month_of(span.since), moved)
        cursor.execute(settlements.REMOVE, span.given).complete()


def settled_until(cursor: _Cursor, now: Instant) -> None:
    """Note that the days closed by now have been settled."""
    cursor.execute(
        "UPDATE settling SET before = $before", {"before": closed_before(now)}
    ).complete()


def disordered(cursor: _Cursor, now: Instant) -> list[Span]:
    """Give the closed months of which too much lies outside their longest run."""
    found = cursor.execute(
        settlements.DISORDERED,
        {"before": month_of(closed_before(now)), "most": LARGEST_MONTH, "share": _DISORDER},
    ).fetchall()
    return [Span(Instant(month), next_month(Instant(month))) for (month,) in found]


def put_in_order(cursor: _Cursor, month: Span) -> None:
    """Sort one month as a whole and put the parts of its roll-ups together."""
    with _Transaction(cursor):
        cursor.execute(settlements.SORTED, month.given).complete()
        cursor.execute(settlements.CLEAR, month.given).complete()
        cursor.execute(settlements.REFILL).complete()
        cursor.execute("DROP TABLE sorted").complete()
        for table in ("minutes", "hours", "days"):
            together = [statement.format(table=table) for statement in settlements.PUT_TOGETHER]
            _say_all(cursor, together, month)
        ((readings,),) = cursor.execute(settlements.RUNS, {"month": month.since}).fetchall()
        cursor.execute(settlements.FORGET_RUNS, {"month": month.since}).complete()
        _add_run(cursor, month.since, readings)


def give_up_minutes(cursor: _Cursor) -> None:
    """Let readings answer what the roll-up of minutes did.

    DuckDB cuts off what is free at the end of its file, and grows into the rest.
    """
    with _Transaction(cursor):
        cursor.execute(settlements.FORGET_ROLLED, {"step": MINUTE}).complete()
        cursor.execute(settlements.FORGET_MINUTES).complete()
    try:
        cursor.execute("CHECKPOINT").complete()
    except duckdb.TransactionException:  # somebody is writing: DuckDB makes one by itself later
        return


def _say_all(cursor: _Cursor, statements: Iterable[str], span: Span) -> None:
    """Execute one after the other; those that name a parameter get the span."""
    for statement in statements:
        cursor.execute(statement, span.given if "$" in statement else None).complete()


def _add_run(cursor: _Cursor, month: Instant, readings: int) -> None:
    cursor.execute(settlements.ADD_RUN, {"month": month, "readings": readings}).complete()


def closed_before(now: Instant) -> Instant:
    """Give the midnight before which days are closed."""
    return floor(Instant(now - LATENESS), DAY)


def month_of(instant: Instant) -> Instant:
    """Give the beginning of its month, UTC."""
    return from_datetime(
        to_datetime(instant).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    )


def next_month(month: Instant) -> Instant:
    """Give the beginning of the month after."""
    return month_of(from_datetime(to_datetime(month) + timedelta(days=31)))


def _packed(days: Iterable[tuple[int, int]]) -> Iterator[Span]:
    """Put consecutive days of one month together, as far as one transaction should go."""
    since, until, readings = Instant(0), Instant(0), 0
    for day, n in days:
        first = Instant(day)
        if readings and (readings + n > MOST_AT_ONCE or month_of(first) != month_of(since)):
            yield Span(since, until)
            readings = 0
        if not readings:
            since = first
        until, readings = Instant(first + DAY), readings + n
    if readings:
        yield Span(since, until)


class _Transaction:
    """Commits at its end, or rolls back when something is raised."""

    def __init__(self, cursor: _Cursor) -> None:
        self._cursor = cursor

    def __enter__(self) -> None:
        self._cursor.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._cursor.commit()
            return
        try:
            self._cursor.rollback()
        except duckdb.Error:  # what broke it has done so already
            return
