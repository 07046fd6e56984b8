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
_MINUTES_OF_ONE: Final = f"""
{_STORED_OF_ONE.format(table="minutes")}
UNION ALL {_RAW_OF_ONE.format(table="settled")} AND time >= $inner AND time < $outer
  AND time // {DAY} * {DAY} NOT IN (
    SELECT day FROM minute_days WHERE sensor = $sensor
      AND day > $inner - {DAY} AND day < $outer)
"""
SERIES_FROM: Final = {
    MINUTE: _SERIES_OF_PARTS.format(stored=_MINUTES_OF_ONE),
    HOUR: _SERIES_OF_PARTS.format(stored=_STORED_OF_ONE.format(table="hours")),
    DAY: _SERIES_OF_PARTS.format(stored=_STORED_OF_ONE.format(table="days")),
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
_NO_MINUTES: Final = f"""
AND (sensor, time // {DAY} * {DAY}) NOT IN (
  SELECT (sensor, day) FROM minute_days WHERE day > $since - {DAY} AND day < $until)
"""


def _rollup_from(step: int, stored: str) -> str:
    recent = _RAW.format(step=step, table="recent", but="")
    return _ROLLUP_OF_PARTS.format(stored=stored, recent=recent)


ROLLUP_FROM: Final = {
    MINUTE: _rollup_from(
        MINUTE,
        _STORED.format(table="minutes")
        + "UNION ALL"
        + _RAW.format(step=MINUTE, table="settled", but=_NO_MINUTES),
    ),
    HOUR: _rollup_from(HOUR, _STORED.format(table="hours")),
    DAY: _rollup_from(DAY, _STORED.format(table="days")),
}
"""To be formatted with `these`: OF_THESE, or nothing for all sensors."""

LATEST: Final = """
SELECT sensor, max(time) AS time, arg_max(value, time) AS value FROM (
  SELECT sensor, last_time AS time, last AS value FROM days WHERE municipality = $municipality
  UNION ALL SELECT sensor, time, value FROM recent WHERE municipality = $municipality
)
GROUP BY sensor ORDER BY sensor
"""
"""Of a sensor that is silent today, the last day that is rolled up knows."""
