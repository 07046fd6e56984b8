"""Questions that roll-ups answer, put together with what is recent and what is not rolled up.

Every query is made of the words below and nothing that was given by anybody. Where retention has
deleted readings, the finest roll-up that is still there stands in for them.
"""

# ruff: noqa: S608

from typing import Final

from appliance.domain.buckets import Division, ceiling, floor
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import Instant
from storage.history import rolling
from storage.history.sealed import KIND_OF, STEP_OF, Kind, Sealed
from storage.history.sight import View

_OF_ONE: Final = "sensor = $sensor"
OF_THESE: Final = "sensor IN (SELECT unnest($sensors::BIGINT[]))"
_RECENT: Final = "SELECT sensor, time, value FROM recent WHERE municipality = $municipality"


def series_of(
    view: View, municipality: MunicipalityId, since: Instant, until: Instant, division: Division
) -> str:
    """Give the query for one sensor in buckets; it names municipality and sensor."""
    parts = [_moments(_RECENT, since, until)]
    whole = []
    for sealed in view.within(municipality, since, until):
        if sealed.file(Kind.READINGS) is None or (sealed.cut > sealed.since and since < sealed.cut):
            parts += _finest(view, sealed, since, until)
        else:
            whole.append(sealed)
    parts += _parts_of(view, whole, since, until, division.step)
    return f"""
SELECT (moment - {division.first}) // {division.width} AS bucket,
       min(low) AS low, sum(total) / sum(n) AS mean, max(high) AS high, sum(n)::BIGINT AS n
FROM ({rolling.under_each_other(parts)}) GROUP BY bucket ORDER BY bucket
"""


def _parts_of(
    view: View, whole: list[Sealed], since: Instant, until: Instant, step: int | None
) -> list[str]:
    """Give whole steps from roll-ups where there are any, everything else from readings.

    All files of one sort are asked at once: a hundred files cost little more than one.
    """
    rolled = [one for one in whole if step is not None and one.file(KIND_OF[step])]
    others = [one for one in whole if one not in rolled]
    parts = []
    if rows := view.rows([one.file(Kind.READINGS) for one in others]):
        parts.append(_moments(rows, since, until))
    if step is None or not rolled:
        return parts
    inner = min(ceiling(since, step), until)
    outer = max(inner, floor(until, step))
    if rows := view.rows([one.file(KIND_OF[step]) for one in rolled]):
        parts.append(_steps(rows, inner, outer, since))
    for begin, end in ((since, inner), (outer, until)):
        edge = [one for one in rolled if begin < one.until and end > one.since]
        if begin < end and (rows := view.rows([one.file(Kind.READINGS) for one in edge])):
            parts.append(_moments(rows, begin, end))
    return parts


def _finest(view: View, sealed: Sealed, since: Instant, until: Instant) -> list[str]:
    """Give each stretch of time from the finest there is: readings, else minutes, hours, days."""
    parts: list[str] = []
    finer: list[str] = []
    if raw := view.rows([sealed.file(Kind.READINGS)]):
        parts.append(_moments(raw, since, until))
        finer.append(f"SELECT time AS moment FROM ({raw}) WHERE {_OF_ONE}")
    for kind, step in STEP_OF.items():
        rows = view.rows([sealed.file(kind)])
        if rows is None:
            continue
        part = _steps(rows, floor(since, step), until, since)
        for one in finer:
            part += f" AND start NOT IN (SELECT moment // {step} * {step} FROM ({one}))"
        parts.append(part)
        finer.append(f"SELECT start AS moment FROM ({rows}) WHERE {_OF_ONE}")
    return parts


def _moments(rows: str, since: Instant, until: Instant) -> str:
    return (
        "SELECT time AS moment, 1 AS n, value AS low, value AS total, value AS high"
        f" FROM ({rows}) WHERE {_OF_ONE} AND time >= {since} AND time < {until}"
    )


def _steps(rows: str, first: Instant, until: Instant, since: Instant) -> str:
    return (
        f"SELECT greatest(start, {since}) AS moment, n, low, total, high"
        f" FROM ({rows}) WHERE {_OF_ONE} AND start >= {first} AND start < {until}"
    )


def rollup_of(
    view: View, municipality: MunicipalityId, since: Instant, until: Instant, step: int, these: str
) -> str:
    """Give the query for many sensors in steps; `these` says which, or is empty."""
    rolled, raw = [], []
    for sealed in view.within(municipality, since, until):
        if file := sealed.file(KIND_OF[step]):
            rolled.append(file)
        elif file := sealed.file(Kind.READINGS):
            raw.append(file)
    these = f"{these} AND" if these else ""
    within = f"{these} time >= {since} AND time < {until}"
    recent = rolling.rolled(f"{_RECENT} AND {within}", step)
    parts = []
    if rows := view.rows(raw):
        parts.append(rolling.rolled(f"SELECT * FROM ({rows}) WHERE {within}", step))
    if rows := view.rows(rolled):
        parts.append(
            f"SELECT {rolling.COLUMNS} FROM ({rows})"
            f" WHERE {these} start >= {since} AND start < {until}"
        )
    everything = rolling.joined(rolling.under_each_other(parts), recent) if parts else recent
    return f"""
SELECT sensor, start, n, low, total / n AS mean, high, last, last_time
FROM ({everything}) ORDER BY sensor, start
"""


def daily_counts_of(
    view: View, municipality: MunicipalityId, since: Instant, until: Instant
) -> str:
    """Give the query for the readings of each day; it names the municipality."""
    step = STEP_OF[Kind.DAYS]
    inner = min(ceiling(since, step), until)
    outer = max(inner, floor(until, step))
    here = view.within(municipality, since, until)
    parts = [_counted(_RECENT, since, until)]
    if days := view.rows([sealed.file(Kind.DAYS) for sealed in here]):
        parts.append(
            f"SELECT start AS first, n FROM ({days}) WHERE start >= {inner} AND start < {outer}"
        )
    for begin, end in ((since, inner), (outer, until)):
        edge = [sealed.file(Kind.READINGS) for sealed in view.within(municipality, begin, end)]
        if begin < end and (rows := view.rows(edge)):
            parts.append(_counted(rows, begin, end))
    return f"""
SELECT first, sum(n)::BIGINT AS n FROM ({rolling.under_each_other(parts)})
GROUP BY first ORDER BY first
"""


def _counted(rows: str, since: Instant, until: Instant) -> str:
    step = STEP_OF[Kind.DAYS]
    return (
        f"SELECT time // {step} * {step} AS first, 1 AS n FROM ({rows})"
        f" WHERE time >= {since} AND time < {until}"
    )
