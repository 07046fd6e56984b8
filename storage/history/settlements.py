"""What DuckDB is told when closed days are settled and months put in order, word for word.

Every statement is made of the words below and nothing that was given by anybody.
"""

# ruff: noqa: S608

from typing import Final

OPEN_DAYS: Final = """
SELECT time // $day * $day AS first, count(*) AS n FROM recent
WHERE time < $before GROUP BY first ORDER BY first
"""

DENSE: Final = """
INSERT INTO rolled_days
SELECT $step, sensor, time // $day * $day AS first FROM recent
WHERE time >= $since AND time < $until
  AND (sensor, time // $day * $day) NOT IN (
    SELECT (sensor, start) FROM days WHERE start >= $since AND start < $until)
GROUP BY ALL HAVING count(*) >= $many * count(DISTINCT time // $step)
"""
"""Minutes and hours are kept where they are far fewer than readings. Otherwise readings serve as
quickly, and the roll-up would take more room than they do. A day that has been settled before
keeps its kind."""

_PARTS: Final = """
SELECT municipality, sensor, time // $step * $step AS start, count(*) AS n,
       min(value), sum(value), max(value), arg_max(value, time), max(time)
FROM recent WHERE time >= $since AND time < $until
"""

ROLL_UP_DAYS: Final = f"""
INSERT INTO days {_PARTS}
GROUP BY municipality, sensor, start ORDER BY sensor, start
"""

ROLL_UP_DENSE: Final = f"""
INSERT INTO {{table}} {_PARTS}
  AND (sensor, time // $day * $day) IN (
    SELECT (sensor, day) FROM rolled_days
    WHERE step = $step AND day >= $since AND day < $until)
GROUP BY municipality, sensor, start ORDER BY sensor, start
"""

NEWEST: Final = (
    """
CREATE TEMP TABLE newer AS
SELECT municipality, sensor, max(time) AS time, arg_max(value, time) AS value FROM (
  SELECT municipality, sensor, time, value FROM newest
  UNION ALL
  SELECT municipality, sensor, time, value FROM recent WHERE time >= $since AND time < $until
)
GROUP BY municipality, sensor ORDER BY sensor
""",
    "DELETE FROM newest",
    "INSERT INTO newest SELECT * FROM newer",
    "DROP TABLE newer",
)

MOVE: Final = """
INSERT INTO settled SELECT * FROM recent
WHERE time >= $since AND time < $until ORDER BY sensor, time
"""

REMOVE: Final = "DELETE FROM recent WHERE time >= $since AND time < $until"

DISORDERED: Final = """
SELECT month FROM runs WHERE month < $before GROUP BY month
HAVING count(*) > 1 AND sum(readings) <= $most
   AND sum(readings) - max(readings) > $share * sum(readings)
ORDER BY month
"""

SORTED: Final = """
CREATE TEMP TABLE sorted AS SELECT * FROM settled
WHERE time >= $since AND time < $until ORDER BY sensor, time
"""

CLEAR: Final = "DELETE FROM settled WHERE time >= $since AND time < $until"

REFILL: Final = "INSERT INTO settled SELECT * FROM sorted"

PUT_TOGETHER: Final = (
    """
CREATE TEMP TABLE together AS
SELECT municipality, sensor, start, sum(n)::BIGINT AS n, min(low) AS low, sum(total) AS total,
       max(high) AS high, arg_max(last, last_time) AS last, max(last_time) AS last_time
FROM {table} WHERE start >= $since AND start < $until
GROUP BY municipality, sensor, start ORDER BY sensor, start
""",
    "DELETE FROM {table} WHERE start >= $since AND start < $until",
    "INSERT INTO {table} SELECT * FROM together",
    "DROP TABLE together",
)

RUNS: Final = "SELECT sum(readings)::BIGINT FROM runs WHERE month = $month"

FORGET_RUNS: Final = "DELETE FROM runs WHERE month = $month"

ADD_RUN: Final = "INSERT INTO runs VALUES ($month, $readings)"

FORGET_ROLLED: Final = "DELETE FROM rolled_days WHERE step = $step"

FORGET_MINUTES: Final = "DELETE FROM minutes"
