"""What DuckDB is asked where roll-ups answer: they are put together with what is recent.

Every question is made of the words below and nothing that was given by anybody.
"""
# ruff: noqa: S608

from typing import Final

from appliance.domain.instant import DAY, HOUR, MINUTE

_ONE = "municipality = $municipality AND sensor = $sensor"
_STORED_OF_ONE: Final = f"""
SELECT start AS moment, n, low, total, high FROM {{table}}
WHERE {_ONE} AND start >= $inner AND start < $outer
"""
_RAW_OF_ONE: Final = f"SELECT time AS moment, 1 AS n, value AS low, value AS total, value AS high FROM {{table}} WHERE {_ONE}"
_SERIES_OF_PARTS: Final = f"""
SELECT (moment - $first) // $width AS bucket,
       min(low) AS low, sum(total) / sum(n) AS mean, max(high) AS high, sum(n)::BIGINT AS n
FROM (
  {{stored}}
  UNION ALL {_RAW_OF_ONE.format(table="settled")} AND time >= $since AND time < $inner
  UNION ALL {_RAW_OF_ONE.format(table="settled")} AND time >= $outer AND time < $until
  UNION ALL {_RAW_OF_ONE.format(table="recent")} AND time >= $since AND time < $until
)
GROUP BY bucket ORDER BY bucket
"""
_ROLLED_OF_ONE: Final = f"""
{_STORED_OF_ONE}
UNION ALL {_RAW_OF_ONE.format(table="settled")} AND time >= $inner AND time < $outer
  AND time // {DAY} * {DAY} IN (
    SELECT start FROM days WHERE {_ONE} AND start > $inner - {DAY} AND start < $outer
    EXCEPT SELECT day FROM rolled_days WHERE step = {{step}} AND sensor = $sensor)
"""
"""What is rolled up, and the days that are not. Where there are none, nothing is looked through."""


def _series_from(stored: str) -> str:
    return _SERIES_OF_PARTS.format(stored=stored)


SERIES_FROM: Final = {
    MINUTE: _series_from(_ROLLED_OF_ONE.format(table="minutes", step=MINUTE)),
    HOUR: _series_from(_ROLLED_OF_ONE.format(table="hours", step=HOUR)),
    DAY: _series_from(_STORED_OF_ONE.format(table="days")),
}
"""Whole steps from the roll-ups, the edges and what is recent from the readings."""

_THESE: Final = "municipality = $municipality {{these}}"
OF_THESE: Final = "AND sensor IN (SELECT unnest($sensors::BIGINT[]))"
_STORED: Final = f"""
SELECT sensor, start, n, low, total, high, last, last_time FROM {{table}}
WHERE {_THESE} AND start >= $since AND start < $until
"""
_RAW: Final = f"""
SELECT sensor, time // {{step}} * {{step}} AS start, count(*) AS n, min(value) AS low,
       sum(value) AS total, max(value) AS high, arg_max(value, time) AS last, max(time) AS last_time
FROM {{table}} WHERE {_THESE} AND time >= $since AND time < $until {{but}}
GROUP BY ALL
"""
_ROLLUP_OF_PARTS: Final = """
SELECT sensor, start, sum(n)::BIGINT AS n, min(low) AS low, sum(total) / sum(n) AS mean,
       max(high) AS high, arg_max(last, last_time) AS last, max(last_time) AS last_time
FROM ({stored} UNION ALL {recent}) GROUP BY sensor, start ORDER BY sensor, start
"""
_NOT_ROLLED: Final = f"""
AND (sensor, time // {DAY} * {DAY}) IN (
  SELECT (sensor, start) FROM days WHERE {_THESE} AND start > $since - {DAY} AND start < $until
  EXCEPT SELECT (sensor, day) FROM rolled_days
  WHERE step = {{step}} AND day > $since - {DAY} AND day < $until)
"""


def _rollup_from(table: str, step: int) -> str:
    stored = _STORED.format(table=table)
    if step != DAY:
        but = _NOT_ROLLED.format(step=step)
        stored += "UNION ALL" + _RAW.format(step=step, table="settled", but=but)
    recent = _RAW.format(step=step, table="recent", but="")
    return _ROLLUP_OF_PARTS.format(stored=stored, recent=recent)


ROLLUP_FROM: Final = {
    MINUTE: _rollup_from("minutes", MINUTE),
    HOUR: _rollup_from("hours", HOUR),
    DAY: _rollup_from("days", DAY),
}
"""To be formatted with `these`: OF_THESE, or nothing for all sensors."""

LATEST: Final = """
SELECT sensor, max(time) AS time, arg_max(value, time) AS value FROM (
  SELECT sensor, time, value FROM newest WHERE municipality = $municipality
  UNION ALL SELECT sensor, time, value FROM recent WHERE municipality = $municipality
)
GROUP BY sensor ORDER BY sensor
"""
